"""Every instance of a case as a row: what it is, what became of it, and how well it fits.

matched   it has a partner on the other side
missed    a reference without one
spurious  a prediction without one
split     a matched reference with two or more partners
merged    a matched prediction with two or more partners
ignored   a prediction most of which is in void or in a crowd
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from segeval.kernels.conventions import CONVENTIONS, distance_percentile
from segeval.kernels.greedy_matching import match_by_score
from segeval.kernels.overlaps import Matching
from segeval.metrics.cells import match_at
from segeval.metrics.segments import as_fraction
from segeval.request.grammar import Quantity
from segeval.runtime.arrays import Counted, Floats
from segeval.runtime.frozen import asdict, frozen
from segeval.tallies.case_instances import CaseInstances
from segeval.tallies.instance_sides import AUTO
from segeval.tallies.instance_table import InstanceTable

SIDES = ("gt", "pred")
MESH = CONVENTIONS["mesh"]


@frozen
class InstanceRow:
    """An instance.

    side      gt or pred
    id        what it is called: its id, or its number as a component, from 1
    state     see above
    partners  the ids of the other side that are its own
    voxels    of it, void left out
    volume    in `unit`
    centre    of mass, along the axes of the array, in mm or px
    iou, dice with the union of its partners; nan without any
    hd95      the same, in mm or px; nan where it was not measured
    """

    class_: str
    side: str
    id: int
    state: str
    partners: tuple[int, ...]
    voxels: int
    volume: float
    unit: str
    centre: tuple[float, ...]
    iou: float
    dice: float
    hd95: float = np.nan

    def to_json(self, place: Callable[[tuple[float, ...]], dict[str, Any]]) -> dict[str, Any]:
        """The form in which it is kept with its case; what is no number is None.

        place  the centre as x, y, z and their unit
        """
        kept: dict[str, Any] = asdict(self)
        centre = place(kept.pop("centre"))
        numbers = {
            k: None if math.isnan(kept.pop(k)) else getattr(self, k)
            for k in ("iou", "dice", "hd95")
        }
        named = {"class": kept.pop("class_"), **kept, "partners": list(self.partners)}
        return named | {"score": None} | centre | numbers


def list_instances(
    t: CaseInstances,
    place: int,
    at: Quantity | None = None,
    hd95: bool = False,
    scores: Floats | None = None,
) -> list[InstanceRow]:
    """The instances of a class: the references in the order of their ids, then the predictions.

    at    what pairs have to reach, one to one; None: all that share a voxel are partners
    hd95  whether distances are measured too
    scores  of the predictions by their ids, from 1; then those of higher scores take first
    """
    (table,) = t.tables(place)
    o = table.overlaps
    if at is None:
        pairs = Matching(o.one, o.other)
    elif scores is None:
        pairs = match_at(table, at, "optimal", "hit", "iou")
    else:
        pairs = match_by_score(o, scores[table.ids[1] - 1], as_fraction(at.number))
    return [
        _row(t, place, table, pairs, side, number, hd95)
        for side in (0, 1)
        for number in np.argsort(table.ids[side], kind="stable").tolist()
    ]


def _row(  # noqa: PLR0913 - an instance
    t: CaseInstances,
    place: int,
    table: InstanceTable,
    pairs: Matching,
    side: int,
    number: int,
    hd95: bool,
) -> InstanceRow:
    own, other = (pairs.one, pairs.other) if side == 0 else (pairs.other, pairs.one)
    partners = other[own == number]
    areas = (table.overlaps.truth, table.overlaps.pred)
    size = int(areas[side][number])
    if len(partners) > 1:  # all that touch
        n, whole = (int(of(side)[number]) for of in (table.covered_voxels, table.partner_voxels))
    else:
        n, whole = (
            shared_voxels(table, side, number, partners),
            int(areas[1 - side][partners].sum()),
        )
    some = len(partners) > 0
    return InstanceRow(
        t.classes[place],
        SIDES[side],
        int(table.ids[side][number]),
        state_of(table, side, number, len(partners)),
        tuple(table.ids[1 - side][partners].tolist()),
        size,
        size * table.voxel,
        table.unit,
        tuple(table.centres[side][number].tolist()),
        n / (size + whole - n) if some else np.nan,
        2 * n / (size + whole) if some else np.nan,
        measure_hd95(t, place, table, side, number, partners) if hd95 and some else np.nan,
    )


def state_of(table: InstanceTable, side: int, number: int, partners: int) -> str:
    """What became of an instance."""
    if partners > 1:
        return "merged" if side else "split"
    if partners:
        return "matched"
    if side == 0:
        return "missed"
    hidden = int(table.void[number] + table.crowd[number])
    whole = int(table.overlaps.pred[number] + table.void[number])
    return "ignored" if 2 * hidden > whole else "spurious"


def shared_voxels(table: InstanceTable, side: int, number: int, partners: Counted) -> int:
    """What an instance shares with its partners."""
    o = table.overlaps
    own, other = (o.one, o.other) if side == 0 else (o.other, o.one)
    return int(o.shared[(own == number) & np.isin(other, partners)].sum())


def measure_hd95(  # noqa: PLR0913 - an instance
    t: CaseInstances,
    place: int,
    table: InstanceTable,
    side: int,
    number: int,
    partners: Counted,
) -> float:
    """HD95 of an instance and the union of its partners; nan where either has no surface."""
    alone = np.array([number], np.int64)
    numbers = (alone, partners) if side == 0 else (partners, alone)
    called = [table.ids[which][own] for which, own in enumerate(numbers)]
    sides = [t.side(place, which) for which in (0, 1)]
    runs = [
        s.take_runs(np.flatnonzero(np.isin(s.ids, ids)))
        for s, ids in zip(sides, called, strict=True)
    ]
    key = (place, AUTO, *(tuple(ids.tolist()) for ids in called))
    both = t.measure(place, key, runs[0], runs[1], MESH.elements)
    return np.nan if both is None else max(distance_percentile(one, 0.95, MESH) for one in both)
