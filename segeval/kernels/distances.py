"""From one mesh to another: the exact distance of every sample, both ways.

Near the other surface a sample's distance is looked up (`distance_tables`), far from it the
vertices that can be nearest are asked (`vertex_stars`). Only the surfaces of fields, and triangles
as VTK cuts them, ask a tree (libigl).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.distance_tables import (
    TWELFTHS,
    DistanceTables,
    FlatIndices,
    cell_places,
    code_samples,
    look_up_distances,
    place_numbers,
)
from segeval.kernels.mesh import (
    Mesh,
    SurfaceCells,
    element_vertices,
    find_surface_cells,
    make_mesh,
    spread_cells,
)
from segeval.kernels.nearest import find_far_points
from segeval.kernels.vertex_stars import StarSurface, star_surface
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.interrupts import hold_interrupts

IntegerArray = NDArray[np.integer[Any]]  # of places
AT_A_TIME = 1 << 17  # cells of a surface whose samples are measured


@frozen
class DirectedDistances:
    """What one surface says of its distance from another.

    distances  of the samples
    sizes      the area (length, count) that each stands for
    farthest   the largest distance of any point that is looked at, vertices included
    """

    distances: Floats
    sizes: Floats
    farthest: float


class ShapeTree:
    """Triangles or segments, ready to be asked for distances."""

    def __init__(self, vertices: Floats, faces: Counted) -> None:
        with hold_interrupts():  # one that was broken off while it loads aborts the process later
            import igl  # 0.2 s to import

        # libigl 2.6 frees memory twice when points have two coordinates
        self._vertices, self._faces = to_three_axes(vertices), faces
        self._tree = igl.AABB()
        if len(self._faces):
            self._tree.init(self._vertices, self._faces)

    def distances(self, points: Floats) -> Floats:
        """The exact distance of each of some points (n, axes); inf from nothing."""
        if not (len(points) and len(self._faces)):
            return np.full(len(points), np.inf)
        square = self._tree.squared_distance(self._vertices, self._faces, to_three_axes(points))[0]
        found: Floats = np.sqrt(np.maximum(square, 0))
        return found


class MeasuredSurface:
    """One side of a pair: its cells and, once they are asked for, its mesh and a tree of that.

    mask    the crop that both sides share
    tables  of the grid's spacing, for surfaces halfway between voxels
    field   with one voxel more on every side, if vertices sit where it crosses 0.5
    once    triangles as VTK cuts them
    """

    def __init__(
        self,
        mask: Mask,
        spacing: tuple[float, ...],
        tables: DistanceTables | None = None,
        field: Floats | None = None,
        *,
        once: bool = False,
    ) -> None:
        self.spacing = np.array(spacing)
        self.tables = tables if field is None else None
        self._field, self._once = field, once
        self.grid = find_surface_cells(mask, self.tables.reach if self.tables else ())

    @cached_property
    def mesh(self) -> Mesh:
        """Vertices, faces and elements."""
        return make_mesh(self.grid, self.spacing, self._field, once=self._once)

    @cached_property
    def _tree(self) -> ShapeTree:
        return ShapeTree(self.mesh.vertices, self.mesh.faces)

    @cached_property
    def _stars(self) -> StarSurface:
        return star_surface(self.grid, self.spacing)

    def forget_vertices(self) -> None:
        """Leave what far points were measured from: it is as much as the surface itself."""
        self.__dict__.pop("_stars", None)

    def from_points(self, points: Floats) -> Floats:
        """The exact distance of points (n, axes) from this surface."""
        return self._tree.distances(points)

    def from_places(self, cell: FlatIndices, place: IntegerArray, tables: DistanceTables) -> Floats:
        """The exact distance of places in cells from this surface.

        cell   flat indices of cells
        place  the number of the point in each, in runs of the same number
        """
        found, far = np.empty(len(cell)), np.zeros(len(cell), bool)
        codes, strides = self.grid.codes, self.grid.strides
        for own in equal_runs(place):
            known = int(place[own.start])
            apart, limit = look_up_distances(tables, known, cell[own], codes, strides)
            found[own], far[own] = apart, apart > limit
        if far.any():
            found[far] = self.from_far_places(cell[far], place[far])
        return found

    def from_far_places(self, cell: FlatIndices, place: IntegerArray) -> Floats:
        """The same of places that the tables do not answer.

        cell   flat indices of cells
        place  the number of the point in each, in any order
        """
        return self._stars.distances(self.points(cell, place))

    def points(self, cell: FlatIndices, place: IntegerArray) -> Floats:
        """Where places of cells are, in mm.

        cell     int64 (n,) flat indices of cells
        place    (n,) numbers of `cell_places`
        returns  float64 (axes, n)
        """
        found: Floats = (cell_places(len(self.spacing)) / TWELFTHS).T.take(place, axis=1)
        found += np.stack(np.unravel_index(cell, self.grid.shape)) - self.grid.margin[:, None]
        found *= self.spacing[:, None]
        return found


def equal_runs(numbers: IntegerArray) -> Iterator[slice]:
    """Where the runs of equal numbers are."""
    cuts = np.flatnonzero(np.diff(numbers)) + 1
    ends = [0, *cuts.tolist(), len(numbers)] if len(numbers) else []
    yield from (slice(a, b) for a, b in pairwise(ends))


def to_three_axes(points: Floats) -> Floats:
    """Points with three coordinates.

    points   (n, 2) or (n, 3)
    returns  (n, 3), the third 0 where there were two
    """
    missing = 3 - points.shape[1]
    return np.pad(points, ((0, 0), (0, missing))) if missing else np.ascontiguousarray(points)


def directed_distances(own: MeasuredSurface, other: MeasuredSurface) -> DirectedDistances:
    """The distance of every sample of a surface from another, neither of them empty.

    own      the surface that is sampled
    other    the one it is measured from, on the same grid
    returns  distances in mm and the area (length) that each stands for
    """
    if own.tables is None or other.tables is None:
        return _tree_distances(own.mesh, other)
    grid, area, extent = own.grid, own.tables.areas(), own.tables.extents()
    count = int(np.diff(code_samples(own.tables.axes).start)[grid.codes[grid.at]].sum())
    distances, sizes = np.empty(count), np.empty(count)
    done, top = 0, 0.0
    near: list[
        tuple[FlatIndices, Floats]
    ] = []  # cells where a vertex may be farther than any sample
    for cell, row, apart in _sample_distances(own, other):
        some = slice(done, done + len(row))
        distances[some], sizes[some] = apart, area[row]
        done, top = some.stop, max(top, float(apart.max(initial=0)))
        farther = apart + extent[row]
        near.append((cell[farther > top], farther[farther > top]))
    cells = np.unique(np.concatenate([cell[farther > top] for cell, farther in near]))
    there = _vertex_distances(grid, cells, other, own.tables)
    return DirectedDistances(distances, sizes, float(there.max(initial=top)))


def _sample_distances(
    own: MeasuredSurface, other: MeasuredSurface
) -> Iterator[tuple[FlatIndices, FlatIndices, Floats]]:
    """The samples of a surface, some of its cells at a time: cell, row of the sample, distance."""
    assert own.tables is not None
    grid, place = own.grid, code_samples(own.tables.axes).place.astype(np.uint8)
    same = grid.codes[grid.at] == other.grid.codes[grid.at]  # one surface: nothing to look up
    at = grid.at[~same]
    far = find_far_points(grid.shape, at, other.grid.at, own.tables.blocks)
    for cell, row in _samples_of(grid, at[~far]):
        order = np.argsort(place[row], kind="stable")  # bytes are sorted by counting
        cell, row = cell[order], row[order]
        yield cell, row, other.from_places(cell, place[row], own.tables)
    for cell, row in _samples_of(grid, at[far]):
        yield cell, row, other.from_far_places(cell, place[row])
    for cell, row in _samples_of(grid, grid.at[same]):
        yield cell, row, np.zeros(len(row))


def _samples_of(grid: SurfaceCells, at: FlatIndices) -> Iterator[tuple[FlatIndices, FlatIndices]]:
    """The samples of some cells, a part at a time: cell and row of the table of samples."""
    start = code_samples(len(grid.shape)).start
    for first in range(0, len(at), AT_A_TIME):
        yield spread_cells(start, replace(grid, at=at[first : first + AT_A_TIME]))


def _vertex_distances(
    grid: SurfaceCells, at: FlatIndices, other: MeasuredSurface, tables: DistanceTables
) -> Floats:
    """Distances of the vertices of some cells."""
    ids = np.unique(element_vertices(replace(grid, at=at), "faces")[0])
    axes = tables.axes
    middles = place_numbers(TWELFTHS // 2 * np.eye(axes, dtype=np.int64))
    order = np.argsort(ids % axes, kind="stable")
    return other.from_places(ids[order] // axes, middles[ids[order] % axes], tables)


def _tree_distances(own: Mesh, other: MeasuredSurface) -> DirectedDistances:
    distances = other.from_points(own.centroids())
    top = float(distances.max())
    corners = own.vertices[own.elements]
    reach = np.linalg.norm(corners - corners.mean(axis=1, keepdims=True), axis=2).max(axis=1)
    ids = np.unique(own.elements[distances + reach > top])
    there = other.from_points(own.vertices[ids])
    return DirectedDistances(distances, own.areas(), max(top, float(there.max(initial=0))))
