import numpy as np
import pytest
from oracles.sums import answers, classes, whole

# four voxels of class 0 predicted with 0.9; three of them are
LABELS = {
    "p": np.repeat(np.array([[[0.9], [0.1]]]), 4, axis=2),
    "y": np.array([[0, 0, 0, 1]], np.uint8),
}
# p of the class: 0.1 0.1 0.9, true of the last two
MASKS = {"p": np.array([[[0.1, 0.1, 0.9]]]), "g": np.array([[[False, True, True]]])}


def test_one_bin_by_hand():
    for name in ("ece", "mce", "rmsce"):
        assert whole(name, LABELS) == pytest.approx(abs(3 / 4 - 0.9))


def test_two_bins_by_hand():
    # |1/2 - 0.1| of 2 of 3 voxels, |1 - 0.9| of 1 of 3
    low, high = 0.4, 0.1
    assert classes("ece", MASKS)[0] == pytest.approx(2 / 3 * low + 1 / 3 * high)
    assert classes("mce", MASKS)[0] == pytest.approx(low)
    assert classes("ace", MASKS)[0] == pytest.approx((low + high) / 2)
    assert classes("rmsce", MASKS)[0] == pytest.approx(np.sqrt(2 / 3 * low**2 + 1 / 3 * high**2))


def test_the_label_is_one_number_and_each_class_has_its_own():
    assert answers("ece", LABELS)[0].classes is None
    # class 0: |3/4 - 0.9|; class 1: |1/4 - 0.1|
    np.testing.assert_allclose(classes("ece:as=torchmetrics_binary", LABELS), [0.15, 0.15])


def test_bins_are_asked_for_by_number():
    # 0.5 and 0.9 share the only bin: |1/2 - 0.7|; with 10 bins: (|0 - 0.5| + |1 - 0.9|) / 2
    batch = {"p": np.array([[[0.5, 0.9]]]), "g": np.array([[[False, True]]])}
    assert classes("ece@1", batch)[0] == pytest.approx(0.2)
    assert classes("ece@10", batch)[0] == pytest.approx(0.3)


def test_brier_by_hand():
    # 3 voxels (0.1, 0.1), 1 voxel (0.9, 0.9)
    square = (3 * 0.1**2 + 0.9**2) / 4
    np.testing.assert_allclose(classes("brier", LABELS), [square, square])
    assert whole("brier", LABELS) == pytest.approx(2 * square)
    assert whole("brier:as=mean_over_classes", LABELS) == pytest.approx(square)


def test_without_voxels_there_is_no_calibration():
    nothing = LABELS | {"valid": np.zeros((1, 4), bool)}
    value = answers("ece", nothing)[0]
    assert np.isnan(value.whole)
    assert value.reason == "no_voxels"
    assert np.isnan(whole("brier", nothing))
