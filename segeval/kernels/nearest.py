"""Which of many points is nearest to each of many others, where they are far apart.

The points are halved along every axis, again and again. What can be nearest to any point of a part
is found from its box alone: with c its middle, h the half of its sides and t* the target nearest to
c, a target t can be nearer than t* to some point of the box only where

    |c - t|^2 - |c - t*|^2 <= 2 sum_k h_k |t_k - t*_k|

A part hands what is left to its own parts; once few are left, all pairs are compared by one product
of matrices. The work follows from how far apart the sets are, no index is built, and what is found
is exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np
from numpy.typing import NDArray

from segeval.runtime.arrays import Floats, Mask, Raw

PointNumbers = NDArray[np.intp]

FEW_PAIRS = 1 << 19  # of a part, that are compared sooner than its parts are looked at
FILTERED_PAIRS = 1 << 14  # beyond it targets are left out by the box of the points
PRODUCT_PAIRS = 1 << 16  # of one product: in the cache, and too few for threads of a library
TARGETS = 1 << 13  # that are held against a box at a time: in the cache, and little memory
ROUNDING = 1e-12  # relative: what a sum of squares may be off
AT_A_TIME = (
    1 << 12
)  # pairs that are handed out at a time, so that what they need stays in the cache


def nearest_targets(points: Floats, targets: Floats) -> PointNumbers:
    """The nearest target of every point; of several equally near one of them.

    points   float64 (axes, n)
    targets  float64 (axes, m), at least one
    returns  (n,) numbers of targets
    """
    found, slack = np.empty(points.shape[1], np.intp), rounding_slack(points, targets)
    high = with_squares(targets)
    del targets  # of which `high` has a copy
    for own, others, apart in _compare_parts(points, high, slack):
        found[own] = others[apart.argmin(axis=1)]
    return found


def nearby_pairs(
    points: Floats, high: Floats, spread: float
) -> Iterator[tuple[PointNumbers, PointNumbers]]:
    """The targets of every point that are about as near as its nearest.

    points   float64 (axes, n)
    high     float64 (axes + 1, m) of `with_squares`, at least one target
    spread   how much more than the least square of a distance another may be
    returns  numbers of points, those of one beside each other, and of targets: some at a time
    """
    pairs: list[tuple[PointNumbers, PointNumbers]] = []
    count, slack = 0, spread + rounding_slack(points, high[:-1])
    for own, others, apart in _compare_parts(points, high, slack):
        most = apart[np.arange(len(own)), apart.argmin(axis=1)]  # sooner than the least of a line
        most += slack / 2
        place = (apart <= most[:, None]).ravel().nonzero()[0]
        row = place // len(others)  # quicker than divmod
        pairs.append((own[row], others[place - row * len(others)]))
        count += len(row)
        if count > AT_A_TIME:
            yield _join_pairs(pairs)
            pairs, count = [], 0
    if pairs:
        yield _join_pairs(pairs)


def rounding_slack(points: Floats, targets: Floats) -> float:
    """What the squares of distances may be off."""
    ends = (end(initial=0) for some in (points, targets) for end in (some.max, some.min))
    far = max(abs(float(end)) for end in ends)
    return ROUNDING * len(points) * far * far


def _join_pairs(
    pairs: list[tuple[PointNumbers, PointNumbers]],
) -> tuple[PointNumbers, PointNumbers]:
    own, others = zip(*pairs, strict=True)
    return np.concatenate(own), np.concatenate(others)


def with_squares(targets: Floats) -> Floats:
    """Targets and, as one row more, the square of each.

    targets  float64 (axes, m)
    returns  float64 (axes + 1, m)
    """
    return np.concatenate([targets, np.einsum("ij,ij->j", targets, targets)[None]])


def _compare_parts(
    points: Floats, high: Floats, slack: float
) -> Iterator[tuple[PointNumbers, PointNumbers, Floats]]:
    """Parts of the points: their numbers, those of targets, and half the squares between them.

    high  (axes + 1, m) the targets, and the square of each

    From the squares the square of each point's own place is missing. They are written over by the
    next part.
    """
    room = np.empty(PRODUCT_PAIRS), np.empty(len(points) * TARGETS)
    whole = np.arange(points.shape[1]), points, np.arange(high.shape[1]), high
    left = [whole] if points.size else []
    while left:
        own, at, others, to = left.pop()
        low, sides = at.min(axis=1), np.ptp(at, axis=1)
        middle = low + sides / 2
        if len(own) * len(others) > FILTERED_PAIRS:
            kept = _can_be_nearest(to, middle, sides, slack, room[1])
            others, to = others[kept], to.take(kept, axis=1)
        if len(own) * len(others) <= FEW_PAIRS or len(own) == 1:
            for some, apart in _half_squares(at, to[:-1], middle[:, None], room[0]):
                yield own[some], others, apart
        else:
            left += [(own[some], at.take(some, axis=1), others, to) for some in _halves(at, middle)]


def _can_be_nearest(
    to: Floats, middle: Floats, sides: Floats, slack: float, room: Floats
) -> PointNumbers:
    """The targets that can be nearest to some point of a box.

    to             (axes + 1, m) targets, and the square of each
    middle, sides  (axes,) of the box
    slack          how much farther, as a square, they may be
    room           for the coordinates of TARGETS, written over
    """
    square = np.append(-2 * middle, 1) @ to  # but for that of the middle
    first = int(square.argmin())
    least, nearest, kept = float(square[first]) + slack, to[:-1, first : first + 1], []
    for start in range(0, len(square), TARGETS):
        own = to[:-1, start : start + TARGETS]
        aside = room[: own.size].reshape(own.shape)
        np.subtract(own, nearest, out=aside)
        most = sides @ np.abs(aside, out=aside)
        most += least
        kept.append((square[start : start + TARGETS] <= most).nonzero()[0] + start)
    return kept[0] if len(kept) == 1 else np.concatenate(kept)


def _half_squares(
    at: Floats, to: Floats, middle: Floats, room: Floats
) -> Iterator[tuple[slice, Floats]]:
    """(n, m) |t|^2 / 2 - p t of points p and targets t, some points at a time, in `room`."""
    away, many = to - middle, max(len(room) // to.shape[1], 1)
    targets = np.concatenate([away, np.einsum("ij,ij->j", away, away)[None] / 2])
    points = np.concatenate([middle - at, np.ones((1, at.shape[1]))])
    for first in range(0, at.shape[1], many):
        some = points[:, first : first + many].T
        size = len(some), to.shape[1]
        out = room[: size[0] * size[1]].reshape(size) if size[1] <= len(room) else None
        yield slice(first, first + many), np.matmul(some, targets, out=out)


def _halves(at: Floats, middle: Floats) -> Iterator[PointNumbers]:
    """The points on either side of the middle along every axis; of one place, by number."""
    side = np.zeros(at.shape[1], np.uint8)
    for upper in at > middle[:, None]:
        side = side << 1 | upper
    order = side.argsort(kind="stable")
    counts = np.bincount(side)
    if counts.max() == len(side):
        yield from np.array_split(order, 2)
        return
    yield from (some for some in np.split(order, np.cumsum(counts)[:-1]) if len(some))


def find_far_points(
    shape: tuple[int, ...], at: PointNumbers, of: PointNumbers, sides: tuple[int, ...]
) -> Mask:
    """Which points of a grid are, by blocks, far from all of others.

    shape    of the grid
    at, of   flat indices in it
    sides    voxels of a block along each axis
    returns  bool (n,): so many steps or more along some axis from every one of the others
    """
    size = tuple(n // s + 3 for n, s in zip(shape, sides, strict=True))
    near = np.zeros(size, bool)
    near.ravel()[_block_numbers(shape, of, sides, size)] = True
    for axis in range(len(size)):
        near = np.moveaxis(near, axis, 0)
        near[1:-1] = near[:-2] | near[1:-1] | near[2:]
        near = np.moveaxis(near, 0, axis)
    far: Mask = ~near.ravel()[_block_numbers(shape, at, sides, size)]
    return far


def _block_numbers(
    shape: tuple[int, ...], at: PointNumbers, sides: tuple[int, ...], size: tuple[int, ...]
) -> PointNumbers:
    """The flat number of the block that each point is in; none is in an outermost one."""
    small = prod(shape) < 1 << 32
    rest: Raw = at.astype(np.uint32 if small else np.int64)  # divided several at a time
    number = np.zeros_like(rest)
    for axis, (side, blocks) in enumerate(zip(sides, size, strict=True)):
        stride = prod(shape[axis + 1 :])
        along = rest // stride
        rest = rest - along * stride
        number *= blocks
        number += along // side + 1
    return number.astype(np.intp)
