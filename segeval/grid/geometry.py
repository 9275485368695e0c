"""Where a grid sits in the patient, and what differs between two of them.

Axes are those of the array, (z, y, x) or (y, x), as the file stores it; millimetres are LPS. So two
files of one image may hold it in different orders, and `reorder` says how one becomes the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import numpy as np

from segeval.grid.voxel_sides import MOST_SIDE, is_side
from segeval.runtime.arrays import Floats
from segeval.runtime.frozen import frozen, replace

SAME_GRID_SHARE = 0.01  # share of the smallest voxel side that a corner may move: the same grid
CLOSE_GRID_SHARE = 0.1  # the same grid with a warning
RIGHT_ANGLE = 1e-3  # cosine of two axes up to which they are at right angles


@frozen
class Reorder:
    """How an array becomes another order: transpose by `axes`, then flip the axes in `flips`."""

    axes: tuple[int, ...]
    flips: tuple[int, ...]

    def after(self, first: Reorder) -> Reorder:
        """The one order that is `first` and then this."""
        axes = tuple(first.axes[a] for a in self.axes)
        flips = {i for i, a in enumerate(self.axes) if a in first.flips} ^ set(self.flips)
        return Reorder(axes, tuple(sorted(flips)))

    @property
    def trivial(self) -> bool:
        """Whether there is nothing to do."""
        return self.axes == tuple(range(len(self.axes))) and not self.flips


@frozen
class Geometry:
    """A regular grid of voxels.

    shape       voxels along each axis, (z, y, x) or (y, x)
    spacing     millimetres between voxel centres along the same axes; None when the file has none
    origin      LPS millimetres of the centre of the first voxel; None when the file has none
    directions  for each axis the LPS unit vector in which it runs; None when the file has none
    """

    shape: tuple[int, ...]
    spacing: tuple[float, ...] | None = None
    origin: tuple[float, ...] | None = None
    directions: tuple[tuple[float, ...], ...] | None = None

    @property
    def measurable(self) -> bool:
        """Whether sides and place are lengths that can be squared, summed and written down."""
        return all(map(is_side, self.spacing or ())) and all(
            abs(o) <= MOST_SIDE for o in self.origin or ()
        )

    @property
    def size(self) -> int:
        """Voxels in all."""
        return prod(self.shape)

    @property
    def unit(self) -> str:
        """The unit of a length on this grid: mm, or px where the file has no spacing."""
        return "px" if self.spacing is None else "mm"

    @property
    def voxel(self) -> tuple[float, str]:
        """How much one voxel is, and in what: ml, mm2, or counted where there is no spacing."""
        if self.spacing is None:
            return 1.0, "voxels" if len(self.shape) == 3 else "px"
        size = prod(self.spacing) * self._obliqueness()
        return (size / 1000, "ml") if len(self.spacing) == 3 else (size, "mm2")

    @property
    def sheared(self) -> bool:
        """Whether the axes are not at right angles (ACCOUNT-A12): a CT with gantry tilt."""
        if self.directions is None:
            return False
        cosines = np.array(self.directions) @ np.array(self.directions).T
        return bool((np.abs(cosines - np.eye(len(cosines))) > RIGHT_ANGLE).any())

    def _obliqueness(self) -> float:
        """The volume of a voxel as a share of that of a box of its sides; 1 at right angles."""
        if not self.sheared:
            return 1.0
        cosines = np.array(self.directions) @ np.array(self.directions).T
        return float(np.sqrt(np.linalg.det(cosines)))

    @property
    def steps(self) -> Floats:
        """(axes, 3) LPS millimetres: row i is a step along axis i. Needs `placed`."""
        found: Floats = np.array(self.directions) * np.array(self.spacing)[:, None]
        return found

    @property
    def placed(self) -> bool:
        """Whether the grid knows where it lies, not only how large it is."""
        return self.spacing is not None and self.origin is not None and self.directions is not None

    def affine(self) -> Floats:
        """The 4 x 4 matrix from (z, y, x, 1) indices to LPS millimetres. Needs `placed`.

        Of a picture it is from (y, x, 0, 1): its third column is the normal of the plane.
        """
        matrix, count = np.eye(4), len(self.shape)
        matrix[:3, :count] = (np.array(self.directions) * np.array(self.spacing)[:, None]).T
        if count == 2:
            matrix[:3, 2] = np.cross(*np.array(self.directions))
        matrix[:3, 3] = self.origin
        return matrix

    def indices(self, points: Floats) -> Floats:
        """Where LPS points (n, 3) lie, in voxels along each axis, (n, axes). Needs `placed`."""
        moved: Floats = (points - np.array(self.origin)) @ np.linalg.inv(self.affine()[:3, :3]).T
        return moved[:, : len(self.shape)]

    def corners(self) -> Floats:
        """LPS millimetres of the centres of the corner voxels, (2**axes, 3). Needs `placed`."""
        ends = np.array(list(product(*((0, n - 1) for n in self.shape))), float)
        return self.points(ends)

    def points(self, indices: Floats) -> Floats:
        """LPS millimetres of places in voxels along each axis, (n, axes). Needs `placed`."""
        matrix = self.affine()
        return indices @ matrix[:3, : len(self.shape)].T + matrix[:3, 3]

    def corner_shift(self, other: Geometry) -> float:
        """The farthest that a corner of this grid moves to become `other`'s, in millimetres."""
        return float(np.linalg.norm(self.corners() - other.corners(), axis=1).max())

    def reorder(self, other: Geometry) -> Reorder | None:
        """How an array on `other` takes this grid's axes; None if they are not parallel."""
        if not (self.placed and other.placed) or len(self.shape) != len(other.shape):
            return None
        cosines = np.array(self.directions) @ np.array(other.directions).T
        axes = np.abs(cosines).argmax(axis=1)
        signs = cosines[np.arange(len(axes)), axes]
        if len(set(axes.tolist())) != len(axes) or (np.abs(signs) < 0.999).any():
            return None
        flips = tuple(int(i) for i in np.flatnonzero(signs < 0))
        return Reorder(tuple(int(a) for a in axes), flips)

    def reordered(self, order: Reorder) -> Geometry:
        """This grid after its array was reordered: the same voxels at the same places."""
        assert self.spacing is not None
        assert self.origin is not None
        assert self.directions is not None
        shape = [self.shape[a] for a in order.axes]
        spacing = [self.spacing[a] for a in order.axes]
        directions = [np.array(self.directions[a]) for a in order.axes]
        origin = np.array(self.origin)
        for axis in order.flips:
            origin = origin + directions[axis] * spacing[axis] * (shape[axis] - 1)
            directions[axis] = -directions[axis]
        return Geometry(
            tuple(shape),
            tuple(spacing),
            tuple(origin.tolist()),
            tuple(tuple((d + 0.0).tolist()) for d in directions),
        )

    def differences(self, other: Geometry, tolerance: float = SAME_GRID_SHARE) -> Iterator[str]:
        """Say, in words, each way in which `other` is not this grid.

        tolerance  how far a corner may move, as a share of the smallest voxel side
        """
        if len(self.shape) != len(other.shape):
            yield f"{len(self.shape)} axes against {len(other.shape)}"
            return
        if self.shape != other.shape:
            yield f"shape {format_shape(self.shape)} against {format_shape(other.shape)}"
        if self.spacing is None or other.spacing is None:
            return
        if not np.allclose(self.spacing, other.spacing, rtol=1e-3):
            own, theirs = format_spacing(self.spacing), format_spacing(other.spacing)
            yield f"spacing {own} against {theirs} mm"
        if not (self.placed and other.placed):
            return
        if self.directions_differ(other):
            yield f"directions {format_directions(self)} against {format_directions(other)}"
        if self.shape != other.shape:
            yield from self._origins(other, tolerance)
        elif (shift := self.corner_shift(other)) > tolerance * min(self.spacing):
            yield f"corner shift {shift:.4g} mm"

    def directions_differ(self, other: Geometry) -> bool:
        """Whether the axes point elsewhere by more than rounding."""
        return not np.allclose(np.array(self.directions), np.array(other.directions), atol=1e-3)

    def _origins(self, other: Geometry, tolerance: float) -> Iterator[str]:
        assert self.spacing is not None
        assert self.origin is not None
        assert other.origin is not None
        gap = np.linalg.norm(np.subtract(self.origin, other.origin))
        if gap > tolerance * min(self.spacing):
            yield f"origin {format_point(self.origin)} against {format_point(other.origin)} mm"

    def plane(self) -> Geometry:
        """The only plane of a volume, as a picture."""
        return Geometry(
            self.shape[1:],
            self.spacing[1:] if self.spacing else None,
            self.origin,
            self.directions[1:] if self.directions else None,
        )

    def spaced(self, spacing: tuple[float, ...] | None) -> Geometry:
        """This grid with another spacing."""
        return replace(self, spacing=spacing)

    def __str__(self) -> str:
        text = format_shape(self.shape)
        return text if self.spacing is None else f"{text}, {format_spacing(self.spacing)} mm"


def format_shape(shape: tuple[int, ...]) -> str:
    """A shape as people read it: x first."""
    return "x".join(str(n) for n in reversed(shape))


def format_spacing(spacing: tuple[float, ...]) -> str:
    """Voxel sides as people read them: x first, no needless digits."""
    return " x ".join(f"{s:.4g}" for s in reversed(spacing))


def format_point(origin: tuple[float, ...]) -> str:
    """A place in the patient, LPS millimetres."""
    return "(" + ", ".join(f"{v:.6g}" for v in origin) + ")"


def format_directions(geometry: Geometry) -> str:
    """The directions of the axes, x first."""
    axes = reversed(geometry.directions or ())
    return " ".join("(" + ", ".join(f"{v:.3g}" for v in axis) + ")" for axis in axes)
