"""From one mesh to another: the exact distance of every sample, both ways.

Near the other surface a sample's distance is looked up (`lattice`); the few that are farther, the
surfaces of fields, and contours in 2-D ask a tree of triangles or segments (libigl).
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Counted, Floats, Mask
from segeval.frozen import frozen
from segeval.kernels.lattice import SIXTHS, Places, Tables, lookup, place_numbers, places, samples
from segeval.kernels.mesh import Cells, Mesh, cells_of, mesh, of_cells, spread

Numbers = NDArray[np.integer[Any]]  # of places
BLOCK = 4  # cells along each axis: what is near a far point is found by blocks


@frozen
class Directed:
    """What one surface says of its distance from another.

    distances  of the samples
    sizes      the area (length, count) that each stands for
    farthest   the largest distance of any point that is looked at, vertices included
    """

    distances: Floats
    sizes: Floats
    farthest: float


class Tree:
    """The triangles or segments of a mesh, ready to be asked for distances."""

    def __init__(self, of: Mesh) -> None:
        import igl  # 0.2 s to import

        # libigl 2.6 frees memory twice when points have two coordinates
        self._vertices, self._faces = in_space(of.vertices), of.faces
        self._tree = igl.AABB()
        self._tree.init(self._vertices, self._faces)

    def distances(self, points: Floats) -> Floats:
        """The exact distance of each of some points (n, axes)."""
        if not len(points):
            return np.zeros(0)
        square = self._tree.squared_distance(self._vertices, self._faces, in_space(points))[0]
        found: Floats = np.sqrt(np.maximum(square, 0))
        return found


class Surface:
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
        tables: Tables | None = None,
        field: Floats | None = None,
        *,
        once: bool = False,
    ) -> None:
        self.spacing = np.array(spacing)
        self.tables = tables if field is None else None
        self._field, self._once = field, once
        self.grid = cells_of(mask, self.tables.reach if self.tables else ())

    @cached_property
    def mesh(self) -> Mesh:
        """Vertices, faces and elements."""
        return mesh(self.grid, self.spacing, self._field, once=self._once)

    @cached_property
    def _tree(self) -> Tree:
        return Tree(self.mesh)

    def from_points(self, points: Floats) -> Floats:
        """The exact distance of points (n, axes) from this surface."""
        return self._tree.distances(points)

    def from_places(self, cell: Places, place: Numbers, tables: Tables) -> Floats:
        """The exact distance of places in cells from this surface.

        cell   flat indices of cells
        place  the number of the point in each, in runs of the same number
        """
        found, far = np.empty(len(cell)), np.zeros(len(cell), bool)
        codes, strides = self.grid.codes, self.grid.strides
        cuts = np.flatnonzero(np.diff(place)) + 1
        for start, stop in zip([0, *cuts], [*cuts, len(cell)], strict=True):
            if start == stop:
                continue
            own = slice(start, stop)
            known = int(place[start])
            apart, limit = lookup(tables, known, cell[own], codes, strides)
            found[own], far[own] = apart, apart > limit
        if far.any():
            tree = self._tree_around(cell[far], float(found[far].max()))
            found[far] = tree.distances(self.points(cell[far], place[far]))
        return found

    def _tree_around(self, cell: Places, within: float) -> Tree:
        """A tree of no more of the surface than what may be nearest to cells."""
        if "_tree" in self.__dict__ or not np.isfinite(within):
            return self._tree
        grid = self.grid
        near = neighbours(grid, cell, within / self.spacing)
        if 2 * len(near) > len(grid.at):
            return self._tree
        part = Cells(grid.shape, grid.margin, grid.codes, near)
        return Tree(mesh(part, self.spacing))

    def points(self, cell: Places, place: Numbers) -> Floats:
        """Where places of cells are, in mm."""
        first = np.stack(np.unravel_index(cell, self.grid.shape), axis=1) - self.grid.margin
        found: Floats = (first + places()[place] / SIXTHS) * self.spacing
        return found


def in_space(points: Floats) -> Floats:
    """Points with three coordinates."""
    missing = 3 - points.shape[1]
    return np.pad(points, ((0, 0), (0, missing))) if missing else np.ascontiguousarray(points)


def neighbours(grid: Cells, cell: Places, within: Floats) -> Places:
    """The cells of a surface in the blocks that cells see within so many cells along each axis."""
    sizes = [n // BLOCK + 1 for n in grid.shape]
    reach = np.ceil((within + 1) / BLOCK).astype(int)
    blocks = np.unique(block_of(grid, sizes, cell))
    seen = np.zeros(sizes, bool)
    for place in zip(*np.unravel_index(blocks, sizes), strict=True):
        seen[tuple(slice(max(p - r, 0), p + r + 1) for p, r in zip(place, reach, strict=True))] = 1
    return grid.at[seen.ravel()[block_of(grid, sizes, grid.at)]]


def block_of(grid: Cells, sizes: list[int], cell: Places) -> Places:
    """The block that each cell is in, flat."""
    index = [i // BLOCK for i in np.unravel_index(cell, grid.shape)]
    return np.ravel_multi_index(index, sizes)


def directed(own: Surface, other: Surface) -> Directed:
    """The distance of every sample of a surface from another, neither of them empty."""
    if own.tables is None or other.tables is None:
        return _by_tree(own.mesh, other)
    cell, row = spread(samples().start, own.grid)
    place = samples().place.astype(np.uint8)[row]  # bytes are sorted by counting
    order = np.argsort(place, kind="stable")
    cell, row, place = cell[order], row[order], place[order]
    distances = other.from_places(cell, place, own.tables)
    top = float(distances.max())
    near_top = np.unique(cell[distances + own.tables.extents()[row] > top])
    distances_there = _vertex_distances(own.grid, near_top, other, own.tables)
    return Directed(distances, own.tables.areas()[row], max(top, float(distances_there.max())))


def _vertex_distances(grid: Cells, at: Places, other: Surface, tables: Tables) -> Floats:
    """Distances of the vertices of some cells."""
    ids = np.unique(of_cells(Cells(grid.shape, grid.margin, grid.codes, at), "faces")[0])
    middles = place_numbers(3 * np.eye(3, dtype=np.int64))
    order = np.argsort(ids % 3, kind="stable")
    return other.from_places(ids[order] // 3, middles[ids[order] % 3], tables)


def _by_tree(own: Mesh, other: Surface) -> Directed:
    distances = other.from_points(own.centroids())
    top = float(distances.max())
    corners = own.vertices[own.elements]
    reach = np.linalg.norm(corners - corners.mean(axis=1, keepdims=True), axis=2).max(axis=1)
    ids = np.unique(own.elements[distances + reach > top])
    there = other.from_points(own.vertices[ids])
    return Directed(distances, own.areas(), max(top, float(there.max(initial=0))))


def own_depth(surface: Surface, mask: Mask, depth: float) -> Mask:
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
