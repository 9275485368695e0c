"""Cases that were not scored: their errors on stderr, and what they make of the exit status."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from segeval.cli.log import LOG
from segeval.errors import SegevalError
from segeval.settings import Settings

if TYPE_CHECKING:
    from segeval.gate.verdict import Verdict
    from segeval.scorecard import Scorecard

MISSED, DATA, BUG = 1, 3, 5


def exit_status(
    card: Scorecard, verdicts: Sequence[Verdict], errors: int, settings: Settings
) -> int:
    """0, or what is worst: a bug over a case that was not scored over a gate that was missed.

    errors  warnings that `--error` made errors
    """
    from segeval.reports.problems import accepted

    if any(case.status == SegevalError.status for case in card.cases):
        return BUG
    failed = any(not case.scored and not accepted(case, settings) for case in card.cases)
    if errors or failed or any(case.faults for case in card.cases):
        return DATA
    missed = any(not verdict.passed for verdict in verdicts)
    return MISSED if missed and not settings.exit_zero else 0


def tell_problems(card: Scorecard, settings: Settings) -> None:
    """Print what kept cases from being scored; a table on a terminal has said it already."""
    from segeval.reports.problems import problems

    if not (settings.format == "table" and sys.stdout.isatty()):
        for line in problems(card, settings):
            click.echo(line, err=True)
    for case in card.cases:
        if case.error is not None:
            LOG.line(f"{case.case}: {case.status}: {case.error.get('message', '')}")
        for line in case.trace.splitlines():
            LOG.line(line)
