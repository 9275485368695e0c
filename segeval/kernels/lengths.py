"""Lengths of polygons that lie far from others: what of one contour has to be drawn again.

All points within a tolerance of an edge form a capsule: a strip with a half disc at either end. It
is convex, so another edge has at most one piece in it, which begins and ends where the edge meets
the strip or a disc. What no capsule covers is far.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from segeval.kernels.raster import Polygons
from segeval.runtime.arrays import Counted, Floats

AT_A_TIME = 1 << 12  # edges that are held against all others of their plane
REACH_SLACK = 1e-6  # mm: what is at the tolerance but for rounding is within it


def far_length(one: Polygons, other: Polygons, tolerance: float) -> float:
    """The length of the edges of `one` that is farther than a tolerance from those of `other`.

    Only polygons of the same plane are near each other. Unit of the points.
    """
    begin, end, on = polygon_edges(one)
    total = float(np.linalg.norm(end - begin, axis=1).sum())
    there = polygon_edges(other)
    for plane in np.unique(on):
        mine, theirs = on == plane, there[2] == plane
        total -= _covered_length(
            begin[mine], end[mine], there[0][theirs], there[1][theirs], tolerance
        )
    return max(total, 0.0)


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
            lengths = np.linalg.norm(b - a, axis=1)
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
    length = np.linalg.norm(axis, axis=1)
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
    a, b = (along * along).sum(axis=1), (at * along).sum(axis=1)
    c = (at * at).sum(axis=1) - radius**2
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
    beside = _band_interval((at * axis).sum(axis=1), (along * axis).sum(axis=1), 0.0, length)
    across = np.stack([-axis[:, 1], axis[:, 0]], axis=1)
    away = _band_interval((at * across).sum(axis=1), (along * across).sum(axis=1), -radius, radius)
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
