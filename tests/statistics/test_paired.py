"""Two runs case by case: what is a pair, what is lost, and what is nothing at all."""

import math
import random
from collections import Counter

import numpy as np
import pytest
from cards import NAN, case, not_scored, row, unscored

from segeval.scorecard.card import CaseResult
from segeval.statistics.paired import (
    PairKey,
    _outcome,
    _pair_unit,
    metrics_with_better,
    pair_rows,
)
from segeval.statistics.shared_cases import NO_ROW, SharedCases


def one(name, value, reason="", metric="dice", unit="", status=""):
    """A case of one class with one row; None for a class without row."""
    rows = () if value is None else (row(name, "liver", metric, value, unit, reason),)
    if status:
        rows = (not_scored(name, "liver", status),)
    return CaseResult(name, "p", "g", (*rows, row(name, "spleen", "dice", 0.5)))


def of(mine, theirs, metric="dice", accept=False):
    """The pairs of one case."""
    found = pair_rows(SharedCases([mine], [theirs]), metrics_with_better([metric]), accept)
    return found.get(PairKey("liver", metric, "mm" if metric == "hd95" else ""))


@pytest.mark.parametrize(
    ("mine", "theirs", "pair"),
    [
        ((0.8,), (0.9,), (0.8, 0.9)),
        ((0.0, "gt_empty"), (NAN, "both_empty"), (0.0, 1.0)),  # an organ where none is
        ((NAN, "both_empty"), (0.0, "gt_empty"), (1.0, 0.0)),  # the other way round
        ((0.0, "pred_empty"), (0.9,), (0.0, 0.9)),
    ],
)
def test_what_is_a_pair(mine, theirs, pair):
    found = of(one("a", *mine), one("a", *theirs))
    assert (found.mine[0], found.theirs[0]) == pair
    assert not found.lost


@pytest.mark.parametrize(
    ("mine", "theirs", "why"),
    [
        ({"value": NAN, "reason": "pred_empty"}, {"value": 0.9}, "pred_empty"),
        ({"value": NAN, "reason": "no_probabilities"}, {"value": 0.9}, "no_probabilities"),
        ({"value": NAN, "reason": "gt_empty"}, {"value": NAN, "reason": "both_empty"}, "gt_empty"),
        ({"value": 0.1, "status": "unreadable"}, {"value": 0.9}, "unreadable"),
        ({"value": None}, {"value": 0.9}, "not_scored"),
        ({"value": -math.inf}, {"value": 0.9}, "infinite"),
    ],
)
def test_what_is_lost(mine, theirs, why):
    assert of(one("a", **mine), one("a", **theirs)).lost == {0: why}


def test_who_accepts_the_undefined_loses_no_missed_organ():
    missed, other = one("a", NAN, "pred_empty"), one("a", NAN, "no_probabilities")
    assert of(missed, one("a", 0.9), accept=True) is None
    assert of(other, one("a", 0.9), accept=True).lost


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ((NAN, "both_empty"), (NAN, "both_empty")),
        ((NAN, "pred_empty"), (NAN, "pred_empty")),  # missed in both: nothing changed
        ((NAN, "both_empty"), (NAN, "gt_empty")),  # better now
        ((0.9,), (NAN, "pred_empty")),
        ((0.9,), (None,)),
        ((0.9,), (-math.inf,)),
        ((-math.inf,), (-math.inf,)),
        ((math.inf,), (0.9,)),
    ],
)
def test_what_is_nothing(mine, theirs):
    assert of(one("a", *mine), one("a", *theirs)) is None


def test_a_distance_has_0_as_its_best_and_another_unit_is_lost():
    found = of(one("a", 3.0, "", "hd95", "mm"), one("a", NAN, "both_empty", "hd95"), "hd95")
    assert (found.mine[0], found.theirs[0]) == (3.0, 0.0)
    found = of(one("a", 3.0, "", "hd95", "mm"), one("a", 2.0, "", "hd95", "px"), "hd95")
    assert found.lost == {0: "another unit"}


def test_nearer_to_zero_compares_distances():
    mine = case("a", {"liver": {"volume_difference": -3.0}}, "ml")
    theirs = case("a", {"liver": {"volume_difference": 1.0}}, "ml")
    (found,) = pair_rows(
        SharedCases([mine], [theirs]), metrics_with_better(["volume_difference"])
    ).values()
    assert found.difference.tolist() == [2.0]
    assert found.worse == 1


