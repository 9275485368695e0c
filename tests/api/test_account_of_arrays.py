"""Arrays have the account of files: nothing is lost unsaid, it adds up (ACCOUNT-A1, A17, A37)."""

import numpy as np
import pytest

import segeval
from segeval.runtime.errors import RequestError
from segeval.runtime.inventory import Inventory

GT = np.zeros((6, 8, 8), np.uint8)
GT[1:4, 2:6, 2:6] = 1
PRED = np.roll(GT, 1, 2)


def one(pred=PRED, gt=GT, **choices):
    return segeval.score(pred, gt, "dice", **choices)


def loop(pred=PRED, gt=GT, **choices):
    evaluator = segeval.Evaluator("dice", **choices)
    evaluator.add(pred, gt, "a")
    return evaluator.card()


@pytest.fixture(params=[one, loop], ids=["score", "Evaluator"])
def score(request):
    return request.param


def unmet(card):
    assert Inventory.from_inputs(card.inputs).missing() == {}
    return [name for item in card.inputs["left_aside"] if item.get("code") == "W-no-effect"
            for name in item["names"]]  # fmt: skip


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"remap_pred": {77: 1}}, ["--remap-pred 77=1: no prediction holds 77"]),
        ({"remap_gt": {1: 3, 9: 1}}, ["--remap-gt 9=1: no ground truth holds 9"]),
        ({"ignore_label": [9]}, ["--ignore-label 9: no ground truth holds it"]),
        ({"aliases": ["liver=Leber"]}, ['--alias "liver=Leber": no file calls a structure so']),
        ({"remap_pred": {1: 2}, "remap_gt": {1: 2}, "ignore_label": 0}, []),
        ({}, []),
    ],
)
def test_account_a1_what_nothing_is_there_for(score, choices, said):
    assert unmet(score(**choices)) == said


def test_account_a17_sides_without_a_common_label(score):
    assert [note.code for note in score(PRED * 4).notes] == ["W-no-common-label"]
    assert score().notes == ()


def test_account_a4_nothing_says_which_classes_there_are(score):
    assert [note.code for note in score(PRED * 0, GT * 0).notes] == ["W-no-class"]


def test_frames_of_arrays_are_refused(score):
    with pytest.raises(RequestError, match="an array is one map"):
        score(settings=segeval.Settings(frames=True))
