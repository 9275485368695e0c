"""The nearest of many far points, held against every pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segeval.kernels import nearest
from segeval.kernels.nearest import find_far_points, nearby_pairs, nearest_targets, with_squares


def point_sets(seed, axes, kind):
    """Two sets: random, on a lattice, one around the other, all in one place."""
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 300, 2)
    points, targets = rng.normal(size=(axes, n)) * 9, rng.normal(size=(axes, m)) * 9
    if kind == "lattice":
        return np.rint(points) * 0.7, np.rint(targets) * 0.7 + 30
    if kind == "around":
        return points / 40, 50 * targets / np.linalg.norm(targets, axis=0)
    if kind == "one place":
        return np.repeat(points[:, :1], n, axis=1), targets
    return points, targets + rng.uniform(-60, 60, (axes, 1))


@pytest.mark.parametrize("few", [1, 200, 1 << 17])
@given(
    st.integers(0, 999), st.integers(2, 3), st.sampled_from(["", "lattice", "around", "one place"])
)
@settings(max_examples=25, deadline=None)
def test_every_point_meets_its_nearest(few, seed, axes, kind):
    points, targets = point_sets(seed, axes, kind)
    apart = np.linalg.norm(points[:, :, None] - targets[:, None], axis=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "FEW_PAIRS", few)
        patch.setattr(nearest, "FILTERED_PAIRS", few // 2)
        patch.setattr(nearest, "PRODUCT_PAIRS", max(few // 2, 1))
        patch.setattr(nearest, "TARGETS", max(few // 8, 1))
        found = nearest_targets(points, targets)
        pairs = [np.stack(p) for p in nearby_pairs(points, with_squares(targets), 3.0)]
    own = np.arange(points.shape[1])
    assert apart[own, found] == pytest.approx(apart.min(axis=1), abs=1e-9)
    of, to = np.concatenate(pairs, axis=1)
    given_out = set(zip(of.tolist(), to.tolist(), strict=True))
    assert len(given_out) == len(of)
    square = apart**2
    wanted = np.argwhere(square <= square.min(axis=1)[:, None] + 3 - 1e-9)
    assert set(map(tuple, wanted.tolist())) <= given_out
    assert (square[of, to] <= square.min(axis=1)[of] + 3 + 1e-9).all()
    for part in pairs:  # those of one point beside each other
        assert len(np.flatnonzero(np.diff(part[0]))) + 1 == len(set(part[0].tolist()))


def test_nothing_asks_nothing():
    assert nearest_targets(np.zeros((3, 0)), np.ones((3, 4))).shape == (0,)
    assert list(nearby_pairs(np.zeros((3, 0)), with_squares(np.ones((3, 4))), 1.0)) == []


@given(st.integers(0, 999), st.lists(st.integers(1, 5), min_size=2, max_size=3))
@settings(max_examples=40, deadline=None)
def test_what_is_called_far_is_far(seed, sides):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(3, 30, len(sides)).tolist())
    size = int(np.prod(shape))
    at, of = (rng.choice(size, rng.integers(1, 6), replace=False) for _ in "ab")
    far = find_far_points(shape, at, of, tuple(sides))
    steps = np.abs(
        np.stack(np.unravel_index(at, shape), 1)[:, None] - np.stack(np.unravel_index(of, shape), 1)
    )
    assert ((steps[far] > np.array(sides)).any(axis=2)).all()
    #  two blocks on, along one axis, is always far
    beyond = (steps >= 2 * np.array(sides)).any(axis=2).all(axis=1)
    assert far[beyond].all()


@pytest.mark.parametrize(("farther", "met"), [(4.5e-10, [0, 1]), (5.5e-10, [0])])
def test_targets_are_equally_near_within_the_rounding_of_a_sum_of_squares(farther, met):
    #  squares 1e6 and 1e6 + 2000 farther: they may be off by 1e-12 of 1e6
    targets = np.array([[1000.0, 1000.0 + farther]])
    pairs = list(nearby_pairs(np.zeros((1, 1)), with_squares(targets), 0.0))
    assert [int(target) for _, some in pairs for target in some] == met
