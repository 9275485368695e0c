"""Annotations and detections of faulty images are counted, and names are as good as ids
(ACCOUNT-A1, A29)."""

import json

import pytest


def square(image, x, category=1, **more):
    corners = [x, 1, x + 3, 1, x + 3, 4, x, 4]
    return {"image_id": image, "category_id": category, "segmentation": [corners],
            "bbox": [x, 1, 3, 3], "area": 9, "iscrowd": 0, **more}  # fmt: skip


def truth(path, images):
    marks = [square(1, 1, id=1), square(1, 5, id=2), square(2, 2, id=3)]
    content = {"images": images, "annotations": marks, "categories": [{"id": 1, "name": "cat"}]}
    path.write_text(json.dumps(content))


def image(number, name, **more):
    return {"id": number, "file_name": name, "height": 8, "width": 10, **more}


def score(segeval, here, category=1, number=1, **more):
    found = [square(number, 1, category, score=0.9, **more), square(2, 2, category, score=0.9)]
    (here / "p.json").write_text(json.dumps(found))
    return segeval("score", "p.json", "g.json", "-m", "dice", "-m", "ap", "-o", "r.json")


@pytest.mark.parametrize(
    ("images", "unread"),
    [
        ([image(1, "a.jpg", width=None), image(2, "b.jpg")], 2),
        ([image(1, "a.jpg"), image(2, "b.jpg", height=-1)], 1),
        ([image(1, "a.jpg"), image(2, "a.jpg"), image(3, "c.jpg")], 3),
        ([image(1, "a.jpg", height=10**6, width=10**6), image(2, "b.jpg")], 2),
    ],
)
def test_account_a1_annotations_of_an_image_that_cannot_be_scored(segeval, here, images, unread):
    truth(here / "g.json", images)
    assert score(segeval, here).status == 3
    counted = json.loads((here / "r.json").read_text())["inputs"]["inventory"]["gt annotation"]
    assert (counted["found"], counted["unscored"]) == (3, {"unreadable": unread})


def test_account_a1_detections_of_an_image_whose_score_is_none(segeval, here):
    truth(here / "g.json", [image(1, "a.jpg"), image(2, "b.jpg")])
    (here / "p.json").write_text(json.dumps([square(1, 1, score="high"), square(2, 2, score=0.9)]))
    assert segeval("score", "p.json", "g.json", "-m", "dice", "-o", "r.json").status == 3
    counted = json.loads((here / "r.json").read_text())["inputs"]["inventory"]["pred detection"]
    assert counted == {"found": 2, "scored": 1, "unscored": {"unreadable": 1}}


@pytest.mark.parametrize(
    ("category", "number"), [("cat", 1), (1, "a.jpg"), (1, "a"), ("1", "1"), ("cat", "a.jpg")]
)
def test_account_a29_names_in_place_of_ids(segeval, here, category, number):
    truth(here / "g.json", [image(1, "a.jpg"), image(2, "b.jpg")])
    other = {1: 2, "1": "2", "a.jpg": "b.jpg", "a": "b"}[number]
    found = [square(number, 1, category, score=0.9), square(other, 2, category, score=0.9)]
    (here / "p.json").write_text(json.dumps(found))
    done = segeval("score", "p.json", "g.json", "-m", "dice", "-o", "r.json")
    assert (done.status, "warning" in done.err) == (0, False), done.err
    values = [
        case["values"]["cat"]["dice"] for case in json.loads((here / "r.json").read_text())["cases"]
    ]
    assert values == [pytest.approx(2 / 3), 1.0]


def test_a_category_of_no_name_and_no_id_is_still_said(segeval, here):
    truth(here / "g.json", [image(1, "a.jpg"), image(2, "b.jpg")])
    assert "does not list: ids dog" in score(segeval, here, category="dog").err
