"""A mask of a class in place of a map of ids: what is to be said of it (ACCOUNT-A17)."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.kernels.connected_components import label_components
from segeval.opening.open_side import OpenSide
from segeval.runtime.errors import Note
from segeval.tallies.case_instances import CaseInstances

PIECES = 3  # from which the one instance of a side may be a class


def class_map_notes(found: CaseInstances, sides: Sequence[OpenSide]) -> list[Note]:
    """Say that one side of two maps of ids looks like a mask of its class.

    It has one value, in several pieces, where the other side has several instances.
    """
    plain = [s.volume.coding is not None and s.volume.coding.is_plain for s in sides]
    if not all(plain) or len(found.targets) != 1:
        return []
    instances = [found.side(0, which) for which in (0, 1)]
    many = [len(side) for side in instances]
    if min(many) != 1 or max(many) < PIECES:
        return []
    which = many.index(1)
    shape = found.grid.shape
    number = label_components(instances[which].runs, shape, 8 if len(shape) == 2 else 26)
    pieces = int(number.max(initial=-1)) + 1
    if pieces < PIECES:
        return []
    text = (
        f"the {('ground truth', 'prediction')[which]} is one instance in {pieces} pieces, and "
        f"the other side has {max(many)}: it looks like a mask of the class, not a map of ids"
    )
    return [Note("W-class-map", text)]
