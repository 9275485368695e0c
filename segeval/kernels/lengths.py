"""Lengths of polygons that lie far from others: what of one contour has to be drawn again.

All points within a tolerance of an edge form a capsule: a strip with a half disc at either end. It
is convex, so another edge has at most one piece in it, which begins and ends where the edge meets
the strip or a disc. What no capsule covers is far.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np

from segeval.kernels.raster import Polygons
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.frozen import frozen

AT_A_TIME = 1 << 12  # edges that are held against all others of their plane
MANY_PAIRS = 1 << 21  # of edges on one plane, from which a tree pays for being loaded and built
TOGETHER = 8  # edges that are asked at once
LONG = 4.0  # times as long as most
REACH_SLACK = 1e-6  # mm: what is at the tolerance but for rounding is within it


def dot(a: Floats, b: Floats) -> Floats:
    """The product of vectors of two, (n,); a sum along so short an axis takes ten times as long.

    a, b  (n, 2)
    """
    product: Floats = a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1]
    return product


def lengths_of(a: Floats) -> Floats:
    """The length of vectors of two, (n,)."""
    return np.sqrt(dot(a, a))


def far_length(one: Polygons, other: Polygons, tolerance: float) -> float:
    """The length of the edges of `one` that is farther than a tolerance from those of `other`.

    Only polygons of the same plane are near each other. Unit of the points.
    """
    begin, end, on = mine = polygon_edges(one)
    start, stop, there = theirs = polygon_edges(other)
    total = float(lengths_of(end - begin).sum())
    if _count_pairs(on, there) > MANY_PAIRS:
        return max(total - _covered_by_tree(mine, theirs, tolerance + REACH_SLACK), 0.0)
    for plane in np.unique(on):
        here, near = on == plane, there == plane
        total -= _covered_length(begin[here], end[here], start[near], stop[near], tolerance)
    return max(total, 0.0)


def _count_pairs(one: Counted, other: Counted) -> int:
    """How many pairs of edges lie on one plane."""
    planes, counts = np.unique(one, return_counts=True)
    there, others = np.unique(other, return_counts=True)
    _, here, of_other = np.intersect1d(planes, there, True, True)
    return int(counts[here] @ others[of_other])


Edges = tuple[Floats, Floats, Counted]  # both ends, plane


@frozen
class _EdgeTree:
    """Edges to look up by their middles, planes far apart.

    apart   how far
    halves  half of the length of each
    long    the few that are far longer than most, which are looked at by themselves
    most    the largest half of the others
    """

    edges: Edges
    tree: Any
    apart: float
    middles: Floats
    halves: Floats
    long: Counted
    most: float


def _grow_tree(one: Edges, other: Edges, reach: float) -> _EdgeTree:
    """A tree of the edges of `other`, for questions of those of `one`."""
    from scipy.spatial import cKDTree

    start, stop, there = other
    middles, halves = (start + stop) / 2, lengths_of(stop - start) / 2
    span = np.ptp(np.concatenate([one[0], start]), axis=0)
    apart = 2 * (float(span.sum()) + reach)
    places = np.column_stack([middles, there * apart])
    tree = cKDTree(places, compact_nodes=False, balanced_tree=False)
    few = halves > LONG * np.median(halves)
    most = float(halves[~few].max(initial=0.0))
    return _EdgeTree(other, tree, apart, middles, halves, np.flatnonzero(few), most)


def _covered_by_tree(one: Edges, other: Edges, reach: float) -> float:
    """The length of the edges of `one` that capsules around those of `other` cover.

    Most edges lie wholly in the capsule of the nearest edge, or wholly outside of all: the others
    are held against what is near them.
    """
    begin, end, on = one
    tree = _grow_tree(one, other, reach)
    covered, far = _settle_edges(one, tree, reach)
    lengths = lengths_of(end - begin)
    total = float(lengths[covered].sum())
    left = np.flatnonzero(~(covered | far))
    for first in range(0, len(left), AT_A_TIME):
        part = left[first : first + AT_A_TIME]
        edge, near = _pairs_by_tree((begin[part], end[part], on[part]), tree, reach)
        a, start, stop = begin[part], other[0], other[1]
        along = end[part] - a
        low, high = capsule_pieces(a[edge], along[edge], start[near], stop[near], reach)
        total += float(union_lengths(edge, low, high, len(part)) @ lengths[part])
    return total


def _settle_edges(one: Edges, tree: _EdgeTree, reach: float) -> tuple[Mask, Mask]:
    """Which edges lie wholly in the capsule of the nearest edge, and which outside of all.

    A capsule is convex, so an edge lies in it if its ends do. Nothing is nearer than the middle,
    less half of the length. Edges that follow one another are asked together first.
    """
    (begin, end, on), (start, stop, there) = one, tree.edges
    middle, half = (begin + end) / 2, lengths_of(end - begin) / 2
    covered, far = np.zeros((2, len(on)), np.bool_)
    for size in (TOGETHER, 1):
        left = np.flatnonzero(~(covered | far))
        group = left[: len(left) // size * size].reshape(-1, size)
        group = group[(on[group] == on[group[:, :1]]).all(axis=1)]
        centre = middle[group].mean(axis=1)
        off = middle[group] - centre[:, None]
        radius = np.sqrt(off[..., 0] ** 2 + off[..., 1] ** 2) + half[group]
        reached = reach + radius.max(axis=1) + tree.most
        away, nearest = tree.tree.query(
            np.column_stack([centre, on[group[:, 0]] * tree.apart]),
            distance_upper_bound=np.nextafter(float(reached.max(initial=0.0)), np.inf),
        )
        near = np.repeat(np.minimum(nearest, len(there) - 1), size)
        inside = there[near] == on[group.ravel()]
        for ends in (begin, end):
            inside &= distance_to_edges(ends[group.ravel()], start[near], stop[near]) <= reach
        covered[group[inside.reshape(-1, size).all(axis=1)]] = True
        far[group[away > reached]] = True
    for k in tree.long:
        same = np.flatnonzero(far & (on == there[k]))
        away = lengths_of(middle[same] - tree.middles[k])
        far[same] = away > reach + half[same] + tree.halves[k]
    return covered, far & ~covered


def _pairs_by_tree(some: Edges, tree: _EdgeTree, reach: float) -> tuple[Counted, Counted]:
    """Pairs of edges that may be within reach of each other."""
    begin, end, on = some
    middle, half = (begin + end) / 2, lengths_of(end - begin) / 2
    found = tree.tree.query_ball_point(
        np.column_stack([middle, on * tree.apart]), reach + half + tree.most
    )
    times = np.array([len(near) for near in found], np.int64)
    edge = [np.repeat(np.arange(len(on)), times)]
    other = [np.fromiter(chain.from_iterable(found), np.int64, int(times.sum()))]
    for k in tree.long:
        same = np.flatnonzero(on == tree.edges[2][k])
        edge.append(same)
        other.append(np.full(len(same), k))
    return np.concatenate(edge), np.concatenate(other)


def distance_to_edges(points: Floats, start: Floats, stop: Floats) -> Floats:
    """The distance of each point to an edge of its own."""
    axis, at = stop - start, points - start
    square = dot(axis, axis)
    share = np.clip(dot(at, axis) / np.where(square > 0, square, 1), 0, 1)
    distance: Floats = lengths_of(at - share[:, None] * axis)
    return distance


def polygon_edges(polygons: Polygons) -> tuple[Floats, Floats, Counted]:
    """Both ends of every edge, (n, 2) each, and its plane."""
    if not len(polygons.points):
        return np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0, np.int64)
    points = polygons.points
    return points, points[polygons.following()], polygons.plane_of_vertex()


def _covered_length(
    begin: Floats, end: Floats, start: Floats, stop: Floats, tolerance: float
) -> float:
    """The length of some edges that capsules around others cover."""
    covered = 0.0
    for first in range(0, len(begin), AT_A_TIME):
        own = slice(first, first + AT_A_TIME)
        a, b = begin[own], end[own]
        for edge, other in _near_edges(a, b, start, stop, tolerance + REACH_SLACK):
            along = b[edge] - a[edge]
            low, high = capsule_pieces(
                a[edge], along, start[other], stop[other], tolerance + REACH_SLACK
            )
            lengths = lengths_of(b - a)
            covered += float(union_lengths(edge, low, high, len(a)) @ lengths)
    return covered


def _near_edges(
    a: Floats, b: Floats, start: Floats, stop: Floats, reach: float
) -> Iterator[tuple[Counted, Counted]]:
    """Pairs of edges whose boxes are within reach of each other."""
    close = np.ones((len(a), len(start)), bool)
    for k in range(2):
        low, high = np.minimum(a, b)[:, k, None], np.maximum(a, b)[:, k, None]
        close &= np.minimum(start, stop)[:, k] <= high + reach
        close &= np.maximum(start, stop)[:, k] >= low - reach
    edge, other = np.nonzero(close)
    if len(edge):
        yield edge, other


def capsule_pieces(
    at: Floats, along: Floats, start: Floats, stop: Floats, radius: float
) -> tuple[Floats, Floats]:
    """The piece of each edge at + t along, t in [0, 1], that lies in the capsule of another edge.

    returns  its ends (low, high); low > high where there is none
    """
    axis = stop - start
    length = lengths_of(axis)
    axis = axis / np.where(length > 0, length, 1)[:, None]
    parts = [
        _disc_interval(at - start, along, radius),
        _disc_interval(at - stop, along, radius),
        _strip_interval(at - start, along, axis, length, radius),
    ]
    low = np.clip(np.minimum.reduce([part[0] for part in parts]), 0, 1)
    high = np.clip(np.maximum.reduce([part[1] for part in parts]), 0, 1)
    return low, high


EMPTY_INTERVAL = np.inf, -np.inf


def _disc_interval(at: Floats, along: Floats, radius: float) -> tuple[Floats, Floats]:
    """Where |at + t along| <= radius."""
    a, b = dot(along, along), dot(at, along)
    c = dot(at, at) - radius**2
    a = np.maximum(a, np.finfo(float).tiny)
    square = b * b - a * c
    hit = square >= 0
    root = np.sqrt(np.where(hit, square, 0))
    return np.where(hit, (-b - root) / a, EMPTY_INTERVAL[0]), np.where(
        hit, (-b + root) / a, EMPTY_INTERVAL[1]
    )


def _strip_interval(
    at: Floats, along: Floats, axis: Floats, length: Floats, radius: float
) -> tuple[Floats, Floats]:
    """Where at + t along is beside the edge, no farther than the radius."""
    beside = _band_interval(dot(at, axis), dot(along, axis), 0.0, length)
    across = np.stack([-axis[:, 1], axis[:, 0]], axis=1)
    away = _band_interval(dot(at, across), dot(along, across), -radius, radius)
    low, high = np.maximum(beside[0], away[0]), np.minimum(beside[1], away[1])
    none = (low > high) | (length == 0)  # a point stored twice has its disc alone
    return np.where(none, EMPTY_INTERVAL[0], low), np.where(none, EMPTY_INTERVAL[1], high)


def _band_interval(
    at: Floats, step: Floats, least: float, most: Floats | float
) -> tuple[Floats, Floats]:
    """Where least <= at + t step <= most."""
    still = step == 0
    safe = np.where(still, 1.0, step)
    one, other = (least - at) / safe, (most - at) / safe
    inside = (at >= least) & (at <= most)
    low = np.where(still, np.where(inside, -np.inf, np.inf), np.minimum(one, other))
    high = np.where(still, np.where(inside, np.inf, -np.inf), np.maximum(one, other))
    return low, high


def union_lengths(edge: Counted, low: Floats, high: Floats, count: int) -> Floats:
    """How much of [0, 1] of each edge its pieces cover together.

    edge  whose piece each is
    """
    some = low < high
    edge, low, high = edge[some], low[some], high[some]
    order = np.lexsort((low, edge))
    edge = edge[order]
    low, high = low[order] + 2 * edge, high[order] + 2 * edge  # edges lie apart on one line
    reached = np.maximum.accumulate(np.concatenate([[-1.0], high]))[:-1]
    new: Floats = np.maximum(high - np.maximum(low, reached), 0)
    return np.bincount(edge, new, count).astype(np.float64)
