"""The surface of a mask: triangles in 3-D, segments in 2-D, with the middle of edges as vertices.

A mask is given as a crop, and is surrounded by what is not in it: one that touches the edge of its
array is closed there. With a scalar field the vertices sit where the field crosses 0.5 on their
edge. Lengths are in the unit of the spacing, from the centre of the crop's first voxel.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from segeval.kernels.cell_codes import Corners, code_elements, code_faces
from segeval.kernels.distance_tables import Codes, FlatIndices
from segeval.kernels.vtk_triangles import vtk_code_triangles
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.frozen import frozen

LEVEL = 0.5  # of the field at the surface
AT_A_TIME = 1 << 18  # voxels of a slab of planes, so that it stays in the cache
CLIP = 0.02  # share of an edge that a vertex keeps from its ends, so that voxel centres keep sides


@frozen
class SurfaceCells:
    """The cells of a mask; cell i has its first corner at voxel i - margin.

    shape   of the grid of cells
    margin  voxels that were put around the crop
    codes   flat, which corners of each cell are in the mask
    at      flat indices of the cells that the surface runs through
    """

    shape: tuple[int, ...]
    margin: Counted
    codes: Codes
    at: FlatIndices

    @property
    def strides(self) -> Counted:
        """How far apart in the flat arrays neighbours along each axis are."""
        return np.array([int(np.prod(self.shape[k + 1 :])) for k in range(len(self.shape))])


@frozen
class Mesh:
    """An indexed mesh.

    vertices  (n, axes) in mm
    faces     (m, axes) the vertices of each triangle or segment, covering the surface once
    elements  (k, axes) what is sampled
    shares    (k) how much of its area each stands for
    """

    vertices: Floats
    faces: Counted
    elements: Counted
    shares: Floats

    def centroids(self) -> Floats:
        """Where the elements are sampled."""
        found: Floats = self.vertices[self.elements].mean(axis=1)
        return found

    def areas(self) -> Floats:
        """The area, or length, that each element stands for."""
        corners = self.vertices[self.elements]
        sides = corners[:, 1:] - corners[:, :1]
        if sides.shape[1] == 1:
            size: Floats = np.linalg.norm(sides[:, 0], axis=1)
        else:
            size = np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1) / 2
        return size * self.shares


@frozen
class CodeTable:
    """What each code has, one after the other.

    start    where a code begins; codes + 1 numbers
    corners  (n, axes) the first voxel of the edge of each vertex, a bit for each axis
    axes     (n, axes) the axis along which that edge runs
    shares   (n) of the area
    """

    start: FlatIndices
    corners: Counted
    axes: Counted
    shares: Floats


def find_surface_cells(mask: Mask, reach: tuple[int, ...] = ()) -> SurfaceCells:
    """The codes of a mask's cells, by three shifts in 3-D and two in 2-D.

    reach  cells along each axis that a step from a cell of the surface may go and stay in the grid
    """
    margin = np.array(reach or (0,) * mask.ndim) + 1
    padded = np.zeros(mask.shape + 2 * margin, np.uint8)
    padded[tuple(slice(m, m + n) for m, n in zip(margin, mask.shape, strict=True))] = mask
    codes = np.empty(np.array(padded.shape) - 1, np.uint8)
    full = (1 << (1 << mask.ndim)) - 1
    at = []
    planes = max(AT_A_TIME // codes[0].size, 1)
    for first in range(0, len(codes), planes):
        slab = codes[first : first + planes]
        slab[:] = corner_codes(padded[first : first + planes + 1])
        at.append(np.flatnonzero(slab.ravel() - np.uint8(1) < full - 1) + first * codes[0].size)
    return SurfaceCells(codes.shape, margin, codes.ravel(), np.concatenate(at))


def corner_codes(padded: Codes) -> Codes:
    """Which corners of each cell are in a mask, a bit for each.

    padded   uint8, 0 or 1 of every voxel
    returns  uint8, one less along every axis
    """
    codes: Any = padded
    bits = 1
    for axis in reversed(range(padded.ndim)):
        whole = (slice(None),) * axis
        codes = codes[(*whole, slice(None, -1))] | codes[(*whole, slice(1, None))] << bits
        bits *= 2
    found: Codes = codes
    return found


@cache
def code_table(axes: int, kind: str) -> CodeTable:
    """The faces or the elements of every code, or its triangles as VTK cuts them.

    axes  2 or 3
    kind  elements, faces, or once: the triangles of VTK, of which each lies in one code
    """
    each = _kind_of_each_code(axes, kind)
    points = np.array([loop for shared in each for loop, _ in shared], np.int64)
    points = points.reshape(-1, axes, axes)
    corners = points // 2 @ (1 << np.arange(axes)[::-1])
    shares = np.array([share for shared in each for _, share in shared])
    return CodeTable(
        np.cumsum([0, *map(len, each)]), corners, (points % 2).argmax(axis=2), shares
    )  # fmt: skip


def _kind_of_each_code(axes: int, kind: str) -> Sequence[Sequence[tuple[Corners, float]]]:
    if kind == "elements":
        return code_elements(axes)
    faces = vtk_code_triangles() if kind == "once" and axes == 3 else code_faces(axes)
    return [[(face, 1.0) for face in of_code] for of_code in faces]


def element_vertices(grid: SurfaceCells, kind: str) -> tuple[Counted, Floats]:
    """The faces or elements of a mask as ids of their vertices, axes * first voxel + axis.

    grid     the cells that the surface passes
    kind     faces, elements or once: a name of `code_table`
    returns  int64 (k, axes), and float64 (k,), the share of its area that each element stands for
    """
    axes = len(grid.shape)
    known = code_table(axes, kind)
    cell, row = spread_cells(known.start, grid)
    strides = grid.strides
    steps = np.array(
        [sum(s for k, s in enumerate(strides) if c >> (axes - 1 - k) & 1)
         for c in range(1 << axes)])  # fmt: skip
    offsets = axes * steps[known.corners] + known.axes
    return axes * cell[:, None] + offsets[row], known.shares[row]


def spread_cells(start: FlatIndices, grid: SurfaceCells) -> tuple[FlatIndices, FlatIndices]:
    """For everything that the cells have: its cell and its row in the table of codes.

    start    int64, where each code begins in the table, and the end
    grid     the cells that the surface passes
    returns  int64 (k,) twice
    """
    codes = grid.codes[grid.at].astype(np.intp)
    count = start[codes + 1] - start[codes]
    first = start[codes] - (np.cumsum(count) - count)
    return np.repeat(grid.at, count), np.arange(count.sum()) + np.repeat(first, count)


def make_mesh(
    grid: SurfaceCells, spacing: Floats, field: Floats | None = None, *, once: bool = False
) -> Mesh:
    """The surface of a mask; with a field, where that crosses LEVEL.

    grid     the cells that the surface passes
    spacing  float64 (axes,)
    field    over the padded grid; None: faces lie halfway between voxels
    once     triangles as VTK cuts them, each a sample
    """
    axes = len(grid.shape)
    kind = "once" if once and axes == 3 else "faces"
    faces_, shares = element_vertices(grid, kind)
    elements = faces_
    if kind == "faces" and field is None:
        # A polygon is sampled by either diagonal. A field bends it: then the other diagonal's
        # triangles are not on the surface, and a mask would be apart from itself.
        elements, shares = element_vertices(grid, "elements")
    used = np.zeros(axes * (len(grid.codes) + int(grid.strides.sum()) + 1), bool)
    used[faces_] = True
    ids = np.flatnonzero(used)
    number = np.empty(len(used), np.int32)
    number[ids] = np.arange(len(ids))
    return Mesh(
        vertex_positions(ids, grid, spacing, field),
        number[faces_].astype(np.int64),
        number[elements].astype(np.int64),
        shares,
    )


def vertex_positions(
    ids: FlatIndices, grid: SurfaceCells, spacing: Floats, field: Floats | None
) -> Floats:
    """Where the vertices of some ids are."""
    axes = len(grid.shape)
    along = ids % axes
    first = np.stack(np.unravel_index(ids // axes, grid.shape), axis=1) - grid.margin
    places = first.astype(float)
    places[np.arange(len(ids)), along] += (
        0.5 if field is None else level_crossing(field, first, along)
    )
    return places * spacing


def level_crossing(field: Floats, first: Counted, along: Counted) -> Floats:
    """How far along its edge the field crosses LEVEL; `field` has one voxel more on every side."""
    second = first.copy()
    second[np.arange(len(first)), along] += 1
    a, b = field[tuple(first.T + 1)], field[tuple(second.T + 1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(a == b, 0.5, (LEVEL - a) / (b - a))
    return np.clip(share, CLIP, 1 - CLIP)


def smooth_mask(mask: Mask, sigma: float = 1.0) -> Floats:
    """The field of `relaxed`: the mask under a Gaussian of one voxel, padded by one.

    mask     bool
    sigma    in voxels
    returns  float64, each axis two longer
    """
    from scipy.ndimage import gaussian_filter

    field: Floats = gaussian_filter(np.pad(mask, 1).astype(float), sigma, mode="constant")
    return field
