"""Distances to the mid-point surface of a mask, by looking them up.

Every vertex of that surface lies in the middle of an edge of the grid, so a cell of eight voxel
centres has one of 256 surfaces (in 2-D one of four has one of 16), and how far a given point of one
cell is from the surface in another depends on three things: the point, the step between the cells,
and the code of the other cell. So distances are tables. A point asks the cells around it in the
order of how near they can be, and stops when the nearest that is left is farther than what it has
found.

Points are the centroids of the triangles of a cell, the middles of its edges and its corners: 83
places. Those that a symmetry of the grid takes to each other share a table, which leaves 18, or 8
where all spacings are equal. In 2-D they are the middles of segments and of edges, and corners.
Tables are made as far out as they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise, product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.cell_codes import (
    Corners,
    GridSymmetry,
    code_elements,
    code_faces,
    code_images,
    grid_symmetries,
    transform_points,
)
from segeval.kernels.triangles import LineSegments, Triangles, elementwise_least
from segeval.runtime.arrays import Counted, Floats
from segeval.runtime.frozen import frozen

TABLE_STEPS = {2: 300, 3: 1400}  # to as many cells around, or a few less, tables know distances
RINGS = {  # steps that are asked at a time, nearest first
    2: (5, 13, 40, 125),
    3: (8, 27, 64, 125, 216, 343, 512, 729, 1000),
}
TURNED_RINGS = 3  # rings whose tables are kept turned, for every place: 10 MB
FAR, MANY = 125, 0.4  # beyond so many steps a tree answers such a share of points faster
AT_A_TIME = 1 << 15  # steps of points, so that the tables and what is looked up stay in the cache
TWELFTHS = 12  # points lie on twelfths of a cell

Codes = NDArray[np.uint8]
FlatIndices = NDArray[np.intp]


@frozen
class CodeSamples:
    """The triangles (segments) of every code as samples, one after the other.

    start    where the samples of a code begin, and the end
    place    number of the point in places()
    corners  (n, axes, axes) of the triangle or segment, from its centroid, in cells
    normal   (n, axes) as long as the sample's area in units of a cell
    """

    start: FlatIndices
    place: FlatIndices
    corners: Floats
    normal: Floats


@frozen
class CodeShapes:
    """The triangles (segments) of every code as shapes, each once.

    corners  (triangles, axes, axes) in cells
    of_code  (codes, n) the triangles of a code; the last number stands for none
    """

    corners: Floats
    of_code: FlatIndices


def doubled_points(faces: list[Corners], axes: int) -> Counted:
    """Triangles or segments as an array of doubled points.

    faces    of one kind
    axes     2 or 3
    returns  (n, axes, axes)
    """
    return np.array(faces, np.int64).reshape(-1, axes, axes)


@cache
def cell_places(axes: int) -> Counted:
    """The points of a cell that are ever asked for, (n, axes) in twelfths of a cell."""
    every = doubled_points([e for of in code_elements(axes) for e, _ in of], axes)
    middles = every.sum(axis=1) * (6 // axes)
    corners = TWELFTHS * np.array(list(product((0, 1), repeat=axes)))
    return np.unique(np.concatenate([corners, middles, 6 * every.reshape(-1, axes)]), axis=0)


def place_numbers(points: Counted) -> FlatIndices:
    """The numbers of points (n, axes) given in twelfths of a cell."""
    axes = points.shape[1]
    width = (TWELFTHS + 1) ** np.arange(axes)[::-1]
    found: FlatIndices = np.searchsorted(cell_places(axes) @ width, points @ width)
    return found


@cache
def code_samples(axes: int) -> CodeSamples:
    """What is sampled in a cell of each code.

    axes  2 or 3
    """
    each = code_elements(axes)
    corners = doubled_points([e for of in each for e, _ in of], axes)
    shares = np.array([share for of in each for _, share in of])
    sides = np.moveaxis(corners[:, 1:] - corners[:, :1], 1, 0) / 2
    normal = np.cross(sides[0], sides[1]) / 2 if axes == 3 else sides[0][:, ::-1]
    return CodeSamples(
        np.cumsum([0, *map(len, each)]),
        place_numbers(corners.sum(axis=1) * (6 // axes)),
        (corners - corners.mean(axis=1, keepdims=True)) / 2,
        normal * shares[:, None],
    )


@cache
def code_shapes(axes: int) -> CodeShapes:
    """What lies in a cell of each code."""
    each = [[tuple(sorted(face)) for face in faces] for faces in code_faces(axes)]
    number = {t: i for i, t in enumerate(sorted({t for faces in each for t in faces}))}
    of_code = np.full((len(each), max(map(len, each))), len(number), np.intp)
    for code, faces in enumerate(each):
        of_code[code, : len(faces)] = [number[t] for t in faces]
    return CodeShapes(doubled_points(list(number), axes) / 2, of_code)


@cache
def place_images(axes: int) -> FlatIndices:
    """(symmetries, places): which place each place becomes under each symmetry."""
    places = cell_places(axes)
    moved = [transform_points(places, s, TWELFTHS) for s in grid_symmetries(axes)]
    return np.array([place_numbers(points) for points in moved])


@lru_cache(4)
def tables_of_spacing(spacing: tuple[float, ...]) -> DistanceTables:
    """The tables of a spacing; kept, since cases of one data set often share it."""
    return DistanceTables(spacing)


def reach_of_steps(spacing: tuple[float, ...], steps: int) -> tuple[int, ...]:
    """How many cells along each axis a number of steps goes: about as far in every direction.

    Axes of equal spacing go equally far, as the symmetries of the tables need it.
    """
    size, found = np.array(spacing), np.ones(len(spacing), int)
    while True:
        nearest = size[(found * size).argmin()]
        wider = found + (size == nearest)
        if np.prod(2 * wider + 1) > steps:
            return tuple(int(r) for r in found)
        found = wider


class DistanceTables:
    """What a grid of one spacing knows of distances between its cells; made when asked for.

    Shared by all masks of a case, which have the same spacing.
    """

    def __init__(self, spacing: tuple[float, ...]) -> None:
        self.axes, self._spacing = len(spacing), np.array(spacing)
        self.reach = reach_of_steps(spacing, TABLE_STEPS[self.axes])
        steps = int(np.prod([2 * r + 1 for r in self.reach]))
        self._ends = (*(end for end in RINGS[self.axes] if end < steps), steps)
        kind = Triangles if self.axes == 3 else LineSegments
        self._shapes = kind.of(code_shapes(self.axes).corners * self._spacing)
        self.code_rows = np.arange(512)[:, None] << (1 << self.axes)  # of each step of a ring
        self._rings: dict[tuple[int, int], tuple[Floats, float]] = {}
        self._turned: dict[tuple[int, int], Floats] = {}
        self._room = tuple(np.empty(AT_A_TIME, kind) for kind in (np.intp, np.uint8, np.float64))
        self._steps: dict[int, tuple[Counted, Floats]] = {}
        self.blocks = self._far_blocks()
        alike = [i for i, s in enumerate(grid_symmetries(self.axes)) if self._keeps(s)]
        images = place_images(self.axes)[alike]
        # the symmetry that takes a place to the one that stands for it, and that one
        self.symmetry = np.array(alike)[images.argmin(axis=0)]
        self.standing = images.min(axis=0)

    def _far_blocks(self) -> tuple[int, ...]:
        """Cells along each axis beyond which a surface is no nearer than FAR steps go."""
        near = self.steps(0)[1]
        far = near[min(FAR, len(near) - 1)]
        return tuple(int(n) for n in np.ceil(far / self._spacing))

    def _keeps(self, symmetry: GridSymmetry) -> bool:
        """Whether the grid looks the same under a symmetry of the cube."""
        return bool((self._spacing[list(symmetry[0])] == self._spacing).all())

    def areas(self) -> Floats:
        """The area of every sample, mm2."""
        faces = np.prod(self._spacing) / self._spacing
        found: Floats = np.linalg.norm(code_samples(self.axes).normal * faces, axis=1)
        return found

    def extents(self) -> Floats:
        """How far the farthest corner of every sample's triangle is from its centroid, mm."""
        found: Floats = np.linalg.norm(code_samples(self.axes).corners * self._spacing, axis=2).max(
            axis=1
        )
        return found

    def steps(self, place: int) -> tuple[Counted, Floats]:
        """The steps to the cells around, nearest first, and how near each can be.

        place    a number of `cell_places`
        returns  int64 (k, axes) and float64 (k,), in the unit of the spacing
        """
        if place not in self._steps:
            steps = np.array(list(product(*(range(-r, r + 1) for r in self.reach))))
            inside = cell_places(self.axes)[place] - TWELFTHS * steps
            gap = np.maximum(np.maximum(-inside, inside - TWELFTHS), 0) / TWELFTHS * self._spacing
            near = np.linalg.norm(gap, axis=1)
            order = np.argsort(near, kind="stable")
            self._steps[place] = steps[order], near[order]
        return self._steps[place]

    def rings(self) -> list[tuple[int, int]]:
        """First and last step of each ring."""
        return list(pairwise((0, *self._ends)))

    def ring(self, place: int, number: int) -> tuple[Floats, float]:
        """Distances (steps, codes) to the cells of a ring, and how near the next ring can be.

        place   a number of `cell_places`
        number  of the ring, 0 the nearest
        """
        key = (place, number)
        if key not in self._rings:
            steps, near = self.steps(place)
            first, last = self.rings()[number]
            points = (cell_places(self.axes)[place] / TWELFTHS - steps[first:last]) * self._spacing
            apart = np.full((last - first, len(code_shapes(self.axes).corners) + 1), np.inf)
            apart[:, :-1] = self._shapes.distances(points)
            table = elementwise_least(
                apart.take(number, axis=1) for number in code_shapes(self.axes).of_code.T
            )
            # a cell that the tables do not know can be nearer than one in their corners
            limit = min(near[last:].min(initial=np.inf), self.limit(place))
            self._rings[key] = table, float(limit)
        return self._rings[key]

    def turned(self, place: int, number: int) -> Floats:
        """The distances of a ring for a place that another stands for, flat.

        place   a number of `cell_places`
        number  of the ring, 0 the nearest
        """
        known = self._turned.get((place, number))
        if known is None:
            table, _ = self.ring(int(self.standing[place]), number)
            known = table.take(code_images(self.axes)[self.symmetry[place]], axis=1).ravel()
            if number < TURNED_RINGS:
                self._turned[place, number] = known
        return known

    def room(self, shape: tuple[int, int]) -> tuple[Any, ...]:
        """Where a lookup writes: fresh memory would cost as much again.

        shape    what the lookup fills
        returns  views of that shape, of memory that is used again
        """
        return tuple(one[: prod(shape)].reshape(shape) for one in self._room)

    def limit(self, place: int) -> float:
        """How near a cell that the tables do not know can be.

        place    a number of `cell_places`
        returns  in the unit of the spacing
        """
        inside = cell_places(self.axes)[place] / TWELFTHS
        return float(((self.reach + np.minimum(inside, 1 - inside)) * self._spacing).min())


