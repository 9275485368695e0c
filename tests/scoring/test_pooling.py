"""`pooled`: all cases as one. It equals the metric of the cases laid end to end."""

from dataclasses import replace

import numpy as np
import pytest
from runs import every, sigmoids, soft

import segeval
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings
from segeval.scoring import pooling
from segeval.scoring.pooling import GroupPools

SHAPE = (4, 5, 6)
TRUTH = np.random.default_rng(0).integers(0, 4, (2, *SHAPE)).astype(np.uint8)
PRED = np.random.default_rng(1).integers(0, 4, (2, *SHAPE)).astype(np.uint8)
EXCLUSIVE = np.stack([soft(4, seed=1), soft(4, seed=2)])
INDEPENDENT = np.stack([sigmoids(3, seed=1), sigmoids(3, seed=2)])


def pool_of(cards, text):
    return GroupPools([card.cases[0] for card in cards])[""](parse_metric(text))


def values(card, text):
    return {row.class_: row.value for row in card.rows if row.metric == text}


def whole(card):
    (case,) = card.cases
    return case


def compared(preds, metrics, **choices):
    """Pooled values of two cases, and the values of both as one case."""
    asked = {"spacing": (3, 2, 1), "settings": Settings(**choices)}
    cards = [segeval.score(p, t, metrics, **asked) for p, t in zip(preds, TRUTH, strict=True)]
    axis = preds.ndim - 4
    both = segeval.score(
        np.concatenate(list(preds), axis), np.concatenate(list(TRUTH)), metrics, **asked
    )
    return cards, whole(both)


@pytest.mark.parametrize("text", every("counts"))
def test_counts_of_all_cases(text):
    cards, one = compared(PRED, [text])
    assert pool_of(cards, text) == pytest.approx(values(one, text), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("text", every("sums"))
@pytest.mark.parametrize(
    ("preds", "choices"), [(EXCLUSIVE, {}), (INDEPENDENT, {"activation": "none"})]
)
def test_sums_of_all_cases(text, preds, choices):
    cards, one = compared(preds, [text], **choices)
    cases = 2 if text == "l2:as=caffe" else 1  # Caffe divides by the images of a batch
    want = {k: v / cases for k, v in values(one, text).items() if k != "all"}
    got = {k: v for k, v in pool_of(cards, text).items() if k in want}
    assert got == pytest.approx(want, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("text", ["ce", "bce", "l2", "brier", "nll", "ece", "soft_dice"])
def test_means_over_voxels_of_all_cases(text):
    cards, one = compared(EXCLUSIVE, [text])
    assert pool_of(cards, text).get("all") == pytest.approx(values(one, text).get("all"))


def test_it_is_not_the_mean_over_cases():
    cards, _ = compared(PRED, ["dice"])
    mean = np.mean([values(whole(card), "dice")["1"] for card in cards])
    assert pool_of(cards, "dice")["1"] != pytest.approx(mean, rel=1e-6)


def test_a_class_of_some_cases_is_pooled_over_those():
    few = np.where(TRUTH[1] == 3, 0, TRUTH[1]), np.where(PRED[1] == 3, 0, PRED[1])
    cards = [segeval.score(PRED[0], TRUTH[0], ["dice"]), segeval.score(few[1], few[0], ["dice"])]
    assert pool_of(cards, "dice")["3"] == values(whole(cards[0]), "dice")["3"]


def test_cases_in_other_units_have_no_common_volume():
    cards = [
        segeval.score(PRED[0], TRUTH[0], ["gt_volume", "dice"], spacing=spacing)
        for spacing in (None, (1, 1, 1))
    ]
    assert np.isnan(list(pool_of(cards, "gt_volume").values())).all()
    assert np.isfinite(list(pool_of(cards, "dice").values())).all()


@pytest.mark.parametrize("text", ["dice", "miou", "gt_volume", "ce", "ece", "soft_dice"])
@pytest.mark.parametrize("together", [1, 2, 3])
def test_cases_are_added_up_a_few_at_a_time_to_the_same_bits(monkeypatch, text, together):
    cards, _ = compared(EXCLUSIVE, [text])
    cases = [card.cases[0] for card in cards] * 4
    whole = GroupPools(cases)[""](parse_metric(text))
    monkeypatch.setattr(pooling, "TOGETHER", together)
    assert GroupPools(cases)[""](parse_metric(text)) == whole
    assert whole


def test_a_value_can_be_asked_for_while_cases_come():
    cards, _ = compared(PRED, ["dice"])
    pools, first, both = (
        GroupPools(),
        *(GroupPools([card.cases[0] for card in cards[:n]]) for n in (1, 2)),
    )
    for known, card in zip((first, both), cards, strict=True):
        pools.add(card.cases[0])
        assert pools[""](parse_metric("dice")) == known[""](parse_metric("dice"))


def test_groups_have_pools_of_their_own():
    cards, _ = compared(PRED, ["dice"])
    east, west = (replace(card.cases[0], group=g) for card, g in zip(cards, "ew", strict=True))
    pools = GroupPools([east, west])
    assert pools["e"](parse_metric("dice")) == pool_of(cards[:1], "dice")
    assert pools[""](parse_metric("dice")) == pool_of(cards, "dice")
    assert pools["no such group"](parse_metric("dice")) == {}


def test_no_case_has_probabilities():
    cards, _ = compared(PRED, ["dice"])
    assert pool_of(cards, "ce") == {}
