"""What two structure sets share as polygons: the tally of contours, which lie on no grid."""

from __future__ import annotations

import numpy as np

from segeval.contours.placing import PlacedContours
from segeval.contours.rasterize import RasterizedStructure
from segeval.grid.joined_slices import are_same_slices
from segeval.grid.slices import Slices
from segeval.kernels.mask_runs import MaskRuns
from segeval.kernels.outlines import pick_polygons
from segeval.kernels.raster import Polygons, consecutive_numbers
from segeval.opening.open_side import NOWHERE
from segeval.runtime.arrays import Counted, Floats
from segeval.scoring.case_stages import CaseRead
from segeval.tallies.polygons import PolygonTally, PolygonVolumes, mask_volumes

NO_POLYGONS = Polygons(np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0, np.int64))


def finish_polygons(read: CaseRead, volumes: bool = True) -> PolygonVolumes | None:
    """What both sides share as polygons; None where a side has none. nan for a union.

    volumes  whether what they share is measured, or only their outlines are asked for
    """
    truth, pred = read.start.truth, read.start.pred
    known = [*(truth.drawn or {}).values(), *(pred.drawn or {}).values()]
    if truth.drawn is None or pred.drawn is None or not known:
        return None
    slices, size = known[0].placed.slices, read.start.grid.voxel[0]
    empty = RasterizedStructure(
        MaskRuns(known[0].runs.shape, np.zeros(0, np.int64)), PlacedContours(NO_POLYGONS, slices)
    )
    tally = PolygonTally()
    for target in read.resolved.targets:
        pair = []
        for drawn, part in ((truth.drawn, target.truth), (pred.drawn, target.pred)):
            pair.append(drawn.get(target.name, empty if part == NOWHERE else None))
        one, two = pair
        if one is None or two is None:
            tally.add(target.name, np.full(6, np.nan))
            continue
        masks = mask_volumes(one.runs, two.runs, size)
        same = one is empty or two is empty
        if same or are_same_slices(one.placed.slices, two.placed.slices):
            polygons = one.placed.polygons, two.placed.polygons
            own = (two if one is empty else one).placed.slices
            if volumes:
                tally.update(target.name, *polygons, own.thickness, masks)
            else:
                tally.add_outlines(target.name, *polygons)
        else:
            update_slabs(tally, target.name, one.placed, two.placed, masks)
    return tally.finish()


def update_slabs(
    tally: PolygonTally, name: str, truth: PlacedContours, pred: PlacedContours, masks: Floats
) -> None:
    """Add a structure that both sides drew on slices of their own: slab against slab.

    Rule ACCOUNT-A21.
    """
    thickness, of_truth, of_pred = cut_slabs(truth.slices, pred.slices)
    on_truth = pred.slices.nearest(truth.slices.positions)
    outlines = truth.polygons, spread_polygons(pred.polygons, on_truth)
    tally.update(
        name,
        spread_polygons(truth.polygons, of_truth),
        spread_polygons(pred.polygons, of_pred),
        thickness,
        masks,
        outlines,
    )


def cut_slabs(one: Slices, other: Slices) -> tuple[Floats, Counted, Counted]:
    """The slabs of two series cut where one of either ends.

    returns  mm of each piece, and the slice of either series that it is a part of; -1 for none
    """
    ends = np.union1d(one.borders, other.borders)
    thickness = np.diff(ends)
    middle = (ends[1:] + ends[:-1]) / 2
    return thickness, slab_of(one, middle), slab_of(other, middle)


def slab_of(slices: Slices, heights: Floats) -> Counted:
    """The slice in whose slab each height lies; -1 for none."""
    place = np.searchsorted(slices.borders, heights) - 1
    inside = (heights > slices.borders[0]) & (heights < slices.borders[-1])
    return np.where(inside, place, -1).astype(np.int64)


def spread_polygons(polygons: Polygons, slice_of: Counted) -> Polygons:
    """The polygons of the slice of each piece, on the pieces.

    slice_of  for each piece the slice that it is a part of; -1 for none
    """
    order = np.argsort(polygons.planes, kind="stable")
    planes = polygons.planes[order]
    first = np.searchsorted(planes, slice_of, "left")
    times = np.searchsorted(planes, slice_of, "right") - first
    which = order[consecutive_numbers(first, times)]
    return pick_polygons(polygons, which, np.repeat(np.arange(len(slice_of)), times))
