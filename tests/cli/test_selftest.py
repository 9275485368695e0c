"""`segeval selftest` through its door."""

import json

from segeval.selftest import shapes


def test_numbers_are_right_and_filed(segeval, here):
    ran = segeval("selftest", "-o", "page.json")
    assert ran.status == 0
    content = json.loads((here / "page.json").read_text())
    assert content["passed"] is True
    assert f"signature {content['signature']}" in ran.out
    assert segeval("selftest", "-o", "page.txt").status == 2


def test_a_wrong_number_is_status_1(segeval, monkeypatch):
    moved = {**shapes.BOXES["pred"], shapes.BOX: ((6, 18), (10, 30), (11, 35))}
    monkeypatch.setitem(shapes.BOXES, "pred", moved)
    ran = segeval("selftest")
    assert ran.status == 1
    assert "error: boxes as .nii: box/dice is 0.875, expected 0.916666667" in ran.err
