"""One class and metric against the baseline: pairs, interval of the difference, verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from segeval.gates.pooled_pairs import PooledPair, leads_pooled, pair_pooled
from segeval.gates.rules import bar_in_unit, gated_groups, means_class
from segeval.gates.verdict import BASELINE, BaselineComparison, Verdict
from segeval.metrics.registry import Definition, leading_statistic, resolve_metric
from segeval.request.grammar import Gate
from segeval.request.settings import Settings
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import frozen, replace
from segeval.scorecard.card import Scorecard
from segeval.statistics.bootstrap import (
    bca_intervals,
    simultaneous_intervals,
    stepwise_intervals,
    sum_by_unit,
)
from segeval.statistics.intervals import LEVEL
from segeval.statistics.paired import PairKey, Pairs
from segeval.statistics.shared_cases import SharedCases

EXAMPLES = 5

ROUNDING = 1e-12  # of the means: what two sums of the same numbers may differ by
ADJUSTED = {"max": simultaneous_intervals, "holm": stepwise_intervals, "none": bca_intervals}


@frozen
class BaselineRule:
    """One class and metric of one group, with its pairs and the interval of their difference."""

    name: PairKey
    group: str
    pairs: Pairs
    inside: Any  # bool (cases,): those of the group
    pooled: PooledPair | None = None  # what is compared where the metric leads with it

    @property
    def difference(self) -> Floats:
        """The differences of the group, nan elsewhere."""
        if self.pooled is not None:
            return self.pooled.shares - self.pooled.others
        return np.where(self.inside, self.pairs.difference, np.nan)


def baseline_rules(
    cases: SharedCases, columns: Mapping[PairKey, Pairs], card: Scorecard
) -> Iterator[BaselineRule]:
    """Every column in every group where it has pairs or has lost some."""
    for group in gated_groups(card):
        inside = cases.inside(group)
        for name, pairs in columns.items():
            has = np.isfinite(pairs.mine[inside]).any()
            if has or any(inside[place] for place in pairs.lost):
                yield BaselineRule(name, group, pairs, inside)


def with_pooled(
    rules: Sequence[BaselineRule], cases: SharedCases, leads: str
) -> list[BaselineRule]:
    """The rules; those of metrics that lead with their pooled value have it (ACCOUNT-A27)."""
    known: dict[tuple[str, str], Mapping[str, PooledPair]] = {}
    made = []
    for rule in rules:
        key = rule.group, rule.name.metric
        if key not in known:
            pooled = leads_pooled(rule.name.metric, leads)
            known[key] = pair_pooled(cases, rule.name.metric, rule.inside) if pooled else {}
        made.append(replace(rule, pooled=known[key].get(rule.name.class_)))
    return made


def interval_ends(rules: Sequence[BaselineRule], cases: SharedCases, settings: Settings) -> Any:
    """Low and high of every rule, (rules, 2)."""
    if not rules:
        return []
    values = np.stack([rule.difference for rule in rules], axis=1)
    sample = sum_by_unit(values, cases.units())
    return np.stack(ADJUSTED[settings.adjust](sample, settings.ci or LEVEL, settings.seed), axis=1)


def judge_paired_rule(  # noqa: PLR0913 - the parts of one judgement
    rule: BaselineRule,
    ends: Any,
    tolerances: Sequence[tuple[Gate, Definition]],
    settings: Settings,
    names: Sequence[str],
    leads: str = "mean",
) -> Verdict:
    """Judge a rule by the policy."""
    name, pairs, inside = rule.name, rule.pairs, rule.inside
    known = inside & np.isfinite(pairs.mine)
    n, better = int(known.sum()), pairs.definition.better
    mine, theirs = (_rounded_mean(values[known], better) for values in (pairs.mine, pairs.theirs))
    tolerance, unit = _find_tolerance(name, tolerances)
    difference = _rounded_mean(pairs.difference[known], "") if n else math.nan
    low, high = map(float, ends)
    if rule.pooled is not None:
        mine, theirs = rule.pooled.mine, rule.pooled.theirs
        difference = mine - theirs
        moved = difference - _rounded_mean(rule.difference[np.isfinite(rule.difference)], "")
        low, high = low + moved, high + moved
    slack = ROUNDING * max(abs(mine), abs(theirs)) if n else 0.0
    passed = is_no_regression(
        settings.policy, pairs.worse, (difference, low, high), tolerance + slack
    )
    reason = _lost_reason(pairs, inside, names)
    if unit not in ("", "%", name.unit):
        reason = f"measured in {name.unit or 'no unit'}, and the tolerance in {unit}"
    held = BaselineComparison(
        settings.policy,
        theirs,
        difference,
        low,
        high,
        settings.ci or LEVEL,
        settings.adjust,
        tolerance,
    )
    bar = theirs + pairs.worse * tolerance
    return Verdict(
        BASELINE,
        name.class_,
        name.metric,
        "mean" if rule.pooled is None else "pooled",
        mine,
        bar,
        better,
        n,
        passed and not reason,
        rule.group,
        reason,
        name.unit,
        held,
        leading_statistic(name.metric, leads),
        *_worst_case(pairs, known, names),
    )


def _worst_case(pairs: Pairs, known: Any, names: Sequence[str]) -> tuple[float, str]:
    """The difference of the case that is worse by the most, and its name (CLI-U5)."""
    places = np.flatnonzero(known)
    if not len(places):
        return math.nan, ""
    place = places[(pairs.worse * pairs.difference[places]).argmax()]
    return float(pairs.difference[place]), names[int(place)]


def _rounded_mean(values: Floats, better: str) -> float:
    """The mean, rounded once; of the distances from zero where nearer is better."""
    if not len(values):
        return math.nan
    held = np.abs(values) if better == "zero" else values
    return math.fsum(held.tolist()) / len(held)


def is_no_regression(
    policy: str, sign: float, found: tuple[float, float, float], tolerance: float
) -> bool:
    """Whether a difference with its interval is no regression; never where there is none.

    sign  of a difference for the worse
    """
    worse, *ends = (sign * number for number in found)
    if policy == "any":
        return worse <= tolerance
    if policy == "noninferior":
        return max(ends) <= tolerance
    return worse <= tolerance or min(ends) <= 0


def _find_tolerance(
    name: PairKey, tolerances: Sequence[tuple[Gate, Definition]]
) -> tuple[float, str]:
    """How much worse a class may be, and the unit that was given; the last that fits counts."""
    for gate, definition in reversed(tolerances):
        if str(gate.metric) == name.metric and means_class(gate.class_, name.class_):
            return bar_in_unit(gate, definition), gate.bar.unit
    return 0.0, ""


def _lost_reason(pairs: Pairs, inside: Any, names: Sequence[str]) -> str:
    """Why the rule fails although some pairs are there; "" where nothing was lost."""
    lost = {names[place]: why for place, why in pairs.lost.items() if inside[place]}
    if not lost:
        return ""
    few = ", ".join(f"{case} ({why})" for case, why in list(lost.items())[:EXAMPLES])
    more = f" and {len(lost) - EXAMPLES} more" if len(lost) > EXAMPLES else ""
    return f"no value where the baseline is better off: {few}{more}"


def nothing_verdict(cases: SharedCases) -> Verdict:
    """The verdict where no class and metric has a pair; it never passes."""
    reason = "nothing to judge" if cases else "nothing to judge: no case in common"
    return Verdict(BASELINE, "", BASELINE, "mean", math.nan, math.nan, "", 0, False, reason=reason)


def resolve_tolerances(settings: Settings) -> list[tuple[Gate, Definition]]:
    """The tolerances in their one spelling. Raises RequestError."""
    made = []
    for gate in settings.baseline_tolerance:
        metric, definition = resolve_metric(gate.metric)
        if gate.statistic not in ("", "mean") or gate.bar.number < 0 or not definition.better:
            raise RequestError(f"--baseline-tolerance {gate} is none", help="write dice=0.01")
        bar_in_unit(gate, definition)
        made.append((Gate(metric, gate.bar, gate.class_), definition))
    return made
