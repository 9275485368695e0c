"""All bars of a run: its rules, then its baseline."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.gates.baseline import judge_by_baseline
from segeval.gates.baseline_notes import FEW_CASES, few_cases_note
from segeval.gates.rules import check_gate
from segeval.gates.verdict import Judgement, Refusal, Verdict
from segeval.request.settings import Settings
from segeval.runtime.errors import Note
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import UNKNOWN, Inventory, LeftAside, describe
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


def judge_in_full(
    card: Scorecard, settings: Settings, accept: bool, baseline: Scorecard | None = None
) -> Judgement:
    """`judge_scorecard`, and why the run cannot pass that left aside what may be a ground truth.

    card      the run, with its inventory
    settings  its rules
    accept    a class that is undefined because one side alone is empty may pass
    baseline  the run to compare with
    Raises RequestError.
    """
    found = judge_scorecard(card, settings, accept, baseline)
    left = Inventory.from_inputs(card.inputs).left_aside
    return replace(found, refused=(*found.refused, *refuse_unjudged(left, found.verdicts)))


def refuse_unjudged(left: Sequence[LeftAside], verdicts: Sequence[Verdict]) -> list[Refusal]:
    """Why gates cannot pass that did not judge all that the ground truth holds (ACCOUNT-A34)."""
    if not verdicts:
        return []
    groups: dict[tuple[str, str], list[LeftAside]] = {}
    for item in left:
        if item.side == "gt" and item.weight == UNKNOWN:
            groups.setdefault((item.kind, item.reason), []).append(item)
    return [Refusal(f"no gate has judged {describe(alike)}") for alike in groups.values()]


def _few_cases_notes(card: Scorecard) -> tuple[Note, ...]:
    """A warning where an interval of a mean is of too few cases."""
    few = {
        f"{class_}/{metric}": made.n
        for class_, of_metric in card.summary.get("", {}).items()
        for metric, made in of_metric.items()
        if made.interval and made.n < FEW_CASES and class_ != OVERALL
    }
    return (few_cases_note(few, ""),) if few else ()
