"""Whose distances: what is measured between two masks under each name, and how it is summed up.

    name              elements   percentile           means           share within a tolerance
    mesh              triangles  larger of both       both, pooled    pooled
    relaxed           the same, vertices where the smoothed mask crosses 0.5
    subvoxel          the same, the prediction's where its probabilities do
    meshmetrics       the same as mesh, triangles as VTK cuts them
    deepmind          corners    larger of both       both, pooled    pooled
    monai             border     larger, linear       both, pooled    pooled
    metrics-reloaded  border     larger, linear       both, pooled    pooled
    medpy             border     pooled, linear       pooled          -
    panoptica         border     pooled, linear       mean of both    mean of both
    itk               solid      -                    larger of both  -
    seg-metrics       contour    pooled, linear       pooled          -
    plastimatch       border     mean of both         mean of both    -

Elements are triangles with their area, grid corners with an area by their code, or voxels that
count 1: `border` has a face to what is outside, also beyond the array; `contour` a corner, in the
array; `solid` is `contour`, but the largest distance is that of any voxel from the other mask.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from segeval.kernels.borders import Points, border
from segeval.kernels.distance_tables import tables
from segeval.kernels.distances import Directed, Surface, directed
from segeval.kernels.mesh import cells_of, smoothed
from segeval.kernels.surfels import areas
from segeval.runtime.arrays import Floats, Mask
from segeval.runtime.frozen import frozen, replace

BINS = 1024  # of distances: only what is in one of them is sorted
NOISE = 1e-9  # mm: what the arithmetic of distances leaves of 0
SLACK = 1e-6  # mm: a distance that is the tolerance but for rounding is within it
NOTHING = Directed(np.zeros(0), np.zeros(0), np.nan)
Both = tuple[Directed, Directed]
Edges = tuple[tuple[bool, bool], ...]


@frozen
class Convention:
    """How distances of both directions become numbers; "" is a number that its tool does not have.

    elements    what is measured
    percentile  larger, pooled, mean (of both directions)
    linear      whether percentiles are interpolated
    masd        mean, larger
    assd        pooled, mean
    nsd         pooled, mean
    """

    elements: str
    percentile: str = "larger"
    linear: bool = False
    masd: str = "mean"
    assd: str = "pooled"
    nsd: str = "pooled"


# Bytes that measuring takes at most: for a voxel of the box around a class, and for every face
# between inside and outside on either side. Held by tests/test_memory.py.
BYTES = {
    "mesh": (8, 450),
    "relaxed": (48, 350),
    "subvoxel": (72, 450),
    "once": (26, 350),
    "corners": (9, 220),
    "border": (5, 120),
    "solid": (30, 180),
    "contour": (7, 120),
}


def faces(mask: Mask) -> int:
    """Faces of voxels between inside and outside, those at the edge of the array not counted."""
    count = 0
    for axis in range(mask.ndim):
        ahead = mask[(slice(None),) * axis + (slice(1, None),)]
        behind = mask[(slice(None),) * axis + (slice(None, -1),)]
        count += int(np.count_nonzero(ahead != behind))
    return count


CONVENTIONS = {
    "mesh": Convention("mesh"),
    "relaxed": Convention("relaxed"),
    "subvoxel": Convention("subvoxel"),
    "meshmetrics": Convention("once"),
    "deepmind": Convention("corners"),
    "monai": Convention("border", linear=True),
    "metrics-reloaded": Convention("border", linear=True),
    "medpy": Convention("border", "pooled", linear=True, masd="", nsd=""),
    "panoptica": Convention("border", "pooled", linear=True, assd="mean", masd="", nsd="mean"),
    "itk": Convention("solid", "", masd="larger", assd="", nsd=""),
    "seg-metrics": Convention("contour", "pooled", linear=True, masd="", nsd=""),
    "plastimatch": Convention("border", "mean", masd="mean", assd="", nsd=""),
}


def measured(  # noqa: PLR0913 - a crop
    elements: str,
    truth: Mask,
    pred: Mask,
    spacing: tuple[float, ...],
    edges: Edges,
    field: Floats | None = None,
) -> Both:
    """The distances between two masks of one crop, neither empty, ground truth to prediction first.

    edges  for each axis, whether the crop ends where the array does, at its start and its end
    field  of the prediction, for subvoxel
    """
    if elements in ("mesh", "once", "relaxed", "subvoxel"):
        return _meshes(elements, truth, pred, spacing, field)
    if elements == "corners":
        return _corners(truth, pred, spacing)
    outline = border if elements == "border" else partial(contour, edges=edges)
    sides = [Points(outline(mask), spacing) for mask in (truth, pred)]
    none = not all(len(side.at) for side in sides)  # a mask that fills its array has no contour
    both = (NOTHING, NOTHING) if none else _between(sides[0], sides[1])
    return both if elements != "solid" else _solid(both, truth, pred, spacing)


def _solid(both: Both, truth: Mask, pred: Mask, spacing: tuple[float, ...]) -> Both:
    one, other = Points(truth, spacing), Points(pred, spacing)
    there, back = other.distances_of(one.at), one.distances_of(other.at)
    return (
        replace(both[0], farthest=largest(there)),
        replace(both[1], farthest=largest(back)),
    )


def _meshes(
    elements: str, truth: Mask, pred: Mask, spacing: tuple[float, ...], field: Floats | None
) -> Both:
    known = tables(spacing) if len(spacing) == 3 and elements == "mesh" else None
    fields = [None, field]
    if elements == "relaxed":
        fields = [smoothed(mask) for mask in (truth, pred)]
    one, other = (
        Surface(mask, spacing, known, field, once=elements == "once")
        for mask, field in zip((truth, pred), fields, strict=True)
    )
    return _exact(directed(one, other)), _exact(directed(other, one))


def _exact(of: Directed) -> Directed:
    """Distances that are 0 but for rounding are 0: two equal masks are nowhere apart."""
    found = np.where(of.distances < NOISE, 0.0, of.distances)
    return Directed(found, of.sizes, of.farthest if of.farthest >= NOISE else 0.0)


def _corners(truth: Mask, pred: Mask, spacing: tuple[float, ...]) -> Both:
    area, sides, sizes = areas(spacing), [], []
    for mask in (truth, pred):
        cells = cells_of(mask)
        inside = np.zeros(len(cells.codes), bool)
        inside[cells.at] = True
        sides.append(Points(inside.reshape(cells.shape), spacing))
        sizes.append(area[cells.codes[cells.at]])
    return _between(sides[0], sides[1], sizes[0], sizes[1])


def contour(mask: Mask, edges: Edges) -> Mask:
    """Voxels with a corner to what is outside; beyond the array there is nothing."""
    around = [(not low, not high) for low, high in edges]
    wider = np.pad(mask, [(int(low), int(high)) for low, high in around])
    inner = tuple(
        slice(int(low), n - int(high)) for (low, high), n in zip(around, wider.shape, strict=True)
    )
    return border(wider, closed=False, diagonal=True)[inner]


def _between(
    one: Points, other: Points, one_size: Floats | None = None, other_size: Floats | None = None
) -> Both:
    there, back = other.distances_of(one.at), one.distances_of(other.at)
    return (
        Directed(there, np.ones(len(there)) if one_size is None else one_size, largest(there)),
        Directed(back, np.ones(len(back)) if other_size is None else other_size, largest(back)),
    )


def largest(distances: Floats) -> float:
    """The largest distance; nan where there is none."""
    return float(distances.max()) if len(distances) else np.nan


def mean(of: Directed) -> float:
    """The mean distance over the area."""
    return float(of.distances @ of.sizes / of.sizes.sum()) if len(of.sizes) else np.nan


def pooled(both: Both) -> Directed:
    """Both directions as one."""
    one, other = both
    return Directed(
        np.concatenate([one.distances, other.distances]),
        np.concatenate([one.sizes, other.sizes]),
        max(one.farthest, other.farthest),
    )


def percentile(of: Directed, share: float, convention: Convention) -> float:
    """The distance that a share of the area does not exceed; nan without any area."""
    if not len(of.distances):
        return np.nan
    if convention.linear:
        return float(np.percentile(of.distances, 100 * share))
    if convention.percentile == "mean":  # by count, and one less
        order = np.sort(of.distances)
        return float(order[max(int(share * len(order) - 1), 0)])
    return smallest(of, share)


def smallest(of: Directed, share: float) -> float:
    """The smallest distance whose cumulative share of the area reaches a share."""
    top = float(of.distances.max())
    if top == 0:
        return 0.0
    bins = (of.distances * (BINS / top)).astype(np.intp)  # sorts a thousandth of them, not all
    below = np.cumsum(np.bincount(bins, of.sizes, BINS + 1))
    wanted = share * below[-1] * (1 - 1e-12)  # what reaches the share but for rounding reaches it
    found = int(np.searchsorted(below, wanted))
    inside = np.flatnonzero(bins == min(found, BINS))
    order = inside[np.argsort(of.distances[inside])]
    start = below[found - 1] if found else 0.0
    place = int(np.searchsorted(start + np.cumsum(of.sizes[order]), wanted))
    return float(of.distances[order[min(place, len(order) - 1)]])


def within(of: Directed, tolerance: float) -> float:
    """The area that is no farther than a tolerance."""
    return float(of.sizes[of.distances <= tolerance + SLACK].sum())


def combined(how: str, one: float, other: float) -> float:
    """The numbers of two directions as one: their mean, or the larger."""
    return (one + other) / 2 if how == "mean" else max(one, other)
