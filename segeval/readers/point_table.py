"""A table of points taken apart: a row a detection or a lesion, with its case and where it lies.

    seriesuid,coordX,coordY,coordZ,diameter_mm     lesions, as LUNA16's `annotations.csv`
    seriesuid,coordX,coordY,coordZ,probability     detections

Columns are known by their names, of which the field has several. A row without a place names a
case that has no point. Beside a table of lesions `NAME.csv` lie, as LUNA16 has them,
`NAME_excluded.csv`, findings that do not count, and `seriesuids.csv`, the list of the cases. A row
that cannot be used is a fault of its case, and the others go on.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np

from segeval.readers import POINT_TABLES
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import field, frozen
from segeval.volume.placed_points import PlacedPoints

EXCLUDED = "_excluded"
LIST = "seriesuids.csv"
LARGEST_FIELD = 1 << 17  # characters, as the csv module has it
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "case": (
        *("seriesuid", "series_uid", "seriesinstanceuid", "case", "case_id", "caseid", "scan"),
        *("scan_id", "image", "image_id", "image_name", "filename", "file_name", "file", "slide"),
        *("study_id", "patient", "patient_id", "pid", "id"),
    ),
    "x": ("coordx", "coord_x", "x", "x_mm", "x_px", "world_x"),
    "y": ("coordy", "coord_y", "y", "y_mm", "y_px", "world_y"),
    "z": ("coordz", "coord_z", "z", "z_mm", "z_px", "world_z"),
    "score": ("probability", "score", "confidence", "prob", "p", "likelihood"),
    "diameter": ("diameter_mm", "diameter", "diameter_px"),
    "excluded": ("excluded", "ignore", "ignored"),
}
FORM = "a table of points has columns case, x, y, z, and probability (detections) or diameter_mm"
UNTOLD_DIAMETER = 10.0  # mm, LUNA16's for a negative one
TRUE = ("1", "true", "yes")
FALSE = ("", "0", "false", "no")


@frozen
class PointTable:
    """A table, taken apart.

    points   by case, in the order of the table
    axes     2 or 3
    scored   whether it has a column of scores
    sized    whether it has a column of diameters
    cases    all cases there are, where a list tells; None: those of the rows
    strays   rows of cases that the list does not have, by case
    faults   why the points of a case cannot be used
    beside   the files beside it that are part of it
    """

    points: Mapping[str, PlacedPoints]
    axes: int
    scored: bool
    sized: bool
    cases: tuple[str, ...] | None = None
    strays: Mapping[str, int] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[Path, ...] = ()


def is_point_table(path: Path) -> bool:
    """Whether a file is a table of points, from its name and the names of its columns."""
    if path.suffix.lower() not in POINT_TABLES or not path.is_file():
        return False
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline(LARGEST_FIELD)
    except (OSError, ValueError):
        return False
    return {"case", "x", "y"} <= set(find_columns(split_head(head)[0]))


def split_head(line: str) -> tuple[list[str], str]:
    """The names of the columns, and what separates them: a comma, semicolon or tab."""
    mark = max(",;\t", key=line.count)
    return next(csv.reader([line], delimiter=mark), []), mark


def find_columns(names: Sequence[str]) -> dict[str, int]:
    """The place of each column that is known, by what it holds; of two the better name."""
    own = [name.strip().lower() for name in names]
    return {
        what: own.index(known)
        for what, called in COLUMNS.items()
        for known in [next((word for word in called if word in own), None)]
        if known is not None
    }


def parse_points(path: Path) -> PointTable:
    """The points of a table, and of the files beside it. Raises ReadError."""
    try:
        beside = files_beside(path)
        stamps = tuple((one, s.st_mtime_ns, s.st_size) for one in (path, *beside)
                       for s in [one.stat()])  # fmt: skip
        return _parse_versions(stamps)
    except OSError as problem:
        raise ReadError(f"cannot be opened ({problem.strerror})", where=path) from problem


def files_beside(path: Path) -> list[Path]:
    """The table of findings that do not count, and the list of cases, where they are there."""
    named = path.with_name(path.stem + EXCLUDED + path.suffix), path.with_name(LIST)
    return [one for one in named if one.is_file() and has_diameters(path)]


@lru_cache(64)
def has_diameters(path: Path) -> bool:
    """Whether a table is one of lesions: detections have nothing beside them."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        return "diameter" in find_columns(split_head(file.readline(LARGEST_FIELD))[0])


