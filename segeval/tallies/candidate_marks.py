"""Candidates and lesions of a class in a case: components of masks, or points of a table.

Rules of distance ask for centres and radii alone, so both kinds answer them alike. A lesion that is
a mask has the radius of a ball, or disc, as large; a point has half of its diameter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen
from segeval.tallies.instance_sides import SideInstances, measure_centres
from segeval.volume.placed_points import PlacedPoints

AT_ONCE = 1 << 20  # distances that are held
MOST_PAIRS = 1 << 24  # of a candidate and a lesion; a scan has some thousand and some dozen


@frozen
class CandidateMarks:
    """The candidates, or the lesions, of a class in a case.

    centre    float64 (n, axes), along the axes of the grid, in its unit of length
    radius    float64 (n,), in the same unit; nan of a point without a diameter
    size      int64 (n,), voxels; 0 of a point
    excluded  bool (n,), findings that do not count, and what is in them
    side      the components; None of points
    """

    centre: Floats
    radius: Floats
    size: Counted
    excluded: Mask
    side: SideInstances | None = None

    def __len__(self) -> int:
        return len(self.centre)


def marks_of_components(
    side: SideInstances, shape: tuple[int, ...], spacing: Sequence[float]
) -> CandidateMarks:
    """The components of a class.

    spacing  along the axes of the shape
    """
    size = side.sizes()
    volume = size * math.prod(spacing)
    flat = len(shape) == 2
    radius = np.sqrt(volume / math.pi) if flat else np.cbrt(volume * 3 / (4 * math.pi))
    none = np.zeros(len(size), np.bool_)
    return CandidateMarks(measure_centres(side, shape, spacing), radius, size, none, side)


def marks_of_points(points: PlacedPoints, grid: Geometry | None) -> CandidateMarks:
    """The points of a case on a grid; without one as the table has them.

    grid  a placed one takes x, y, z for LPS mm; else they are lengths from the first voxel
    """
    centre: Floats = points.place[:, ::-1]
    if grid is not None and grid.placed and len(grid.shape) == 3:
        centre = grid.indices(points.place) * np.asarray(grid.spacing)
    none = np.zeros(len(points), np.int64)
    return CandidateMarks(centre, points.diameter / 2, none, points.excluded)


def near_pairs(candidates: CandidateMarks, lesions: CandidateMarks) -> Counted:
    """Pairs whose centres are nearer than the radius of the lesion, int64 (q, 2).

    Raises ReadError where there are more candidates and lesions than any case has.
    """
    if len(candidates) * len(lesions) > MOST_PAIRS:
        raise ReadError(
            f"{len(candidates)} candidates and {len(lesions)} lesions of one case",
            facts=(f"at most {MOST_PAIRS} pairs of them are compared",),
            status="over_budget",
        )
    found = [np.zeros((0, 2), np.int64)]
    some = max(1, AT_ONCE // max(len(lesions), 1))
    for start in range(0, len(candidates) if len(lesions) else 0, some):
        centre = candidates.centre[start : start + some]
        apart = np.linalg.norm(centre[:, None] - lesions.centre[None], axis=2)
        found.append(np.argwhere(apart < lesions.radius).astype(np.int64) + np.array([start, 0]))
    return np.concatenate(found)


def landing_places(
    candidates: CandidateMarks, lesions: CandidateMarks, grid: Geometry, near: Counted
) -> Counted:
    """The lesion that the centre of each candidate lies in, int64 (c,); -1 of none.

    In a mask the voxel nearest to the centre tells; of points the nearest that reaches so far.
    near  the pairs of `near_pairs`
    """
    found = np.full(len(candidates), -1)
    if not len(candidates) or not len(lesions):
        return found
    if lesions.side is None:
        apart = np.linalg.norm(candidates.centre[near[:, 0]] - lesions.centre[near[:, 1]], axis=1)
        far_first = np.lexsort((-near[:, 1], -apart))
        found[near[far_first, 0]] = near[far_first, 1]
        return found
    voxel = nearest_voxels(candidates, grid)
    inside: Mask = np.all((voxel >= 0) & (voxel < grid.shape), axis=1)
    place = np.ravel_multi_index(tuple(np.where(inside[:, None], voxel, 0).T), grid.shape)
    runs = lesions.side.runs
    run = np.searchsorted(runs.start, place, "right") - 1
    hit = inside & (run >= 0) & (place < runs.stop[run])
    found[hit] = lesions.side.number[run[hit]]
    return found


def nearest_voxels(marks: CandidateMarks, grid: Geometry) -> Counted:
    """The voxel that each centre is nearest to, int64 (n, axes); it may be outside the grid."""
    index: Floats
    if marks.side is not None:
        index = measure_centres(marks.side, grid.shape, (1.0,) * len(grid.shape))
    else:
        index = marks.centre / np.asarray(grid.spacing or 1.0)
    voxel: Counted = np.floor(index + 0.5).astype(np.int64)
    return voxel
