"""What kept cases from being scored, as people read it: error, facts, help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from segeval.request.settings import Settings
from segeval.runtime.errors import PairingError, SegevalError
from segeval.scorecard.card import CaseResult, Scorecard
from segeval.scorecard.row_index import index_rows, noteworthy_cases

T = TypeVar("T")
NAME_NOT_FOUND = "name_not_found"  # a status: the prediction has names that nobody mapped
WHOSE = {"gt": "ground truth", "pred": "prediction"}
EXAMPLES = 5  # of one kind; then a count


def describe_problems(card: Scorecard, settings: Settings) -> list[str]:
    """The lines about the cases that were not scored, kind by kind."""
    kinds: dict[str, ProblemGroup[CaseResult]] = {}
    classes: dict[str, ProblemGroup[SegevalError]] = {}
    for case in noteworthy_cases(card.cases):
        if not case.scored and not is_accepted(case.status, settings):
            kinds.setdefault(case.status, ProblemGroup()).add(case)
        for status, error in class_faults(case):
            if is_accepted(status, settings):
                continue
            classes.setdefault(status, ProblemGroup()).add(error)
    if not (kinds or classes):
        return []
    from segeval.reports.table_model import format_count
    from segeval.runtime.safe_text import clean_name

    lines = [line for status, kind in kinds.items() for line in _group_lines(status, kind)]
    for status, faults in classes.items():
        lines += [clean_name(line) for error in faults.few for line in error.lines()]
        if more := faults.more:
            lines.append(f"error: {format_count(more, 'more class', 'more classes')}: {status}")
    return lines


class ProblemGroup(Generic[T]):
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


def is_accepted(status: str, settings: Settings) -> bool:
    """Whether the user said that such a case, or class, may be missing: counted, and no error.

    A structure that the prediction may have under another name is missing like a case without a
    prediction (ACCOUNT-A30).
    """
    return status in (PairingError.status, NAME_NOT_FOUND) and settings.missing != "error"


def count_left_out(card: Scorecard, settings: Settings) -> int:
    """How many cases were not scored and need not be."""
    lost = index_rows(card.cases).lost.items()
    return sum(n for (_, status), n in lost if is_accepted(status, settings))


def count_faulty(card: Scorecard, settings: Settings) -> int:
    """How many cases have classes that should have been scored and were not."""
    found = index_rows(card.cases).faults.items()
    return sum(n for own, n in found if not all(is_accepted(one, settings) for one in own))


def count_failed(card: Scorecard, settings: Settings) -> int:
    """How many cases should have been scored and were not."""
    return index_rows(card.cases).lost.total() - count_left_out(card, settings)


def _group_lines(status: str, kind: ProblemGroup[CaseResult]) -> Iterator[str]:
    """A few cases of one kind; what to do is said once where it is the same for all."""
    from segeval.reports.table_model import format_count
    from segeval.runtime.safe_text import clean_name

    errors = [case_error(case) for case in kind.few]
    shared = errors[0].help if len({error.help for error in errors}) == 1 else ""
    for error in errors:
        if shared:
            error.help = ""
        yield from map(clean_name, error.lines())
    if kind.more:
        yield f"error: {format_count(kind.more, 'more case')}: {status}"
    if shared:
        yield f"  help: {clean_name(shared)}"


def class_faults(case: CaseResult) -> Iterator[tuple[str, SegevalError]]:
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


def case_error(case: CaseResult) -> SegevalError:
    """Why a case was not scored."""
    error = case.error or {}
    where, facts = error.get("where", ""), tuple(error.get("facts", ()))
    if where and where != case.case:
        of = f", {WHOSE[error['side']]}" if error.get("side") in WHOSE else ""
        facts = (f"in {where}{of}", *facts)
    message = error.get("message") or case.status.replace("_", " ")
    return SegevalError(message, where=case.case, facts=facts, help=error.get("help", ""))
