"""Tables of pairs: the explicit one that is read (LAYOUTS-L15, I11), and the one any pairing is
written as.

    case,pred,gt[,class,image,spacing,group,patient]      CSV, TSV or JSON lines

Relative paths are relative to the table. A row with a class is one class file; a case has as many
rows as classes. Without a prediction, or without ground truth, the cell is empty.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from segeval.classes.names import natural_key
from segeval.grid.voxel_sides import is_side
from segeval.pairing.cases import Case, CaseFiles, Pairing, relative_path
from segeval.pairing.class_names import truth_names
from segeval.pairing.file_names import is_score_archive, strip_format_suffix
from segeval.pairing.messages import count_with_noun, extra_note
from segeval.pairing.same_files import same_files_note
from segeval.runtime.errors import Note, NothingToScore, PairingError, RequestError
from segeval.runtime.file_state import keep_access, refuse_device
from segeval.runtime.json_text import parse_json
from segeval.runtime.name_lengths import name_beside

COLUMNS = ("case", "pred", "gt", "class", "image", "spacing", "group", "patient")
NEEDED = ("case", "pred", "gt")
PATHS = ("pred", "gt", "image")
OF_CASE = ("image", "spacing", "group", "patient")  # the same in every row of a case

PairRow = Mapping[str, str]


def read_pairs(path: Path, strict: bool = False) -> Pairing:
    """Read a table of pairs. Raises RequestError, and PairingError if strict."""
    cases: dict[str, list[PairRow]] = {}
    for line, row in read_pair_rows(path):
        if not row["case"]:
            raise RequestError(f"line {line} names no case", where=path)
        if not row["pred"] and not row["gt"]:
            raise RequestError(f"line {line} has neither pred nor gt", where=path)
        cases.setdefault(row["case"], []).append(row)
    root = path.absolute().parent
    made = [make_case(name, rows, root, path) for name, rows in cases.items()]
    found = sorted((c for c in made if isinstance(c, Case)), key=lambda c: natural_key(c.id))
    extra = tuple(sorted((c for c in made if isinstance(c, str)), key=natural_key))
    if not found:
        raise NothingToScore("the table has no ground truth", where=path)
    if extra and strict:
        raise PairingError(
            f"{count_with_noun(len(extra), 'prediction')} without ground truth",
            where=path,
            facts=extra[:5],
            status="missing_ground_truth",
        )
    notes: list[Note] = [*extra_note(extra), *same_files_note(found)]
    sentence, names = describe_table(found, path), truth_names(case.truth for case in found)
    return Pairing(tuple(found), sentence, extra=extra, notes=tuple(notes), truths=names)


def describe_table(cases: Sequence[Case], path: Path) -> str:
    """What was read, in one sentence (LAYOUTS-P4)."""
    missing = sum(case.pred is None for case in cases)
    have = "has" if missing == 1 else "have"
    left = (
        f" ({count_with_noun(missing, 'ground-truth case')} {have} no prediction)"
        if missing
        else ""
    )
    total = count_with_noun(len(cases), "case")
    return f"paired {len(cases) - missing} of {total} by {path.name}{left}"


def read_pair_rows(path: Path) -> Iterator[tuple[int, PairRow]]:
    """The rows of a table with their line numbers; every column is there. Raises RequestError."""
    try:
        refuse_device(path)
        text = path.read_bytes().decode("utf-8-sig", "surrogateescape")  # names need not be text
    except OSError as problem:
        raise RequestError(f"cannot read the pairs ({problem.strerror})", where=path) from problem
    head = text.partition("\n")[0]
    if not is_text(head) or "\0" in head:
        raise RequestError("the pairs are not UTF-8 text", where=path)
    lines = (
        parse_json_rows(text, path) if text.lstrip().startswith("{") else parse_csv_rows(text, path)
    )
    for number, row in lines:
        check_columns(row, number, path)
        cells = {c: cell_text(row.get(c)) for c in COLUMNS}
        for column, cell in cells.items():
            if "\0" in cell or not is_file_name(cell) or (column in PATHS and is_root(cell)):
                raise RequestError(f"line {number}: {column} is no name of a file", where=path)
        yield number, cells


def is_text(text: str) -> bool:
    """Whether all of it was UTF-8."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def is_root(text: str) -> bool:
    """Whether a path is `/`, which has no name."""
    return bool(text) and not text.strip("/")


