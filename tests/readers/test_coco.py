import json
import tracemalloc

import numpy as np
import pytest
import regions_build as build
from paths import SHARED
from PIL import Image

from segeval.kernels.rois import mask_box
from segeval.readers.coco_file import IN_MEMORY, parse_coco
from segeval.readers.registry import open_volume
from segeval.runtime.errors import ReadError
from segeval.runtime.inventory import Inventory, keep_inventory, on_side
from segeval.volume import channel
from segeval.volume.read_options import ReadOptions

SHAPE = (10, 12)
A, B = build.square(SHAPE, (1, 5), (2, 6)), build.square(SHAPE, (4, 9), (3, 9))
REAL = SHARED / "data" / "coco_instances"


def masks(volume):
    return [np.zeros(SHAPE, bool) if v.source is None else v.source() == 1 for v in volume.channels]


def two(path, **more):
    """Two overlapping cars, one by runs and one as a polygon, and no dog."""
    polygon = [[3, 4, 9, 4, 9, 9, 3, 9]]
    marks = [build.annotation(1, 1, 1, build.runs(A)), build.annotation(2, 1, 1, polygon, **more)]
    return build.coco(path, SHAPE, marks)


def test_a_channel_a_category(tmp_path):
    volume = open_volume(two(tmp_path / "a.json"), ReadOptions())
    assert volume.segments == {"car": (0, 1), "dog": (1, 1)}
    assert np.array_equal(masks(volume)[0], A | B)
    assert not masks(volume)[1].any()


def test_instances_stay_apart(tmp_path):
    found = open_volume(two(tmp_path / "a.json"), ReadOptions()).regions
    assert [np.array_equal(mask(), want) for mask, want in zip(found.masks, (A, B), strict=True)]
    assert found.boxes.tolist() == [[2, 1, 6, 5], [3, 4, 9, 9]]
    assert found.names == {1: "car", 2: "dog"}


def test_a_box_that_is_given(tmp_path):
    found = open_volume(two(tmp_path / "a.json", bbox=[1, 2, 3, 4]), ReadOptions()).regions
    assert found.boxes[1].tolist() == [1, 2, 4, 6]


def test_a_crowd_is_a_mask_and_no_instance(tmp_path):
    volume = open_volume(two(tmp_path / "a.json", iscrowd=1), ReadOptions())
    assert len(volume.regions.masks) == 1
    assert np.array_equal(masks(volume)[0], A | B)
    assert [note.code for note in volume.notes] == ["N-crowds"]


@pytest.mark.parametrize(("told", "crowd"), [("0", 0), ("1", 1), (False, 0), (1.0, 1), (None, 0)])
def test_a_crowd_as_programs_write_it(tmp_path, told, crowd):
    volume = open_volume(two(tmp_path / "a.json", iscrowd=told), ReadOptions())
    assert len(volume.regions.masks) == 2 - crowd


@pytest.mark.parametrize("told", ["no", 2, [1], "-1"])
def test_a_crowd_that_is_neither_yes_nor_no(tmp_path, told):
    with pytest.raises(ReadError, match=r"iscrowd is .*, not 0 or 1"):
        open_volume(two(tmp_path / "a.json", iscrowd=told), ReadOptions())


def test_detections_with_a_score(tmp_path):
    path = tmp_path / "d.json"
    marks = [
        build.annotation(1, 7, 2, build.runs(A), score=0.9),
        build.annotation(2, 7, 1, build.runs(B), score=0.3),
        build.annotation(3, 8, 1, build.runs(B), score=0.9),
    ]
    path.write_text(json.dumps(marks))
    volume = open_volume(path, ReadOptions(grid=SHAPE, member="7"))
    assert volume.values == (1, 2)
    assert np.array_equal(masks(volume)[1], A)
    assert open_volume(path, ReadOptions(grid=SHAPE, member="7", min_score=0.5)).values == (2,)
    with pytest.raises(ReadError, match="do not say how large"):
        open_volume(path, ReadOptions())


@pytest.mark.parametrize(
    "content", ["{", "{}", '{"images": [], "annotations": 3, "categories": []}', '[{"id": 1}]']
)
def test_no_coco_file(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ReadError, match="not a COCO file"):
        open_volume(tmp_path / "a.json", ReadOptions(grid=SHAPE, member="1"))


def test_runs_of_another_image(tmp_path):
    marks = [build.annotation(5, 1, 1, build.runs(np.ones((3, 3), bool)))]
    with pytest.raises(ReadError, match="annotation 5 cannot be drawn"):
        open_volume(build.coco(tmp_path / "a.json", SHAPE, marks), ReadOptions())


