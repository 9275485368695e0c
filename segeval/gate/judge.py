"""All bars of a run: its rules, then its baseline."""

from __future__ import annotations

from dataclasses import replace

from segeval.gate.baseline import Judgement, against
from segeval.gate.rules import check
from segeval.scorecard import Scorecard
from segeval.settings import Settings


def judge(
    card: Scorecard, settings: Settings, accept: bool, baseline: Scorecard | None = None
) -> Judgement:
    """The verdicts of a run, in the order of its rules. Raises RequestError.

    accept    a class that is undefined because one side alone is empty may pass
    baseline  the run to compare with
    """
    scores = card
    if any(gate.statistic == "bound" for gate in settings.gates):
        from segeval.statistics.intervals import LEVEL, with_intervals

        level, seed = settings.ci or LEVEL, settings.seed
        made = with_intervals(card.summary, card.cases, card.metrics, level, seed)
        scores = replace(card, summary=made)
    verdicts = tuple(v for gate in settings.gates for v in check(gate, scores, accept))
    if baseline is None:
        return Judgement(verdicts)
    found = against(card, baseline, settings, accept)
    return replace(found, verdicts=(*verdicts, *found.verdicts))
