import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segeval.kernels.ordered import lovasz_extension, lovasz_hinge, lovasz_softmax, top_mean


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
    labels = np.array([0, 1, 1])
    assert lovasz_softmax(np.array([[1.0, 0, 0], [0, 1, 1]]), labels) == 0
    assert lovasz_hinge(np.array([-2.0, 2, 2]), labels == 1) == 0


def test_absent_classes_do_not_count():
    labels = np.zeros(3, np.uint8)
    p = np.array([[0.5] * 3, [0.5] * 3])
    assert lovasz_softmax(p, labels) == pytest.approx(0.5)


@given(st.integers(0, 100))
def test_order_of_voxels_does_not_matter(seed):
    random = np.random.default_rng(seed)
    p, labels = random.dirichlet([1, 1, 1], 30).T, random.integers(0, 3, 30)
    mixed = random.permutation(30)
    assert lovasz_softmax(p[:, mixed], labels[mixed]) == pytest.approx(lovasz_softmax(p, labels))
