import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segeval.kernels.ordered import (
    lovasz_extension,
    lovasz_hinge,
    lovasz_softmax_of_class,
    top_mean,
)


def test_top_by_hand():
    # 50 % of 5 voxels is 2: the two largest
    assert top_mean(np.array([1.0, 5, 3, 2]), 5, 50) == (5 + 3) / 2
    # 100 %: the fifth voxel is ignored and counts as 0
    assert top_mean(np.array([1.0, 5, 3, 2]), 5, 100) == 11 / 5


def test_no_voxel_at_the_top_is_undefined():
    assert np.isnan(top_mean(np.array([1.0]), 1, 10))


@given(arrays(np.bool_, 12), arrays(np.bool_, 12))
def test_of_hard_errors_it_is_the_jaccard_loss(truth, pred):
    union = (truth | pred).sum()
    expected = 1 - (truth & pred).sum() / union if union and truth.any() else None
    if expected is not None:
        assert lovasz_extension((truth != pred) * 1.0, truth) == pytest.approx(expected)


def test_a_perfect_prediction_costs_nothing():
    truth = np.array([False, True, True])
    assert lovasz_softmax_of_class(np.array([0.0, 1, 1]), truth) == 0
    assert lovasz_hinge(np.array([-2.0, 2, 2]), truth) == 0


def test_absent_classes_do_not_count():
    half = np.array([0.5] * 3)
    assert lovasz_softmax_of_class(half, np.ones(3, bool)) == pytest.approx(0.5)
    assert np.isnan(lovasz_softmax_of_class(half, np.zeros(3, bool)))


@given(st.integers(0, 100))
def test_order_of_voxels_does_not_matter(seed):
    random = np.random.default_rng(seed)
    p, truth = random.random(30), random.random(30) < 0.5
    mixed = random.permutation(30)
    assert lovasz_softmax_of_class(p[mixed], truth[mixed]) == pytest.approx(
        lovasz_softmax_of_class(p, truth), nan_ok=True
    )
