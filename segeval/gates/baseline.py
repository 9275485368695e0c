"""A run against an earlier one: whether it got worse, case by case, and by more than noise.

    any          fails where the mean is worse by more than the tolerance
    regression   fails where it is, and the interval of the paired difference excludes zero
    noninferior  fails unless the whole interval is within the tolerance

All classes, metrics and groups are one family of rules: see `--adjust`. A value that this run lacks
and the baseline has fails its rule; a case that one of them lacks is listed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from segeval.gates.pooled_pairs import PooledPair, leads_pooled, pair_pooled
from segeval.gates.rules import bar_in_unit, gated_groups, means_class
from segeval.gates.truth import TruthCheck, compare_truth, unknown_truth_note
from segeval.gates.verdict import BaselineComparison, Judgement, Refusal, Verdict
from segeval.metrics.registry import Definition, leading_statistic, resolve_metric
from segeval.request.grammar import Gate
from segeval.request.settings import Settings
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import Note, RequestError
from segeval.runtime.frozen import frozen, replace
from segeval.scorecard.card import Scorecard
from segeval.scorecard.row_index import index_rows
from segeval.scorecard.signature import incomparable_fields
from segeval.statistics.bootstrap import (
    bca_intervals,
    simultaneous_intervals,
    stepwise_intervals,
    sum_by_unit,
)
from segeval.statistics.intervals import LEVEL
from segeval.statistics.paired import PairKey, Pairs, metrics_with_better, pair_rows
from segeval.statistics.shared_cases import SharedCases

BASELINE = "baseline"  # the gate of every verdict here
DIFFERENT_CASES_HELP = "--allow-different-cases compares those that both have"
DIFFERENT_TRUTH_HELP = "score the baseline again; or --allow-different-truth"
FEW_CASES = 10  # cases; an interval of fewer is too narrow
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


def check_baseline_settings(
    parts: Mapping[str, Any], baseline: Scorecard, settings: Settings
) -> list[Note]:
    """Refuse a baseline under other settings, or note how they differ. Raises RequestError.

    parts  the signature of this run, by its fields
    """
    resolve_tolerances(settings)
    shared = set(parts["metrics"]) & set(baseline.fields.get("metrics", baseline.metrics))
    if not metrics_with_better(shared):
        raise RequestError(
            "the baseline has none of the metrics of this run that can be judged",
            where=settings.baseline,
            facts=(f"here: {', '.join(parts['metrics'])}", f"there: {', '.join(baseline.metrics)}"),
            help="score both with the same -m",
        )
    if baseline.foreign:
        return [foreign_settings_note(baseline, settings.baseline)]
    facts = incomparable_fields(parts, baseline.fields)
    if facts and not settings.allow_different_settings:
        raise RequestError(
            "the baseline was scored under other settings (this run, baseline)",
            where=settings.baseline,
            facts=facts,
            help="score it again; or --allow-different-settings",
        )
    return [Note("W-different-settings", "; ".join(facts), settings.baseline)] if facts else []


def foreign_settings_note(card: Scorecard, where: str) -> Note:
    """The warning that results have no signature to be compared (CLI-U10)."""
    text = f"results of {card.foreign} have no signature: the metrics are in its convention"
    return Note("W-foreign-settings", text, where)


def judge_by_baseline(
    card: Scorecard, baseline: Scorecard, settings: Settings, accept: bool
) -> Judgement:
    """Judge a run by a baseline. Raises RequestError where they cannot be compared.

    accept  a value that is undefined because one side alone is empty is no loss
    """
    notes = check_baseline_settings(card.fields, baseline, settings)
    tolerances = resolve_tolerances(settings)
    cases = SharedCases(card.cases, baseline.cases)
    truth = compare_truth(card, baseline, cases)
    if truth.unknown:
        notes.append(unknown_truth_note(truth.unknown, settings.baseline))
    if truth.number and not settings.allow_different_truth:
        return _refuse_truth(truth, notes)
    if truth.number:
        notes.append(Note("W-different-truth", truth.text, settings.baseline))
    shared = metrics_with_better(text for text in card.metrics if text in baseline.metrics)
    columns = pair_rows(cases, shared, accept)
    rules = _with_pooled(list(_baseline_rules(cases, columns, card)), cases, card.leads)
    ends = _interval_ends(rules, cases, settings)
    verdicts = [
        _judge_rule(rule, end, tolerances, settings, cases.names, card.leads)
        for rule, end in zip(rules, ends, strict=True)
    ]
    if not verdicts:
        verdicts = [_nothing_verdict(cases)]
    different = _unmatched_cases(card, baseline)
    notes += _baseline_notes(rules, columns, card, baseline, settings)
    if different and settings.allow_different_cases:
        notes += [Note("W-different-cases", text, settings.baseline) for text in different]
        different = ()
    refused = tuple(Refusal(text, DIFFERENT_CASES_HELP) for text in different)
    return Judgement(tuple(verdicts), tuple(notes), refused)


def _refuse_truth(truth: TruthCheck, notes: Sequence[Note]) -> Judgement:
    """No judgement against another ground truth; in reports a rule that is missed."""
    verdict = Verdict(BASELINE, "", BASELINE, "mean", math.nan, math.nan, "", 0, False)
    reason = f"nothing is judged, another ground truth in {truth.number} cases"
    refused = Refusal(truth.text, DIFFERENT_TRUTH_HELP)
    return Judgement((replace(verdict, reason=reason),), tuple(notes), (refused,))


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


def _baseline_rules(
    cases: SharedCases, columns: Mapping[PairKey, Pairs], card: Scorecard
) -> Iterator[BaselineRule]:
    """Every column in every group where it has pairs or has lost some."""
    for group in gated_groups(card):
        inside = cases.inside(group)
        for name, pairs in columns.items():
            has = np.isfinite(pairs.mine[inside]).any()
            if has or any(inside[place] for place in pairs.lost):
                yield BaselineRule(name, group, pairs, inside)


def _with_pooled(
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


def _interval_ends(rules: Sequence[BaselineRule], cases: SharedCases, settings: Settings) -> Any:
    """Low and high of every rule, (rules, 2)."""
    if not rules:
        return []
    values = np.stack([rule.difference for rule in rules], axis=1)
    sample = sum_by_unit(values, cases.units())
    return np.stack(ADJUSTED[settings.adjust](sample, settings.ci or LEVEL, settings.seed), axis=1)


def _judge_rule(  # noqa: PLR0913 - the parts of one judgement
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


def _nothing_verdict(cases: SharedCases) -> Verdict:
    reason = "nothing to judge" if cases else "nothing to judge: no case in common"
    return Verdict(BASELINE, "", BASELINE, "mean", math.nan, math.nan, "", 0, False, reason=reason)


def _unmatched_cases(card: Scorecard, baseline: Scorecard) -> tuple[str, ...]:
    """The cases that one of both did not score, in words."""
    mine, theirs = (index_rows(one.cases).places for one in (card, baseline))
    said = []
    for where, these, others in (
        ("not in this run", theirs, mine),
        ("not in the baseline", mine, theirs),
    ):
        if left := [case for case in these if case not in others]:
            more = f" and {len(left) - EXAMPLES} more" if len(left) > EXAMPLES else ""
            word = "case" if len(left) == 1 else "cases"
            said.append(f"{len(left)} {word} {where}: {', '.join(left[:EXAMPLES])}{more}")
    return tuple(said)


def _baseline_notes(
    rules: Sequence[BaselineRule],
    columns: Mapping[PairKey, Pairs],
    card: Scorecard,
    baseline: Scorecard,
    settings: Settings,
) -> Iterator[Note]:
    """What should be known of the comparison beside the verdicts."""
    few = {
        f"{r.name.class_}/{r.name.metric}": int(np.isfinite(r.difference).sum())
        for r in rules
        if 0 < np.isfinite(r.difference).sum() < FEW_CASES
    }
    if few:
        yield few_cases_note(few, settings.baseline)
    if many := sum(pairs.charged for pairs in columns.values()):
        values = "1 value is" if many == 1 else f"{many} values are"
        text = f"{values} compared as the best, since nothing was to be found and nothing was"
        yield Note("N-both-empty-best", text, settings.baseline)
    known = {(kind.class_, kind.metric) for kind in index_rows(baseline.cases).kinds}
    new = {
        kind.class_: None
        for kind in index_rows(card.cases).kinds
        if kind.metric in baseline.metrics and (kind.class_, kind.metric) not in known
    }
    if new:
        text = f"not in the baseline, so not compared: {', '.join(new)}"
        yield Note("W-not-in-baseline", text, settings.baseline)
    for gate, _ in resolve_tolerances(settings):
        if not any(
            str(gate.metric) == n.metric and means_class(gate.class_, n.class_) for n in columns
        ):
            yield Note("W-unused-tolerance", f"{gate} fits nothing that is compared", BASELINE)


def few_cases_note(few: Mapping[str, int], where: str) -> Note:
    """The warning that intervals are of few cases."""
    name, n = min(few.items(), key=lambda item: item[1])
    more = f" and {len(few) - 1} more" if len(few) > 1 else ""
    text = f"an interval of fewer than {FEW_CASES} cases is too narrow: {name} (n={n}){more}"
    return Note("W-few-cases", text, where)
