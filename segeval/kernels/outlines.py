"""What is odd about a set of closed polygons: degenerate, stored twice, crossing another.

Millimetres on the plane; all polygons at once, because a structure has hundreds of small ones.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from segeval.kernels.polygons import PlaneAreas, polygon_areas
from segeval.kernels.raster import Polygons, consecutive_numbers
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.errors import ReadError

AT_A_TIME = 1 << 18  # pairs that are looked at
MOST_ASKED = 1 << 26  # pairs of one structure that are looked at: 11 000 contours on a plane
MOST_PAIRS = 1 << 18  # that lie on each other
THIN_WIDTH = 1e-5  # mm: so thin is no area (DICOM-R9)


def join_polygons(parts: list[Floats]) -> tuple[Floats, Counted]:
    """Points of all polygons one after another, and the index behind the last of each.

    parts    (n, 3) each
    returns  (points, 3) and int64 (polygons,)
    """
    ends = np.cumsum([len(p) for p in parts]).astype(np.int64)
    return np.concatenate(parts) if parts else np.zeros((0, 3)), ends


def polygon_starts(ends: Counted) -> Counted:
    """The index of the first vertex of each polygon."""
    return np.concatenate([ends[:0] * 0, [0], ends[:-1]])[: len(ends)].astype(np.int64)


def keep_polygons(polygons: Polygons, keep: Mask) -> Polygons:
    """Some of the polygons.

    keep  bool (polygons,)
    """
    sizes = np.diff(polygons.ends, prepend=0)
    points = polygons.points[np.repeat(keep, sizes)]
    return Polygons(points, np.cumsum(sizes[keep]), polygons.planes[keep])


def pick_polygons(polygons: Polygons, which: Counted, planes: Counted) -> Polygons:
    """Polygons by number, each on a plane of its own choice; one may be picked twice.

    polygons  to pick from
    which     int64 (k,), numbers of polygons
    planes    int64 (k,), the plane of each that is picked
    """
    sizes = np.diff(polygons.ends, prepend=0)[which]
    points = polygons.points[consecutive_numbers(polygon_starts(polygons.ends)[which], sizes)]
    return Polygons(points, np.cumsum(sizes), planes)


def find_thin_polygons(points: Floats, ends: Counted) -> Mask:
    """Which polygons have no area because their points lie on one line, or are one or two.

    The spread across the line through the points, from their second moments.

    points   (n, 2), in voxels
    ends     int64 (polygons,), the index behind the last point of each
    returns  bool (polygons,)
    """
    first = polygon_starts(ends)
    sizes = np.diff(ends, prepend=0)
    centre = np.add.reduceat(points, first) / sizes[:, None]
    x, y = (points - np.repeat(centre, sizes, axis=0)).T
    xx, yy, xy = (np.add.reduceat(v, first) for v in (x * x, y * y, x * y))
    # The smaller eigenvalue as determinant over the larger: no difference of large numbers.
    larger = (xx + yy + np.hypot(xx - yy, 2 * xy)) / 2
    across = np.maximum(xx * yy - xy * xy, 0) / np.maximum(larger, 1e-300)
    thinness: Mask = across <= THIN_WIDTH * THIN_WIDTH * sizes
    return thinness


def plane_deviations(points: Floats, ends: Counted) -> tuple[Floats, Floats, Floats]:
    """For each polygon its mean height, the farthest that a vertex leaves it, its tilt in degrees.

    points   (n, 3), the third coordinate is the height
    ends     int64 (polygons,), the index behind the last point of each
    returns  float64 (polygons,) three times, the first two in the unit of the points
    """
    first, sizes = polygon_starts(ends), np.diff(ends, prepend=0)
    centre = np.add.reduceat(points, first) / sizes[:, None]
    x, y, h = (points - np.repeat(centre, sizes, axis=0)).T
    away = np.maximum.reduceat(np.abs(h), first)
    xx, yy, xy, xh, yh = (np.add.reduceat(v, first) for v in (x * x, y * y, x * y, x * h, y * h))
    # An oblique contour drawn across the slices has no slope: it stands upright.
    with np.errstate(divide="ignore", invalid="ignore"):
        det = xx * yy - xy * xy
        slope = np.hypot((xh * yy - yh * xy) / det, (yh * xx - xh * xy) / det)
    tilt = np.degrees(np.arctan(np.where(np.isfinite(slope), slope, np.inf)))
    return centre[:, 2], away, tilt


def group_heights(heights: Floats, within: float) -> tuple[Counted, Floats]:
    """Numbers heights that are the same up to `within`; the number of each, the mean of each."""
    order = np.argsort(heights, kind="stable")
    new = np.diff(heights[order], prepend=-np.inf) > within
    group = np.empty(len(heights), np.int64)
    group[order] = np.cumsum(new) - 1
    return group, np.bincount(group, heights) / np.bincount(group)


def find_repeated_polygons(polygons: Polygons, within: float) -> Mask:
    """Which polygons have the vertices of an earlier one of their plane, from any start.

    Rule DICOM-R4.

    polygons  with their planes
    within    how far vertices may lie apart, in the unit of the points
    returns   bool (polygons,)
    """
    again = np.zeros(len(polygons.ends), np.bool_)
    first, sizes = polygon_starts(polygons.ends), np.diff(polygons.ends, prepend=0)
    low, high = bounding_boxes(polygons)

    def alike(i: Counted, j: Counted) -> Mask:
        away = np.maximum(np.abs(low[i] - low[j]), np.abs(high[i] - high[j])).max(axis=1)
        return np.asarray((sizes[i] == sizes[j]) & (away <= within))

    i, j = pairs_on_planes(polygons.planes, low[:, 0], low[:, 0] + within, alike)
    for one, two in zip(i.tolist(), j.tolist(), strict=True):
        a, b = (polygons.points[first[k] : polygons.ends[k]] for k in (one, two))
        again[two] = again[two] or is_same_ring(a, b, within)
    return again


def bounding_boxes(polygons: Polygons) -> tuple[Floats, Floats]:
    """The lowest and the highest coordinates of every polygon.

    polygons  n of them, each with a point
    returns   float64 (n, 2 or 3) twice, in the unit of the points
    """
    first = polygon_starts(polygons.ends)
    points = polygons.points
    return np.minimum.reduceat(points, first), np.maximum.reduceat(points, first)


def pairs_on_planes(
    planes: Counted, begin: Floats, end: Floats, meet: Callable[[Counted, Counted], Mask]
) -> tuple[Counted, Counted]:
    """Pairs of polygons on one plane that meet, the earlier first.

    begin, end  float64 (n,) along one axis: who begins beyond another's end does not meet it
    meet        says of pairs which do

    Raises ReadError where more lie on each other than in any structure.
    """
    order = np.lexsort((begin, planes))
    along = planes[order] + 1j * begin[order]  # in the order of the planes, then of the axis
    last = np.searchsorted(along, planes[order] + 1j * end[order], "right")
    times = last - np.arange(1, len(order) + 1)
    asked = np.cumsum(times)
    check_pairs(int(times.sum()), MOST_ASKED)
    found, count = [(planes[:0], planes[:0])], 0
    cuts = np.searchsorted(asked, np.arange(AT_A_TIME, times.sum(), AT_A_TIME))
    for part in np.split(np.arange(len(order)), cuts):
        a = order[np.repeat(part, times[part])]
        b = order[consecutive_numbers(part + 1, times[part])]
        near = meet(a, b)
        found.append((np.minimum(a, b)[near], np.maximum(a, b)[near]))
        count += int(near.sum())
        check_pairs(count, MOST_PAIRS)
    i, j = (np.concatenate(parts) for parts in zip(*found, strict=True))
    sorted_ = np.lexsort((j, i, planes[i]))
    return i[sorted_], j[sorted_]


def check_pairs(count: int, most: int) -> None:
    """Refuse contours that lie on each other as no real ones do. Raises ReadError."""
    if count > most:
        raise ReadError(
            f"contours of one structure that lie on each other in more than {most} pairs",
            status="over_budget",
        )


def is_same_ring(a: Floats, b: Floats, within: float) -> bool:
    """Whether two closed polygons have the same vertices in the same or the opposite order."""
    for turned in (b, b[::-1]):
        for shift in np.flatnonzero((np.abs(turned - a[0]) <= within).all(axis=1)):
            if np.abs(np.roll(turned, -shift, axis=0) - a).max() <= within:
                return True
    return False


def crossing_polygons(polygons: Polygons, least: float) -> tuple[list[tuple[int, int]], Floats]:
    """Pairs of polygons of one plane that are neither nested nor apart, and the area both claim.

    least  area from which two polygons overlap and do not only touch (DICOM-R5)
    """
    low, high = bounding_boxes(polygons)

    def overlap(i: Counted, j: Counted) -> Mask:
        both = (low[i] < high[j]) & (low[j] < high[i])
        return np.asarray(both.all(axis=1))

    i, j = pairs_on_planes(polygons.planes, low[:, 0], high[:, 0], overlap)
    if not len(i):
        return [], np.zeros(0)
    own = np.arange(len(i))
    shared = polygon_areas(pick_polygons(polygons, i, own), pick_polygons(polygons, j, own), len(i))
    cross = partly_overlap(shared, least)
    return list(zip(i[cross].tolist(), j[cross].tolist(), strict=True)), shared.both[cross]


def partly_overlap(shared: PlaneAreas, least: float) -> Mask:
    """Whether each of a pair has an area of its own beside the one they share."""
    own = np.minimum(shared.a, shared.b) - shared.both
    cross: Mask = (shared.both > least) & (own > least)
    return cross
