"""Every value of the oracles is reproduced: what published libraries return for the same input."""

import numpy as np
import oracles.arrays  # noqa: F401 - registers the conventions that need more than sums
import pytest
from oracles.conventions import SUMS, answer
from oracles.read import ignored, records, unpacked

EVERY = list(records())
VALUES = [r for r in EVERY if r.convention not in ("decode.dont_care", "negative_control")]
CONTROLS = [r for r in EVERY if r.convention == "negative_control"]


def named(r):
    return f"{r.case}-{r.id}"


def test_every_record_is_asked():
    assert len(EVERY) == 630
    assert {r.convention for r in EVERY} - set(SUMS) == {"decode.dont_care"}


@pytest.mark.parametrize("r", VALUES, ids=named)
def test_the_value_of_the_library(r):
    want, got = unpacked(r, r.want), np.asarray(answer(r), float)
    assert got.shape == want.shape
    if (rounding := ignored(r)) is not None:
        got, want = got[~rounding], want[~rounding]
    np.testing.assert_allclose(got, want, r.rtol, r.atol, equal_nan=True)


@pytest.mark.parametrize("r", [r for r in VALUES if r.exact is not None], ids=named)
def test_the_same_formula_in_float64(r):
    np.testing.assert_allclose(np.asarray(answer(r), float), r.exact, 1e-9, 1e-12)


@pytest.mark.parametrize("r", CONTROLS, ids=named)
def test_the_mean_over_all_masks_is_not_reported(r):
    assert abs(answer(r) - r.want) > 100 * r.rtol * abs(r.want)
