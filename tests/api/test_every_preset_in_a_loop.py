"""Every preset gives a loop what it gives the files of the loop (CLI-Y2)."""

import os

import nibabel
import numpy as np
import pytest

import segeval
from segeval.request.presets import FOLDER
from segeval.runtime.errors import RequestError

PRESETS = sorted(name.removesuffix(".toml") for name in os.listdir(FOLDER))
AFFINE = np.diag([-1.0, -1.5, 2.5, 1.0])


def case(seed):
    """A few blobs of labels 1 to 4, and a prediction that moved some of them."""
    rng = np.random.default_rng(seed)
    truth = np.zeros((12, 24, 24), np.uint8)
    pred = truth.copy()
    for label in (1, 2, 3, 4, 1):
        z, y, x = rng.integers(1, (8, 16, 16))
        d = rng.integers(2, 5, 3)
        truth[z : z + d[0], y : y + d[1], x : x + d[2]] = label
        y += rng.integers(0, 2)
        pred[z : z + d[0], y : y + d[1], x : x + d[2]] = label
    return truth, pred


def everything(card):
    return [repr(part) for part in (card.rows, card.summary, card.signature, card.fields)]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_in_a_loop(tmp_path, preset):
    choices = {"preset": preset} | ({"kind": "prob"} if preset == "probability" else {})
    try:
        evaluator = segeval.Evaluator(**choices)
    except RequestError as problem:
        with pytest.raises(RequestError, match=problem.message[:20]):
            segeval.score(tmp_path, tmp_path, **choices)
        return
    for side in ("pred", "gt"):
        (tmp_path / side).mkdir()
    for seed in range(2):
        truth, pred = case(seed)
        if preset == "probability":
            rng = np.random.default_rng(seed)
            scores = rng.random((5, *pred.shape), np.float32) + 2 * (
                pred == np.arange(5).reshape(5, 1, 1, 1)
            )
            pred = (scores / scores.sum(axis=0)).astype(np.float32)
        images = [nibabel.Nifti1Image(array.T, AFFINE) for array in (pred, truth)]
        evaluator.add(*images, f"p{seed}")
        for side, image in zip(("pred", "gt"), images, strict=True):
            nibabel.save(image, tmp_path / side / f"p{seed}.nii.gz")
    card = segeval.score(tmp_path / "pred", tmp_path / "gt", **choices)
    assert everything(evaluator.card()) == everything(card)
    assert [c.facts.get("faults") for c in evaluator.card().cases] == [
        c.facts.get("faults") for c in card.cases
    ]
    assert preset == "coco" or any(row.value == row.value for row in card.rows)  # of detections
