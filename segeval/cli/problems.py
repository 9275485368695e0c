"""Cases that were not scored: their errors on stderr, and what they make of the exit status."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from segeval.cli.log import LOG
from segeval.cli.messages import print_message
from segeval.request.settings import Settings
from segeval.runtime.errors import SegevalError

if TYPE_CHECKING:
    from segeval.gates.verdict import Verdict
    from segeval.scorecard.card import Scorecard

MISSED, DATA, BUG = 1, 3, 5
STYLES: dict[str, dict[str, Any]] = {
    "error:": {"fg": "red", "bold": True},
    "  help:": {"fg": "cyan"},
}


def exit_status(
    card: Scorecard, verdicts: Sequence[Verdict], errors: int, settings: Settings
) -> int:
    """0, or what is worst: a bug over a case that was not scored over a gate that was missed.

    errors  warnings that `--error` made errors
    """
    from segeval.reports.problems import count_failed, count_faulty
    from segeval.scorecard.row_index import index_rows

    found = index_rows(card.cases)
    if found.statuses[SegevalError.status]:
        return BUG
    if errors or count_faulty(card, settings) or count_failed(card, settings):
        return DATA
    missed = any(not verdict.passed for verdict in verdicts)
    return MISSED if missed and not settings.exit_zero else 0


def print_problem_lines(lines: Sequence[str], settings: Settings) -> None:
    """Print the lines of errors on stderr, in colour where that is wanted."""
    if not lines:
        return
    from segeval.reports.terminal import uses_colour

    colour = uses_colour(sys.stderr, settings.color)
    for line in lines:
        print_message(line, color=colour, styles=STYLES if colour else None)


def report_problems(card: Scorecard, settings: Settings) -> None:
    """Print what kept cases from being scored."""
    from segeval.reports.problems import describe_problems
    from segeval.scorecard.row_index import noteworthy_cases

    print_problem_lines(describe_problems(card, settings), settings)
    for case in noteworthy_cases(card.cases):
        if case.error is not None:
            LOG.line(f"{case.case}: {case.status}: {case.error.get('message', '')}")
