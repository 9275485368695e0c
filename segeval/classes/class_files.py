"""Class lists from the files in which tools keep them: `--classes FILE`.

.json   dataset.json and what other tools write: see `class_json`
.csv    a table with a value and a name a row: `Pixel Value, Class`, `index;name;color`, and
        colour tables of 3D Slicer
.tsv    the same, as in BIDS (`dseg.tsv`)
.txt    CVAT's labelmap (`name:r,g,b::`), label files of ITK-SNAP (.label too), tables of
        FreeSurfer and 3D Slicer (.ctbl, .lut too), `1: person`, and labelme's labels.txt
.yaml   the `names` of a data.yaml of YOLO, numbers from 0
.nii    the label table that TotalSegmentator and Connectome Workbench write into a NIfTI header
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from segeval.classes.class_list import ClassDef, ClassList, Colour
from segeval.classes.distinct import check_distinct_labels, check_distinct_names
from segeval.classes.make_classes import labelled_class_list, make_class_list, names_background
from segeval.classes.yaml_names import parse_yaml_names
from segeval.runtime.errors import RequestError
from segeval.runtime.file_state import refuse_device

NAMES = ("class", "name", "label", "label name", "classname", "class name", "structure")
VALUES = ("value", "pixel value", "index", "id", "label value", "labelvalue", "mapping", "trainid",
          "key")  # fmt: skip
MOST_CLASSES = 1 << 14  # the colour tables of brain atlases have some thousand
ITK_SNAP = r'\s*(\d+)\s+\d+\s+\d+\s+\d+\s+[\d.]+\s+[01]\s+[01]\s+"(.*)"\s*'
FREESURFER = r"\s*(\d+)\s+(\S+)\s+(\d+)\s+(\d+)\s+(\d+)\s+\d+\s*"
NUMBERED = r"\s*(\d+)\s*[:=]\s*(\S.*?)\s*"  # `1: person`
LABELME = ("__ignore__", "_background_")  # the values -1 and 0; the lines after them go on
CVAT = r"([^:#]+):(\d+),(\d+),(\d+):[^:]*:.*"


def read_class_file(path: Path) -> ClassList:
    """Read a class list. Raises RequestError for a file that is none."""
    if path.suffix.lower() == ".json":
        from segeval.classes.class_json import read_class_json

        return read_class_json(path)
    if path.name.lower().endswith((".nii", ".nii.gz")):
        from segeval.classes.nifti_labels import read_label_table_of_nifti

        return make_class_list(read_label_table_of_nifti(path), path)
    try:
        refuse_device(path)
        text = path.read_text("utf-8-sig")
    except OSError as problem:
        raise RequestError(f"cannot read the classes ({problem.strerror})", where=path) from problem
    except UnicodeDecodeError as problem:
        raise no_class_list(path) from problem
    readers = {".csv": table_classes, ".tsv": table_classes}
    readers |= dict.fromkeys((".txt", ".label", ".ctbl", ".lut"), line_classes)
    readers |= dict.fromkeys((".yaml", ".yml"), yaml_classes)
    reader = readers.get(path.suffix.lower())
    try:
        classes = tuple(islice(reader(text), MOST_CLASSES + 1)) if reader is not None else ()
    except csv.Error as problem:
        raise no_class_list(path) from problem
    if len(classes) > MOST_CLASSES:
        raise RequestError(f"a class list has at most {MOST_CLASSES} classes", where=path)
    left_out = [c for c in classes if c.name.strip("_ ").casefold() in ("ignore", "void")]
    kept = tuple(c for c in classes if c not in left_out and not names_background(c.name))
    if not kept:
        raise no_class_list(path)
    check_distinct_names([(c.name, str((c.labels or (0,))[0])) for c in kept], path)
    check_distinct_labels(kept, path)
    return labelled_class_list(kept).leave_out(tuple(v for c in left_out for v in c.labels or ()))


def no_class_list(path: Path) -> RequestError:
    """The error of a file that holds no classes, as far as this can be read."""
    return RequestError(
        "the file is no class list that can be read",
        where=path,
        help="dataset.json, a .csv or .tsv with a value and a name a row, a labelmap.txt of CVAT, "
        "a label file of ITK-SNAP, FreeSurfer or 3D Slicer, a data.yaml; or write 5=liver,1=spleen",
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


def yaml_classes(text: str) -> Iterator[ClassDef]:
    """The names of a data.yaml."""
    for number, name in parse_yaml_names(text).items():
        yield ClassDef(name, (number,))


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
    lines = [line for line in text.splitlines() if line.strip() and line.lstrip()[0] != "#"]
    if tuple(line.strip() for line in lines[:2]) == LABELME:
        yield from (ClassDef(line.strip(), (value,)) for value, line in enumerate(lines[2:], 1))
        return
    place = 0
    for line in lines:
        forms = (re.fullmatch(form, line) for form in (ITK_SNAP, FREESURFER, NUMBERED))
        if found := next(filter(None, forms), None):
            yield ClassDef(found[2], (int(found[1]),))
        elif found := re.fullmatch(CVAT, line.strip()):
            colour: Colour = (int(found[2]), int(found[3]), int(found[4]))
            yield ClassDef(found[1].strip(), (place,), colour)
            place += 1
        else:
            return
