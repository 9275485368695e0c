"""The faces around a vertex of a mid-point surface, and how far a point is from them.

A vertex is the middle of an edge of the grid, and what meets there depends on the codes of the
cells around that edge: four in 3-D, two in 2-D. So its sides and faces are rows of a table.

The nearest point of a surface from a point p is x, in some face. Where v is the corner of that face
that is nearest to x, |p - v|^2 <= |p - x|^2 + |v - x|^2, since p - x is square to the face or to
the side that x is in. So only vertices ask their faces whose square is at most `spread` more than
that of the nearest vertex: the most that |v - x|^2 is in any face.

Nothing around a vertex is nearer than the vertex but along sides that go towards the point, which
are few. The sides of all vertices are steps between the same 54 pairs of places (8 in 2-D), so a
number of 64 bits says which sides a vertex has, and another which of them go towards a point.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.cell_codes import Corners, code_faces
from segeval.kernels.distance_tables import FlatIndices
from segeval.kernels.mesh import SurfaceCells
from segeval.kernels.nearest import PointNumbers, nearby_pairs
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.frozen import frozen

HALF, WORD = 32, 64  # side k + HALF is the opposite of side k; a set of sides is a word of bits
AT_A_TIME = 1 << 14  # vertices that are made at a time: what that takes stays small
SINGLE = 1e-6  # relative: what a sum of three products is off in single precision, and more

SideSets = NDArray[np.uint64]
Rows = NDArray[np.int16]


@frozen
class StarTable:
    """The faces around a vertex, by its kinds: the axis of its edge, a cell around it, its code.

    steps      (axes of edges, cells, axes) from the vertex' first voxel to each cell around
    sides      (axes, WORD) from a vertex to another corner of a face; those that are none are 0
    squares    (WORD) of their lengths
    of_kind    (kinds) the sides that faces have there
    blunt      (kinds) those of them that meet another at more than a right angle
    one        (rows) the side of a face, a triangle, to the corner after the vertex
    other      (rows) the side to the corner after that
    is_blunt   (rows) whether they meet at more than a right angle
    shares     (3, rows) with a and b the products of a way from the vertex with either side, it
               goes along them by shares[0] a + shares[1] b and shares[1] a + shares[2] b
    following  (kinds * WORD) the row of the face that follows each side, or -1; of triangles
    before     (kinds * WORD) the same of the face before it, if both its sides meet bluntly
    spread     the most, squared, that a point of any face is from its nearest corner
    """

    steps: Counted
    sides: Floats
    squares: Floats
    of_kind: SideSets
    blunt: SideSets
    one: Counted
    other: Counted
    is_blunt: Mask
    shares: Floats
    following: Rows
    before: Rows
    spread: float


@cache
def _star_rows(axes: int) -> tuple[Counted, FlatIndices, Floats]:
    """steps of the table, and of every face at every kind: the kind, and (rows, 2, axes) both sides
    in cells; the second of a segment is 0.
    """
    steps: list[list[list[int]]] = []
    kinds, sides = [], []
    for axis in range(axes):
        around = [(*c[:axis], 0, *c[axis:]) for c in product((0, 1), repeat=axes - 1)]
        for cell in around:
            vertex = tuple(1 if k == axis else 2 * i for k, i in enumerate(cell))
            first = (axis * len(around) + around.index(cell)) << (1 << axes)
            for code, of_code in enumerate(code_faces(axes)):
                found = [_sides_at(vertex, face) for face in of_code if vertex in face]
                kinds += [first + code] * len(found)
                sides += found
        steps.append([[-i for i in cell] for cell in around])
    return np.array(steps), np.array(kinds), np.array(sides, float) / 2


def _sides_at(vertex: tuple[int, ...], face: Corners) -> list[list[int]]:
    """From a vertex to the two corners of its face that follow; the second of a segment is 0."""
    at = face.index(vertex)
    following = (face[(at + k) % len(face)] for k in (1, 2))
    return [[a - b for a, b in zip(point, vertex, strict=True)] for point in following]


@cache
def _side_numbers(axes: int) -> tuple[Floats, Counted]:
    """(axes, WORD) the sides in cells, and (rows, 2) the number of each in `_star_rows`."""
    rows = _star_rows(axes)[2]
    every, number = np.unique(rows.reshape(-1, axes), axis=0, return_inverse=True)
    half = len(every) // 2  # in the order of their coordinates, so the opposite of the last first
    sides = np.zeros((axes, WORD))
    sides[:, :half], sides[:, HALF : HALF + half] = every[:half].T, -every[:half].T
    opposite = HALF + len(every) - 1 - np.arange(len(every))
    numbers = np.where(np.arange(len(every)) < half, np.arange(len(every)), opposite)
    return sides, numbers[number].reshape(-1, 2)


@lru_cache(8)
def star_table(spacing: tuple[float, ...]) -> StarTable:
    """The table of a grid.

    spacing  along two or three axes
    """
    axes = len(spacing)
    steps, kind, _ = _star_rows(axes)
    cells, numbers = _side_numbers(axes)
    sides, (one, other) = cells * np.array(spacing)[:, None], numbers.T
    squares = (sides * sides).sum(axis=0)
    a, b, ab = squares[one], squares[other], (sides[:, one] * sides[:, other]).sum(axis=0)
    shares = np.stack([b, -ab, a]) / np.where(b > 0, a * b - ab * ab, 1)
    blunt = ab < 0
    size, row = steps.shape[0] * steps.shape[1] << (1 << axes), np.arange(len(one))
    following, before = (np.full(size * WORD, -1, np.int16) for _ in range(2))
    following[kind * WORD + one] = row
    before[(kind * WORD + other)[blunt]] = row[blunt]
    real = b > 0  # a segment has no other side
    of_kind = _side_sets(size, kind, one) | _side_sets(size, kind[real], other[real])
    blunt_sides = _side_sets(size, kind[blunt], one[blunt]) | _side_sets(
        size, kind[blunt], other[blunt]
    )
    return StarTable(
        steps, sides, squares, of_kind, blunt_sides, one, other,
        blunt, shares, following, before, _largest_spread(a, b, ab),
    )  # fmt: skip


def _side_sets(kinds: int, kind: Counted, side: Counted) -> SideSets:
    """The sides of each kind as bits."""
    found = np.zeros(kinds, np.uint64)
    np.bitwise_or.at(found, kind, np.uint64(1) << side.astype(np.uint64))
    return found


def _largest_spread(a: Floats, b: Floats, ab: Floats) -> float:
    """The most of a triangle: the square of its radius if it is acute, else of half its longest."""
    c, area = a + b - 2 * ab, a * b - ab * ab  # the third side, and four times the area squared
    longest = np.maximum(np.maximum(a, b), c)
    acute = a + b + c > 2 * longest * (1 + 1e-9)
    radius = a * b * c / np.where(acute, 4 * area, 1)
    return float(np.where(acute, radius, longest / 4).max())


@frozen
class StarSurface:
    """The vertices of a surface, ready to be asked for distances of points far from them.

    high   (axes + 1, m) where they are, and the square of that (`with_squares`)
    kinds  (m, cells) of each, by the cells around it
    sides  (m) which it has
    blunt  (m) those that meet another at more than a right angle
    table  of the grid
    """

    high: Floats
    kinds: Rows
    sides: SideSets
    blunt: SideSets
    table: StarTable

    def distances(self, points: Floats) -> Floats:
        """The exact distance of each of some points; a difference of squares, so not for near ones.

        points   float64 (axes, n), in the unit of the spacing
        returns  float64 (n,), in the same
        """
        found = np.full(points.shape[1], np.inf)
        for point, vertex in nearby_pairs(points, self.high, self.table.spread):
            way = points.take(point, axis=1) - self.high[:-1].take(vertex, axis=1)
            square = np.einsum("ij,ij->j", way, way)
            _keep_least(found, point, square)
            towards = self._sides_towards(vertex, way)
            pair, side = _places_of_bits(towards)
            gain = _side_gains(self.table, side, way.take(pair, axis=1))
            _keep_least(found, point[pair], square[pair] - gain)
            if len(way) == 3:
                for own, row in self._faces_towards(vertex, towards, pair, side):
                    inside, gain = _face_gains(self.table, row, way.take(own, axis=1))
                    _keep_least(found, point[own[inside]], square[own[inside]] - gain)
        apart: Floats = np.sqrt(np.maximum(found, 0, out=found), out=found)
        return apart

    def _sides_towards(self, vertex: PointNumbers, way: Floats) -> SideSets:
        """Which sides of vertices go towards points, or about square to the way there.

        vertex  (n,) numbers of vertices
        way     (axes, n) from each to its point
        """
        sides, own = (some.astype(np.float32) for some in (self.table.sides[:, :HALF], way))
        along = own.T @ sides
        off = np.float32(SINGLE * np.abs(own).max() * np.abs(sides).sum(axis=0).max())
        low, high = (
            np.packbits(some, axis=None, bitorder="little").view("<u4").astype(np.uint64)
            for some in (along >= -off, along <= off)
        )
        found: SideSets = (low | high << np.uint64(HALF)) & self.sides[vertex]
        return found

    def _faces_towards(
        self, vertex: PointNumbers, towards: SideSets, pair: PointNumbers, side: PointNumbers
    ) -> Iterator[tuple[PointNumbers, PointNumbers]]:
        """The faces that may have a nearest point inside: their pairs, in order, and rows.

        Both sides of such a face go towards the point, or one where they meet bluntly.

        vertex   (n,) numbers of vertices, in pairs with points
        towards  (n,) which of their sides go towards the point
        pair     (k,) numbers of pairs, in order, with a side
        side     (k,) that goes towards the point
        """
        table, of = self.table, towards[pair]
        some = np.flatnonzero((of & (of - np.uint64(1)) > 0) | (of & self.blunt[vertex[pair]] > 0))
        pair, side, of = pair[some], side[some], of[some]
        place = self.kinds[vertex[pair]].astype(np.intp) * WORD + side[:, None]
        for rows, either in ((table.following, table.other), (table.before, table.one)):
            row = rows.take(place).ravel()
            which = np.flatnonzero(row >= 0)
            row, own = row[which].astype(np.intp), which // place.shape[1]
            has = of[own] >> either[row].astype(np.uint64) & np.uint64(1) > 0
            kept = (has | table.is_blunt[row]) if rows is table.following else ~has
            yield pair[own[kept]], row[kept]


def _keep_least(found: Floats, number: PointNumbers, values: Floats) -> None:
    """Write values where they are less than what is found; numbers stand in order."""
    if len(number):
        begins = np.ones(len(number), bool)
        np.not_equal(number[1:], number[:-1], out=begins[1:])
        begin = np.flatnonzero(begins)
        some = number.take(begin)
        found[some] = np.minimum(found.take(some), np.minimum.reduceat(values, begin))


def _places_of_bits(words: SideSets) -> tuple[PointNumbers, PointNumbers]:
    """Which words have which bits, in order: numbers of words, and of bits."""
    some = np.flatnonzero(words)
    bits = np.unpackbits(words[some].astype("<u8").view(np.uint8), bitorder="little").view(bool)
    place = np.flatnonzero(bits)
    return some[place // WORD], place % WORD


def _side_gains(table: StarTable, side: PointNumbers, way: Floats) -> Floats:
    """How much nearer, in squares, sides are than their vertex.

    side  (n,) numbers
    way   (axes, n) from each vertex to its point
    """
    along = np.einsum("ij,ij->j", way, table.sides.take(side, axis=1))
    square = table.squares[side]
    share = np.zeros_like(along)  # of a side that is none, too
    np.divide(along, square, out=share, where=square > 0)
    share.clip(0, 1, out=share)
    gain: Floats = share * (2 * along - share * square)
    return gain


def _face_gains(table: StarTable, row: PointNumbers, way: Floats) -> tuple[PointNumbers, Floats]:
    """How much nearer, in squares, the inside of faces is than their vertex, if it is.

    row      (n,) of the table
    way      (axes, n) from each vertex to its point
    returns  those of which a point inside is nearest, and how much nearer it is
    """
    a, b = (
        np.einsum("ij,ij->j", way, table.sides.take(side[row], axis=1))
        for side in (table.one, table.other)
    )
    along, cross, aside = table.shares.take(row, axis=1)
    s, t = along * a + cross * b, cross * a + aside * b
    inside = np.flatnonzero((s > 0) & (t > 0) & (s + t < 1))
    return inside, (s * a + t * b)[inside]


def star_surface(grid: SurfaceCells, spacing: Floats) -> StarSurface:
    """The vertices of a surface, with the faces around each.

    grid     the cells that it runs through
    spacing  float64 (axes,)
    """
    axes, own, table = len(grid.shape), grid.codes[grid.at], star_table(tuple(spacing.tolist()))
    cells = [grid.at[(own ^ own >> (1 << axes - 1 - axis)) & 1 > 0] for axis in range(axes)]
    around, count = table.steps @ grid.strides, sum(map(len, cells))
    first = np.arange(around.size).reshape(around.shape) << (1 << axes)
    high, kinds = np.empty((axes + 1, count)), np.empty((count, around.shape[1]), np.int16)
    at = high[:-1]
    sides, blunt = np.empty(count, np.uint64), np.empty(count, np.uint64)
    done = 0
    for axis, cell in _in_parts(cells):
        part = slice(done, done + len(cell))
        at[:, part] = np.unravel_index(cell, grid.shape)
        at[axis, part] += 0.5
        kind = first[axis] + grid.codes[cell[:, None] + around[axis]]
        np.bitwise_or.reduce(table.of_kind[kind], axis=1, out=sides[part])
        np.bitwise_or.reduce(table.blunt[kind], axis=1, out=blunt[part])
        kinds[part], done = kind, part.stop
    at -= grid.margin[:, None]
    at *= spacing[:, None]
    np.einsum("ij,ij->j", at, at, out=high[-1])
    return StarSurface(high, kinds, sides, blunt, table)


def _in_parts(cells: Sequence[PointNumbers]) -> Iterator[tuple[int, PointNumbers]]:
    """The cells whose edge along each axis has a vertex, some at a time: axis and cells."""
    for axis, own in enumerate(cells):
        for start in range(0, len(own), AT_A_TIME):
            yield axis, own[start : start + AT_A_TIME]