def look_up_distances(  # noqa: PLR0913 - a grid
    tables: DistanceTables,
    place: int,
    at: FlatIndices,
    codes: Codes,
    strides: Counted,
    most: float = np.inf,
    steps: int = 1 << 20,
) -> tuple[Floats, float]:
    """Distances from one point of many cells to a surface.

    place    the number of the point
    at       flat indices of the cells in `codes`
    codes    flat codes of the other mask, with the margin of the tables' reach all around
    strides  of the flat indices
    most     no distance beyond it is asked for
    steps    about so many are asked, and not the rest
    returns  distances; those beyond the second value are only known to be no less than it
    """
    base, symmetry = int(tables.standing[place]), int(tables.symmetry[place])
    around, turn = tables.steps(base)[0], transform_strides(symmetry, strides)
    images = code_images(tables.axes)[symmetry]
    found = np.full(len(at), np.inf)
    left: FlatIndices = np.arange(len(at))
    limit = 0.0
    for number, (first, last) in enumerate(tables.rings()):
        if not len(left) or limit >= most or first >= steps:
            break
        if first >= FAR and len(left) > MANY * len(at):
            break
        table, limit = tables.ring(base, number)
        onwards = (around[first:last] @ turn)[:, None]
        many = len(left) > 256  # turn the table's codes, or those of the cells: what is less
        flat = tables.turned(place, number) if many else table.ravel()
        size = AT_A_TIME // (last - first)
        index, code, apart = tables.room((last - first, min(size, len(left))))
        for some in chunks_of_size(left, size):
            if len(some) < index.shape[1]:
                index, code, apart = tables.room((last - first, len(some)))
            # every index is inside, and the other modes do not write into `out` directly
            codes.take(np.add(at[some], onwards, out=index), out=code, mode="clip")
            np.add(code if many else images.take(code), tables.code_rows[: last - first], out=index)
            nearest = flat.take(index, out=apart, mode="clip").min(axis=0)
            found[some] = np.minimum(found[some], nearest)
        left = left[found[left] > limit]
    return found, limit


def transform_strides(symmetry: int, strides: Counted) -> Counted:
    """The strides with which a step after a symmetry is walked before it."""
    axes, flips = grid_symmetries(len(strides))[symmetry]
    return np.array([-strides[a] if f else strides[a] for a, f in zip(axes, flips, strict=True)])


def chunks_of_size(all_of: FlatIndices, size: int) -> Iterator[FlatIndices]:
    """Parts of a size."""
    for start in range(0, len(all_of), size):
        yield all_of[start : start + size]
