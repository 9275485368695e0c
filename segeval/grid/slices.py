"""Where the slices of a series lie, and the regular grid that stands for them.

Contours belong to slices at their actual positions; the rest of the program knows regular grids.
A series of uneven gaps is an even grid at its finest gap, each plane of which takes the nearest
slice, so a slice stands for half the gap to each neighbour (DICOM-F2).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.errors import GeometryError, Note
from segeval.runtime.frozen import frozen, replace

EVEN_SHARE = 0.05  # share of the gap that a slice may be off the even grid
HOLE_GAPS = 1.8  # gaps from here on, in medians, mean that slices are missing (DICOM-F3)
PARALLEL = 0.999998  # cosine of a tenth of a degree
MOST_PLANES = 20  # planes that may stand for one slice, on average


@frozen
class Frame:
    """How slices lie in the patient: what all of them share (DICOM-F1).

    along_row     LPS unit vector from a pixel to the next column
    along_column  LPS unit vector from a pixel to the next row
    spacing       millimetres between rows and between columns
    shape         rows, columns
    """

    along_row: tuple[float, ...]
    along_column: tuple[float, ...]
    spacing: tuple[float, float]
    shape: tuple[int, int]

    @property
    def normal(self) -> tuple[float, ...]:
        """The direction in which slices follow one another."""
        return tuple(np.cross(self.along_row, self.along_column).tolist())


@frozen
class Slices:
    """Slices and the grid that stands for them.

    geometry   the grid; its first axis runs along the normal of the slices
    positions  millimetres of each slice along that axis from the grid's first plane, rising
    source     for each plane of the grid the slice that it takes
    images     SOP Instance UID of each slice, where there are images
    cut        the grid is another one's, and may end before the slices do
    """

    geometry: Geometry
    positions: Floats
    source: Counted
    images: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    cut: bool = False

    @property
    def thickness(self) -> Floats:
        """Millimetres that each slice stands for: half the gap to each neighbour (DICOM-F2, R8)."""
        assert self.geometry.spacing is not None
        if len(self.positions) == 1:
            return np.array([self.geometry.spacing[0]])
        gaps = np.diff(self.positions)
        return np.concatenate([gaps[:1], (gaps[1:] + gaps[:-1]) / 2, gaps[-1:]])

    @property
    def borders(self) -> Floats:
        """Where the slab of each slice begins, and the end of the last: half way to neighbours."""
        half = self.thickness[[0, -1]] / 2
        at = self.positions
        return np.concatenate([at[:1] - half[:1], (at[1:] + at[:-1]) / 2, at[-1:] + half[1:]])

    def beyond(self, heights: Floats) -> Mask:
        """Which heights lie off the planes of a grid that ends before the slices do."""
        assert self.geometry.spacing is not None
        plane = heights / self.geometry.spacing[0]
        half = 0.5 + 1e-6
        return self.cut & ((plane < -half) | (plane > self.geometry.shape[0] - 1 + half))

    def nearest(self, heights: Floats) -> Counted:
        """The slice nearest to each height; half way it is the lower one (DICOM-R6)."""
        return nearest_position(self.positions, heights)


def nearest_position(positions: Floats, heights: Floats) -> Counted:
    """The place of the nearest position; half way, up to rounding, the lower one."""
    middles = (positions[1:] + positions[:-1]) / 2
    return np.searchsorted(middles, heights - 1e-6, "left").astype(np.int64)


def slices_of_grid(geometry: Geometry, axis: int = 0) -> Slices:
    """The planes of a grid along an axis as slices, that axis first. Needs `placed`."""
    assert geometry.spacing is not None
    assert geometry.directions is not None
    axes = (axis, *(i for i in range(3) if i != axis))
    turned = Geometry(
        tuple(geometry.shape[i] for i in axes),
        tuple(geometry.spacing[i] for i in axes),
        geometry.origin,
        tuple(geometry.directions[i] for i in axes),
    )
    count = turned.shape[0]
    return Slices(turned, np.arange(count) * geometry.spacing[axis], np.arange(count))


def slabs_on_grid(own: Slices, grid: Slices) -> Slices | None:
    """The planes of a grid as slabs of another series' slices; None where they are not parallel.

    Contours are drawn in the pixels of the grid, each on its own slice, and a plane takes the
    slice that is nearest. Beyond the series by more than half a gap there is nothing.
    """
    one, two = own.geometry, grid.geometry
    assert one.directions is not None
    assert two.directions is not None
    along = np.array(two.directions[0])
    turn = float(np.dot(one.directions[0], along))
    if abs(turn) < PARALLEL:
        return None
    first = float(np.dot(np.array(one.origin) - np.array(two.origin), along))
    heights = np.sort(first + np.sign(turn) * own.positions)
    ends = np.diff(heights)[[0, -1]] if len(heights) > 1 else np.full(2, own.thickness[0])
    # One slice more at either end, on which nothing was drawn.
    positions = np.concatenate([[heights[0] - ends[0]], heights, [heights[-1] + ends[1]]])
    return Slices(two, positions, nearest_position(positions, grid.positions), cut=True)


def arrange_slices(
    frame: Frame,
    corners: Floats,
    images: Sequence[str] = (),
    gap: float | None = None,
    where: object = "",
) -> Slices:
    """Slices in order of their positions, and the grid for them. Raises GeometryError.

    corners  (n, 3) LPS millimetres of the centre of each first pixel
    images   SOP Instance UID of each
    gap      millimetres that one slice alone stands for
    """
    heights = corners @ np.array(frame.normal)
    order = np.argsort(heights, kind="stable")
    heights, corners = heights[order], corners[order]
    positions = heights - heights[0]
    check_in_line(frame, corners, where)
    check_apart(positions, where)
    step, count, notes = fit_even_grid(positions, heights[0], gap, where)
    geometry = Geometry(
        (count, *frame.shape),
        (step, *frame.spacing),
        tuple(corners[0].tolist()),
        (frame.normal, frame.along_column, frame.along_row),
    )
    source = nearest_position(positions, np.arange(count) * step)
    named = tuple(images[i] for i in order) if images else ()
    return Slices(geometry, positions, source, named, tuple(notes))


def check_in_line(frame: Frame, corners: Floats, where: object) -> None:
    """Raise GeometryError where slices are shifted sideways against each other."""
    sides = np.array([frame.along_row, frame.along_column]).T
    drift = float(np.abs((corners - corners[0]) @ sides).max())
    if drift > max(0.1, 0.1 * min(frame.spacing)):
        raise GeometryError(
            f"slices lie up to {drift:.3g} mm beside the line of the first, so they are no grid",
            where=where,
            help="keep slices that lie in line: one of two series, or a tilted one resampled",
        )


def check_apart(positions: Floats, where: object) -> None:
    """Raise GeometryError where two slices lie at one place."""
    if together := int((np.diff(positions) < 0.01).sum()):
        raise GeometryError(
            f"{together} of {len(positions)} slices lie where another one lies",
            where=where,
            help="split it: of several phases or acquisitions, each is a series of its own",
        )


def fit_even_grid(
    positions: Floats, first: float, gap: float | None, where: object
) -> tuple[float, int, list[Note]]:
    """The gap and the number of planes of the grid, and what to say of it (DICOM-F2, F3)."""
    count = len(positions)
    if count == 1:
        if gap is None:
            raise GeometryError("one slice alone, and its thickness is not said", where=where)
        return gap, 1, []
    gaps = np.diff(positions)
    mean = float(positions[-1] / (count - 1))
    if np.abs(positions - np.arange(count) * mean).max() <= EVEN_SHARE * gaps.min():
        return mean, count, []
    finest = float(gaps.min())
    planes = round(float(positions[-1]) / finest) + 1
    spread = f"slice gaps from {finest:.4g} to {gaps.max():.4g} mm"
    if planes > MOST_PLANES * count:
        raise GeometryError(f"{spread}: too uneven for a grid", where=where)
    notes = [Note("N-uneven-slices", f"{spread}: drawn on {planes} planes", str(where))]
    if len(holes := np.flatnonzero(gaps > HOLE_GAPS * np.median(gaps))):
        after = ", ".join(f"{first + positions[i]:.4g}" for i in holes[:10])
        text = f"slices are missing after {after} mm along the slice normal"
        notes.append(Note("W-missing-slices", text, str(where)))
    return finest, planes, notes


def extend_grid(geometry: Geometry, points: Floats) -> Geometry:
    """A grid with planes added at both ends, as many as it takes to reach some points.

    points  (n, 3) LPS millimetres
    """
    assert geometry.spacing is not None
    assert geometry.directions is not None
    assert geometry.origin is not None
    step, along = geometry.spacing[0], np.array(geometry.directions[0])
    at = (points - np.array(geometry.origin)) @ along / step
    before = max(0, int(np.ceil(-float(at.min()) - 0.5 - EVEN_SHARE)))
    after = max(0, int(np.ceil(float(at.max()) - geometry.shape[0] + 0.5 - EVEN_SHARE)))
    origin = np.array(geometry.origin) - before * step * along
    shape = (geometry.shape[0] + before + after, *geometry.shape[1:])
    return replace(geometry, shape=shape, origin=tuple(origin.tolist()))
