"""From one mesh to another: the exact distance of every sample, both ways.

Near the other surface a sample's distance is looked up (`lattice`); the few that are farther, the
surfaces of fields, and contours in 2-D ask a tree of triangles or segments (libigl).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.distance_tables import (
    SIXTHS,
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
    vertices_and_faces,
)
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.interrupts import hold_interrupts

IntegerArray = NDArray[np.integer[Any]]  # of places
AT_A_TIME = 1 << 17  # cells of a surface whose samples are measured
BLOCK_CELLS = 2  # cells along each axis: what is near a far point is found by blocks
SAMPLED_CELLS = 64  # one of so many cells of a surface tells about how far it is


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
    tables  of the grid's spacing; None in 2-D
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
            found[far] = self._far(cell[far], place[far], found[far])
        return found

    def _far(self, cell: FlatIndices, place: IntegerArray, most: Floats) -> Floats:
        """The same for a few that the tables do not answer.

        most  what their distances do not exceed, inf where the tables have not met the surface
        """
        order = np.argsort(cell, kind="stable")  # beside each other they take the same way down
        cell, points = cell[order], self.points(cell[order], place[order])
        tree = self._tree_around(cell, points, most[order])
        most[order] = tree.distances(points)
        return most

    def _tree_around(self, cell: FlatIndices, points: Floats, most: Floats) -> ShapeTree:
        """A tree of no more of the surface than can be nearest to points, if that is less work."""
        if "_tree" in self.__dict__ or 2 * len(cell) > len(self.grid.at):
            return self._tree
        unmet = np.isinf(most)
        most[unmet] = self._tree_of(self.grid.at[::SAMPLED_CELLS]).distances(points[unmet])
        near = nearby_cells(self.grid, cell, most, self.spacing)
        return self._tree if 2 * len(near) > len(self.grid.at) else self._tree_of(near)

    def _tree_of(self, cell: FlatIndices) -> ShapeTree:
        return ShapeTree(*vertices_and_faces(replace(self.grid, at=cell), self.spacing))

    def points(self, cell: FlatIndices, place: IntegerArray) -> Floats:
        """Where places of cells are, in mm.

        cell     int64 (n,) flat indices of cells
        place    (n,) numbers of `cell_places`
        returns  float64 (n, axes)
        """
        first = np.stack(np.unravel_index(cell, self.grid.shape), axis=1) - self.grid.margin
        found: Floats = (first + cell_places()[place] / SIXTHS) * self.spacing
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


def nearby_cells(
    grid: SurfaceCells, cell: FlatIndices, most: Floats, spacing: Floats
) -> FlatIndices:
    """The cells of a surface that can be nearest to a point of some cells, by blocks.

    most  what the distance of each is at most
    """
    sizes = tuple(
        n // BLOCK_CELLS + 2 for n in grid.shape
    )  # none of a surface is in the last block
    blocks, number = np.unique(cell_blocks(grid, sizes, cell), return_inverse=True)
    within = np.zeros(len(blocks))
    np.maximum.at(within, number, most)
    within *= 1 + 1e-9  # what was rounded down
    steps = (within[:, None] / (BLOCK_CELLS * spacing)).astype(int) + 1
    return grid.at[_blocks_in_reach(blocks, steps, sizes)[cell_blocks(grid, sizes, grid.at)]]


def _blocks_in_reach(blocks: FlatIndices, steps: FlatIndices, sizes: tuple[int, ...]) -> Mask:
    """Which blocks are within so many steps along each axis of any of some, flat."""
    middle = np.transpose(np.unravel_index(blocks, sizes))
    ends = np.maximum(middle - steps, 0), np.minimum(middle + steps + 1, np.array(sizes) - 1)
    edges = np.zeros(sizes, np.int32)
    for corner in product((0, 1), repeat=len(sizes)):
        at = tuple(ends[high][:, axis] for axis, high in enumerate(corner))
        np.add.at(edges, at, (-1) ** sum(corner))
    for axis in range(len(sizes)):
        np.cumsum(edges, axis, out=edges)
    return edges.ravel() > 0


def cell_blocks(grid: SurfaceCells, sizes: tuple[int, ...], cell: FlatIndices) -> FlatIndices:
    """The block that each cell is in, flat."""
    index = [i // BLOCK_CELLS for i in np.unravel_index(cell, grid.shape)]
    return np.ravel_multi_index(index, sizes)


def directed_distances(own: MeasuredSurface, other: MeasuredSurface) -> DirectedDistances:
    """The distance of every sample of a surface from another, neither of them empty.

    own      the surface that is sampled
    other    the one it is measured from, on the same grid
    returns  distances in mm and the area (length) that each stands for
    """
    if own.tables is None or other.tables is None:
        return _tree_distances(own.mesh, other)
    grid, area, extent = own.grid, own.tables.areas(), own.tables.extents()
    count = int(np.diff(code_samples().start)[grid.codes[grid.at]].sum())
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
    grid = own.grid
    same = grid.codes[grid.at] == other.grid.codes[grid.at]  # one surface: nothing to look up
    for apart in (True, False):
        at = grid.at[same != apart]
        for first in range(0, len(at), AT_A_TIME):
            cell, row = spread_cells(
                code_samples().start, replace(grid, at=at[first : first + AT_A_TIME])
            )
            if not apart:
                yield cell, row, np.zeros(len(row))
                continue
            place = code_samples().place.astype(np.uint8)[row]  # bytes are sorted by counting
            order = np.argsort(place, kind="stable")
            cell, row, place = cell[order], row[order], place[order]
            yield cell, row, other.from_places(cell, place, own.tables)


def _vertex_distances(
    grid: SurfaceCells, at: FlatIndices, other: MeasuredSurface, tables: DistanceTables
) -> Floats:
    """Distances of the vertices of some cells."""
    ids = np.unique(element_vertices(replace(grid, at=at), "faces")[0])
    middles = place_numbers(3 * np.eye(3, dtype=np.int64))
    order = np.argsort(ids % 3, kind="stable")
    return other.from_places(ids[order] // 3, middles[ids[order] % 3], tables)


def _tree_distances(own: Mesh, other: MeasuredSurface) -> DirectedDistances:
    distances = other.from_points(own.centroids())
    top = float(distances.max())
    corners = own.vertices[own.elements]
    reach = np.linalg.norm(corners - corners.mean(axis=1, keepdims=True), axis=2).max(axis=1)
    ids = np.unique(own.elements[distances + reach > top])
    there = other.from_points(own.vertices[ids])
    return DirectedDistances(distances, own.areas(), max(top, float(there.max(initial=0))))


def voxels_near_surface(surface: MeasuredSurface, mask: Mask, depth: float) -> Mask:
    """The voxels of a mask that are less than `depth` from its own surface.

    A voxel is nearer to its surface than to the next voxel outside, and no more than a cell's
    diagonal nearer; only between the two bounds is the surface asked.
    """
    from scipy.ndimage import distance_transform_edt

    spacing = surface.spacing
    outside = distance_transform_edt(np.pad(mask, 1), sampling=spacing)
    outside = outside[tuple(slice(1, -1) for _ in mask.shape)]
    limit = depth - 1e-6  # a distance that is the depth but for rounding is not less
    shell: Mask = mask & (outside < limit)
    asked = mask & ~shell & (outside - np.linalg.norm(spacing) < limit)
    at: Counted = np.argwhere(asked)
    shell[tuple(at.T)] = surface.from_points(at * spacing) < limit
    return shell