def test_only_cases_that_both_scored_are_common():
    mine = [one("a", 0.9), one("b", 0.9), unscored("c")]
    theirs = [one("c", 0.9), one("a", 0.8), unscored("b")]
    assert [(a.case, b.case) for a, b in SharedCases(mine, theirs)] == [("a", "a")]


def test_a_metric_without_a_better_side_is_not_judged():
    assert list(metrics_with_better(["dice", "gt_volume", "hd95"])) == ["dice", "hd95"]


def test_what_runs_have_in_common_is_read_again_each_time():
    mine = [one("a", 0.5), unscored("b"), one("c", 0.7), one("d", 0.9)]
    theirs = [one("d", 0.1), one("c", 0.2), one("x", 0.3), one("b", 0.4)]
    both = SharedCases(mine, theirs)
    for _ in range(2):
        assert [(a.case, b.case) for a, b in both] == [("c", "c"), ("d", "d")]
    assert (len(both), both.names) == (2, ["c", "d"])
    assert both.units().tolist() == [0, 1]
    assert both.inside("").all()
    assert not both.inside("east").any()
    assert len(SharedCases(mine, theirs, mine[:3])) == 1


def slow_pairs(mine, theirs, metrics, accept):
    """The pairs, case by case and row by row."""
    found, gained = {}, Counter()
    for place, both in enumerate(zip(mine, theirs, strict=True)):
        rows = [{(r.class_, r.metric): r for r in c.rows} for c in both]
        for class_, metric in dict.fromkeys([*rows[0], *rows[1]]):
            if metric not in metrics:
                continue
            a, b = (own.get((class_, metric)) or own.get((class_, "")) or NO_ROW for own in rows)
            outcome = _outcome((a, b), metrics[metric], accept)
            if not isinstance(outcome, tuple):
                back = _outcome((b, a), metrics[metric], accept)
                gained[PairKey(class_, metric, _pair_unit((b, a)))] += isinstance(back, str)
            if outcome is not None:
                name = PairKey(class_, metric, _pair_unit((a, b)))
                found.setdefault(name, {})[place] = outcome
    return found, gained


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("accept", [False, True])
def test_columns_give_the_pairs_that_cases_give(seed, accept):
    chance = random.Random(seed)
    metrics = metrics_with_better(["dice", "hd95", "volume_difference"])
    reasons = ("both_empty", "gt_empty", "pred_empty", "over_budget")

    def cell(case, class_, metric):
        kind = chance.random()
        value = chance.random() if kind < 0.5 else math.inf if kind < 0.6 else NAN
        unit = chance.choice(["mm", "px"]) if metric == "hd95" else ""
        return row(case, class_, metric, value, unit, chance.choice(reasons) if kind > 0.5 else "")

    def run():
        for k in range(30):
            rows = []
            for class_ in ("liver", "spleen"):
                how = chance.random()
                if how < 0.1:
                    rows.append(not_scored(f"c{k}", class_, "unreadable"))
                elif how < 0.9:
                    asked = chance.sample(list(metrics), chance.randint(1, 3))
                    rows += [cell(f"c{k}", class_, metric) for metric in asked]
            rows.append(row(f"c{k}", "kidney", "dice", 0.5))
            yield CaseResult(f"c{k}", "p", "g", tuple(rows))

    mine, theirs = list(run()), list(run())
    found = pair_rows(SharedCases(mine, theirs), metrics, accept)
    want, gained = slow_pairs(mine, theirs, metrics, accept)
    assert set(found) == set(want)
    for name, pairs in found.items():
        numbers = {k: v for k, v in want[name].items() if isinstance(v, tuple)}
        lost = {k: v for k, v in want[name].items() if isinstance(v, str)}
        assert pairs.lost == lost
        assert list(pairs.lost) == list(lost)
        assert pairs.gained == gained[name]
        known = {k: (pairs.mine[k], pairs.theirs[k]) for k in numbers}
        assert known == numbers
        assert int((~np.isnan(pairs.mine)).sum()) == len(numbers)
