"""Whose distances: what is measured between two masks under each name, and how it is summed up.

    name              elements   percentile           means           share within a tolerance
    mesh              triangles  larger of both       both, pooled    pooled
    relaxed           the same, vertices where the smoothed mask crosses 0.5
    subvoxel          the same, the prediction's where its probabilities do
    meshmetrics       as mesh, triangles as VTK cuts them; the largest of centroids alone
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

from segeval.kernels.borders import PointSet, boundary_voxels
from segeval.kernels.distance_tables import tables_of_spacing
from segeval.kernels.distances import DirectedDistances, MeasuredSurface, directed_distances
from segeval.kernels.mesh import find_surface_cells, smooth_mask
from segeval.kernels.skewed import SkewedSpacing, SkewedSurface, skewed_point_distances
from segeval.kernels.surfels import surfel_areas
from segeval.runtime.arrays import Floats, Mask
from segeval.runtime.frozen import frozen, replace

BINS = 1024  # of distances: only what is in one of them is sorted
ZERO_NOISE = 1e-9  # mm: what the arithmetic of distances leaves of 0
TOLERANCE_SLACK = 1e-6  # mm: a distance that is the tolerance but for rounding is within it
NO_DISTANCES = DirectedDistances(np.zeros(0), np.zeros(0), np.nan)
Both = tuple[DirectedDistances, DirectedDistances]
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


def measure_distances(  # noqa: PLR0913 - a crop
    elements: str,
    truth: Mask,
    pred: Mask,
    spacing: tuple[float, ...],
    edges: Edges,
    field: Floats | None = None,
) -> Both:
    """The distances between two masks of one crop, neither empty, ground truth to prediction first.

    elements     what a surface is made of: a name of `Convention.elements`
    truth, pred  bool, one shape
    spacing      along each axis, in mm (or pixels)
    edges        for each axis, whether the crop ends where the array does, at its start and its end
    field        of the prediction, for subvoxel
    returns      distances in the unit of the spacing, with the size that each stands for
    """
    if isinstance(spacing, SkewedSpacing):
        return _skewed_distances(elements, truth, pred, spacing.axes, edges, field)
    if elements in ("mesh", "once", "relaxed", "subvoxel"):
        return _mesh_distances(elements, truth, pred, spacing, field)
    if elements == "corners":
        return _corner_distances(truth, pred, spacing)
    outline = boundary_voxels if elements == "border" else partial(contour_voxels, edges=edges)
    sides = [PointSet(outline(mask), spacing) for mask in (truth, pred)]
    none = not all(len(side.at) for side in sides)  # a mask that fills its array has no contour
    both = (NO_DISTANCES, NO_DISTANCES) if none else _both_directions(sides[0], sides[1])
    return both if elements != "solid" else _solid_distances(both, truth, pred, spacing)


def _skewed_distances(  # noqa: PLR0913 - a crop
    elements: str, truth: Mask, pred: Mask, axes: Floats, edges: Edges, field: Floats | None
) -> Both:
    if elements not in ("mesh", "once", "relaxed", "subvoxel"):
        outline = boundary_voxels if elements == "border" else partial(contour_voxels, edges=edges)
        solid = elements == "solid"
        both = skewed_point_distances(truth, pred, axes, outline, solid)
        return both or (NO_DISTANCES, NO_DISTANCES)
    fields = [None, field]
    if elements == "relaxed":
        fields = [smooth_mask(mask) for mask in (truth, pred)]
    one, other = (
        SkewedSurface(mask, axes, field, once=elements == "once")
        for mask, field in zip((truth, pred), fields, strict=True)
    )
    return _directions(one, other, elements)


def _directions(one: MeasuredSurface, other: MeasuredSurface, elements: str) -> Both:
    """Both directions between two surfaces of triangles or segments."""
    there = directed_distances(one, other)
    other.forget_vertices()
    back = directed_distances(other, one)
    if elements == "once":  # the tool looks at no vertex
        there = replace(there, farthest=largest_distance(there.distances))
        back = replace(back, farthest=largest_distance(back.distances))
    return _clear_noise(there), _clear_noise(back)


def _solid_distances(both: Both, truth: Mask, pred: Mask, spacing: tuple[float, ...]) -> Both:
    one, other = PointSet(truth, spacing), PointSet(pred, spacing)
    there, back = other.distances_of(one.at), one.distances_of(other.at)
    return (
        replace(both[0], farthest=largest_distance(there)),
        replace(both[1], farthest=largest_distance(back)),
    )


def _mesh_distances(
    elements: str, truth: Mask, pred: Mask, spacing: tuple[float, ...], field: Floats | None
) -> Both:
    known = tables_of_spacing(spacing) if elements == "mesh" else None
    fields = [None, field]
    if elements == "relaxed":
        fields = [smooth_mask(mask) for mask in (truth, pred)]
    one, other = (
        MeasuredSurface(mask, spacing, known, field, once=elements == "once")
        for mask, field in zip((truth, pred), fields, strict=True)
    )
    return _directions(one, other, elements)


def _clear_noise(of: DirectedDistances) -> DirectedDistances:
    """Distances that are 0 but for rounding are 0: two equal masks are nowhere apart."""
    found = np.where(of.distances < ZERO_NOISE, 0.0, of.distances)
    return DirectedDistances(found, of.sizes, of.farthest if of.farthest >= ZERO_NOISE else 0.0)


def _corner_distances(truth: Mask, pred: Mask, spacing: tuple[float, ...]) -> Both:
    area, sides, sizes = surfel_areas(spacing), [], []
    for mask in (truth, pred):
        cells = find_surface_cells(mask)
        inside = np.zeros(len(cells.codes), bool)
        inside[cells.at] = True
        sides.append(PointSet(inside.reshape(cells.shape), spacing))
        sizes.append(area[cells.codes[cells.at]])
    return _both_directions(sides[0], sides[1], sizes[0], sizes[1])


def contour_voxels(mask: Mask, edges: Edges) -> Mask:
    """Voxels with a corner to what is outside; beyond the array there is nothing."""
    around = [(not low, not high) for low, high in edges]
    wider = np.pad(mask, [(int(low), int(high)) for low, high in around])
    inner = tuple(
        slice(int(low), n - int(high)) for (low, high), n in zip(around, wider.shape, strict=True)
    )
    return boundary_voxels(wider, closed=False, diagonal=True)[inner]


def _both_directions(
    one: PointSet, other: PointSet, one_size: Floats | None = None, other_size: Floats | None = None
) -> Both:
    there, back = other.distances_of(one.at), one.distances_of(other.at)
    return (
        DirectedDistances(
            there, np.ones(len(there)) if one_size is None else one_size, largest_distance(there)
        ),
        DirectedDistances(
            back, np.ones(len(back)) if other_size is None else other_size, largest_distance(back)
        ),
    )


def largest_distance(distances: Floats) -> float:
    """The largest distance; nan where there is none."""
    return float(distances.max()) if len(distances) else np.nan


def mean_distance(of: DirectedDistances) -> float:
    """The mean distance over the area.

    of       distances of one direction
    returns  in their unit; nan without any area
    """
    return float(of.distances @ of.sizes / of.sizes.sum()) if len(of.sizes) else np.nan


def join_directions(both: Both) -> DirectedDistances:
    """Both directions as one.

    both  the distances of either direction
    """
    one, other = both
    return DirectedDistances(
        np.concatenate([one.distances, other.distances]),
        np.concatenate([one.sizes, other.sizes]),
        max(one.farthest, other.farthest),
    )


def distance_percentile(of: DirectedDistances, share: float, convention: Convention) -> float:
    """The distance that a share of the area does not exceed; nan without any area.

    of          distances of one direction, or of both joined
    share       0 to 1
    convention  says how the percentile is taken
    returns     in the unit of the distances
    """
    if not len(of.distances):
        return np.nan
    if convention.linear:
        return float(np.percentile(of.distances, 100 * share))
    if convention.percentile == "mean":  # by count, and one less
        order = np.sort(of.distances)
        return float(order[max(int(share * len(order) - 1), 0)])
    return smallest_distance(of, share)


def smallest_distance(of: DirectedDistances, share: float) -> float:
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


def area_within(of: DirectedDistances, tolerance: float) -> float:
    """The area that is no farther than a tolerance.

    of         distances of one direction
    tolerance  in their unit; reached exactly is within
    returns    in the unit of the sizes
    """
    return float(of.sizes[of.distances <= tolerance + TOLERANCE_SLACK].sum())


def combine_directions(how: str, one: float, other: float) -> float:
    """The numbers of two directions as one: their mean, or the larger.

    how         mean or max
    one, other  the number of each direction
    """
    return (one + other) / 2 if how == "mean" else max(one, other)
