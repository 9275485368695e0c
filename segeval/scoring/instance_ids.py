"""Label maps whose values look like ids of instances, which are scored as classes (ACCOUNT-A17)."""

from __future__ import annotations

import numpy as np

from segeval.runtime.arrays import Counted
from segeval.runtime.errors import Note
from segeval.tallies.pair_cells import PairCells

MANY_IDS, HALF = 8, 0.5  # labels from which a map may be one of instances; share of them that agree
MANY_LABELS = 1 << 16  # values that a label of a map may have
CODE = 1000  # ids of instances are class * 1000 + i, in Cityscapes and its like
CODED = "--instances 1000 reads class*1000+i as instances"


def are_coded(labels: frozenset[int], ignored: int | None) -> bool:
    """Whether labels may be class * 1000 + i: some of a thousand and more, none between."""
    own = labels - {0, 255, ignored}
    high = {value for value in own if value >= CODE}
    return bool(high) and all(value < 256 for value in own - high) and max(high) < 256 * CODE


def coded_ids_note(table: PairCells, ignored: int | None) -> list[Note]:
    """Say that the labels of a picture look like class * 1000 + i, on both sides."""
    sides = [frozenset(side.tolist()) for side in (table.truth, table.pred)]
    if not all(are_coded(side, ignored) for side in sides):
        return []
    shown = ", ".join(map(str, sorted(value for value in sides[0] if value >= CODE)[:3]))
    text = f"labels such as {shown} are scored as classes; {CODED}"
    return [Note("W-instance-ids", text)]


def find_ids(table: PairCells, ignored: int | None) -> list[Note]:
    """Say that labels look like ids of instances: many, and matched by place but not by value."""
    sides = (table.truth, table.pred)
    many = min([len(set(labels.tolist()) - {0, ignored}) for labels in sides])
    if many < MANY_IDS:
        return []
    known, sizes = zip(*(sum_by_label(side, table.voxels) for side in sides), strict=True)
    inside = (table.truth != 0) & (table.pred != 0)
    if ignored is not None:
        inside &= table.truth != ignored
    truth, pred, shared = table.truth[inside], table.pred[inside], table.voxels[inside]
    places = (np.searchsorted(*pair) for pair in zip(known, (truth, pred), strict=True))
    either = sum(side[place] for side, place in zip(sizes, places, strict=True)) - shared
    match = shared >= HALF * either
    # a label that is cut into halves has two matches, of which the last counts
    found = dict(sorted(zip(truth[match].tolist(), pred[match].tolist(), strict=True)))
    apart = sum(t != p for t, p in found.items())
    if len(found) < HALF * many or apart < HALF * len(found):
        return []
    text = (
        f"{apart} of {many} labels lie where the other side has another value: these look like ids "
        "of instances, and are scored as classes. --instances ids matches them by overlap"
    )
    return [Note("W-instance-ids", text)]


def sum_by_label(labels: Counted, voxels: Counted) -> tuple[Counted, Counted]:
    """The labels that there are, in order, and how many voxels have each.

    labels  int64 (n,), not negative
    voxels  int64 (n,)
    """
    if len(labels) and labels.max() < MANY_LABELS:  # labels of a map; ids may have 64 bits
        found = np.flatnonzero(np.bincount(labels))
        return found, np.bincount(labels, voxels)[found].astype(np.int64)
    found, place = np.unique(labels, return_inverse=True)
    return found, np.bincount(place, voxels).astype(np.int64)
