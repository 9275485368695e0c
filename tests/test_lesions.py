"""A tally that is added by the recipe (docs/architecture.md) is right without knowing the rules."""

import json
import math

import build
import lesions
import numpy as np
import pytest
from runs import only, reasons, run, values

NII = (build.nifti, ".nii.gz")
BOTH = ("lump_recall", "lump_difference", "dice")


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    lesions.register(monkeypatch)


def spots(*corners):
    """Cubes of 2 x 2 x 2 voxels: one lesion each."""
    mask = np.zeros((8, 12, 12), np.uint8)
    for z, y, x in corners:
        mask[z : z + 2, y : y + 2, x : x + 2] = 1
    return mask


TRUTH = spots((0, 0, 0), (0, 6, 6), (5, 0, 6))
PRED = spots((0, 1, 1), (5, 0, 6), (5, 8, 0), (2, 9, 9))  # hits the first and the third


def scored(path, pred, truth, **choices):
    """Recall, and how many lesions more, of each class."""
    sides = build.nifti(path / "p.nii.gz", pred), build.nifti(path / "g.nii.gz", truth)
    card = run(*sides, *BOTH, **choices)
    return values(card, "lump_recall"), values(card, "lump_difference"), card


def test_by_hand(tmp_path):
    recall, more, _ = scored(tmp_path, PRED, TRUTH)
    assert recall == {"1": pytest.approx(2 / 3)}
    assert more == {"1": 1}


@pytest.mark.parametrize("white", [(255, 255), (255, 1), (1, 255)])
def test_a_mask_of_0_and_255(tmp_path, white):
    recall, more, _ = scored(tmp_path, PRED * white[0], TRUTH * white[1])
    assert (recall, more) == ({"1": pytest.approx(2 / 3)}, {"1": 1})


def test_an_ignored_label(tmp_path):
    truth = TRUTH.copy()
    truth[0:3, 0:3, 0:3] = 9  # over the first lesion and what hits it
    truth[5:8, 8:, :3] = 9  # over the third of the prediction
    recall, more, _ = scored(tmp_path, PRED, truth, ignore_label=(9,))
    assert (recall, more) == ({"1": 1 / 2}, {"1": 0})


def test_an_empty_side(tmp_path):
    nothing = np.zeros_like(TRUTH)
    recall, more, card = scored(tmp_path, PRED, nothing, classes="1=lesion")
    assert math.isnan(recall["lesion"])
    assert more == {"lesion": 4}
    assert reasons(card, "lump_recall") == {"lesion": ("undefined", "gt_empty")}
    recall, more, _ = scored(tmp_path, nothing, TRUTH, classes="1=lesion")
    assert (recall, more) == ({"lesion": 0}, {"lesion": -3})


def test_files_of_classes_that_overlap(tmp_path):
    whole = spots((0, 0, 0), (0, 6, 6), (5, 0, 6), (5, 8, 8)) * np.uint8(255)
    build.folder(tmp_path / "gt" / "c", NII, spleen=TRUTH * np.uint8(255), liver=whole)
    build.folder(tmp_path / "pred" / "c", NII, spleen=PRED, liver=PRED)
    card = run(tmp_path / "pred", tmp_path / "gt", *BOTH)
    assert values(card, "lump_recall") == {"liver": 2 / 4, "spleen": pytest.approx(2 / 3)}


def test_a_small_budget(tmp_path, monkeypatch):
    monkeypatch.setattr("segeval.scoring.pass_plan.case_budget", lambda budget: 1000)
    recall, _, card = scored(tmp_path, PRED, TRUTH)
    assert math.isnan(recall["1"])
    assert reasons(card, "lump_recall") == {"1": ("over_budget", "")}
    assert only(card).facts["faults"]["1"]["message"].startswith("would take 1 MiB")
    assert values(card)["1"] > 0


def test_it_is_kept_and_pooled(tmp_path):
    build.folder(tmp_path / "gt", NII, a=TRUTH, b=TRUTH)
    build.folder(tmp_path / "pred", NII, a=PRED, b=spots((5, 0, 6)))
    card = run(tmp_path / "pred", tmp_path / "gt", "lump_recall")
    assert json.loads(json.dumps(card.cases[0].tallies["lesions"])) == {"classes": {"1": [3, 2, 4]}}
    assert card.summary[""]["1"]["lump_recall"].pooled == 3 / 6
