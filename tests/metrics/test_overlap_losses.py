"""The table of section 7 of the conventions, by hand, and what the forms have in common."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles.sums import answers, classes, whole

SIZE = 144
EMPTY = np.zeros((1, 1, SIZE), bool)
SOME = np.arange(SIZE).reshape(1, 1, SIZE) < 30
P_NONE, P_SOME, P_LITTLE = EMPTY * 1.0, SOME * 1.0, np.full((1, 1, SIZE), 1e-4)

SITUATIONS = {
    "both empty": (P_NONE, EMPTY),
    "reference empty": (P_SOME, EMPTY),
    "reference empty, a little everywhere": (P_LITTLE, EMPTY),
    "prediction empty": (P_NONE, SOME),
}
COSTS = {
    "dice_loss": (0, 1, 0.9993, 1),
    "dice_loss:smooth_nr=0:smooth_dr=0": (np.nan, 1, 1, 1),
    "dice_loss:as=nnunet": (-1, 0, 0.9993 - 1, 0),
    "dice_loss:as=nnunet:smooth=0": (0, 0, 0, 0),
    "dice_loss:as=smp": (0, 0, 0, 1),
    "dice_loss:as=keras": (1, 1, 1, 1),
    "dice_loss:as=vnet": (np.nan, 1, 1, 1),
}


@pytest.mark.parametrize("text", COSTS)
def test_what_a_situation_costs(text):
    got = [classes(text, {"p": p, "g": g})[0] for p, g in SITUATIONS.values()]
    np.testing.assert_allclose(got, COSTS[text], atol=1e-4)


def soft_case(seed):
    """A soft reference that is also the prediction."""
    p = np.random.default_rng(seed).random((1, 2, 50))
    return {"p": p, "soft": p}


@given(st.integers(0, 1000))
def test_only_some_forms_reach_zero_at_the_reference(seed):
    batch = soft_case(seed)
    assert whole("dice_loss:form=l1", batch) == pytest.approx(0, abs=1e-6)
    assert whole("dice_loss:form=squared", batch) == pytest.approx(0, abs=1e-6)
    assert whole("dice_loss", batch) > 0.01


@given(st.integers(0, 1000))
def test_product_and_l1_agree_on_hard_references(seed):
    random = np.random.default_rng(seed)
    batch = {"p": random.random((1, 2, 50)), "g": random.random((1, 2, 50)) > 0.5}
    assert whole("dice_loss:form=l1", batch) == pytest.approx(whole("dice_loss", batch))


def test_dice_by_hand():
    #  p 1/2 1/4, g 1 0: I 1/2, P 3/4, G 1
    batch = {"p": np.array([[[0.5, 0.25]]]), "g": np.array([[[True, False]]])}
    assert whole("dice_loss:smooth_nr=0:smooth_dr=0", batch) == 1 - 2 * 0.5 / (0.75 + 1)
    assert classes("soft_dice", batch)[0] == 2 * 0.5 / (0.75 + 1)
    # min: 1/2 + 0, max: 1 + 1/4
    assert classes("soft_iou", batch)[0] == 0.5 / 1.25
    # 1 - I / (I + a (P - I) + b (G - I))
    tversky = whole("tversky_loss:alpha=0.3:beta=0.7:smooth_nr=0:smooth_dr=0", batch)
    assert tversky == pytest.approx(1 - 0.5 / (0.5 + 0.3 * 0.25 + 0.7 * 0.5))
    jaccard = whole("jaccard_loss:smooth_nr=0:smooth_dr=0", batch)
    assert jaccard == pytest.approx(1 - 0.5 / (0.75 + 1 - 0.5))


THREE = {
    "p": np.random.default_rng(0).dirichlet([1, 1, 1], (1, 40)).transpose(0, 2, 1),
    "y": np.random.default_rng(1).integers(0, 3, (1, 40)).astype(np.uint8),
}


def test_the_background_is_left_out_of_the_mean_unless_asked():
    each = classes("dice_loss", THREE)
    assert whole("dice_loss", THREE) == pytest.approx(each[1:].mean())
    assert whole("dice_loss:background=yes", THREE) == pytest.approx(each.mean())


def test_weights_scale_terms_and_the_mean_divides_by_their_number():
    each = classes("dice_loss", THREE)
    got = whole("dice_loss:weights=2+4", THREE)
    assert got == pytest.approx((2 * each[1] + 4 * each[2]) / 2)


def test_smp_chooses_classes():
    each = classes("dice_loss:as=smp", THREE)
    assert whole("dice_loss:as=smp:classes=1+2", THREE) == pytest.approx(each[1:].mean())


def test_keras_weighs_missed_voxels_with_alpha():
    # I 1/2, missed 1/2, false 1/4
    batch = {"p": np.array([[[0.5, 0.25]]]), "g": np.array([[[True, False]]])}
    got = whole("tversky_loss:as=keras:alpha=0.7:beta=0.3", batch)
    assert got == pytest.approx(1 - 0.5 / (0.5 + 0.7 * 0.5 + 0.3 * 0.25), rel=1e-6)


def test_generalised_dice_has_no_value_of_a_class():
    value = answers("generalized_dice_loss", THREE)[0]
    assert value.classes is None
    assert 0 < value.whole < 1


def test_wasserstein_with_all_classes_one_apart_needs_no_matrix():
    ones = "+".join("0" if i == j else "1" for i in range(3) for j in range(3))
    got = whole(f"wasserstein_dice_loss:distances={ones}", THREE)
    assert got == pytest.approx(whole("wasserstein_dice_loss", THREE))
