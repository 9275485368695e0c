import pytest
import regions_build as build

from segeval.pairing.coco import coco_layout
from segeval.pairing.pair import pair_paths
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError


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
