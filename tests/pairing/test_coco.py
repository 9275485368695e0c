import json

import pytest
import regions_build as build

from segeval.pairing.coco import coco_layout
from segeval.pairing.pair import pair_paths
from segeval.request.settings import Settings
from segeval.runtime.errors import NothingToScore, RequestError
from segeval.runtime.inventory import Inventory, keep_inventory, on_side


def two(path):
    return build.coco(path / "gt.json", (4, 4), [], images=("x/img_1.jpg", "x/img_2.jpg"))


def test_every_image_is_a_case(tmp_path):
    gt = two(tmp_path)
    layout = coco_layout(gt, gt)
    assert [(e.path, e.bare, e.name) for e in layout.entries] == [
        ("x/img_1.jpg", "x/img_1", "img_1"),
        ("x/img_2.jpg", "x/img_2", "img_2"),
    ]
    assert [e.side.member for e in layout.entries] == ["x/img_1.jpg", "x/img_2.jpg"]


def test_a_folder_against_a_file(tmp_path):
    gt = two(tmp_path)
    build.rois(tmp_path / "pred" / "img_2.npz", [], [])
    found = pair_paths(tmp_path / "pred", gt, Settings())
    assert [(c.id, c.pred is not None) for c in found.cases] == [("img_1", False), ("img_2", True)]
    assert found.cases[0].truth.shown == "gt.json#x/img_1.jpg"
    assert "gt: a COCO file, a case an image" in found.sentence


def test_detections_have_the_images_of_the_other_side(tmp_path):
    gt = two(tmp_path)
    (tmp_path / "dt.json").write_text("[]")
    found = pair_paths(tmp_path / "dt.json", gt, Settings())
    assert [c.pred.member for c in found.cases] == ["1", "2"]
    with pytest.raises(RequestError, match="does not say what its images are called"):
        coco_layout(tmp_path / "dt.json", tmp_path / "dt.json")


NAMES = ("x/img_1.jpg", "x/img_2.jpg", "y/000017.png")


def members(tmp_path, ids, names=NAMES):
    """How the images are called in a list of detections with these ids; and what is left aside."""
    gt = build.coco(tmp_path / "gt.json", (4, 4), [], images=names)
    listed = [{"image_id": one, "category_id": 1, "bbox": [0, 0, 1, 1]} for one in ids]
    (tmp_path / "dt.json").write_text(json.dumps(listed))
    inventory = Inventory()
    with keep_inventory(inventory), on_side("pred"):
        layout = coco_layout(tmp_path / "dt.json", gt)
    lost = [name for item in inventory.left_aside for name in item.names]
    return [entry.side.member for entry in layout.entries], lost


@pytest.mark.parametrize(
    ("ids", "want", "lost"),
    [
        ([1, 3], ["1", "2", "3"], []),
        (["2", 9], ["1", "2", "3"], ["image_id 9"]),
        (["x/img_1.jpg"], [*NAMES[:2], "y/000017.png"], []),
        (["img_2", 17, "img_7"], ["img_1", "img_2", "17"], ["image_id img_7"]),
        ([3, "img_1"], ["1", "2", "3"], ["image_id img_1"]),  # ids first, and one way for all
    ],
)
def test_ids_that_are_names_of_files(tmp_path, ids, want, lost):
    assert members(tmp_path, ids) == (want, lost)


def test_a_stem_of_two_images_names_neither(tmp_path):
    with pytest.raises(NothingToScore, match="none of the 1 detections"):
        members(tmp_path, ["img_1"], ("a/img_1.jpg", "b/img_1.jpg"))


def test_no_detections_are_of_every_image(tmp_path):
    assert members(tmp_path, []) == (["1", "2", "3"], [])


def test_detections_of_an_image_that_stands_twice_are_of_an_image(tmp_path):
    assert members(tmp_path, [1, 2, 3], ("a.jpg", "a.jpg", "b.jpg"))[1] == []
