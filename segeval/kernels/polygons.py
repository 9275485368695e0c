"""Areas of polygons and of what two sets of them share, exact, by the even-odd rule.

Every plane is cut into strips at the heights of all vertices and all crossings. No two edges cross
inside a strip, so what lies between neighbours there is a trapezoid, and its area is its height
times its width half way up. Holes, islands, keyholes and self-crossings need no case of their own.
"""

from __future__ import annotations

import numpy as np

from segeval.kernels.raster import Polygons, consecutive_numbers, upward_edges
from segeval.runtime.arrays import Counted, Floats
from segeval.runtime.frozen import frozen


@frozen
class PlaneAreas:
    """Areas a plane, in the unit of the points squared.

    a, b  of either set
    both  of what they share
    """

    a: Floats
    b: Floats
    both: Floats


def polygon_areas(a: Polygons, b: Polygons, planes: int) -> PlaneAreas:
    """Areas of two sets of polygons and of their intersection, on each of `planes` planes.

    a, b     polygons in the plane, in mm, with the number of their plane
    planes   how many planes there are
    returns  in square mm
    """
    low, high, plane, side = edges_of_both(a, b)
    heights, on = strip_heights(low, high, plane)
    begin, end = (
        height_ranks(heights, on, low[:, 1], plane),
        height_ranks(heights, on, high[:, 1], plane),
    )
    edge, strip = spread_over_strips(begin, end)
    bottom, top = heights[strip], heights[strip + 1]
    middle = (bottom + top) / 2
    share = (middle - low[edge, 1]) / (high[edge, 1] - low[edge, 1])
    x = low[edge, 0] + share * (high[edge, 0] - low[edge, 0])
    order = np.lexsort((x, strip))
    strip, x, side = strip[order], x[order], side[edge[order]]
    size = ((top - bottom)[order][:-1]) * np.diff(x) * (strip[1:] == strip[:-1])
    # Every strip is crossed an even number of times by each set, so parity needs no new start.
    in_a, in_b = (np.cumsum(side == s)[:-1] % 2 == 1 for s in (0, 1))
    where = on[strip[:-1]]
    return PlaneAreas(
        total_by_plane(where, size * in_a, planes),
        total_by_plane(where, size * in_b, planes),
        total_by_plane(where, size * (in_a & in_b), planes),
    )


def total_by_plane(plane: Counted, size: Floats, planes: int) -> Floats:
    """Sizes added up plane by plane."""
    return np.bincount(plane, size, planes).astype(np.float64)


def edges_of_both(a: Polygons, b: Polygons) -> tuple[Floats, Floats, Counted, Counted]:
    """Lower end, upper end, plane and set of every edge that is not level."""
    ends = [upward_edges(p) for p in (a, b)]
    low, high, plane = (np.concatenate(parts) for parts in zip(*ends, strict=True))
    side = np.repeat([0, 1], [len(part[0]) for part in ends])
    keep = high[:, 1] > low[:, 1]
    return low[keep], high[keep], plane[keep], side[keep]


def strip_heights(low: Floats, high: Floats, plane: Counted) -> tuple[Floats, Counted]:
    """The heights at which strips begin, with the plane of each: in order of plane and height."""
    y, on = np.concatenate([low[:, 1], high[:, 1]]), np.concatenate([plane, plane])
    heights, where = distinct_heights(y, on)
    begin = height_ranks(heights, where, low[:, 1], plane)
    end = height_ranks(heights, where, high[:, 1], plane)
    crossed, at = edge_crossings(low, high, plane, begin, end)
    return distinct_heights(np.concatenate([heights, crossed]), np.concatenate([where, at]))


def distinct_heights(y: Floats, plane: Counted) -> tuple[Floats, Counted]:
    """Pairs of plane and height in order, each once."""
    order = np.lexsort((y, plane))
    y, plane = y[order], plane[order]
    new = np.ones(len(y), np.bool_)
    new[1:] = (y[1:] != y[:-1]) | (plane[1:] != plane[:-1])
    return y[new], plane[new]


def height_ranks(heights: Floats, on: Counted, y: Floats, plane: Counted) -> Counted:
    """The place of each pair of plane and height in the ordered list of pairs.

    A complex number sorts by its real part, then by the other: a pair as one value, not rounded.
    """
    return np.searchsorted(on + 1j * heights, plane + 1j * y).astype(np.int64)


def spread_over_strips(begin: Counted, end: Counted) -> tuple[Counted, Counted]:
    """Every edge once for every strip that it spans: edge, strip."""
    times = end - begin
    return np.repeat(np.arange(len(begin)), times), consecutive_numbers(begin, times)


def edge_crossings(
    low: Floats, high: Floats, plane: Counted, begin: Counted, end: Counted
) -> tuple[Floats, Counted]:
    """Height and plane of every point in which two edges cross.

    begin, end  ranks of the ends of the edges among all heights: edges that share one are compared
    """
    order = np.argsort(begin, kind="stable")
    begun = begin[order]
    after = np.arange(1, len(order) + 1)
    times = np.maximum(np.searchsorted(begun, end[order], "left") - after, 0)
    i, j = order[np.repeat(np.arange(len(order)), times)], order[consecutive_numbers(after, times)]
    left, right = np.minimum(low[:, 0], high[:, 0]), np.maximum(low[:, 0], high[:, 0])
    near = (left[i] <= right[j]) & (left[j] <= right[i])
    i, j = i[near], j[near]
    u, v, w = high[i] - low[i], high[j] - low[j], low[j] - low[i]
    turn = cross_product(u, v)
    with np.errstate(divide="ignore", invalid="ignore"):
        s, t = cross_product(w, v) / turn, cross_product(w, u) / turn
    hit = (turn != 0) & (s > 0) & (s < 1) & (t >= 0) & (t <= 1)
    return (low[i, 1] + s * u[:, 1])[hit], plane[i][hit]


def cross_product(a: Floats, b: Floats) -> Floats:
    """The signed area that two vectors span."""
    area: Floats = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return area
