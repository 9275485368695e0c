"""Sums that are made row by row while a file is read are those of the formulas."""

import build
import numpy as np
import pytest
from runs import only, run

from segeval.scoring import slab_pass

CHANNELS, SHAPE = 6, (3, 20, 25)
ASKED = ("ce", "brier", "l2", "dice_loss:as=vnet", "ece")


def drawn(length):
    """Logits and labels in runs of some length; some voxels are predicted wrong."""
    random = np.random.default_rng(length)
    labels = np.repeat(random.integers(0, CHANNELS, 1500 // length + 1), length)[:1500].reshape(
        SHAPE
    )
    z = random.normal(0, 2, (CHANNELS, *SHAPE))
    return z + 3 * (labels == np.arange(CHANNELS)[:, None, None, None]), labels.astype(np.uint8)


def of_logits(z, labels):
    z, y = z.reshape(CHANNELS, -1).astype(np.float64), labels.reshape(-1)
    p = np.exp(z - z.max(axis=0))
    p /= p.sum(axis=0)
    return of_probabilities(p, y)


def of_probabilities(p, y):
    """The obvious form, in float64."""
    g = y == np.arange(CHANNELS)[:, None]
    apart = (p - g) ** 2
    overlap = 1 - 2 * (p * g).sum(axis=1) / ((p**2).sum(axis=1) + g.sum(axis=1))
    confidence, hit = p.max(axis=0), p.argmax(axis=0) == y
    place = np.floor(confidence * 15)
    gaps = [abs((hit - confidence)[place == k].sum()) for k in range(16)]
    return {
        "ce": {"all": -np.log(p[y, range(len(y))]).mean()},
        "brier": {"all": apart.sum(axis=0).mean()},
        "l2": {str(c): apart[c].mean() for c in range(1, CHANNELS)},
        "dice_loss:as=vnet": {str(c): overlap[c] for c in range(1, CHANNELS)},
        "ece": {"all": sum(gaps) / len(y)},
    }


@pytest.mark.parametrize("voxels", [64, 700, 1 << 16])
@pytest.mark.parametrize("length", [1, 30, 1500])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("kind", ["logits", "prob"])
def test_every_loss_is_that_of_its_formula(kind, dtype, length, voxels, tmp_path, monkeypatch):
    monkeypatch.setattr(slab_pass, "SCORES_AT_A_TIME", voxels)
    z, labels = drawn(length)
    if kind == "logits":
        values = z.astype(dtype)
        expected = of_logits(values, labels)
    else:
        shares = np.exp(z)
        values = (shares / shares.sum(axis=0)).astype(dtype)
        flat = values.reshape(CHANNELS, -1).astype(np.float64)
        expected = of_probabilities(flat, labels.reshape(-1))
    pair = build.npy(tmp_path / "p.npy", values), build.npy(tmp_path / "g.npy", labels)
    rows = only(run(*pair, *ASKED, kind=kind)).rows
    found = {(row.metric, row.class_): row.value for row in rows}
    for metric, of_class in expected.items():
        for name, value in of_class.items():
            assert found[metric, name] == pytest.approx(value, rel=1e-12), (metric, name)


@pytest.mark.parametrize("apart", [0.5, -1, 40])
@pytest.mark.parametrize("channels", [1, 2])
def test_values_that_are_no_probabilities_are_an_error_before_they_are_counted(
    apart, channels, tmp_path
):
    p = np.stack([np.full(SHAPE, 0.75, np.float32), np.full(SHAPE, 0.25, np.float32)])[:channels]
    p[0, 1, 1, 1] += apart
    pair = build.npy(tmp_path / "p.npy", p), build.npy(tmp_path / "g.npy", np.ones(SHAPE, np.uint8))
    (case,) = run(*pair, "ece", "ce" if channels == 2 else "bce").cases
    assert case.status == "unreadable"
    assert "no probabilities" in case.error["message"]
