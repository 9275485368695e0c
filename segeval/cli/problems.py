"""Cases that were not scored: what is wrong with each, and what it makes of the exit status."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from segeval.cli.log import LOG
from segeval.errors import SegevalError
from segeval.settings import Settings

if TYPE_CHECKING:
    from segeval.gate import Verdict
    from segeval.scorecard import CaseResult, Scorecard

EXAMPLES = 5
MISSED, DATA, BUG = 1, 3, 5


def exit_status(
    card: Scorecard, verdicts: Sequence[Verdict], errors: int, settings: Settings
) -> int:
    """0, or what is worst: a bug over a case that was not scored over a gate that was missed.

    errors  warnings that `--error` made errors
    """
    faults = [case.status for case in unscored(card, settings)]
    if SegevalError.status in faults:
        return BUG
    if faults or errors:
        return DATA
    missed = any(not verdict.passed for verdict in verdicts)
    return MISSED if missed and not settings.exit_zero else 0


def unscored(card: Scorecard, settings: Settings) -> list[CaseResult]:
    """The cases that should have been scored and were not."""
    accepted = {"ok", "not_annotated"}
    if settings.missing != "error":
        accepted.add("missing_prediction")
    return [case for case in card.cases if case.status not in accepted]


def tell_problems(card: Scorecard, settings: Settings) -> None:
    """Print the errors of cases, at most five of a kind; a table on a terminal has them itself."""
    kinds: dict[str, list[CaseResult]] = {}
    for case in unscored(card, settings):
        kinds.setdefault(case.status, []).append(case)
        _log(case)
    if settings.format == "table" and sys.stdout.isatty():
        return
    for status, cases in kinds.items():
        few = cases if settings.verbose else cases[:EXAMPLES]
        _print(line for case in few for line in problem(case).lines())
        if len(cases) > len(few):
            more = len(cases) - len(few)
            _print([f"error: {more} more cases: {status}, -v lists them"])


def problem(case: CaseResult) -> SegevalError:
    """What kept a case from being scored, as the error that it was."""
    found = case.error or {}
    where = found.get("where", "")
    facts = (str(fact) for fact in found.get("facts", ()))
    place = f"{case.case}: {where}" if where and where != case.case else case.case
    message, help = found.get("message", case.status), found.get("help", "")
    return SegevalError(message, where=place, facts=tuple(facts), help=help)


def _log(case: CaseResult) -> None:
    for line in [*problem(case).lines(), *case.trace.splitlines()]:
        LOG.line(line)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line, err=True)
