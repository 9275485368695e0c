"""What two structure sets share as polygons: the tally of contours, which lie on no grid."""

from __future__ import annotations

import numpy as np

from segeval.contours.placing import PlacedContours
from segeval.contours.rasterize import RasterizedStructure
from segeval.kernels.mask_runs import MaskRuns
from segeval.kernels.raster import Polygons
from segeval.opening.open_case import NOWHERE
from segeval.scoring.case_stages import CaseRead
from segeval.tallies.polygons import PolygonTally, PolygonVolumes, mask_volumes

NO_POLYGONS = Polygons(np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0, np.int64))


def finish_polygons(read: CaseRead) -> PolygonVolumes | None:
    """What both sides share as polygons; None where a side has none. nan for a union."""
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
        polygons = one.placed.polygons, two.placed.polygons
        tally.update(target.name, *polygons, slices.thickness, masks)
    return tally.finish()
