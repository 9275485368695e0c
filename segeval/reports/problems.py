"""What kept cases from being scored, as people read it: error, facts, help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from segeval.request.settings import Settings
from segeval.runtime.errors import PairingError, SegevalError
from segeval.scorecard.card import CaseResult, Scorecard
from segeval.scorecard.row_index import census, marked

T = TypeVar("T")
EXAMPLES = 5  # of one kind; then a count


def problems(card: Scorecard, settings: Settings) -> list[str]:
    """The lines about the cases that were not scored, kind by kind."""
    kinds: dict[str, Kind[CaseResult]] = {}
    classes: dict[str, Kind[SegevalError]] = {}
    for case in marked(card.cases):
        if not case.scored and not accepted(case.status, settings):
            kinds.setdefault(case.status, Kind()).add(case)
        for status, error in faults_of(case):
            classes.setdefault(status, Kind()).add(error)
    if not (kinds or classes):
        return []
    from segeval.reports.table_model import clean, counted

    lines = [line for status, kind in kinds.items() for line in _kind(status, kind)]
    for status, faults in classes.items():
        lines += [clean(line) for error in faults.few for line in error.lines()]
        if more := faults.more:
            lines.append(f"error: {counted(more, 'more class', 'more classes')}: {status}")
    return lines


class Kind(Generic[T]):
    """A few of one kind, and how many more there are."""

    def __init__(self) -> None:
        self.few: list[T] = []
        self.more = 0

    def add(self, one: T) -> None:
        """Keep it, or count it."""
        if len(self.few) < EXAMPLES:
            self.few.append(one)
        else:
            self.more += 1


def accepted(status: str, settings: Settings) -> bool:
    """Whether the user said that such a case may be missing; it is counted, and no error."""
    return status == PairingError.status and settings.missing != "error"


def left_out(card: Scorecard, settings: Settings) -> int:
    """How many cases were not scored and need not be."""
    lost = census(card.cases).lost.items()
    return sum(n for (_, status), n in lost if accepted(status, settings))


def failed(card: Scorecard, settings: Settings) -> int:
    """How many cases should have been scored and were not."""
    return census(card.cases).lost.total() - left_out(card, settings)


def _kind(status: str, kind: Kind[CaseResult]) -> Iterator[str]:
    """A few cases of one kind; what to do is said once where it is the same for all."""
    from segeval.reports.table_model import clean, counted

    errors = [error_of(case) for case in kind.few]
    shared = errors[0].help if len({error.help for error in errors}) == 1 else ""
    for error in errors:
        if shared:
            error.help = ""
        yield from map(clean, error.lines())
    if kind.more:
        yield f"error: {counted(kind.more, 'more case')}: {status}"
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
