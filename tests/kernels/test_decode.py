import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.kernels.decode import (
    argmax_channel,
    confirm_guess,
    float_bits,
    least_unusual_bits,
    winning_channel,
)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_as_integers_floats_without_a_sign_keep_their_order_and_all_others_are_above(dtype):
    usual = np.array([0, np.finfo(dtype).tiny, 1e-9, 0.5, 1, 2, np.finfo(dtype).max], dtype)
    coded = float_bits(usual)
    assert (np.diff(coded.astype(object)) > 0).all()
    assert (coded < least_unusual_bits(coded.dtype)).all()
    others = float_bits(np.array([-0.0, -1, -np.inf, np.inf, np.nan, -np.nan], dtype))
    assert (others >= least_unusual_bits(others.dtype)).all()


def drawn(seed, channels, n=300):
    """Shares of which many are equal."""
    scores = np.random.default_rng(seed).integers(0, 4, (channels, n)).astype(np.float32)
    scores[0] += scores.sum(axis=0) == 0
    return scores / scores.sum(axis=0)


@pytest.mark.parametrize("channels", [2, 5, 255, 300])
@given(seed=st.integers(0, 50))
def test_the_largest_is_the_lowest_of_equal_ones(channels, seed):
    scores = drawn(seed, channels)
    label, best = winning_channel(scores, scores.max(axis=1))
    assert label.tolist() == scores.argmax(axis=0).tolist() == argmax_channel(scores).tolist()
    assert best.tolist() == scores.max(axis=0).tolist()
    assert label.dtype == (np.uint8 if channels < 256 else np.uint16)


@pytest.mark.parametrize("right", [0.0, 0.9, 1.0])
@given(seed=st.integers(0, 50))
def test_a_guess_changes_nothing(right, seed):
    scores = drawn(seed, 4)
    random = np.random.default_rng(seed)
    guess = np.where(random.random(300) < right, scores.argmax(axis=0), 3).astype(np.uint8)
    own = scores[guess, np.arange(300)].astype(np.float64)
    label, best = confirm_guess(scores, scores.max(axis=1), scores.sum(axis=0), guess, own)
    assert label.tolist() == scores.argmax(axis=0).tolist()
    assert best.tolist() == scores.max(axis=0).tolist()


def test_half_of_all_is_not_yet_the_largest():
    scores = np.array([[0.5], [0.5]], np.float32)
    found, _ = confirm_guess(
        scores, np.ones(2), np.ones(1), np.array([1], np.uint8), np.array([0.5])
    )
    assert found.tolist() == [0]


def test_no_voxels():
    assert argmax_channel(np.zeros((3, 0))).tolist() == []
