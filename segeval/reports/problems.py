"""What kept cases from being scored, as people read it: error, facts, help."""

from __future__ import annotations

from collections.abc import Iterator

from segeval.errors import PairingError, SegevalError
from segeval.reports.blocks import clean, counted
from segeval.scorecard import CaseResult, Scorecard
from segeval.settings import Settings

EXAMPLES = 5  # of one kind; then a count


def problems(card: Scorecard, settings: Settings) -> list[str]:
    """The lines about the cases that were not scored, kind by kind."""
    kinds: dict[str, list[CaseResult]] = {}
    for case in card.cases:
        if not case.scored and not accepted(case, settings):
            kinds.setdefault(case.status, []).append(case)
    lines = [line for kind, cases in kinds.items() for line in _kind(kind, cases)]
    return [*lines, *_faults(card)]


def _faults(card: Scorecard) -> Iterator[str]:
    """The classes that could not be scored in cases that were."""
    kinds: dict[str, list[SegevalError]] = {}
    for case in card.cases:
        for status, error in faults_of(case):
            kinds.setdefault(status, []).append(error)
    for kind, errors in kinds.items():
        for error in errors[:EXAMPLES]:
            yield from map(clean, error.lines())
        if len(errors) > EXAMPLES:
            yield f"error: {counted(len(errors) - EXAMPLES, 'more class', 'more classes')}: {kind}"


def accepted(case: CaseResult, settings: Settings) -> bool:
    """Whether the user said that such a case may be missing; it is counted, and no error."""
    return case.status == PairingError.status and settings.missing != "error"


def _kind(kind: str, cases: list[CaseResult]) -> Iterator[str]:
    """A few cases of one kind; what to do is said once where it is the same for all."""
    errors = [error_of(case) for case in cases[:EXAMPLES]]
    shared = errors[0].help if len({error.help for error in errors}) == 1 else ""
    for error in errors:
        if shared:
            error.help = ""
        yield from map(clean, error.lines())
    if len(cases) > EXAMPLES:
        yield f"error: {counted(len(cases) - EXAMPLES, 'more case')}: {kind}"
    if shared:
        yield f"  help: {clean(shared)}"


def faults_of(case: CaseResult) -> Iterator[tuple[str, SegevalError]]:
    """Status and error of each class that could not be scored in a case that was."""
    for name, fault in case.faults.items():
        yield (
            fault["status"],
            SegevalError(
                fault["message"],
                where=f"{case.case}/{name}",
                facts=tuple(fault.get("facts", ())),
                help=fault.get("help", ""),
            ),
        )


def error_of(case: CaseResult) -> SegevalError:
    """Why a case was not scored."""
    error = case.error or {}
    where, facts = error.get("where", ""), tuple(error.get("facts", ()))
    if where and where != case.case:
        facts = (f"in {where}", *facts)
    message = error.get("message") or case.status.replace("_", " ")
    return SegevalError(message, where=case.case, facts=facts, help=error.get("help", ""))
