"""All bars of a run: its rules, then its baseline."""

from __future__ import annotations

from segeval.gates.baseline import FEW_CASES, few_cases_note, judge_by_baseline
from segeval.gates.rules import check_gate
from segeval.gates.verdict import Judgement
from segeval.request.settings import Settings
from segeval.runtime.errors import Note
from segeval.runtime.frozen import replace
from segeval.scorecard.card import OVERALL, Scorecard
from segeval.statistics.intervals import add_intervals, check_level


def judge_scorecard(
    card: Scorecard, settings: Settings, accept: bool, baseline: Scorecard | None = None
) -> Judgement:
    """The verdicts of a run, in the order of its rules. Raises RequestError.

    accept    a class that is undefined because one side alone is empty may pass
    baseline  the run to compare with
    """
    level, scores = check_level(settings.ci), card
    if any(gate.statistic == "bound" for gate in settings.gates):
        made = add_intervals(card.summary, card.cases, card.metrics, level, settings.seed)
        scores = replace(card, summary=made)
    verdicts = tuple(v for gate in settings.gates for v in check_gate(gate, scores, accept))
    notes = _few_cases_notes(scores)
    if baseline is None:
        return Judgement(verdicts, notes)
    found = judge_by_baseline(card, baseline, settings, accept)
    return replace(found, verdicts=(*verdicts, *found.verdicts), notes=(*notes, *found.notes))


def _few_cases_notes(card: Scorecard) -> tuple[Note, ...]:
    """A warning where an interval of a mean is of too few cases."""
    few = {
        f"{class_}/{metric}": made.n
        for class_, of_metric in card.summary.get("", {}).items()
        for metric, made in of_metric.items()
        if made.interval and made.n < FEW_CASES and class_ != OVERALL
    }
    return (few_cases_note(few, ""),) if few else ()
