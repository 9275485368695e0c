"""Both sides on one grid (docs/layouts.md, section geometry).

Equal grids pass; grids that differ by the order or direction of their axes are turned, without loss
and without a word; anything else is a GeometryError, unless the user asked for resampling.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from segeval.grid.geometry import CLOSE_GRID_SHARE, SAME_GRID_SHARE, Geometry
from segeval.grid.mismatch import grid_mismatch_error, joint_grid
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import GeometryError, Note
from segeval.runtime.frozen import replace
from segeval.volume.channel import Channel
from segeval.volume.channel_streams import open_channels
from segeval.volume.volume import Volume


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
        raise grid_mismatch_error(own, truth, turned, names, *_form(volume))
    notes = volume.notes
    if list(truth.differences(turned, SAME_GRID_SHARE)):
        text = f"corners differ by {truth.corner_shift(turned):.4g} mm; taken as one grid"
        notes = (*notes, Note("W-geometry-near", text, str(volume.path)))
    if order is None or order.trivial:
        return replace(volume, geometry=truth, notes=notes)
    channels = tuple(v.turned(order) for v in volume.channels)
    return replace(volume, geometry=truth, channels=channels, notes=notes)


def _form(volume: Volume) -> tuple[int, bool]:
    """How many channels a volume has, and whether they may be scores."""
    kinds = [channel.dtype.kind == "f" or channel.scaled for channel in volume.channels]
    return len(kinds), any(kinds)


def drop_single_plane(volume: Volume, truth: Geometry) -> tuple[Geometry, Volume]:
    """A volume of one plane beside a picture: the plane."""
    own = volume.geometry
    if len(own.shape) == 3 and len(truth.shape) == 2 and own.shape[0] == 1:
        flat = own.plane()
        channels = tuple(v.flattened() for v in volume.channels)
        return flat, replace(volume, geometry=flat, channels=channels)
    return own, volume


def adopt_placement(volume: Volume, truth: Geometry, names: tuple[str, str]) -> Volume:
    """Shapes must agree; the side that knows where it lies tells the other (rule LAYOUTS-G4)."""
    own = volume.geometry
    if own.shape != truth.shape:
        raise grid_mismatch_error(own, truth, own, names, *_form(volume))
    if (
        own.spacing
        and truth.spacing
        and not np.allclose(own.spacing, truth.spacing, rtol=SAME_GRID_SHARE)
    ):
        raise grid_mismatch_error(own, truth, own, names, *_form(volume))
    notes = volume.notes
    if truth.placed != own.placed:
        which = names[1] if truth.placed else names[0]
        text = f"only {which} says where its voxels lie; shapes agree, its grid is used"
        notes = (*notes, Note("N-geometry-from-other", text, str(volume.path)))
    if not own.placed and (truth.placed or (truth.spacing and not own.spacing)):
        return replace(volume, geometry=truth, notes=notes)
    return volume if notes is volume.notes else replace(volume, notes=notes)


def choose_case_grid(truth: Geometry, pred: Geometry) -> Geometry:
    """The grid of the case: the ground truth's, or that of the side that knows its place."""
    if truth.placed or truth.shape != pred.shape:
        return truth
    return pred if pred.placed or (pred.spacing and not truth.spacing) else truth


def resample_volume(
    volume: Volume, grid: Geometry, labels: bool | None, outside: Sequence[float] = ()
) -> Volume:
    """The volume on another grid: nearest neighbour for labels, linear for other values.

    The channel is held whole while it is resampled.

    labels   whether the values are labels; None: those of a channel are if all are whole
    outside  value of each channel beyond the volume's field of view; 0 where it is not given
    Raises GeometryError where a grid does not know its place, but of pictures: they are resized.
    """
    own = volume.geometry
    if not list(grid.differences(own)) and grid.shape == own.shape:
        return volume
    resized = can_resize(own, grid)
    if not (resized or (grid.placed and own.placed and len(grid.shape) == len(own.shape))):
        raise GeometryError(
            "a grid without a place in the patient cannot be resampled",
            where=volume.path,
            facts=(f"from {own}", f"to {grid}"),
            help="give files with a geometry, or images of one size",
        )
    beyond = outside or (0.0,) * len(volume.channels)
    how = _Resized if resized else _ResampledChannel
    channels = tuple(
        how(volume, c, grid, labels, beyond[c]).voxels for c in range(len(volume.channels))
    )
    note = Note("N-resampled", f"{volume.geometry} put on {grid}", str(volume.path))
    return replace(volume, geometry=grid, channels=channels, notes=(*volume.notes, note))


def can_resize(own: Geometry, grid: Geometry) -> bool:
    """Whether both are pictures of one scene at two resolutions, of which one has no place."""
    if len(own.shape) != 2 or len(grid.shape) != 2 or (own.placed and grid.placed):
        return False
    if own.spacing is None or grid.spacing is None:
        return True
    extents = [np.multiply(g.shape, g.spacing or ()) for g in (own, grid)]
    return bool(np.allclose(extents[0], extents[1], rtol=0.05))


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

        values, nearest = self._values()
        index = np.linalg.inv(self._volume.geometry.affine()) @ self._grid.affine()
        axes = len(self._grid.shape)
        moved: Raw = affine_transform(
            values,
            index[:axes, :axes],
            index[:axes, 3],
            self._grid.shape,
            order=0 if nearest else 1,
            mode="grid-constant",
            cval=self._outside,
        )
        return moved

    def _values(self) -> tuple[Raw, bool]:
        """The channel, and whether it is resampled by nearest neighbour."""
        values = read_whole_channel(self._volume.channels[self._channel], self._volume.geometry)
        nearest = self._labels
        if nearest is None:
            nearest = values.dtype.kind in "biu" or bool((values == np.rint(values)).all())
        return (values.view(np.uint8) if values.dtype.kind == "b" else values), nearest


class _Resized(_ResampledChannel):
    """One channel of a picture at another size, `half_pixel` (docs/losses.md)."""

    def __call__(self) -> Raw:
        from segeval.kernels.resample import resample_linear
        from segeval.kernels.resample import resample_nearest as nearest_values

        values, nearest = self._values()
        if nearest:
            return nearest_values(values, self._grid.shape, "half_pixel")
        made = resample_linear(values, self._grid.shape, "half_pixel")
        return (np.rint(made) if values.dtype.kind in "iu" else made).astype(values.dtype)


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
    if resample == "union":
        return joint_grid(truth, pred)
    return other()
