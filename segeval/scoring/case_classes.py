"""The classes of a case, and what stands for each of them on either side."""

from __future__ import annotations

from collections.abc import Mapping

from segeval.classes.class_list import (
    ClassDef,
    ScoredClass,
)
from segeval.runtime.errors import CaseError, Note
from segeval.runtime.frozen import field, frozen


@frozen
class CaseClasses:
    """The classes of a case.

    targets  what is scored, in order
    classes  what the request or the files say of each of them
    skipped  classes that the ground truth was not annotated for
    absent   classes that the prediction does not have as a file or segment: predicted empty
    faults   classes that cannot be scored, and why
    nowhere  classes that were selected and that nothing stands for, on neither side
    """

    targets: tuple[ScoredClass, ...]
    classes: tuple[ClassDef, ...]
    skipped: tuple[str, ...] = ()
    absent: frozenset[str] = frozenset()
    notes: tuple[Note, ...] = field(default=())
    faults: Mapping[str, CaseError] = field(default_factory=dict)
    nowhere: tuple[str, ...] = ()