def test_which_image(tmp_path):
    path = build.coco(tmp_path / "a.json", SHAPE, [], images=("x/1.jpg", "2.jpg"))
    with pytest.raises(ReadError, match="holds 2 images"):
        open_volume(path, ReadOptions())
    assert open_volume(path, ReadOptions(member="2.jpg")).geometry.shape == SHAPE


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/data is not here")
def test_polygons_of_a_real_file_fill_their_boxes():
    path = REAL / "gt_dataset.json"
    for name, image in parse_coco(path).images.items():
        volume = open_volume(path, ReadOptions(member=name))
        shape = image.shape
        assert volume.geometry.shape == shape
        for mask, box in zip(volume.regions.masks, volume.regions.boxes, strict=True):
            drawn = np.array(mask_box(mask()))
            assert np.abs(drawn - box).max() <= 2


SOUND = {
    "images": [
        {"id": 1, "file_name": "a.png", "height": 20, "width": 24},
        {"id": 2, "file_name": "b.png", "height": 20, "width": 24},
    ],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[2, 2, 10, 2, 10, 10, 2, 10]]},
        {"id": 2, "image_id": 2, "category_id": 1, "segmentation": [[5.5, 5, 15, 5, 15, 15]]},
    ],
    "categories": [{"id": 1, "name": "cat"}],
}


def changed(tmp_path, change):
    content = json.loads(json.dumps(SOUND))
    change(content)
    (tmp_path / "c.json").write_text(json.dumps(content))
    return tmp_path / "c.json"


def annotated(**more):
    return lambda content: content["annotations"][0].update(more)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c["images"][0].pop("height"), "no usable size"),
        (lambda c: c["images"][0].update(width=-1), "no usable size"),
        (lambda c: c["images"][0].update(width=[24]), "no usable size"),
        (lambda c: c["images"][0].update(width=1 << 20, height=1 << 20), "no size of a picture"),
        (lambda c: c["images"][0].pop("id"), "no usable id"),
        (lambda c: c["annotations"][0].pop("category_id"), "no usable category_id"),
        (annotated(category_id=None), "no usable category_id"),
        (annotated(bbox=["x", 1, 2, 3]), "is no box"),
        (annotated(bbox=5), "is no box"),
        (annotated(bbox=[0, 0, float("inf"), 1]), "is no box"),
        (annotated(area="large"), "is no number"),
        (annotated(segmentation=7), "cannot be drawn"),
        (annotated(segmentation=[[1, 2, 3, 4]]), "cannot be drawn"),
        (annotated(segmentation=[[1, 2, float("nan"), 4, 5, 6]]), "cannot be drawn"),
        (annotated(segmentation={"counts": [480]}), "cannot be drawn"),
        (annotated(segmentation={"size": [20, 24], "counts": [1e400, 1]}), "cannot be drawn"),
        (annotated(segmentation={"size": [20, 24], "counts": [-1, 481]}), "cannot be drawn"),
        (annotated(segmentation={"size": [20, 24], "counts": "\u00ff\u2208"}), "cannot be drawn"),
    ],
)
def test_account_a33_a_fault_is_one_of_its_image(tmp_path, change, said):
    path = changed(tmp_path, change)
    with pytest.raises(ReadError, match=said):
        open_volume(path, ReadOptions(member="a.png"))
    assert open_volume(path, ReadOptions(member="b.png")).geometry.shape == (20, 24)


@pytest.mark.parametrize("far", [1e6, 16777216, -4e11])
def test_account_a33_a_wild_corner_costs_nothing(tmp_path, far):
    path = changed(tmp_path, lambda c: c["annotations"][0]["segmentation"][0].__setitem__(2, far))
    volume = open_volume(path, ReadOptions(member="a.png"))
    assert volume.channels[0].source().shape == (20, 24)


def test_account_a33_deep_json(tmp_path):
    (tmp_path / "deep.json").write_text('{"images":' + "[" * 100000)
    with pytest.raises(ReadError, match="not a COCO file"):
        open_volume(tmp_path / "deep.json", ReadOptions())


