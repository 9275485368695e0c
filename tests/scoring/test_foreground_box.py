"""Calibration near the classes: the same number as that of the arrays cut out by hand."""

import numpy as np
import pytest

import segeval
from segeval.request.settings import Settings
from segeval.runtime.errors import GeometryError, RequestError

PROB = Settings(kind="prob", ignore_label=(9,))


def case(seed=0):
    """Two classes in a corner of a volume, whose labels lie in [2:5, 3:9, 8:12]."""
    rng = np.random.default_rng(seed)
    p = np.moveaxis(rng.dirichlet(np.ones(3), (7, 20, 20)), -1, 0).astype(np.float32)
    y = np.zeros((7, 20, 20), np.uint8)
    y[2:5, 3:9, 8:12] = rng.integers(0, 3, (3, 6, 4))
    y[2, 3, 8], y[4, 8, 11], y[0, 0, 0] = 1, 2, 9  # what is ignored is no class
    return p, y


def value(p, y, metric, settings=PROB, **more):
    return segeval.score(p, y, [metric], settings=settings, **more).cases[0].rows[-1].value


WHERE = {
    "box=0mm": np.s_[2:5, 3:9, 8:12],
    "box=2mm": np.s_[1:6, 1:11, 6:14],  # planes are 2 mm apart, so one plane on each side
    "box=1.9mm": np.s_[2:5, 2:10, 7:13],
    "box=2px": np.s_[0:7, 1:11, 6:14],
    "box=99mm": np.s_[:, :, :],
}


@pytest.mark.parametrize("box", WHERE)
@pytest.mark.parametrize(
    "metric", ["ece@10", "ece@10:as=monai", "mce@10", "brier", "nll", "ece@10:bins=mass"]
)
def test_it_is_that_of_the_part_alone(metric, box):
    p, y = case()
    part = WHERE[box]
    alone = value(p[(slice(None), *part)], y[part], metric)
    assert value(p, y, f"{metric}:{box}", spacing=(2, 1, 1)) == pytest.approx(alone, rel=1e-12)


def test_masks_that_may_overlap():
    p, y = case()
    masks = np.stack([y == 1, y == 2]).astype(np.uint8)
    alone = value(
        p[1:, 2:5, 3:9, 8:12], y[2:5, 3:9, 8:12], "ece", Settings(kind="prob", activation="none")
    )
    card = segeval.score(
        p[1:],
        y,
        ["ece:box=0px"],
        settings=Settings(kind="prob", activation="none", ignore_label=(9,)),
    )
    assert card.cases[0].rows[-1].value == pytest.approx(alone, rel=1e-12)
    assert masks.any()


def test_a_case_without_a_class_has_no_box():
    p, y = case()
    row = segeval.score(p, y * 0, ["ece:box=5px"], settings=PROB).cases[0].rows[-1]
    assert (row.status, row.reason) == ("undefined", "no_voxels")


def test_pooled_values_are_those_of_the_boxes(tmp_path):
    for side in ("pred", "gt"):
        (tmp_path / side).mkdir()
    parts = []
    for seed in (1, 2):
        p, y = case(seed)
        np.savez(tmp_path / "pred" / f"c{seed}.npz", probabilities=p)
        np.save(tmp_path / "gt" / f"c{seed}.npy", y)
        parts.append((p[:, 2:5, 3:9, 8:12], y[2:5, 3:9, 8:12]))
    card = segeval.score(tmp_path / "pred", tmp_path / "gt", ["ece:box=0px"], settings=PROB)
    both = [np.concatenate(side, axis=-1) for side in zip(*parts, strict=True)]
    pooled = card.summary[""]["all"]["ece:box=0px"].pooled
    assert pooled == pytest.approx(value(*both, "ece"), rel=1e-12)


def test_millimetres_need_a_spacing():
    with pytest.raises(GeometryError, match="box=3mm is in mm"):
        value(*case(), "ece:box=3mm")


@pytest.mark.parametrize("box", ["3", "far", "-1mm", "5%"])
def test_a_margin_is_a_length(box):
    with pytest.raises(RequestError, match="box"):
        value(*case(), f"ece:box={box}")
