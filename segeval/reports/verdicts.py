"""What the reports for CI systems say of gates: by name, in one line, and all of them together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from segeval.reports.problems import accepted, failed
from segeval.reports.table_model import clean, counted
from segeval.request.settings import Settings
from segeval.scorecard.card import Scorecard
from segeval.scorecard.row_index import census, marked

if TYPE_CHECKING:
    from segeval.gates.verdict import Verdict


def missed(card: Scorecard) -> list[Verdict]:
    """The gates that were not cleared, in their order."""
    return [verdict for verdict in card.gates if not verdict.passed]


def subject(verdict: Verdict) -> str:
    """What was judged within a gate: a class, and the group of its cases where there are groups.

    The baseline is one gate for all metrics, so there it is the metric, too.
    """
    if verdict.against is not None:
        return clean(verdict.name)
    group = f" [{verdict.group}]" if verdict.group else ""
    return clean(f"{verdict.class_ or 'every class'}{group}")


def sentence(verdict: Verdict) -> str:
    """The verdict without its class: `dice 0.79 < 0.85 (n=42)`."""
    return clean(verdict.text.removeprefix(f"{verdict.class_}/"))


def rule(verdict: Verdict) -> str:
    """The gate without its bar, so that what stands for it outlives a change of the bar."""
    return clean(verdict.gate.rpartition("=")[0] or verdict.gate)


def unscored(card: Scorecard, settings: Settings) -> Iterator[Any]:
    """The cases that should have been scored and were not."""
    return (c for c in marked(card.cases) if not c.scored and not accepted(c.status, settings))


def headline(card: Scorecard, settings: Settings) -> tuple[str, str]:
    """PASS, FAIL, ERROR or "" where nothing was judged; and what it is about."""
    gates, below = len(card.gates), len(missed(card))
    lost = failed(card, settings) + census(card.cases).faulty
    if lost:
        also = f", {counted(below, 'gate')} missed" if below else ""
        return "ERROR", f"{counted(lost, 'case')} not scored in full{also}"
    if below:
        return "FAIL", f"{below} of {counted(gates, 'gate')} missed"
    return ("PASS", f"{counted(gates, 'gate')} cleared") if gates else ("", "")