def test_account_a3_what_belongs_to_nothing_is_counted(tmp_path):
    def change(content):
        content["annotations"] += [
            {"id": 3, "image_id": 1, "category_id": 9, "segmentation": [[0, 0, 4, 0, 4, 4]]},
            {"id": 4, "image_id": 1, "category_id": 1, "segmentation": []},
            {"id": 5, "image_id": 139, "category_id": 1, "segmentation": [[0, 0, 4, 0, 4, 4]]},
        ]

    path = changed(tmp_path, change)
    with keep_inventory(Inventory()) as kept, on_side("gt"):
        open_volume(path, ReadOptions(member="a.png"))
    assert {(i.code, i.number) for i in kept.left_aside} == {
        ("W-unknown-category", 1), ("W-no-mask", 1)
    }  # fmt: skip
    assert not kept.missing()
    (stray,) = parse_coco(path).strays
    assert (stray.code, stray.count, stray.names) == ("W-unknown-image", 1, ("image_id 139",))


def test_ids_that_are_names_or_have_gaps(tmp_path):
    def change(content):
        content["categories"] = [{"id": "kitty", "name": "cat"}, {"id": 90, "name": "dog"}]
        content["images"][0]["id"] = "first"
        content["annotations"][0] |= {"category_id": "kitty", "image_id": "first"}

    volume = open_volume(changed(tmp_path, change), ReadOptions(member="a.png"))
    assert list(volume.segments) == ["cat", "dog"]
    assert volume.channels[0].source().sum() == 64
    assert volume.instances().values == ("kitty",)


def test_a_category_that_only_groups_others_is_none(tmp_path):
    def change(content):
        content["categories"] = [
            {"id": 0, "name": "animals", "supercategory": "none"},
            {"id": 1, "name": "cat", "supercategory": "animals"},
        ]

    file = parse_coco(changed(tmp_path, change))
    assert [c.name for c in file.categories.values()] == ["cat"]
    assert file.grouping == ("animals",)


def test_images_that_share_a_name_or_an_id(tmp_path):
    def change(content):
        content["images"] += [{"id": 7, "file_name": "a.png", "height": 20, "width": 24}]
        content["images"] += [dict(content["images"][1])]  # the same entry twice is one image

    path = changed(tmp_path, change)
    with pytest.raises(ReadError, match=r"2 images are called a\.png: ids 1, 7"):
        open_volume(path, ReadOptions(member="a.png"))
    assert open_volume(path, ReadOptions(member="b.png")).instances().order == 2


def test_low_scores_are_said(tmp_path):
    path = tmp_path / "d.json"
    marks = [
        build.annotation(n, 1, 1, build.runs(A), score=s) for n, s in enumerate((0.9, 0.2, 0.01))
    ]
    path.write_text(json.dumps(marks))
    (note,) = open_volume(path, ReadOptions(grid=SHAPE, member="1")).notes
    assert (note.code, "2 of 3" in note.text, "--min-score" in note.text) == (
        "W-low-scores", True, True
    )  # fmt: skip
    assert not open_volume(path, ReadOptions(grid=SHAPE, member="1", min_score=0.1)).notes


@pytest.mark.parametrize(("score", "low"), [(0.49, True), (0.5, False)])
def test_a_low_score_is_one_below_a_half(tmp_path, score, low):
    path = tmp_path / "d.json"
    path.write_text(json.dumps([build.annotation(1, 1, 1, build.runs(A), score=score)]))
    notes = open_volume(path, ReadOptions(grid=SHAPE, member="1")).notes
    assert [note.code for note in notes] == ["W-low-scores"] * low


def test_the_size_of_a_detection_is_that_of_its_box_where_it_has_one(tmp_path):
    path = tmp_path / "d.json"
    marks = [build.annotation(1, 1, 1, build.runs(A), score=1, bbox=[0, 0, 30, 40])]
    marks += [build.annotation(2, 1, 1, build.runs(A), score=1, area=7)]
    path.write_text(json.dumps(marks))
    found = open_volume(path, ReadOptions(grid=SHAPE, member="1")).instances()
    assert found.sizes().tolist() == [1200, A.sum()]
    assert found.corners()[1].tolist() == [2, 1, 4, 4]


