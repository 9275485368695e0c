"""Both sides on one grid (docs/layouts.md, section geometry).

Equal grids pass; grids that differ by the order or direction of their axes are turned, without loss
and without a word; anything else is a GeometryError, unless the user asked for resampling.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from segeval.grid.geometry import CLOSE_GRID_SHARE, SAME_GRID_SHARE, Geometry, format_point
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import GeometryError, Note
from segeval.runtime.frozen import replace
from segeval.volume.volume import Channel, Volume, open_channels

RESAMPLE_HELP = (
    "--resample gt puts the prediction on the ground truth's grid "
    "(labels nearest neighbour, probabilities linear)"
)
SIZE_HELP = (
    "pictures of different size are never resized; "
    "--upsample brings scores of low resolution to the size of the ground truth"
)


def align_volume(
    volume: Volume, truth: Geometry, names: tuple[str, str] = ("pred", "gt")
) -> Volume:
    """The volume on the grid of the ground truth, or a GeometryError.

    names  what the two sides are called in messages
    """
    own = volume.geometry
    if len(own.shape) != len(truth.shape):
        own, volume = drop_single_plane(volume, truth)
    if not (own.placed and truth.placed):
        return adopt_placement(volume, truth, names)
    order = truth.reorder(own)
    turned = own if order is None or order.trivial else own.reordered(order)
    if list(truth.differences(turned, CLOSE_GRID_SHARE)):
        raise grid_mismatch_error(own, truth, turned, names)
    notes = volume.notes
    if list(truth.differences(turned, SAME_GRID_SHARE)):
        text = f"corners differ by {truth.corner_shift(turned):.4g} mm; taken as one grid"
        notes = (*notes, Note("W-geometry-near", text, str(volume.path)))
    if order is None or order.trivial:
        return replace(volume, geometry=truth, notes=notes)
    channels = tuple(v.turned(order) for v in volume.channels)
    return replace(volume, geometry=truth, channels=channels, notes=notes)


def drop_single_plane(volume: Volume, truth: Geometry) -> tuple[Geometry, Volume]:
    """A volume of one plane beside a picture: the plane."""
    own = volume.geometry
    if len(own.shape) == 3 and len(truth.shape) == 2 and own.shape[0] == 1:
        flat = Geometry(own.shape[1:], own.spacing[1:] if own.spacing else None)
        channels = tuple(v.flattened() for v in volume.channels)
        return flat, replace(volume, geometry=flat, channels=channels)
    return own, volume


def adopt_placement(volume: Volume, truth: Geometry, names: tuple[str, str]) -> Volume:
    """Shapes must agree; the side that knows where it lies tells the other (rule G4)."""
    own = volume.geometry
    if own.shape != truth.shape:
        raise grid_mismatch_error(own, truth, own, names)
    if (
        own.spacing
        and truth.spacing
        and not np.allclose(own.spacing, truth.spacing, rtol=SAME_GRID_SHARE)
    ):
        raise grid_mismatch_error(own, truth, own, names)
    notes = volume.notes
    if truth.placed != own.placed:
        which = names[1] if truth.placed else names[0]
        text = f"only {which} says where its voxels lie; shapes agree, its grid is used"
        notes = (*notes, Note("N-geometry-from-other", text, str(volume.path)))
    return replace(volume, notes=notes)


def choose_case_grid(truth: Geometry, pred: Geometry) -> Geometry:
    """The grid of the case: the ground truth's, or that of the side that knows its place."""
    if truth.placed or truth.shape != pred.shape:
        return truth
    return pred if pred.placed or (pred.spacing and not truth.spacing) else truth


def grid_mismatch_error(
    own: Geometry, truth: Geometry, turned: Geometry, names: tuple[str, str]
) -> GeometryError:
    """The error for grids that are not the same, with the facts of both."""
    facts = [f"{names[0]} {own}", f"{names[1]} {truth}", *turned.differences(truth)]
    if own.shape == truth.shape and own.origin and truth.origin and own.origin != truth.origin:
        facts.append(
            f"origin {names[0]} {format_point(own.origin)}, "
            f"{names[1]} {format_point(truth.origin)} mm"
        )
    same = own.spacing is None and truth.spacing is None
    return GeometryError(
        f"{'prediction' if names[0] == 'pred' else names[0]} and "
        f"{'ground truth' if names[1] == 'gt' else names[1]} are on different grids",
        facts=tuple(facts),
        help=SIZE_HELP if same else RESAMPLE_HELP,
    )


def resample_volume(
    volume: Volume, grid: Geometry, labels: bool | None, outside: Sequence[float] = ()
) -> Volume:
    """The volume on another grid: nearest neighbour for labels, linear for other values.

    The channel is held whole while it is resampled.

    labels   whether the values are labels; None: those of a channel are if all are whole
    outside  value of each channel beyond the volume's field of view; 0 where it is not given
    Raises GeometryError where a grid does not know its place.
    """
    if not list(grid.differences(volume.geometry)) and grid.shape == volume.geometry.shape:
        return volume
    if not (grid.placed and volume.geometry.placed):
        raise GeometryError(
            "a grid without a place in the patient cannot be resampled",
            where=volume.path,
            facts=(f"from {volume.geometry}", f"to {grid}"),
            help="give files with a geometry, or images of one size",
        )
    beyond = outside or (0.0,) * len(volume.channels)
    channels = tuple(
        _ResampledChannel(volume, c, grid, labels, beyond[c]).voxels
        for c in range(len(volume.channels))
    )
    note = Note("N-resampled", f"{volume.geometry} put on {grid}", str(volume.path))
    return replace(volume, geometry=grid, channels=channels, notes=(*volume.notes, note))


class _ResampledChannel:
    """One channel of a volume on another grid, made when it is read."""

    def __init__(
        self, volume: Volume, channel: int, grid: Geometry, labels: bool | None, outside: float
    ) -> None:
        self._volume, self._channel, self._grid = volume, channel, grid
        self._labels, self._outside = labels, outside

    @property
    def voxels(self) -> Channel:
        own = self._volume.channels[self._channel]
        kind = np.dtype(np.float64) if own.scaled else own.dtype.newbyteorder("=")
        return Channel(self, kind, self._grid.shape)

    def __call__(self) -> Raw:
        from scipy.ndimage import affine_transform

        values = read_whole_channel(self._volume.channels[self._channel], self._volume.geometry)
        nearest = self._labels
        if nearest is None:
            nearest = values.dtype.kind in "biu" or bool((values == np.rint(values)).all())
        if values.dtype.kind == "b":
            values = values.view(np.uint8)
        index = np.linalg.inv(self._volume.geometry.affine()) @ self._grid.affine()
        moved: Raw = affine_transform(
            values,
            index[:3, :3],
            index[:3, 3],
            self._grid.shape,
            order=0 if nearest else 1,
            mode="grid-constant",
            cval=self._outside,
        )
        return moved


def read_whole_channel(voxels: Channel, geometry: Geometry) -> Raw:
    """All values of a channel, in the shape of the grid."""
    with open_channels([voxels], voxels.count) as (stream,):
        values: Raw = stream.read(voxels.count).reshape(geometry.shape).copy()
    return values


def find_resample_grid(
    resample: str, truth: Geometry, pred: Geometry, other: Callable[[], Geometry]
) -> Geometry | None:
    """The grid that `--resample` names; None where nothing is resampled.

    other  gives the grid of the case's image, or of the file that is named
    """
    if resample == "never":
        return None
    if resample in ("gt", "pred"):
        return truth if resample == "gt" else pred
    return other()
