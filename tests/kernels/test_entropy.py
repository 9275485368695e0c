import numpy as np
import pytest

from segeval.kernels.entropy import (
    binary_costs,
    clip_probabilities,
    floor_logs,
    focal_factor,
    log_allowing_zero,
)

ZERO = np.array([0.0])


@pytest.mark.parametrize(
    ("floor", "cost"),
    [("torch", 100), ("keras", 16.118), ("tfkeras2", 15.425), ("sklearn", 36.0437)],
)
def test_what_a_probability_of_0_costs(floor, cost):
    true, false = binary_costs(floor, False, float(np.finfo(np.float64).eps))
    assert true(ZERO)[0] == pytest.approx(cost, rel=1e-4)
    # keras, sklearn: -log(1 - 1e-7), -log(1 - eps)
    assert abs(false(ZERO)[0]) < 2e-7


def test_a_logit_of_minus_1000_costs_1000():
    true, false = binary_costs("torch", True, 0.0)
    assert true(np.array([-1000.0]))[0] == 1000
    assert false(np.array([-1000.0]))[0] == 0


def test_tiny_probabilities_keep_their_cost():
    # log(1 - p) would be 0
    assert binary_costs("torch", False, 0.0)[1](np.array([1e-20]))[0] == pytest.approx(1e-20)


@pytest.mark.parametrize(
    ("floor", "value"), [("", -np.inf), ("caffe", -87.3365), ("clamp", -100), ("clip", -16.118)]
)
def test_the_floors_of_a_logarithm(floor, value):
    assert floor_logs(log_allowing_zero(ZERO), floor)[0] == pytest.approx(value, rel=1e-4)


def test_keras_divides_before_or_after_it_clips():
    p = np.array([[0.2], [0.2]])  # sums to 0.4
    assert clip_probabilities(p, "whole").ravel().tolist() == [0.5, 0.5]
    assert clip_probabilities(np.array([[1.0], [0.0]]), "shares")[1, 0] == pytest.approx(
        1e-7, rel=1e-9
    )
    assert clip_probabilities(np.array([[1.0], [0.0]]), "whole")[1, 0] == 1e-7


def test_focal_factor_by_hand():
    assert focal_factor(np.array([0.75]), 2).tolist() == [0.25**2]
    # below t = 0.5 the factor is 1; above, ((1 - 0.75) / 0.5)^2
    assert focal_factor(np.array([0.25, 0.75]), 2, 0.5).tolist() == [1, 0.25]
