"""Which classes a case has, and what stands for each of them on either side.

The order of who decides (rule LAYOUTS-V4): the class list, then the names in the files, then the
labels
found. Sides that name their classes are joined by name; label values by value.
"""

from __future__ import annotations

from segeval.classes.class_list import (
    ScoredClass,
    StoredClasses,
)
from segeval.runtime.frozen import replace
from segeval.scoring.case_classes import CaseClasses
from segeval.scoring.classes_by_value import accept_white, valued_class_selector
from segeval.volume.value_stream import ValueKind


def resolve_after_reading(
    resolved: CaseClasses, named: tuple[bool, bool], found: tuple[ValueKind, ValueKind]
) -> CaseClasses:
    """The classes of a case once it was read: a side without names has values, or channels."""
    if all(named):
        return resolved
    only = len(resolved.classes) == 1
    targets = []
    for class_, target in zip(resolved.classes, resolved.targets, strict=True):
        parts = [
            own if has_names else valued_class_selector(class_, side, only)
            for own, has_names, side in zip((target.truth, target.pred), named, found, strict=True)
        ]
        targets.append(ScoredClass(target.name, *parts))
    return replace(resolved, targets=tuple(targets))


def stored_classes(
    resolved: CaseClasses, labels: tuple[frozenset[int], frozenset[int]], ignored: int | None
) -> StoredClasses:
    """The classes of a case in the label values that its slabs hold.

    labels  of the ground truth and of the prediction, where 255 of a binary mask is 1 (LAYOUTS-I8)
    """
    both = [(t, accept_white(t.truth, labels[0]), accept_white(t.pred, labels[1]))
            for t in resolved.targets]  # fmt: skip
    targets = [
        t if truth is t.truth and pred is t.pred else ScoredClass(t.name, truth, pred)
        for t, truth, pred in both
    ]
    return StoredClasses(tuple(targets), ignored)
