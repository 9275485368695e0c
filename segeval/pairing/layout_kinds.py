"""Which layout a side has, from the names of its files and folders (LAYOUTS-L2 to L14, I1, I12).

Where two readings of the same names would give different numbers, nothing is guessed: the error
names both and the `--layout` that picks one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from segeval.classes.names import normalize_name
from segeval.pairing.class_names import (
    Hints,
    derive_class_names,
    is_label_map_name,
    split_token,
    strip_folder_name,
)
from segeval.pairing.files import MaskFile
from segeval.runtime.errors import RequestError

FilesByFolder = Mapping[tuple[str, ...], Sequence[MaskFile]]
FolderParts = tuple[str, ...]

FLAT, ONE = "flat", "one-case"
CASES, CLASSES, TOKENS = "case-folders", "class-folders", "class-files"
MOST_CLASSES = 2000  # a folder with more files is no single case, whatever they are called
DIGIT = r"[0-9]"
CALLED_CASE = r"(?i)^(case|cas|pat|patient|sub|subject|subj|ses|session|study|scan)[_\-. ]?[0-9]+"
CALLED_FRAME = r"(?i)^(frame|img|image|slice|phase|time|tp|visit|week|day|vol|volume)[_\-. ]?[0-9]+"
VERTEBRA = r"(?i)(?P<word>vertebrae?|vb)?[_\-. ]?(?P<part>[ctls])[0-9]{1,2}"


def fits_layout(layout: str, units: FilesByFolder) -> bool:
    """Whether a side can be read in a layout that is asked for."""
    if layout in (CASES, CLASSES):
        return bool(units) and () not in units
    if layout == ONE:
        return len(units) == 1
    return layout in (FLAT, TOKENS)


def detect_layout(units: FilesByFolder, hints: Hints) -> str:
    """The layout of a side, from its names. Raises RequestError where two fit."""
    if set(units) <= {()}:
        files = units.get((), ())
        if is_one_case(files, hints):
            return ONE
        return TOKENS if has_class_tokens(files, hints) else FLAT
    if () in units or any(unit[:n] in units for unit in units for n in range(1, len(unit))):
        return FLAT  # LAYOUTS-I1: a sibling of the folder is a mask
    stems = {  # each once: an archive of probabilities has the name of its label map
        unit: list(dict.fromkeys(strip_folder_name(f.stem, unit[-1]) for f in files))
        for unit, files in units.items()
    }
    if all(len(s) == 1 and is_label_map_name(s[0], unit[-1]) for unit, s in stems.items()):
        return CASES
    own_names = len({f.stem for files in units.values() for f in files})
    return detect_folder_layout(stems, hints, own_names)


def detect_folder_layout(
    stems: Mapping[FolderParts, Sequence[str]], hints: Hints, own_names: int
) -> str:
    """Whether folders are cases, classes, or only folders. Raises RequestError where two fit.

    stems      file names of each folder, less the folder's own name
    own_names  different file names with the folder's name: as many as files, if each says it
    """
    counted = Counter(s for those in stems.values() for s in those)
    names = {unit[-1] for unit in stems}
    if hints.mostly_known(derive_class_names(counted, hints).values()):
        return CASES
    if hints.mostly_known(names):
        return CLASSES
    cases = called_as_cases(names)
    files = called_as_cases(counted) or most_names_match(CALLED_FRAME, counted)
    if (cases and not files) or called_as_vertebrae(counted):
        return CASES
    if called_as_vertebrae(names):
        return CLASSES
    forms: Counter[str] = Counter()
    for name, count in counted.items():
        forms[normalize_name(name)] += count
    repeated = sum(count for count in forms.values() if count > 1)
    if 2 * repeated < counted.total():
        return FLAT
    numbered = are_mostly_numbered(names)
    if not are_mostly_numbered(counted) or (numbered and counted.total() == len(stems)):
        return CASES
    if own_names == counted.total():
        return FLAT
    if not numbered and not all(s.isdecimal() for s in counted):
        return CLASSES
    unit, those = next(iter(stems.items()))
    shown = f"{'/'.join(unit)}/{those[0]}"
    raise RequestError(
        f"{shown!r} could be one of the files of a case, the file of a class, or a case",
        facts=(
            f"case-folders: case {'/'.join(unit)!r}, class {those[0]!r}",
            f"class-folders: class {unit[-1]!r}, case {those[0]!r}",
            f"flat: case {shown!r}",
        ),
        help="add --layout case-folders, --layout class-folders or --layout flat",
    )


def are_mostly_numbered(names: Iterable[str]) -> bool:
    """Whether more than half of the names have a digit, as cases have and classes seldom do."""
    return most_names_match(DIGIT, names)


def called_as_cases(names: Iterable[str]) -> bool:
    """Whether more than half of the names say that they are cases: `case1`, `sub-01`."""
    return most_names_match(CALLED_CASE, names)


def called_as_vertebrae(names: Iterable[str]) -> bool:
    """Whether more than half of the names are vertebrae of more than one part of the spine.

    One letter with a number alone is as often a case: `s1`, `c2`.
    """
    found = [re.fullmatch(VERTEBRA, name) for name in names]
    parts = {m["part"].lower() for m in found if m}
    said = any(m["word"] for m in found if m)
    return 2 * sum(map(bool, found)) > len(found) and (said or len(parts) > 1)


def most_names_match(pattern: str, names: Iterable[str]) -> bool:
    """Whether more than half of the names fit a pattern."""
    found = [re.search(pattern, name) is not None for name in names]
    return 2 * sum(found) > len(found)


def is_one_case(files: Sequence[MaskFile], hints: Hints) -> bool:
    """Whether the names of a flat folder's files are structures, so that it is one case.

    Rule LAYOUTS-I12. Raises RequestError where they may be cases as well.
    """
    if len(files) > MOST_CLASSES:
        return False
    names = derive_class_names([f.stem for f in files], hints)
    if not names or (len(names) == 1 and not (hints.lone or hints.picked)):
        return False
    if not hints.mostly_known(names.values()):
        return False
    if hints.may_be_cases(names.values()):
        raise RequestError(
            f"{files[0].shown!r} is called like a class that has a label value: a file of that "
            "class, or the label map of a case?",
            help="add --layout one-case or --layout flat",
        )
    return True


def has_class_tokens(files: Sequence[MaskFile], hints: Hints) -> bool:
    """Whether the files of a flat folder have class names of the list in their names (LAYOUTS-L6).

    One name in all of them proves nothing: `liver_0`, `liver_1` are cases of a task.
    """
    if not hints.tokens:
        return False
    split = [s for f in files if (s := split_token(f.stem, hints)) is not None]
    cases = Counter(case for case, _ in split)
    return 2 * len(split) > len(files) and max(cases.values(), default=0) > 1
