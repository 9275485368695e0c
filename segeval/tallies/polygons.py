"""What two structures share as polygons, slice by slice, beside what their masks share.

Polygons lie on no grid and come whole, a structure at a time. Each slice is a slab as thick as half
the gap to either neighbour (DICOM-F2), so the area on it stands for a volume.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from segeval.kernels.mask_runs import MaskRuns, count_common_voxels
from segeval.kernels.polygons import polygon_areas
from segeval.kernels.raster import Polygons
from segeval.runtime.arrays import Floats
from segeval.runtime.frozen import field, frozen


@frozen
class PolygonVolumes:
    """Volumes of each class in ml: of both sides and of what they share.

    classes   names, in the order of the arrays; a row of nan is a class without polygons
    polygons  float64 (classes, 3): ground truth, prediction, both, exact
    masks     the same of the voxels that were drawn from them
    outlines  the polygons themselves, ground truth and prediction, by class; not kept in the JSON
    """

    classes: tuple[str, ...]
    polygons: Floats
    masks: Floats
    outlines: Mapping[str, tuple[Polygons, Polygons]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The form in which it is kept with its case; without classes that have no polygons."""
        both = np.hstack([self.polygons, self.masks])
        named = zip(self.classes, both, strict=True)
        return {"classes": {c: row.tolist() for c, row in named if np.isfinite(row).all()}}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> PolygonVolumes:
        """Read it again."""
        table = np.array(list(kept["classes"].values()), float).reshape(-1, 6)
        return cls(tuple(kept["classes"]), table[:, :3], table[:, 3:])

    @staticmethod
    def pool_cases(many: Iterable[PolygonVolumes]) -> PolygonVolumes:
        """The volumes of several cases as one; a class is pooled over the cases it is in."""
        tally = PolygonTally()
        for solids in many:
            rows = np.hstack([solids.polygons, solids.masks])
            for name, row in zip(solids.classes, rows, strict=True):
                tally.add(name, row)
        return tally.finish()


class PolygonTally:
    """Adds volumes class by class."""

    def __init__(self) -> None:
        self._rows: dict[str, Floats] = {}
        self._outlines: dict[str, tuple[Polygons, Polygons]] = {}

    def update(  # noqa: PLR0913 - both sides, and what they are measured by
        self,
        name: str,
        truth: Polygons,
        pred: Polygons,
        thickness: Floats,
        masks: Floats,
        outlines: tuple[Polygons, Polygons] | None = None,
    ) -> None:
        """Add a structure of a case.

        truth, pred  polygons in mm; the plane of each is its slice
        thickness    mm of every slice
        masks        ml of the masks: ground truth, prediction, both
        outlines     both on the slices of the ground truth, where the sides have other slices
        """
        shared = polygon_areas(truth, pred, len(thickness))
        exact = np.array([shared.a, shared.b, shared.both]) @ thickness / 1000
        self.add(name, np.concatenate([exact, masks]))
        self._outlines[name] = outlines or (truth, pred)

    def add_outlines(self, name: str, truth: Polygons, pred: Polygons) -> None:
        """Keep a structure of a case of which no volume is asked for."""
        self.add(name, np.full(6, np.nan))
        self._outlines[name] = truth, pred

    def add(self, name: str, row: Floats) -> None:
        """Add six volumes of a class."""
        self._rows[name] = self._rows.get(name, np.zeros(6)) + row

    def finish(self) -> PolygonVolumes:
        """The sums."""
        table = np.array(list(self._rows.values())).reshape(-1, 6)
        return PolygonVolumes(tuple(self._rows), table[:, :3], table[:, 3:], self._outlines)


def mask_volumes(truth: MaskRuns, pred: MaskRuns, voxel: float) -> Floats:
    """Volumes of two masks and of what they share.

    voxel  ml of one voxel
    """
    return np.array([truth.count, pred.count, count_common_voxels(truth, pred)]) * voxel
