"""All bars of a run: its rules, then its baseline."""

from __future__ import annotations

from segeval.gates.baseline import FEW, against, few_cases
from segeval.gates.rules import check
from segeval.gates.verdict import Judgement
from segeval.request.settings import Settings
from segeval.runtime.errors import Note
from segeval.runtime.frozen import replace
from segeval.scorecard.card import OVERALL, Scorecard
from segeval.statistics.intervals import check_level, with_intervals


def judge(
    card: Scorecard, settings: Settings, accept: bool, baseline: Scorecard | None = None
) -> Judgement:
    """The verdicts of a run, in the order of its rules. Raises RequestError.

    accept    a class that is undefined because one side alone is empty may pass
    baseline  the run to compare with
    """
    level, scores = check_level(settings.ci), card
    if any(gate.statistic == "bound" for gate in settings.gates):
        made = with_intervals(card.summary, card.cases, card.metrics, level, settings.seed)
        scores = replace(card, summary=made)
    verdicts = tuple(v for gate in settings.gates for v in check(gate, scores, accept))
    notes = _few(scores)
    if baseline is None:
        return Judgement(verdicts, notes)
    found = against(card, baseline, settings, accept)
    return replace(found, verdicts=(*verdicts, *found.verdicts), notes=(*notes, *found.notes))


def _few(card: Scorecard) -> tuple[Note, ...]:
    """A warning where an interval of a mean is of too few cases."""
    few = {
        f"{class_}/{metric}": made.n
        for class_, of_metric in card.summary.get("", {}).items()
        for metric, made in of_metric.items()
        if made.interval and made.n < FEW and class_ != OVERALL
    }
    return (few_cases(few, ""),) if few else ()
