"""Distances from points to triangles, or to segments in 2-D: of every point to every one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from segeval.runtime.arrays import Floats
from segeval.runtime.frozen import frozen

TriangleIndices = NDArray[np.intp]
ORDER_DIRECTION = np.array(
    [0.61, 1.13, 1.79]
)  # orders the ends of a side: no two are alike in this direction


@frozen
class Triangles:
    """Triangles, with what their distance from a point needs.

    first, along  (3, segments) where each of their sides begins, and where it goes
    sides         (triangles, 3) the numbers of their sides
    inwards       (3 sides, 3, triangles) from each side into the triangle, in its plane
    inside        (3 sides, 1, triangles) how far in that direction the side lies
    normal        (3, triangles) of length 1
    height        (triangles) how far in that direction the plane lies
    """

    first: Floats
    along: Floats
    sides: TriangleIndices
    inwards: Floats
    inside: Floats
    normal: Floats
    height: Floats

    @classmethod
    def of(cls, corners: Floats) -> Triangles:
        """Of (n, 3, 3) corners. A side that several triangles have is kept once."""
        ends = np.concatenate([corners, np.roll(corners, -1, axis=1)], axis=2).reshape(-1, 6)
        turned = ends[:, [3, 4, 5, 0, 1, 2]]
        swap = (ends[:, :3] @ ORDER_DIRECTION > ends[:, 3:] @ ORDER_DIRECTION)[:, None]
        once, number = np.unique(np.where(swap, turned, ends), axis=0, return_inverse=True)
        along = np.roll(corners, -1, axis=1) - corners
        normal = np.cross(along[:, 0], along[:, 1])
        normal /= np.linalg.norm(normal, axis=1)[:, None]
        inwards = np.cross(normal[:, None], along)
        return cls(
            once[:, :3].T,
            (once[:, 3:] - once[:, :3]).T,
            number.reshape(-1, 3),
            inwards.transpose(1, 2, 0).copy(),
            (inwards * corners).sum(axis=2).T[:, None].copy(),
            normal.T,
            (normal * corners[:, 0]).sum(axis=1),
        )

    def distances(self, points: Floats) -> Floats:
        """Distances (n, triangles) from points (n, 3): to the plane if above it, else to a side."""
        to = [points[:, k, None] - self.first[k] for k in range(3)]
        share = np.clip(
            coordinate_dot(to, self.along / coordinate_dot(self.along, self.along)), 0, 1
        )
        rest = [to[k] - share * self.along[k] for k in range(3)]
        side = np.sqrt(coordinate_dot(rest, rest))
        nearest = elementwise_least(side.take(number, axis=1) for number in self.sides.T)
        above = (points @ self.inwards >= self.inside).all(axis=0)
        return np.where(above, np.abs(points @ self.normal - self.height), nearest)


@frozen
class LineSegments:
    """Segments, in 2-D.

    first, along  (2, segments) where each begins, and where it goes
    """

    first: Floats
    along: Floats

    @classmethod
    def of(cls, corners: Floats) -> LineSegments:
        """Segments by their ends.

        corners  float64 (n, 2, 2)
        """
        return cls(corners[:, 0].T.copy(), (corners[:, 1] - corners[:, 0]).T.copy())

    def distances(self, points: Floats) -> Floats:
        """Distances (n, segments) from points (n, 2)."""
        to = points[:, :, None] - self.first
        square = (self.along * self.along).sum(axis=0)
        share = np.clip((to * self.along).sum(axis=1) / square, 0, 1)
        rest = to - share[:, None] * self.along
        found: Floats = np.sqrt((rest * rest).sum(axis=1))
        return found


def elementwise_least(arrays: Iterable[Floats]) -> Floats:
    """The smallest value at each place of some arrays."""
    return reduce(lambda one, other: np.minimum(one, other, out=one), arrays)


def coordinate_dot(a: Sequence[Floats] | Floats, b: Sequence[Floats] | Floats) -> Floats:
    """The product of vectors given by coordinate."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
