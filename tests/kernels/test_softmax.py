import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segeval.kernels.softmax import (
    log_softmax,
    reference_log,
    sigmoid,
    softmax,
    softmax_rows,
    softplus,
)

LOGITS = arrays(np.float64, (3, 5), elements=st.floats(-1000, 1000))


def test_softmax_by_hand():
    # exp(0) : exp(log 3) = 1 : 3
    np.testing.assert_allclose(softmax(np.array([0, np.log(3)])), [1 / 4, 3 / 4])


def test_sigmoid_by_hand():
    np.testing.assert_allclose(sigmoid(np.array([0, np.log(3), -np.log(3)])), [1 / 2, 3 / 4, 1 / 4])


def test_extreme_logits_neither_overflow_nor_warn():
    x = np.array([-1000.0, 1000.0])
    assert sigmoid(x).tolist() == [0, 1]
    assert softplus(x).tolist() == [0, 1000]
    assert log_softmax(np.array([0.0, -1000.0])).tolist() == [0, -1000]


def test_the_log_comes_from_the_logits():
    # softmax gives 0 for the second class, whose log would be -inf
    assert reference_log(np.array([[0.0], [-2000.0]]), np.array([1], np.uint8))[0] == -2000


@given(LOGITS)
def test_softmax_sums_to_one(z):
    np.testing.assert_allclose(softmax(z).sum(axis=0), 1)


@given(LOGITS, st.floats(-100, 100))
def test_a_constant_changes_nothing(z, shift):
    np.testing.assert_allclose(softmax(z + shift), softmax(z), atol=1e-12)


@given(LOGITS)
def test_the_log_of_the_reference_is_that_of_log_softmax(z):
    labels = np.array([0, 1, 2, 1, 0], np.uint8)
    expected = log_softmax(z)[labels, np.arange(5)]
    np.testing.assert_allclose(reference_log(z, labels), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int8, bool])
def test_every_type_gives_float64(dtype):
    assert softmax(np.zeros((2, 3), dtype)).dtype == np.float64
    assert sigmoid(np.zeros(3, dtype)).dtype == np.float64


@given(LOGITS)
def test_class_by_class_gives_the_same_probabilities(z):
    out = np.empty(z.shape)
    rows = [row.copy() for row in softmax_rows(z, z.max(axis=0), out)]
    np.testing.assert_array_equal(rows, softmax(z))
    np.testing.assert_array_equal(out, rows)
