"""The faces around a vertex of a mid-point surface, and how far a point is from them.

A vertex is the middle of an edge of the grid, and what meets there depends on the codes of the
cells around that edge: four in 3-D, two in 2-D. So its faces are rows of a table.

The nearest point of a surface from a point p is x, in some face. Where v is the corner of that face
that is nearest to x, |p - v|^2 <= |p - x|^2 + |v - x|^2, since p - x is square to the face or to
the side that x is in. So only vertices ask their faces whose square is at most `spread` more than
that of the nearest vertex: the most that |v - x|^2 is in any face.
"""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import product

import numpy as np

from segeval.kernels.cell_codes import Corners, code_faces
from segeval.kernels.distance_tables import FlatIndices
from segeval.kernels.mesh import SurfaceCells
from segeval.kernels.nearest import PointNumbers, nearby_pairs
from segeval.runtime.arrays import Counted, Floats
from segeval.runtime.frozen import frozen


@frozen
class StarTable:
    """The faces around a vertex, by the axis of its edge, the cell around it and the code of that.

    steps   (axes of edges, cells, axes) from the vertex' first voxel to each cell around
    start   (axes of edges * cells * codes + 1) where the rows of each begin
    one     (axes, rows) the side of a face from the vertex to the next corner
    square  (rows) of its length
    other   (axes, rows) the side to the corner after that; of a segment 0
    shares  (2 axes, rows) whose products with a way from the vertex are how far it goes along
            either side; of triangles
    spread  the most, squared, that a point of any face is from its nearest corner
    """

    steps: Counted
    start: FlatIndices
    one: Floats
    square: Floats
    other: Floats
    shares: Floats
    spread: float


@cache
def _star_rows(axes: int) -> tuple[Counted, FlatIndices, Floats]:
    """steps and start of the table, and (rows, 2, axes) both sides of the faces in cells."""
    steps: list[list[list[int]]] = []
    counts, sides = [0], []
    for axis in range(axes):
        around = [(*c[:axis], 0, *c[axis:]) for c in product((0, 1), repeat=axes - 1)]
        steps.append([[-i for i in cell] for cell in around])
        for cell in around:
            vertex = tuple(1 if k == axis else 2 * i for k, i in enumerate(cell))
            for of_code in code_faces(axes):
                found = [_sides_at(vertex, face) for face in of_code if vertex in face]
                counts.append(len(found))
                sides += found
    return np.array(steps), np.cumsum(counts), np.array(sides, float) / 2


def _sides_at(vertex: tuple[int, ...], face: Corners) -> list[list[int]]:
    """From a vertex to the two corners of its face that follow; the second of a segment is 0."""
    at = face.index(vertex)
    following = (face[(at + k) % len(face)] for k in (1, 2))
    return [[a - b for a, b in zip(point, vertex, strict=True)] for point in following]


@lru_cache(8)
def star_table(spacing: tuple[float, ...]) -> StarTable:
    """The table of a grid.

    spacing  along two or three axes
    """
    steps, start, rows = _star_rows(len(spacing))
    one, other = (rows * np.array(spacing)).transpose(1, 2, 0).copy()
    a, b, ab = (one * one).sum(axis=0), (other * other).sum(axis=0), (one * other).sum(axis=0)
    whole = np.where(b > 0, a * b - ab * ab, 1)
    shares = np.concatenate([(b * one - ab * other) / whole, (a * other - ab * one) / whole])
    return StarTable(steps, start, one, a, other, shares, _largest_spread(a, b, ab))


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

    at     (axes, m) where they are
    first  (m + 1) where the faces around each begin in `row`
    row    of the table
    table  of the grid
    """

    at: Floats
    first: FlatIndices
    row: FlatIndices
    table: StarTable

    def distances(self, points: Floats) -> Floats:
        """The exact distance of each of some points; a difference of squares, so not for near ones.

        points   float64 (axes, n), in the unit of the spacing
        returns  float64 (n,), in the same
        """
        found = np.empty(points.shape[1])
        for point, vertex in nearby_pairs(points, self.at, self.table.spread):
            way = points.take(point, axis=1) - self.at.take(vertex, axis=1)
            square = np.einsum("ij,ij->j", way, way) - self._gains(vertex, way)
            begin = np.flatnonzero(np.diff(point, prepend=-1))
            found[point[begin]] = np.minimum.reduceat(square, begin)
        return np.sqrt(np.maximum(found, 0, out=found), out=found)

    def _gains(self, vertex: PointNumbers, way: Floats) -> Floats:
        """How much nearer, in squares, the faces around vertices are than the vertices.

        vertex  (n,) numbers of vertices
        way     (axes, n) from each to its point
        """
        begin = self.first[vertex]
        count = self.first[vertex + 1] - begin
        ends = np.cumsum(count)
        pair = np.repeat(np.arange(len(vertex)), count)
        row = self.row[np.arange(len(pair)) + (begin - ends + count)[pair]]
        gain = _face_gains(self.table, row, way.take(pair, axis=1))
        most: Floats = np.maximum.reduceat(gain, ends - count)
        return most


def _face_gains(table: StarTable, row: FlatIndices, way: Floats) -> Floats:
    """How much nearer than its vertex a face and its first side are; 0 where they are not.

    The first sides of all faces around a vertex are all sides there.
    """
    square = table.square[row]
    along = np.einsum("ij,ij->j", way, table.one.take(row, axis=1))
    share = np.clip(along / square, 0, 1)
    gain: Floats = share * (2 * along - share * square)
    if len(way) == 3:
        shares = table.shares.take(row, axis=1)
        s, t = (np.einsum("ij,ij->j", way, some) for some in (shares[:3], shares[3:]))
        inside = np.flatnonzero((s > 0) & (t > 0) & (s + t < 1))
        other = table.other.take(row[inside], axis=1)
        aside = np.einsum("ij,ij->j", way.take(inside, axis=1), other)
        gain[inside] = s[inside] * along[inside] + t[inside] * aside
    return gain


def star_surface(grid: SurfaceCells, spacing: Floats) -> StarSurface:
    """The vertices of a surface, with the faces around each.

    grid     the cells that it runs through
    spacing  float64 (axes,)
    """
    axes, own, table = len(grid.shape), grid.codes[grid.at], star_table(tuple(spacing.tolist()))
    cells = [grid.at[(own ^ own >> (1 << axes - 1 - axis)) & 1 > 0] for axis in range(axes)]
    axis, cell = np.repeat(np.arange(axes), [len(c) for c in cells]), np.concatenate(cells)
    places = np.stack(np.unravel_index(cell, grid.shape)) - grid.margin[:, None].astype(float)
    places[axis, np.arange(len(cell))] += 0.5
    around = table.steps @ grid.strides
    kinds = np.arange(around.size).reshape(around.shape) << (1 << axes)
    kind = (kinds[axis] + grid.codes[cell[:, None] + around[axis]]).ravel()
    count = table.start[kind + 1] - table.start[kind]
    ends = np.append(0, np.cumsum(count))
    row = np.arange(ends[-1]) + np.repeat(table.start[kind] - ends[:-1], count)
    return StarSurface(places * spacing[:, None], ends[:: around.shape[1]], row, table)
