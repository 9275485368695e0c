"""Tables of points (.csv, .tsv): the detections or lesions of many cases, a row each.

A point has no mask, so the volume of a case is empty; it lies on the grid of the other side, or on
one voxel where both sides are points.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.readers.point_table import PointTable, is_point_table, parse_points, point_set
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import ImageSizeError, ReadError
from segeval.runtime.inventory import current
from segeval.volume.channel import Channel
from segeval.volume.placed_points import PlacedPoints
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is a table of points, from its name and the names of its columns."""
    return is_point_table(path)


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open the points of one case. Raises ReadError, ImageSizeError where a mask tells the grid."""
    table = parse_points(path)
    if not reading.member:
        raise ReadError(
            "a table of points holds many cases, and nothing says which of them is meant",
            where=path,
            help="give the table itself as PRED or GT",
        )
    if fault := table.faults.get(reading.member, ""):
        raise ReadError(fault, where=path, help="write its numbers with a decimal point")
    points = table.points.get(reading.member, point_set((), table.axes))
    shape = grid_of_points(table, path, reading)
    detections = current().side != "gt"
    if detections:
        check_scores(points, path)
    current().add_found("point", len(points))
    current().add_scored("point", len(points))
    kind = np.dtype(np.float32 if detections else np.uint8)
    channel = Channel(NoMask(kind), kind, shape)
    return Volume(
        Geometry(shape, reading.spacing), (channel,), path, shares=detections, points=points
    )


def grid_of_points(table: PointTable, path: Path, reading: ReadOptions) -> tuple[int, ...]:
    """The shape of the other side, or one voxel. Raises ReadError."""
    if reading.points_alone:
        return (1,) * table.axes
    if reading.grid is None:
        raise ImageSizeError("points do not say how large their image is", where=path)
    if len(reading.grid) != table.axes:
        raise ReadError(
            f"points of {table.axes} coordinates in an image of {len(reading.grid)} axes",
            where=path,
            help="give x, y and z for volumes, x and y for pictures",
        )
    return reading.grid


def check_scores(points: PlacedPoints, path: Path) -> None:
    """Whether every detection has a score. Raises ReadError."""
    if np.isnan(points.score).any():
        raise ReadError(
            "detections without a score",
            where=path,
            help="add a column `probability`; its size does not matter, only its order",
        )


class NoMask:
    """Draws nothing: points have no voxel."""

    def __init__(self, dtype: np.dtype[np.generic]) -> None:
        self._dtype = dtype

    def fill(self, start: int, out: Raw) -> None:
        """Write zeros, from any flat index on."""
        out[...] = 0

    def turned(self, axes: tuple[int, ...], flips: tuple[int, ...]) -> NoMask:
        """The same however the axes lie."""
        return self
