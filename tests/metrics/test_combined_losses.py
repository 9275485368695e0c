import numpy as np
import pytest
from oracles.sums import answers, from_labels, whole

from segeval.metrics.outputs import deep_supervision_weights, main_and_aux_loss

Z = np.random.default_rng(0).normal(size=(1, 3, 60))
Y = np.random.default_rng(1).integers(0, 3, (1, 60)).astype(np.uint8)
BATCH = from_labels(Z, Y)


def test_each_is_the_sum_of_its_parts():
    dice = whole("dice_loss:background=yes", BATCH)
    assert whole("dice_ce", BATCH) == pytest.approx(dice + whole("ce", BATCH))
    assert whole("dice_focal", BATCH) == pytest.approx(dice + whole("focal", BATCH))
    halves = whole("dice_ce:lambda_dice=0.5:lambda_ce=2", BATCH)
    assert halves == pytest.approx(0.5 * dice + 2 * whole("ce", BATCH))
    negative = whole("dice_loss:as=nnunet", BATCH)
    assert whole("dice_ce:as=nnunet", BATCH) == pytest.approx(negative + whole("ce", BATCH))


def test_without_a_valid_voxel_nnunet_has_no_cross_entropy_and_monai_no_value():
    nothing = BATCH | {"valid": np.zeros((1, 60), bool)}
    assert whole("dice_ce:as=nnunet", nothing) == -1  # (0 + s) / (0 + s), negative
    assert np.isnan(answers("dice_ce", nothing)[0].whole)


def test_deep_supervision_halves_and_drops_the_last():
    np.testing.assert_allclose(deep_supervision_weights(4), np.array([4, 2, 1, 0]) / 7)
    assert deep_supervision_weights(1).tolist() == [1]


def test_main_and_aux_by_hand():
    assert main_and_aux_loss(1.0, 0.5) == 1.0 + 0.4 * 0.5
    assert main_and_aux_loss(1.0, 0.5, 0.2, 0.01) == 1.0 + 0.2 * 0.5 + 0.01
