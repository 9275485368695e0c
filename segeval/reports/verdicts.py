"""What the reports for CI systems say of gates: by name, in one line, and all of them together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from segeval.reports.problems import count_failed, count_faulty, is_accepted
from segeval.reports.table_model import format_count
from segeval.request.settings import Settings
from segeval.runtime.inventory import ASKED, LEFT_OUT, Inventory
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import GROUPS, OVERALL, WHOLE, Scorecard
from segeval.scorecard.row_index import noteworthy_cases

CLASS_KINDS = ("class", "label", "structure", "segment")  # of items that are a class
FEW = 5  # rules of which those that passed have a line of their own, too

if TYPE_CHECKING:
    from segeval.gates.verdict import Verdict


def missed_verdicts(card: Scorecard) -> list[Verdict]:
    """The gates that were not cleared, in their order."""
    return [verdict for verdict in card.gates if not verdict.passed]


def verdict_subject(verdict: Verdict) -> str:
    """What was judged within a gate: a class, and the group of its cases where there are groups.

    The baseline is one gate for all metrics, so there it is the metric, too.
    """
    if verdict.against is not None:
        return clean_name(verdict.name)
    group = f" [{verdict.group}]" if verdict.group else ""
    return clean_name(f"{verdict.class_ or 'every class'}{group}")


def verdict_sentence(verdict: Verdict) -> str:
    """The verdict without its class: `dice 0.79 < 0.85 (n=42)`."""
    return clean_name(verdict.text.removeprefix(f"{verdict.class_}/"))


def gate_without_bar(verdict: Verdict) -> str:
    """The gate without its bar, so that what stands for it outlives a change of the bar."""
    return clean_name(verdict.gate.rpartition("=")[0] or verdict.gate)


def unscored_cases(card: Scorecard, settings: Settings) -> Iterator[Any]:
    """The cases that should have been scored and were not."""
    return (
        c
        for c in noteworthy_cases(card.cases)
        if not c.scored and not is_accepted(c.status, settings)
    )


def shown_verdicts(card: Scorecard, settings: Settings) -> list[Verdict]:
    """The verdicts that people are shown a line of (CLI-U5): all that were missed; all of a few."""
    if settings.verbose or len(card.gates) <= FEW:
        return list(card.gates)
    return [v for v in card.gates if not v.passed or is_unspelt(v)]


def is_unspelt(verdict: Verdict) -> bool:
    """Whether its rule names no statistic and it is judged by another than the mean.

    Rule ACCOUNT-A27.
    """
    spelt = f".{verdict.statistic}=" in verdict.gate
    return verdict.statistic != "mean" and not spelt


def gates_line(card: Scorecard, settings: Settings) -> str:
    """How many rules were judged, and how many of them were missed; why neither decides."""
    missed = f"gates: {len(missed_verdicts(card))} of {len(card.gates)} missed"
    lost = count_failed(card, settings) + count_faulty(card, settings)
    why = [f"{format_count(lost, 'case')} not scored in full"] if lost else []
    why += ["not all was judged"] if card.refused else []
    return ", ".join([missed, *why, *_selection(card)])


def _selection(card: Scorecard) -> Iterator[str]:
    """How many of the classes of the ground truth were judged, where the user chose.

    Rule ACCOUNT-A34.
    """
    left = [
        item
        for item in Inventory.from_inputs(card.inputs).left_aside
        if item.side == "gt" and item.weight == ASKED and item.kind in CLASS_KINDS
        if item.reason != LEFT_OUT
    ]
    if not left:
        return
    named = {name.partition(":")[0] for item in left for name in item.names}
    others = len(named) or max(item.number for item in left)
    judged = sum(name not in (WHOLE, OVERALL, *GROUPS) for name in card.summary.get("", {}))
    yield f"{judged} of {judged + others} classes, by --classes"


def verdict_headline(card: Scorecard, settings: Settings) -> tuple[str, str]:
    """PASS, FAIL, ERROR or "" where nothing was judged; and what it is about."""
    gates, below = len(card.gates), len(missed_verdicts(card))
    lost = count_failed(card, settings) + count_faulty(card, settings)
    if lost or card.refused:
        also = f", {format_count(below, 'gate')} missed" if below else ""
        why = f"{format_count(lost, 'case')} not scored in full" if lost else "not all was judged"
        return "ERROR", f"{why}{also}"
    if below:
        return "FAIL", f"{below} of {format_count(gates, 'gate')} missed"
    return ("PASS", f"{format_count(gates, 'gate')} cleared") if gates else ("", "")
