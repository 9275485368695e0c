"""Class lists from the files in which tools keep them: `--classes FILE`.

.json   dataset.json, or names and label values either way round
.csv    a table with a value and a name a row: `Pixel Value, Class`, `index;name;color`
.tsv    the same, as in BIDS (`dseg.tsv`)
.txt    CVAT's labelmap (`name:r,g,b::`), label files of ITK-SNAP, tables of FreeSurfer
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from segeval.classes.class_list import (
    ClassDef,
    ClassList,
    Colour,
    check_distinct_labels,
    check_distinct_names,
    labelled_class_list,
    read_classes,
)
from segeval.runtime.errors import RequestError

NAMES = ("class", "name", "label", "label name", "classname", "class name", "structure")
VALUES = ("value", "pixel value", "index", "id", "label value", "mapping", "trainid", "key")
BACKGROUND = ("background", "clear label", "unknown", "ignore", "void")
ITK_SNAP = r'\s*(\d+)\s+\d+\s+\d+\s+\d+\s+[\d.]+\s+[01]\s+[01]\s+"(.*)"\s*'
FREESURFER = r"\s*(\d+)\s+(\S+)\s+(\d+)\s+(\d+)\s+(\d+)\s+\d+\s*"
CVAT = r"([^:#]+):(\d+),(\d+),(\d+):[^:]*:.*"


def read_class_file(path: Path) -> ClassList:
    """Read a class list. Raises RequestError for a file that is none."""
    if path.suffix.lower() == ".json":
        return read_classes(path)
    try:
        text = path.read_text("utf-8-sig")
    except OSError as problem:
        raise RequestError(f"cannot read the classes ({problem.strerror})", where=path) from problem
    except UnicodeDecodeError as problem:
        raise no_class_list(path) from problem
    readers = {".csv": table_classes, ".tsv": table_classes, ".txt": line_classes}
    reader = readers.get(path.suffix.lower())
    classes = tuple(reader(text)) if reader is not None else ()
    kept = tuple(c for c in classes if c.name.strip().casefold() not in BACKGROUND)
    if not kept:
        raise no_class_list(path)
    ignored = [c.labels for c in classes if c.name.strip().casefold() in ("ignore", "void")]
    named = tuple(c for c in kept if c.labels != (0,))
    check_distinct_names([(c.name, str((c.labels or (0,))[0])) for c in named], path)
    check_distinct_labels(named, path)
    return labelled_class_list(named, ignored[0][0] if ignored and ignored[0] else None)


def no_class_list(path: Path) -> RequestError:
    """The error of a file that holds no classes, as far as this can be read."""
    return RequestError(
        "the file is no class list that can be read",
        where=path,
        help="dataset.json, a .csv or .tsv with a value and a name a row, a labelmap.txt of CVAT, "
        "a label file of ITK-SNAP or FreeSurfer; or write 5=liver,1=spleen",
    )


def table_classes(text: str) -> Iterator[ClassDef]:
    """The rows of a table, whichever column is first."""
    delimiter = max("\t;,", key=text.partition("\n")[0].count)
    cells = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
    rows = [[cell.strip() for cell in row] for row in cells if len(row) > 1]
    if not rows:
        return
    head = [cell.casefold() for cell in rows[0]]
    headed = not any(cell.isdecimal() for cell in rows[0])
    value, name = columns_of(head if headed else [], rows[1:] if headed else rows)
    for row in rows[1:] if headed else rows:
        if max(value, name) < len(row) and row[value].isdecimal() and row[name]:
            yield ClassDef(row[name], (int(row[value]),))


def columns_of(head: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """The columns of the values and of the names: by their heads, else by what is in them."""
    value = next((i for i, cell in enumerate(head) if cell in VALUES), None)
    name = next((i for i, cell in enumerate(head) if cell in NAMES and i != value), None)
    if value is None:
        whole = [i for i in range(2) if all(r[i].isdecimal() for r in rows)]
        value = next((i for i in whole if i != name), 0)
    if name is None:
        name = 1 if value != 1 else 0
    return value, name


def line_classes(text: str) -> Iterator[ClassDef]:
    """The lines of a label file; CVAT's have colours, and their places as values."""
    place = 0
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if (found := re.fullmatch(ITK_SNAP, line)) or (found := re.fullmatch(FREESURFER, line)):
            yield ClassDef(found[2], (int(found[1]),))
        elif found := re.fullmatch(CVAT, line.strip()):
            colour: Colour = (int(found[2]), int(found[3]), int(found[4]))
            yield ClassDef(found[1].strip(), (place,), colour)
            place += 1
        else:
            return
