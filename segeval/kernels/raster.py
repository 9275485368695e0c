"""Polygons to masks: a voxel is inside where its centre is, by the even-odd rule.

Vertices are continuous index coordinates, (column, row), centre of the first pixel at 0. An edge
covers the rows ymin <= r < ymax and turns the columns c >= x of its crossing, so polygons that
share an edge tile the plane (DICOM-R1). Several polygons of a plane combine by parity (DICOM-R2).
No pixel is
visited: the crossings of all edges with all rows, sorted, are the runs of the mask.
"""

from __future__ import annotations

import numpy as np

from segeval.kernels.line_batches import split_lines
from segeval.kernels.mask_runs import MaskRuns, cover_at_least, xor_edges
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.frozen import frozen

# A vertex that the file puts on a centre arrives a rounding beside it, on either side. Within this
# share of a pixel it counts as on it, so that such masks do not hang on the last bit.
ON_EDGE = 1e-9
SNAP = 1e-3  # DICOM-R12: so near a centre a vertex was meant to be on it


@frozen
class Polygons:
    """Closed polygons on planes of one grid.

    points  (n, 2) column and row of all vertices, polygon after polygon, first point not repeated
    ends    for each polygon the index behind its last vertex
    planes  for each polygon the plane that it lies on
    """

    points: Floats
    ends: Counted
    planes: Counted

    def following(self) -> Counted:
        """For each vertex the index of the next one of its polygon."""
        after = np.arange(1, len(self.points) + 1)
        after[self.ends - 1] = np.concatenate([[0], self.ends[:-1]])
        return after

    def plane_of_vertex(self) -> Counted:
        """For each vertex the plane of its polygon."""
        return np.repeat(self.planes, np.diff(self.ends, prepend=0))


def rasterize_polygons(polygons: Polygons, shape: tuple[int, int, int]) -> MaskRuns:
    """The voxels whose centres are inside (DICOM-R1, R2, R11).

    polygons  points (n, 2), x and y in voxels of the grid, with the number of their plane
    shape     planes, rows, columns
    """
    _, rows, columns = shape
    low, high, plane = upward_edges(polygons)
    first = np.clip(np.ceil(low[:, 1] - ON_EDGE), 0, rows).astype(np.int64)
    last = np.clip(np.ceil(high[:, 1] - ON_EDGE), 0, rows).astype(np.int64)
    crossed = last > first
    low, high, first, plane = low[crossed], high[crossed], first[crossed], plane[crossed]
    times = last[crossed] - first
    parts = []
    for some in split_lines(times):
        row = consecutive_numbers(first[some], times[some])
        x = row_crossings(low[some], high[some], times[some], row)
        column = np.clip(np.ceil(x - ON_EDGE), 0, columns).astype(np.int64)
        line = np.repeat(plane[some], times[some]) * rows + row
        parts.append(xor_edges(line * columns + column))
    edges = parts[0] if len(parts) == 1 else xor_edges(np.concatenate(parts))
    return MaskRuns(shape, edges)


def upward_edges(polygons: Polygons) -> tuple[Floats, Floats, Counted]:
    """Lower end, upper end and plane of every edge.

    Edges are turned the same way, so two polygons that share one find the same crossings.
    """
    a, b = polygons.points, polygons.points[polygons.following()]
    down = (b[:, 1] < a[:, 1])[:, None]
    return np.where(down, b, a), np.where(down, a, b), polygons.plane_of_vertex()


def consecutive_numbers(first: Counted, times: Counted) -> Counted:
    """first, first + 1, …, `times` of them, for every entry, one after another."""
    begun = np.cumsum(times) - times
    index: Counted = np.arange(times.sum()) + np.repeat(first - begun, times)
    return index


def row_crossings(low: Floats, high: Floats, times: Counted, row: Counted) -> Floats:
    """The column at which each edge crosses each of its rows."""
    slope = (high[:, 0] - low[:, 0]) / (high[:, 1] - low[:, 1])
    x = np.repeat(low[:, 0], times) + (row - np.repeat(low[:, 1], times)) * np.repeat(slope, times)
    left, right = np.minimum(low[:, 0], high[:, 0]), np.maximum(low[:, 0], high[:, 0])
    within_edge: Floats = np.clip(x, np.repeat(left, times), np.repeat(right, times))
    return within_edge


def rasterize_with_border(polygons: Polygons, shape: tuple[int, int, int]) -> MaskRuns:
    """The voxels whose centres are inside or on the border (DICOM-R12).

    Vertices within `SNAP` of a centre are put on it first, so that a slanted edge between two of
    them meets the centres between.

    polygons  points (n, 2), x and y in voxels of the grid, with the number of their plane
    shape     planes, rows, columns
    """
    nearest = np.rint(polygons.points)
    near = np.abs(polygons.points - nearest) <= SNAP
    snapped = Polygons(np.where(near, nearest, polygons.points), polygons.ends, polygons.planes)
    return cover_at_least([rasterize_polygons(snapped, shape), centres_on_border(snapped, shape)])


def centres_on_border(polygons: Polygons, shape: tuple[int, int, int]) -> MaskRuns:
    """The voxels whose centres lie on an edge."""
    _, rows, columns = shape
    low, high, plane = upward_edges(polygons)
    level = high[:, 1] - low[:, 1] <= ON_EDGE
    flat = centres_on_level_edges(low[level], high[level], plane[level], shape)
    low, high, plane = low[~level], high[~level], plane[~level]
    first = np.ceil(np.maximum(low[:, 1], 0) - ON_EDGE).astype(np.int64)
    last = np.floor(np.minimum(high[:, 1], rows - 1) + ON_EDGE).astype(np.int64)
    times = np.maximum(last - first + 1, 0)
    row, line = consecutive_numbers(first, times), np.repeat(plane, times) * rows
    x = row_crossings(low, high, times, row)
    column = np.rint(x).astype(np.int64)
    on = (np.abs(x - column) <= 1e-6) & is_within_axis(column, columns) & is_within_axis(row, rows)
    flat = np.concatenate([flat, ((line + row) * columns + column)[on]])
    return MaskRuns(shape, single_voxel_runs(flat))


def centres_on_level_edges(
    low: Floats, high: Floats, plane: Counted, shape: tuple[int, int, int]
) -> Counted:
    """Flat indices of the centres on edges that run along a row."""
    _, rows, columns = shape
    row = np.rint(low[:, 1]).astype(np.int64)
    on = (np.abs(low[:, 1] - row) <= 1e-6) & is_within_axis(row, rows)
    low, high, row, plane = low[on], high[on], row[on], plane[on]
    first = np.ceil(np.minimum(low[:, 0], high[:, 0]) - ON_EDGE).astype(np.int64)
    last = np.floor(np.maximum(low[:, 0], high[:, 0]) + ON_EDGE).astype(np.int64)
    first, last = np.clip(first, 0, columns), np.clip(last, -1, columns - 1)
    times = np.maximum(last - first + 1, 0)
    return np.repeat((plane * rows + row) * columns, times) + consecutive_numbers(first, times)


def is_within_axis(index: Counted, size: int) -> Mask:
    """Whether indices are inside an axis."""
    return (index >= 0) & (index < size)


def single_voxel_runs(flat: Counted) -> Counted:
    """Single voxels as runs."""
    once = np.unique(flat)
    return xor_edges(np.concatenate([once, once + 1]))


def share_on_centres(points: Floats) -> float:
    """The share of vertices that lie on voxel centres (DICOM-R12).

    points  (n, 2) column and row
    """
    if not len(points):
        return 0.0
    return float((np.abs(points - np.rint(points)) <= SNAP).all(axis=1).mean())
