"""Tables of points as sides: every case of the ground truth is a case of the run.

A table has no row for a case without points. So a case that only the detections have is one without
a lesion, unless a list of the cases says that there is none; and one without a detection has none.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from segeval.pairing.cases import CaseFiles
from segeval.pairing.file_names import SUFFIXES
from segeval.pairing.files import Left
from segeval.pairing.messages import count_with_noun, first_names
from segeval.pairing.side_layout import CaseEntry, SideLayout
from segeval.runtime.errors import Note, NothingToScore, ReadError, RequestError
from segeval.runtime.inventory import KNOWN

if TYPE_CHECKING:
    from segeval.readers.point_table import PointTable

POINTS = "points"


def point_layout(path: Path, other: Path | None, side: str) -> SideLayout:
    """The cases of a table. Raises RequestError, NothingToScore.

    other  the table of the other side; None: it has masks
    side   gt or pred
    """
    table = parse_table(path)
    cases = dict.fromkeys(own_cases(table))
    left: list[Left] = []
    notes: list[Note] = []
    check_sides(table, path, side)
    if other is not None:
        there = parse_table(other)
        theirs = own_cases(there)
        check_common_cases(list(cases), theirs, path, side)
        told = (table if side == "gt" else there).cases
        extra = [case for case in theirs if case not in cases]
        if side == "gt" and extra and told is None:
            notes.append(empty_cases_note(extra, path))
        cases |= dict.fromkeys(extra if told is None or side == "pred" else ())
    if lost := sum(table.strays.values()):
        names = tuple(table.strays)
        left.append(Left("point", "of cases that the list does not have", names, KNOWN, "", lost))
    files = {"": path, **{one.name: one for one in table.beside}}
    entries = [case_entry(path, files, case) for case in cases]
    return SideLayout(
        POINTS,
        tuple(entries),
        path,
        met=len(files),
        left=tuple(left),
        shared=len(files),
        notes=tuple(notes),
    )


def parse_table(path: Path) -> PointTable:
    """A table, taken apart. Raises RequestError: it holds the whole side."""
    from segeval.readers.point_table import parse_points

    try:
        return parse_points(path)
    except ReadError as problem:
        raise RequestError(
            problem.message, where=problem.where, facts=problem.facts, help=problem.help
        ) from problem


def own_cases(table: PointTable) -> list[str]:
    """The cases of a table: those of its list, else those of its rows."""
    return list(table.cases or dict.fromkeys([*table.points, *table.faults]))


def check_common_cases(own: list[str], theirs: list[str], path: Path, side: str) -> None:
    """Raise NothingToScore where two tables share no case: their names are of two kinds."""
    if own and theirs and not set(own) & set(theirs):
        sides = {side: own, "pred" if side == "gt" else "gt": theirs}
        raise NothingToScore(
            "no case of the detections is a case of the ground truth",
            where=path,
            facts=tuple(f"{name}: {first_names(cases, 4)}" for name, cases in sides.items()),
            help="write the same names in both tables",
        )


def check_sides(table: PointTable, path: Path, side: str) -> None:
    """Raise RequestError where detections have no scores, or lie on the side of the lesions."""
    if side == "pred" and not table.scored:
        swapped = "; or are the sides swapped?" if table.sized else ""
        raise RequestError(
            "the points of the prediction have no scores",
            where=path,
            help=f"add a column `probability`{swapped}",
        )
    if side == "gt" and table.scored and not table.sized:
        raise RequestError(
            "the points of the ground truth have scores and no diameters",
            where=path,
            help="are the sides swapped? A lesion is a row with `diameter_mm`: a detection within "
            "half of it finds it",
        )


def empty_cases_note(extra: list[str], path: Path) -> Note:
    """What is to be said of cases that only the detections have."""
    text = (
        f"{count_with_noun(len(extra), 'case')} of the detections only ({first_names(extra, 3)}) "
        "taken as without a lesion; a list seriesuids.csv beside the table, or a row of the case "
        "without a place, says so"
    )
    return Note("W-cases-without-points", text, str(path))


def case_entry(path: Path, files: dict[str, Path], case: str) -> CaseEntry:
    """The entry of a case, by its name in the table; a suffix of masks is none of the name."""
    bare = next((case[: -len(s)] for s in SUFFIXES if case.lower().endswith(s)), case)
    side = CaseFiles(path.parent, files, member=case)
    return CaseEntry(case, bare, bare.rsplit("/", 1)[-1], side)
