"""--weight-maps on the command line."""

import json
from pathlib import Path

import build
import numpy as np
import pytest

SHAPE = (5, 6, 7)


def written():
    """A case with a map of ones, in the working folder."""
    rng = np.random.default_rng(11)
    for side in ("pred", "gt", "w"):
        Path(side).mkdir()
    np.savez("pred/a.npz", logits=rng.normal(0, 2, (3, *SHAPE)).astype(np.float32))
    build.npy(Path("gt/a.npy"), rng.integers(0, 3, SHAPE).astype(np.uint8))
    build.npy(Path("w/a.npy"), np.ones(SHAPE))


def test_resume_sees_a_map_that_changed(segeval, here):
    written()
    line = "score pred gt -m weighted_ce --weight-maps w -o r.json --format none -q"
    assert segeval(*line.split()).status == 0

    def value():
        (case,) = json.loads((here / "r.json").read_text())["cases"]
        return case["values"]["1"]["weighted_ce"]

    first = value()
    build.npy(here / "w" / "a.npy", np.full(SHAPE, 2.0))
    assert segeval(*line.split(), "--resume").status == 0
    assert value() == pytest.approx(2 * first, rel=1e-6)


def test_a_map_without_use_and_a_wrong_folder_are_said(segeval, here):
    written()
    ran = segeval("score", "pred", "gt", "-m", "ce", "--weight-maps", "w")
    assert "W-no-effect" in ran.err
    assert "no metric is weighted_ce" in ran.err
    assert segeval("score", "pred", "gt", "-m", "weighted_ce", "--weight-maps", "none").status == 2