def panoptic(tmp_path, listed=(5, 300, 70000)):
    """Three segments: a cat, a crowd of cats, grass; the rest is void."""
    ids = np.zeros((6, 8), np.uint32)
    ids[:2, :3], ids[3:, :2], ids[:, 5:] = 5, 300, 70000
    colours = np.stack([ids % 256, ids // 256 % 256, ids // 65536], axis=-1).astype(np.uint8)
    (tmp_path / "pan").mkdir(exist_ok=True)
    Image.fromarray(colours).save(tmp_path / "pan" / "a.png")
    segments = [
        {"id": 5, "category_id": 17, "iscrowd": 0, "area": 999},
        {"id": 300, "category_id": 17, "iscrowd": 1, "area": 6},
        {"id": 70000, "category_id": 193, "iscrowd": 0, "area": 18},
    ]
    content = {
        "images": [{"id": 4, "file_name": "a.jpg", "height": 6, "width": 8}],
        "annotations": [{
            "image_id": 4, "file_name": "a.png",
            "segments_info": [s for s in segments if s["id"] in listed],
        }],
        "categories": [
            {"id": 17, "name": "cat", "isthing": 1}, {"id": 193, "name": "grass", "isthing": 0}
        ],
    }  # fmt: skip
    (tmp_path / "pan.json").write_text(json.dumps(content))
    return tmp_path / "pan.json", ids


def test_instances_section_1_panoptic_segments(tmp_path):
    path, ids = panoptic(tmp_path)
    volume = open_volume(path, ReadOptions(member="a.jpg"))
    assert np.array_equal(volume.channels[0].source(), ids)
    labels = volume.coding.labels_of(ids)
    assert np.array_equal(labels == 17, np.isin(ids, (5, 300)))
    assert np.array_equal(labels == 193, ids == 70000)
    assert volume.names == {17: "cat", 193: "grass"}
    assert volume.coding.kinds == {0: "void", 300: "crowd", 70000: "stuff"}
    found = volume.instances()
    assert found.masks.areas.tolist() == [6, 6]  # counted, not the JSON's 999
    assert found.crowd.tolist() == [False, True]
    assert (found.void[1::2] - found.void[::2]).sum() == (ids == 0).sum()


def test_instances_section_1_a_segment_that_the_json_does_not_list(tmp_path):
    path, ids = panoptic(tmp_path, listed=(5, 70000))
    with (
        keep_inventory(Inventory()),
        on_side("pred"),
        pytest.raises(ReadError, match=r"not listed in the JSON \(ids 300"),
    ):
        open_volume(path, ReadOptions(member="a.jpg"))
    with keep_inventory(Inventory()) as kept, on_side("gt"):
        labels = open_volume(path, ReadOptions(member="a.jpg")).coding.labels_of(ids)
    assert not labels[ids == 300].any()
    assert [item.code for item in kept.left_aside] == ["W-unlisted-segment"]


def test_panoptic_segments_that_are_told_twice_or_by_no_yes_or_no(tmp_path):
    path, _ = panoptic(tmp_path)
    content = json.loads(path.read_text())
    segments = content["annotations"][0]["segments_info"]
    first = dict(segments[0])
    for more, wrong in (
        ({"iscrowd": 1}, "two segments of an image have the id 5"),
        ({"category_id": 193}, "two segments of an image have the id 5"),
        ({"iscrowd": "maybe"}, "segment 5: iscrowd is 'maybe', not 0 or 1"),
    ):
        segments[0] = first | more
        segments[3:] = [first]
        path.write_text(json.dumps(content))
        with pytest.raises(ReadError, match=wrong):
            open_volume(path, ReadOptions(member="a.jpg"))
    segments[0] = segments[3]  # twice the same is no contradiction
    path.write_text(json.dumps(content))
    assert open_volume(path, ReadOptions(member="a.jpg")).coding.kinds[300] == "crowd"
    content["categories"][1]["isthing"] = "0"
    path.write_text(json.dumps(content))
    assert open_volume(path, ReadOptions(member="a.jpg")).coding.kinds[70000] == "stuff"
    content["categories"][1]["isthing"] = "stuff"
    path.write_text(json.dumps(content))
    with pytest.raises(ReadError, match="isthing is 'stuff', not 0 or 1"):
        open_volume(path, ReadOptions(member="a.jpg"))


def test_panoptic_of_other_sizes_modes_and_places(tmp_path):
    path, _ = panoptic(tmp_path)
    png = tmp_path / "pan" / "a.png"
    Image.fromarray(np.zeros((6, 9, 3), np.uint8)).save(png)
    with pytest.raises(ReadError, match="the PNG has 9 x 6 pixels and the JSON says 8 x 6"):
        open_volume(path, ReadOptions(member="a.jpg"))
    Image.fromarray(np.zeros((6, 8), np.uint8)).save(png)
    with pytest.raises(ReadError, match="mode L is no map of segments"):
        open_volume(path, ReadOptions(member="a.jpg"))
    png.write_bytes(b"no png")
    with pytest.raises(ReadError, match="not a readable PNG"):
        open_volume(path, ReadOptions(member="a.jpg"))
    png.unlink()
    with pytest.raises(ReadError, match=r"there is no a\.png"):
        open_volume(path, ReadOptions(member="a.jpg"))


@pytest.mark.parametrize(
    ("segmentation", "reason"),
    [
        ([[102, 2, 110, 2, 110, 9]], "whose mask has no pixel of the image"),
        ([[]], "whose mask has no pixel of the image"),
        ([], "without a mask"),
    ],
)
def test_an_annotation_without_a_pixel_is_said_account_a3(tmp_path, segmentation, reason):
    mark = {"id": 7, "image_id": 1, "category_id": 1, "segmentation": segmentation}
    content = {
        "images": [{"id": 1, "file_name": "a.png", "height": 32, "width": 32}],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [mark | {"bbox": [102, 2, 8, 7], "area": 28, "iscrowd": 0}],
    }
    path = tmp_path / "gt.json"
    path.write_text(json.dumps(content))
    with keep_inventory(Inventory()) as kept:
        open_volume(path, ReadOptions(member="a.png"))
    (left,) = kept.left_aside
    assert (left.kind, left.reason, left.code) == ("annotation", reason, "W-no-mask")
    assert list(left.names) == ["annotation 7"]


def large(tmp_path, many):
    """A file of so many images, each with five annotations."""
    sides = {"height": 20, "width": 24}
    marks = [
        {"id": k, "image_id": k // 5, "category_id": 1 + k % 2, "extra": "x" * 400,
         "segmentation": [[2, 2, 10 + k % 7, 2, 10, 10, 2, 10]]}
        for k in range(5 * many)
    ]  # fmt: skip
    content = {
        "annotations": marks,  # before the images, as some programs write it
        "images": [{"id": k, "file_name": f"{k}.png", **sides} for k in range(many)],
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
    }
    path = tmp_path / "large.json"
    path.write_text(json.dumps(content))
    return path


def test_memory_of_a_large_file_is_that_of_an_image(tmp_path):
    path = large(tmp_path, 2000)
    size = path.stat().st_size
    assert size > 2 * IN_MEMORY
    parse_coco.__globals__["_parse_coco_version"].cache_clear()
    tracemalloc.start()
    try:
        file = parse_coco(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < size / 2  # of the objects of the whole it would be three times the size
    for number in (0, 777, 1999):
        assert [mark["id"] for mark in file.marks.get(number)] == [number * 5 + k for k in range(5)]
    assert file.marks.count(5) == 5
    assert file.marks.get(2000) == ()


@pytest.mark.parametrize("limit", [0, 1 << 30])
def test_where_annotations_are_kept_changes_nothing(tmp_path, monkeypatch, limit):
    monkeypatch.setattr("segeval.readers.coco_file.IN_MEMORY", limit)

    def change(content):
        content["annotations"] += [
            {"image_id": "7", "category_id": 1}, 5, {"image_id": None}, {"category_id": 3},
            {"image_id": 2.0, "category_id": 1, "id": 9, "segmentation": [[0, 0, 4, 0, 4, 4]]},
            {"image_id": 7, "category_id": 44},
        ]  # fmt: skip
        content["categories"] += [{"id": 44, "name": "x"}, {"id": 9, "supercategory": "x"}]

    path = changed(tmp_path, change)
    file = parse_coco(path)
    (stray,) = file.strays
    assert stray.count == 5
    assert set(stray.names) == {"image_id '7'", "entry 4", "image_id None", "entry 6"}
    assert [mark.get("id") for mark in file.marks.get(2)] == [2, 9]
    assert file.grouping == ("x",)  # annotated in an image that is not there alone
    volume = open_volume(path, ReadOptions(member="b.png"))
    assert len(volume.instances().values) == 2


@pytest.mark.parametrize(
    "content", ["[1", '{"images": []}', '{"images": 5, "annotations": 1}', "7"]
)
def test_what_is_no_coco_file_is_said_the_same(tmp_path, monkeypatch, content):
    said = []
    for limit in (0, 1 << 30):
        monkeypatch.setattr("segeval.readers.coco_file.IN_MEMORY", limit)
        path = tmp_path / f"{limit}.json"
        path.write_text(content)
        with pytest.raises(ReadError) as caught:
            parse_coco(path)
        said.append(caught.value.message)
    assert said[0] == said[1]


def test_more_categories_than_any_file_has_are_refused(tmp_path, monkeypatch):
    categories = [{"id": k, "name": f"c{k}"} for k in range(9)]
    path = tmp_path / "g.json"
    path.write_text(json.dumps({"images": [], "annotations": [], "categories": categories}))
    assert len(parse_coco(path).categories) == 9
    monkeypatch.setattr(channel, "MOST_CHANNELS", 8)
    path.write_text(path.read_text() + " ")
    with pytest.raises(ReadError, match="9 categories, and at most 8 are read"):
        parse_coco(path)
