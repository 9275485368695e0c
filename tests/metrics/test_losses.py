"""Losses by hand; the values of the libraries are in test_loss_oracles.py."""

import numpy as np
import pytest
from oracles.sums import answers, classes, whole

from segeval.runtime.errors import CaseError

# two voxels: label 0 with p = 1/2, label 1 with p = 1/4
BATCH = {"p": np.array([[[0.5, 0.75], [0.5, 0.25]]]), "y": np.array([[0, 1]], np.uint8)}
IGNORED = BATCH | {"valid": np.array([[True, False]])}
NOTHING = BATCH | {"valid": np.array([[False, False]])}
MASKS = {"p": np.array([[[0.5, 0.25]]]), "g": np.array([[[True, False]]])}
L0, L1 = np.log(2), np.log(4)


def test_cross_entropy_is_the_mean_cost_of_the_reference():
    assert whole("ce", BATCH) == pytest.approx((L0 + L1) / 2)
    np.testing.assert_allclose(classes("ce", BATCH), [L0, L1])
    assert whole("ce:reduction=sum", BATCH) == pytest.approx(L0 + L1)


def test_weights_divide_by_their_sum():
    assert whole("ce:weights=1+3", BATCH) == pytest.approx((1 * L0 + 3 * L1) / (1 + 3))
    np.testing.assert_allclose(classes("ce:weights=1+3", BATCH), [L0, L1])


def test_label_smoothing_spreads_a_share_over_all_classes():
    # voxel 0: log 2 and log 2; voxel 1: -log 3/4 and log 4
    other = (2 * np.log(2) - np.log(0.75) + np.log(4)) / 2
    assert whole("ce:smoothing=0.1", BATCH) == pytest.approx((0.9 * (L0 + L1) + 0.1 * other) / 2)


def test_who_divides_by_the_ignored_voxels():
    assert whole("ce", IGNORED) == pytest.approx(L0 / 1)
    assert whole("ce:as=smp", IGNORED) == pytest.approx(L0 / 2)
    assert whole("ce:as=caffe", IGNORED) == pytest.approx(L0 / 1)
    assert whole("ce:as=caffe:normalization=full", IGNORED) == pytest.approx(L0 / 2)


def test_everything_ignored_is_undefined_and_says_why():
    value = answers("ce", NOTHING)[0]
    assert np.isnan(value.whole)
    assert value.reason == "no_voxels"
    assert np.isnan(value.classes).all()
    assert whole("ce:as=caffe", NOTHING) == 0
    assert whole("ce:reduction=sum", NOTHING) == 0


def test_an_absent_class_is_undefined_and_the_case_is_not():
    value = answers("ce", BATCH | {"y": np.zeros((1, 2), np.uint8)})[0]
    assert np.isnan(value.classes[1])
    assert value.whole == pytest.approx((L0 - np.log(0.75)) / 2)
    assert value.reason == ""


def test_a_certain_mistake_costs_infinity_without_a_floor():
    wrong = {"p": np.array([[[0.0], [1.0]]]), "y": np.zeros((1, 1), np.uint8)}
    assert whole("ce", wrong) == np.inf
    assert whole("ce:as=caffe", wrong) == pytest.approx(87.3365, rel=1e-5)
    assert whole("ce:as=keras", wrong) == pytest.approx(16.118, rel=1e-4)
    assert whole("nll", wrong) == 100
    assert whole("nll_at_floor", wrong) == 1


def test_of_independent_channels_there_is_no_cross_entropy():
    value = answers("ce", MASKS)[0]
    assert np.isnan(value.whole)
    assert value.reason == "independent_channels"


def test_wrong_weights_are_told():
    with pytest.raises(CaseError, match="ce has 3 weights and there are 2 channels"):
        whole("ce:weights=1+2+3", BATCH)


def test_binary_cross_entropy_by_hand():
    # -log 1/2 where g = 1, -log 3/4 where g = 0
    assert whole("bce", MASKS) == pytest.approx((L0 - np.log(0.75)) / 2)
    assert whole("bce:pos_weight=3", MASKS) == pytest.approx((3 * L0 - np.log(0.75)) / 2)


def test_binary_cross_entropy_of_exclusive_channels_is_one_against_the_rest():
    # channel 0: -log 1/2, -log(1 - 3/4); channel 1: -log(1 - 1/2), -log 1/4
    np.testing.assert_allclose(classes("bce", BATCH), [(L0 + L1) / 2, (L0 + L1) / 2])


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("mse", 0.3125 / 2),
        ("sse", 0.3125),
        ("tf", 0.3125 / 2),
        ("caffe", 0.3125 / 2),
        ("euclidean", np.sqrt(0.3125)),
        ("rmse", np.sqrt(0.3125 / 2)),
    ],
)
def test_squared_distance_by_hand(form, value):
    # (1/2 - 1)^2 + (1/4 - 0)^2 = 0.3125
    assert whole(f"l2:as={form}", MASKS) == pytest.approx(value)


def test_absolute_distance_by_hand():
    assert whole("l1", MASKS) == pytest.approx((0.5 + 0.25) / 2)
