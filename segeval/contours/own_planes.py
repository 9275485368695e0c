"""Slices from the contours themselves, where no image series gives any (DICOM-F6; ACCOUNT-A24)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

import numpy as np

from segeval.contours.structure_set import WIDE, Contours
from segeval.grid.slices import Frame, Slices, arrange_slices
from segeval.kernels.heights import add_missing_planes, find_planes
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import GeometryError, Note
from segeval.runtime.frozen import replace

MARGIN = 10.0  # mm around contours that have no image series (DICOM-F6)
UPRIGHT = 0.999998  # cosine of a tenth of a degree: so near to an axis it is that axis (DICOM-R13)
ALIKE = 0.999  # cosine between normals of contours on parallel planes, small ones included
MOST_VOXELS = 1 << 34  # of a grid that contours ask for: 2 m at 1 mm on 4000 planes


def contour_points(
    sides: Collection[Contours], wanted: Collection[int] | None = None
) -> Iterator[Floats]:
    """The points of all contours that can be read."""
    for contours in sides:
        for roi in contours.rois:
            if wanted is None or roi.number in wanted:
                yield from (p for c in roi.areas if (p := c.points()) is not None)


def derive_slices(
    sides: Collection[Contours],
    pixel: float = 1.0,
    frame: Frame | None = None,
    corner: Floats | None = None,
    thickness: float | None = None,
) -> Slices:
    """Slices at the planes of all contours of a case that has no grid. Raises GeometryError.

    pixel      millimetres of a pixel
    frame      how the images lie that the contours name, where they agree
    corner     LPS millimetres of the centre of a pixel of theirs
    thickness  millimetres that one plane alone stands for; None: a pixel
    """
    where = " and ".join(dict.fromkeys(c.path.name for c in sides))
    points = near_each_other([p for p in contour_points(sides) if len(p) > 2])
    if not points:
        raise GeometryError("there is neither an image series nor a contour", where=where)
    axes = slice_axes(points) if frame is None else image_axes(frame)
    size = (pixel, pixel) if frame is None else frame.spacing
    flat = [p @ axes.T for p in points]
    # Half a pixel on, so that the outermost vertices lie on the borders of pixels.
    low = np.min([p.min(axis=0) for p in flat], axis=0)[1:] - MARGIN + np.array(size) / 2
    high = np.max([p.max(axis=0) for p in flat], axis=0)[1:] + MARGIN
    if corner is not None:
        phase = (axes @ corner)[1:]
        low = phase + np.floor((low - phase) / size) * size
    rows, columns = (int(n) for n in np.ceil((high - low) / size) + 1)
    heights = np.array([p[:, 0].mean() for p in flat])
    planes = add_missing_planes(find_planes(heights)[1])
    check_size(len(planes), rows, columns, where)
    normal, along_column, along_row = axes
    corners = np.outer(planes, normal) + low[0] * along_column + low[1] * along_row
    made = Frame(tuple(along_row.tolist()), tuple(along_column.tolist()), size, (rows, columns))
    slices = arrange_slices(made, corners, (), thickness or pixel, where)
    why = "no side has a grid" if frame is None else "the images are no grid"
    note = Note("W-derived-grid", f"{why}: drawn on {slices.geometry}", where)
    return replace(slices, images=(), notes=(*slices.notes, note))


def check_size(planes: int, rows: int, columns: int, where: str) -> None:
    """Raise GeometryError for a grid that no scan has."""
    if planes * rows * columns > MOST_VOXELS:
        raise GeometryError(
            f"the contours span a grid of {columns}x{rows}x{planes}, more than is drawn",
            where=where,
            help="--rt-grid MM makes larger pixels; or take out a contour far from all others",
        )


def near_each_other(points: list[Floats]) -> list[Floats]:
    """The contours without those that lie metres from the middle of all: damaged, or no organ."""
    if not points:
        return points
    middles = np.array([p.mean(axis=0) for p in points])
    near = np.abs(middles - np.median(middles, axis=0)).max(axis=1) <= WIDE
    return [p for p, ok in zip(points, near, strict=True) if ok]


def image_axes(frame: Frame) -> Floats:
    """Unit vectors along the normal, a column and a row of some images."""
    return np.array([frame.normal, frame.along_column, frame.along_row])


def slice_axes(points: list[Floats]) -> Floats:
    """Unit vectors along the normal of most contours, down their columns and along their rows.

    Axial contours have rows along x and columns along y; others rows as near to x as can be.
    """
    normal = main_normal(points)
    first = np.array([1.0, 0.0, 0.0]) if abs(normal[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
    along_row = first - normal * float(first @ normal)
    along_row /= np.linalg.norm(along_row)
    return np.array([normal, np.cross(normal, along_row), along_row])


def main_normal(points: list[Floats]) -> Floats:
    """The normal of the planes of most contours, weighted by area; an axis where one is near."""
    spans = np.array([area_vector(p) for p in points])
    spans *= np.where(
        np.take_along_axis(spans, np.abs(spans).argmax(axis=1)[:, None], 1) < 0, -1, 1
    )
    sizes = np.linalg.norm(spans, axis=1)
    whole = sizes > 0
    if not whole.any():
        return np.array([0.0, 0.0, 1.0])
    units = spans[whole] / sizes[whole, None]
    votes: Counter[tuple[float, ...]] = Counter()
    for unit, size in zip(np.round(units, 2).tolist(), sizes[whole].tolist(), strict=True):
        votes[tuple(unit)] += size
    chosen = np.array(votes.most_common(1)[0][0])
    alike = units @ (chosen / np.linalg.norm(chosen)) >= ALIKE
    normal: Floats = spans[whole][alike].sum(axis=0)
    normal /= np.linalg.norm(normal)
    axis = int(np.abs(normal).argmax())
    if normal[axis] >= UPRIGHT:
        normal = np.eye(3)[axis]
    return normal


def area_vector(points: Floats) -> Floats:
    """The area of a closed polygon as a vector along its normal (Newell)."""
    at = points - points[0]
    x, y, z = at.T
    u, v, w = np.concatenate([at[1:], at[:1]]).T
    parts = np.stack([y * w - z * v, z * u - x * w, x * v - y * u], axis=1)  # numpy.cross, sooner
    area: Floats = parts.sum(axis=0) / 2
    return area