@lru_cache(4)
def _parse_versions(stamps: tuple[tuple[Path, int, int], ...]) -> PointTable:
    """A table as it and the files beside it are at a time; every case asks."""
    path, *beside = (one for one, _, _ in stamps)
    rows = PointRows()
    rows.add(path, False)
    cases = None
    for other in beside:
        if other.name == LIST:
            cases = tuple(list_cases(other))
        else:
            rows.add(other, True)
    return rows.finish(cases, tuple(beside))


class PointRows:
    """Gathers the rows of tables by case."""

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[float, ...]]] = {}
        self._faults: dict[str, str] = {}
        self._axes: set[int] = set()
        self._columns: set[str] = set()

    def add(self, path: Path, excluded: bool) -> None:
        """Add the rows of a table. Raises ReadError.

        excluded  none of its findings counts
        """
        lines = read_rows(path)
        head = next(lines, (0, []))[1]
        columns = find_columns(head)
        if not {"case", "x", "y"} <= set(columns):
            told = ", ".join(name.strip() for name in head)[:80]
            raise ReadError("no table of points", where=path, facts=(f"columns {told}",), help=FORM)
        self._axes.add(3 if "z" in columns else 2)
        self._columns |= set(columns)
        for number, row in lines:
            cells = {what: row[at].strip() for what, at in columns.items() if at < len(row)}
            if not any(cells.values()):
                continue
            if not (case := cells.get("case", "")):
                raise ReadError(f"line {number} names no case", where=path, help=FORM)
            try:
                self._rows.setdefault(case, []).extend(point_of_cells(cells, excluded))
            except ValueError as problem:
                self._faults.setdefault(case, f"line {number} of {path.name}: {problem}")

    def finish(self, cases: tuple[str, ...] | None, beside: tuple[Path, ...]) -> PointTable:
        """The table. Raises ReadError."""
        if len(self._axes) > 1:
            raise ReadError("points with z and points without", where=beside[0], help=FORM)
        known = None if cases is None else set(cases)
        kept = {c: rows for c, rows in self._rows.items() if known is None or c in known}
        axes = max(self._axes, default=3)
        return PointTable(
            {case: point_set(rows, axes) for case, rows in kept.items()},
            axes,
            "score" in self._columns,
            "diameter" in self._columns,
            cases,
            {case: len(rows) for case, rows in self._rows.items() if case not in kept},
            self._faults,
            beside,
        )


def read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table with the numbers of their lines. Raises ReadError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            mark = split_head(file.readline(LARGEST_FIELD))[1]
            file.seek(0)
            reader = csv.reader(file, delimiter=mark)
            for row in reader:
                yield reader.line_num, row
    except (OSError, ValueError, csv.Error) as problem:
        raise ReadError(f"not a readable table ({problem})", where=path) from problem


def list_cases(path: Path) -> Iterator[str]:
    """The cases of a list, one a line. Raises ReadError."""
    for _, row in read_rows(path):
        name = row[0].strip() if row else ""
        if name and name.lower() not in COLUMNS["case"]:
            yield name


def point_of_cells(cells: Mapping[str, str], excluded: bool) -> Iterator[tuple[float, ...]]:
    """The point of a row: x, y, z, score, diameter, excluded; none where it has no place.

    Raises ValueError.
    """
    places = [cells.get(axis, "") for axis in "xyz"]
    if not any(places):
        return
    left_out = cells.get("excluded", "").lower()
    if left_out not in TRUE + FALSE:
        raise ValueError(f"excluded is {left_out!r}, not 0 or 1")
    numbers = [
        number_of_cell(cells, what, what in "xyz" and what in cells)
        for what in ("x", "y", "z", "score", "diameter")
    ]
    if numbers[4] < 0:
        numbers[4] = UNTOLD_DIAMETER
    yield (*numbers, float(excluded or left_out in TRUE))


def number_of_cell(cells: Mapping[str, str], what: str, needed: bool) -> float:
    """The number in a cell; nan where it is empty and not needed. Raises ValueError."""
    text = cells.get(what, "")
    if not text and not needed:
        return math.nan
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{what} is {text[:40]!r}, no number")
    return number


def point_set(rows: Sequence[tuple[float, ...]], axes: int) -> PlacedPoints:
    """The points of a case."""
    table = np.array(rows, np.float64).reshape(-1, 6)
    return PlacedPoints(table[:, :axes], table[:, 3], table[:, 4], table[:, 5] > 0)
