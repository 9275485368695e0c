"""Which of several structure sets of a side is meant (LAYOUTS-D4, D5)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from segeval.classes.class_list import ClassDef, ClassList
from segeval.classes.structure_matching import StructureItem, find_structures
from segeval.pairing.cases import CaseFiles, relative_path
from segeval.readers.selection import select_structure_set
from segeval.readers.series import StructureSetHeader
from segeval.runtime.errors import CaseError, Note
from segeval.runtime.inventory import ASKED, KNOWN, current


def choose_structure_set(
    files: CaseFiles, select: str, classes: ClassList
) -> tuple[Path, tuple[Note, ...]]:
    """The file of the structure set that is meant. Raises CaseError."""
    has = partial(has_all_classes, wanted=classes.classes) if classes.only else None
    one, notes = select_structure_set(files.sets, select, has)
    others = [relative_path(other.path, files.root) for other in files.sets if other is not one]
    current().set_aside("file", "of which another is meant", others, ASKED if select else KNOWN)
    return one.path, notes


def has_all_classes(found: StructureSetHeader, wanted: Sequence[ClassDef]) -> bool:
    """Whether a structure set has all requested classes (LAYOUTS-D5)."""
    items = [StructureItem(f"{name}#{n}", name, n) for n, name in enumerate(found.names, 1)]
    try:
        return all(find_structures(class_, items) for class_ in wanted)
    except CaseError:
        return False
