"""A run against an earlier one: whether it got worse, case by case, and by more than noise.

    any          fails where the mean is worse by more than the tolerance
    regression   fails where it is, and the interval of the paired difference excludes zero
    noninferior  fails unless the whole interval is within the tolerance

All classes, metrics and groups are one family of rules: see `--adjust`. A value that this run lacks
and the baseline has fails its rule; a case that one of them lacks is listed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from segeval.gates.baseline_notes import baseline_notes, unmatched_cases
from segeval.gates.paired_rules import (
    baseline_rules,
    interval_ends,
    judge_paired_rule,
    nothing_verdict,
    resolve_tolerances,
    with_pooled,
)
from segeval.gates.truth import TruthCheck, compare_truth, unknown_truth_note
from segeval.gates.verdict import BASELINE, Judgement, Refusal, Verdict
from segeval.request.settings import Settings
from segeval.runtime.errors import Note, RequestError
from segeval.runtime.frozen import replace
from segeval.scorecard.card import Scorecard
from segeval.scorecard.signature import incomparable_fields
from segeval.statistics.paired import metrics_with_better, pair_rows
from segeval.statistics.shared_cases import SharedCases

DIFFERENT_CASES_HELP = "--allow-different-cases compares those that both have"
DIFFERENT_TRUTH_HELP = "score the baseline again; or --allow-different-truth"


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
        return refuse_truth(truth, notes)
    if truth.number:
        notes.append(Note("W-different-truth", truth.text, settings.baseline))
    shared = metrics_with_better(text for text in card.metrics if text in baseline.metrics)
    columns = pair_rows(cases, shared, accept)
    rules = with_pooled(list(baseline_rules(cases, columns, card)), cases, card.leads)
    ends = interval_ends(rules, cases, settings)
    verdicts = [
        judge_paired_rule(rule, end, tolerances, settings, cases.names, card.leads)
        for rule, end in zip(rules, ends, strict=True)
    ]
    if not verdicts:
        verdicts = [nothing_verdict(cases)]
    different = unmatched_cases(card, baseline)
    notes += baseline_notes(rules, columns, card, baseline, settings)
    if different and settings.allow_different_cases:
        notes += [Note("W-different-cases", text, settings.baseline) for text in different]
        different = ()
    refused = tuple(Refusal(text, DIFFERENT_CASES_HELP) for text in different)
    return Judgement(tuple(verdicts), tuple(notes), refused)


def refuse_truth(truth: TruthCheck, notes: Sequence[Note]) -> Judgement:
    """No judgement against another ground truth; in reports a rule that is missed."""
    verdict = Verdict(BASELINE, "", BASELINE, "mean", math.nan, math.nan, "", 0, False)
    where = "1 case" if truth.number == 1 else f"{truth.number} cases"
    reason = f"nothing is judged, another ground truth in {where}"
    refused = Refusal(truth.text, DIFFERENT_TRUTH_HELP)
    return Judgement((replace(verdict, reason=reason),), tuple(notes), (refused,))
