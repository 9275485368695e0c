"""Names of a prediction that stand for nothing, where the ground truth has one without a partner.

One of them may be what is missing: a file `Liver_L.nii.gz` where the ground truth has
`liver.nii.gz`. So the class is not called missed, and its status is `name_not_found` (ACCOUNT-A30).
Structures of DICOM are looked at where they are joined, by the same words.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from segeval.classes.class_list import ClassList
from segeval.classes.names import normalize_name
from segeval.classes.structure_matching import name_not_found, stands_for_nothing
from segeval.contours.structure_set import is_support_name
from segeval.opening.open_side import NOWHERE, OpenSide, file_class_selectors
from segeval.readers.registry import open_volume
from segeval.runtime.errors import CaseError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import Inventory, keep_inventory
from segeval.scoring.case_classes import CaseClasses
from segeval.scoring.classes_by_name import find_part, names_by_form
from segeval.volume.read_options import ReadOptions

_known: list[tuple[ClassList, dict[tuple[Path, str], frozenset[str]]]] = []  # of one run


def mark_lost_names(
    resolved: CaseClasses, truth: OpenSide, pred: OpenSide, classes: ClassList
) -> CaseClasses:
    """The classes of a case, less those whose name the prediction may spell otherwise.

    resolved  of two sides that name their classes
    """
    named = {target.name for target in resolved.targets if target.truth != NOWHERE}
    lost = named & resolved.absent
    if not lost or truth.facts or pred.facts:
        return resolved
    strange = find_strange_names(resolved, truth, pred, classes)
    if not strange:
        return resolved
    faults = {name: name_not_found(name, strange) for name in lost}
    both = zip(resolved.classes, resolved.targets, strict=True)
    kept = [(class_, target) for class_, target in both if target.name not in lost]
    return replace(
        resolved,
        classes=tuple(class_ for class_, _ in kept),
        targets=tuple(target for _, target in kept),
        absent=resolved.absent - lost,
        faults={**resolved.faults, **dict(sorted(faults.items()))},
    )


def find_strange_names(
    resolved: CaseClasses, truth: OpenSide, pred: OpenSide, classes: ClassList
) -> list[str]:
    """The names of a prediction that are no partner, no class of the run, no organ and no support
    structure."""
    forms = names_by_form(pred)
    used = {id(find_part(c, pred, False, forms)[0]) for c in resolved.classes}
    known = {normalize_name(name) for name in truth.parts} | classes.truths
    left = [
        name
        for name, part in pred.parts.items()
        if id(part) not in used
        and not is_support_name(name)
        and stands_for_nothing(name, known, classes)
    ]
    if left and not truth.volume.paths:  # names that stand in the files, of other cases too
        beside = names_beside(truth.volume.path, classes)
        left = [name for name in left if normalize_name(name) not in beside]
    return left


def names_beside(path: Path, classes: ClassList) -> Collection[str]:
    """The normal forms of the names that ground truths of other cases have.

    classes  of the run, for which they are kept
    """
    folder, pattern = path.parent, f"*{''.join(path.suffixes[-2:])}"
    if sum(1 for _ in folder.glob(pattern)) < 2:  # a folder a case
        folder, pattern = folder.parent, f"*/{path.name}"
    if not _known or _known[0][0] is not classes:
        _known[:] = [(classes, {})]
    known = _known[0][1]
    if (folder, pattern) not in known:
        known[folder, pattern] = read_names(folder, pattern)
    return known[folder, pattern]


def read_names(folder: Path, pattern: str) -> frozenset[str]:
    """The normal forms of the names in the headers of some files; what cannot be read has none."""
    names: set[str] = set()
    with keep_inventory(Inventory()):  # nothing of them is scored here
        for path in sorted(folder.glob(pattern)):
            try:
                names.update(file_class_selectors(open_volume(path, ReadOptions())))
            except (CaseError, OSError):
                continue
    return frozenset(map(normalize_name, names))
