"""COCO files with every fault, both ways round: nothing is lost unsaid (ACCOUNT-A1, A3)."""

import json

import pytest
from advice.driver import invoke
from regions_build import annotation

IMAGE = {"id": 1, "file_name": "a.jpg", "height": 8, "width": 8}
CATEGORIES = [{"id": 1, "name": "car"}, {"id": 2, "name": "dog"}]


def mark(number, x=1, category=1, image=1, **more):
    ring = [x, 1, x + 2, 1, x + 2, 5, x, 5]
    return annotation(number, image, category, [ring], **more)


def instances(*marks, categories=CATEGORIES, images=(IMAGE,)):
    made = list(marks) or [mark(1), mark(2, 4)]
    return {"images": list(images), "annotations": made, "categories": categories}


def box(number):
    return {"id": number, "image_id": 1, "category_id": 1, "bbox": [1, 1, 3, 3], "iscrowd": 0}


GROUPED = [{"id": 9, "name": "things"}, *({**one, "supercategory": "things"} for one in CATEGORIES)]
TWICE = [IMAGE, {**IMAGE, "id": 2}]
SHOWN = {"score": 0.9}
CASES = {  # ground truth, prediction, status, words
    "detection of no image": (
        instances(),
        [mark(1, **SHOWN), mark(2, image=77, **SHOWN)],
        0,
        "image_id 77",
    ),
    "detection of no category": (
        instances(),
        [mark(1, **SHOWN), mark(2, category=9, **SHOWN)],
        0,
        "W-unknown-category",
    ),
    "annotation of no image": (
        instances(mark(1), mark(2, image=5)),
        instances(),
        0,
        "W-unknown-image",
    ),
    "annotation of no category": (
        instances(mark(1), mark(2, category=9)),
        instances(),
        0,
        "W-unknown-category",
    ),
    "box without a mask": (instances(box(1), mark(2)), instances(), 0, "W-no-mask"),
    "boxes as detections": (instances(), [{**box(1), **SHOWN}], 0, "W-no-mask"),
    "two images of a name": (
        instances(images=TWICE),
        instances(),
        3,
        "2 images are called a.jpg: ids 1, 2",
    ),
    "two categories of a name": (
        instances(categories=[{"id": 1, "name": "x"}, {"id": 2, "name": "x"}]),
        instances(),
        2,
        "2 categories are called 'x': ids 1, 2",
    ),
    "ids that are names": (
        instances({**mark(1), "image_id": "x"}, images=[{**IMAGE, "id": "x"}]),
        [{**mark(1), "image_id": "x", **SHOWN}],
        0,
        "",
    ),
    "ids with gaps": (
        instances(
            mark(1, category=17), categories=[{"id": 17, "name": "a"}, {"id": 90, "name": "b"}]
        ),
        [mark(1, category=17, **SHOWN)],
        0,
        "",
    ),
    "grouping categories": (
        instances(categories=GROUPED),
        instances(),
        0,
        "only group other categories (things)",
    ),
    "low scores": (instances(), [mark(1, score=0.01)], 0, "W-low-scores"),
}


@pytest.mark.parametrize("metric", ["dice", "ap"])
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_a1_coco_both_ways_round(tmp_path, monkeypatch, name, swapped, metric):
    monkeypatch.chdir(tmp_path)
    truth, pred, status, words = CASES[name]
    (tmp_path / "g.json").write_text(json.dumps(pred if swapped else truth))
    (tmp_path / "p.json").write_text(json.dumps(truth if swapped else pred))
    if swapped and isinstance(pred, list):
        status, words = 2, "the sides are swapped"
    done = invoke(["score", "p.json", "g.json", "-m", metric, "-o", "r.json", "--format", "none"])
    assert (done.status, words in done.err) == (status, True), done.err
    if status == 2:
        return
    for kind, own in json.loads((tmp_path / "r.json").read_text())["inputs"]["inventory"].items():
        ends = sum(sum(own.get(end, {}).values()) for end in ("unscored", "left_aside"))
        assert own["found"] == own.get("scored", 0) + ends, kind
