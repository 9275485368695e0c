import numpy as np
import pytest
from oracles.sums import answers, whole

LOGITS = {
    "p": np.array([[[0.75, 0.25]]]),
    "z": np.log(np.array([[[3.0, 1 / 3]]])),
    "g": np.array([[[True, True]]]),
}
LABELS = {"p": np.array([[[0.75, 0.75], [0.25, 0.25]]]), "y": np.array([[0, 1]], np.uint8)}
SURE, UNSURE = (1 / 4) ** 2 * -np.log(3 / 4), (3 / 4) ** 2 * np.log(4)


def test_focal_by_hand():
    # pt 3/4 and 1/4: (1 - pt)^2 (-log pt)
    assert whole("focal", LOGITS) == pytest.approx((SURE + UNSURE) / 2)
    assert whole("focal:alpha=0.25", LOGITS) == pytest.approx(0.25 * (SURE + UNSURE) / 2)
    assert whole("focal:as=smp", LOGITS) == pytest.approx((SURE + UNSURE) / 2)


def test_gamma_0_is_the_binary_cross_entropy():
    assert whole("focal:gamma=0", LOGITS) == pytest.approx(whole("bce", LOGITS))


def test_the_softmax_form_divides_by_the_channels_too():
    got = whole("focal:activation=softmax", LABELS)
    assert got == pytest.approx((SURE + UNSURE) / 2 / 2)
    assert whole("focal:as=keras_categorical:alpha=1", LABELS) == pytest.approx(2 * got, rel=1e-6)


def test_the_sigmoid_of_a_softmax_network_needs_its_logits():
    value = answers("focal", LABELS)[0]
    assert np.isnan(value.whole)
    assert value.reason == "no_logits"
    assert answers("dice_focal", LABELS)[0].reason == "no_logits"


def test_probabilities_of_independent_channels_will_do():
    probabilities = {name: LOGITS[name] for name in ("p", "g")}
    assert whole("focal", probabilities) == pytest.approx(whole("focal", LOGITS))