def is_file_name(text: str) -> bool:
    """Whether the file system can have such a name, if not such a file."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True


def parse_csv_rows(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The rows of a CSV table; its head tells whether tabs, commas or semicolons cut it."""
    head = text.partition("\n")[0]
    separator = next((sign for sign in "\t,;" if sign in head), ",")
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        check_columns(dict.fromkeys(c.strip() for c in reader.fieldnames or ()), 1, path)
        for row in reader:
            if None in row:
                raise RequestError(
                    f"line {reader.line_num} has more cells than the head", where=path
                )
            yield reader.line_num, {key.strip(): cell for key, cell in row.items()}
    except csv.Error as problem:
        number = max(reader.line_num, 1)
        raise RequestError(f"line {number} is no row ({problem})", where=path) from problem


def parse_json_rows(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The rows of a table in JSON lines. Raises RequestError."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = parse_json(line)
        except ValueError as problem:
            raise RequestError(f"line {number} is not JSON ({problem})", where=path) from problem
        if not isinstance(row, dict):
            raise RequestError(f"line {number} is not an object", where=path)
        yield number, row


def check_columns(row: Mapping[str, Any], line: int, path: Path) -> None:
    """Refuse a row with unknown columns or without a needed one. Raises RequestError."""
    for column in row:
        if column not in COLUMNS:
            from difflib import get_close_matches

            near = get_close_matches(str(column), COLUMNS, 1)
            raise RequestError(
                f"line {line}: unknown column {column!r}",
                where=path,
                help=f"did you mean {near[0]}?" if near else f"columns are {', '.join(COLUMNS)}",
            )
    if missing := [c for c in NEEDED if c not in row]:
        raise RequestError(
            f"line {line}: no column {' and no column '.join(missing)}",
            where=path,
            help=f"columns are {', '.join(COLUMNS)}",
        )


def cell_text(cell: Any) -> str:
    """A cell as text; a list of numbers as `x,y,z`."""
    if cell is None:
        return ""
    return ",".join(map(str, cell)) if isinstance(cell, list) else str(cell).strip()


def make_case(name: str, rows: Sequence[PairRow], root: Path, table: Path) -> Case | str:
    """The case of its rows; where no row has ground truth, what it is called in messages."""
    own = {c: single_value(name, c, rows, table) for c in OF_CASE}
    pred, truth = (side_of_rows(name, c, rows, root, table) for c in ("pred", "gt"))
    if truth is None:
        return name
    return Case(
        name,
        pred,
        truth,
        own["group"],
        own["patient"],
        resolve_cell_path(own["image"], root) if own["image"] else None,
        parse_spacing(own["spacing"], name, table) if own["spacing"] else None,
    )


def single_value(name: str, column: str, rows: Sequence[PairRow], table: Path) -> str:
    """What the rows of a case say in a column that is of the whole case. Raises RequestError."""
    values = dict.fromkeys(row[column] for row in rows if row[column])
    if len(values) > 1:
        raise RequestError(
            f"{name}: the rows differ in {column}", where=table, facts=tuple(values)[:5]
        )
    return next(iter(values), "")


def side_of_rows(
    name: str, column: str, rows: Sequence[PairRow], root: Path, table: Path
) -> CaseFiles | None:
    """The files of one side of a case; None where no row has one. Raises RequestError."""
    files: dict[str, Path] = {}
    for row in rows:
        if not row[column]:
            continue
        if row["class"] in files:
            what = f"the class {row['class']!r}" if row["class"] else "the case"
            raise RequestError(
                f"{name}: two rows have the {column} of {what}",
                where=table,
                facts=(relative_path(files[row["class"]], root), row[column]),
                help="a case has one row, or one row a class",
            )
        files[row["class"]] = resolve_cell_path(row[column], root)
    if "" in files and len(files) > 1:
        raise RequestError(
            f"{name}: some rows name a class and some do not",
            where=table,
            help="a case has one row without class, or one row a class",
        )
    if not files:
        return None
    only = files.get("")
    scores = None if only is None or column == "gt" else find_archive(only)
    return CaseFiles(root, files, scores)


def resolve_cell_path(cell: str, root: Path) -> Path:
    """The path of a cell, relative to the table."""
    path = Path(os.path.normpath(root / cell))
    if "\\" not in cell or os.sep != "/" or path.exists():
        return path
    other = Path(os.path.normpath(root / cell.replace("\\", "/")))  # of a table from Windows
    return other if other.exists() else path


def find_archive(path: Path) -> Path | None:
    """The probabilities beside a label map (LAYOUTS-I5)."""
    beside = path.with_name(f"{strip_format_suffix(path.name)}.npz")
    return beside if not is_score_archive(path.name) and os.path.isfile(beside) else None


def parse_spacing(text: str, name: str, table: Path) -> tuple[float, ...]:
    """Millimetres of `x,y,z` in the order of arrays, (z, y, x). Raises RequestError."""
    try:
        sides = tuple(float(word) for word in text.replace("x", ",").replace(";", ",").split(","))
    except ValueError:
        sides = ()
    if len(sides) not in (2, 3) or not all(map(is_side, sides)):
        raise RequestError(
            f"{name}: {text!r} is no spacing", where=table, help='write "0.98,0.98,3" for x, y, z'
        )
    return sides[::-1]


def pairing_rows(pairing: Pairing) -> list[tuple[str, str, str, str]]:
    """The pairing as people read it: a head, then case, both sides, and what the files are."""
    head = ("case", "pred", "gt", "files")
    return [head, *(pairing_row(case) for case in pairing.cases)]


def pairing_row(case: Case) -> tuple[str, str, str, str]:
    """The row of one case."""
    pred = "(none)" if case.pred is None else case.pred.shown
    kinds = [describe_side_files(side) for side in (case.pred, case.truth) if side is not None]
    files = kinds[0] if len(set(kinds)) == 1 else " / ".join(kinds)
    return case.id, pred, case.truth.shown, files


def describe_side_files(side: CaseFiles) -> str:
    """What the files of a side are."""
    if "" not in side.files:
        return count_with_noun(len(side.files), "class file")
    if side.scores is not None:
        return f"{bare_suffix(side.files[''])} + {bare_suffix(side.scores)}"
    return bare_suffix(side.files[""])


def bare_suffix(path: Path) -> str:
    """The suffix of a file without its dot."""
    return path.name[len(strip_format_suffix(path.name)) + 1 :] or "file"


def write_pairs(pairing: Pairing, path: Path) -> None:
    """Write a pairing as a CSV table of pairs that gives the same cases when it is read.

    Raises RequestError where the file cannot be written.
    """
    temporary = name_beside(path, ".", f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch()
        keep_access(temporary, path)
        temporary.write_text(
            format_pairs(pairing, path.absolute().parent), "utf-8", "surrogateescape", ""
        )
        temporary.replace(path)
    except OSError as problem:
        raise RequestError(f"cannot write the pairs ({problem.strerror})", where=path) from problem


def format_pairs(pairing: Pairing, base: Path) -> str:
    """The CSV text of a pairing, with paths relative to a folder; empty columns are left out."""
    rows = [row for case in pairing.cases for row in case_rows(case, base)]
    kept = [c for c in COLUMNS if c in NEEDED or any(row[c] for row in rows)]
    text = io.StringIO()
    writer = csv.DictWriter(text, kept, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def case_rows(case: Case, base: Path) -> list[PairRow]:
    """The rows of a case: one, or one a class."""
    pred = {} if case.pred is None else case.pred.files
    own = {
        "case": case.id,
        "image": relative_path(case.image.absolute(), base) if case.image else "",
        "spacing": ",".join(f"{s:g}" for s in reversed(case.spacing or ())),
        "group": case.group,
        "patient": case.patient,
    }
    gt = case.truth.files
    return [
        {
            **own,
            "class": name,
            "pred": format_path_cell(pred, name, base),
            "gt": format_path_cell(gt, name, base),
        }
        for name in dict.fromkeys([*gt, *pred])
    ]


def format_path_cell(files: Mapping[str, Path], name: str, base: Path) -> str:
    """The path of a class as the table has it."""
    return relative_path(files[name].absolute(), base) if name in files else ""
