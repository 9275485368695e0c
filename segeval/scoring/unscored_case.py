"""A case before it is scored, and one that was not, with what is wrong."""

from __future__ import annotations

import errno
from typing import Any

import numpy as np

from segeval.pairing.cases import Case
from segeval.runtime.errors import ReadError, SegevalError
from segeval.runtime.frozen import replace
from segeval.scorecard.card import (
    CaseResult,
    Row,
)


def machine_error(problem: OSError | MemoryError | RecursionError) -> ReadError:
    """What the machine cannot do for a case: files that it cannot read, or open at once; memory."""
    if isinstance(problem, RecursionError):
        return ReadError("a file of the case is nested too deeply")
    if isinstance(problem, MemoryError):
        text = f"there is not enough memory ({problem})" if str(problem) else "no memory is left"
        return ReadError(text, help="a file may be damaged so that it seems to be of any size")
    help = ""
    if problem.errno == errno.EMFILE:
        help = "a limit of open files is set: `ulimit -n 4096` raises it"
    return ReadError(problem.strerror or str(problem), where=problem.filename or "", help=help)


def unscored_result(case: Case) -> CaseResult:
    """What a case says of itself before it is scored."""
    return CaseResult(
        case.id,
        side_path(case, "pred"),
        side_path(case, "gt"),
        group=case.group,
        patient=case.patient,
    )


def side_path(case: Case, side: str) -> str:
    """The path of a side in reports, relative to its root."""
    files = case.pred if side == "pred" else case.truth
    return "" if files is None else files.shown


def make_unscored_case(case: Case, problem: SegevalError) -> CaseResult:
    """A case that was not scored, with what is wrong."""
    error: dict[str, Any] = {
        "message": problem.message,
        "where": relative_text(problem.where, case),
        "facts": [relative_text(fact, case) for fact in problem.facts],
        "help": problem.help,
    }
    if side := side_of_file(problem.where, case):
        error["side"] = side
    row = Row(case.id, "", "", np.nan, "", problem.status, "", case.group)
    return replace(unscored_result(case), rows=(row,), status=problem.status, error=error)


def side_of_file(where: str, case: Case) -> str:
    """Which side of a case a file is of, gt or pred; "" where it is of neither, or of both."""
    found = []
    for name, files in (("gt", case.truth), ("pred", case.pred)):
        if files is not None:
            paths = [*files.files.values(), *(one.path for one in files.sets)]
            paths += [files.scores] if files.scores is not None else []
            found += [name] if where in map(str, paths) else []
    return found[0] if len(found) == 1 else ""


def relative_text(text: str, case: Case) -> str:
    """A text without the folders that the user named: paths are relative to the roots."""
    for files in (case.pred, case.truth):
        if files is not None:
            text = text.replace(f"{files.root}/", "")
    return text
