"""Scores of low resolution at the size of the ground truth, and scores of mirrored images.

What is held is the map of low resolution, which is small; of the large one only the rows or planes
that are being read exist. So the size of the picture costs no memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.kernels.resample import resample_linear, source_coordinates
from segeval.kernels.softmax import sigmoid, softmax
from segeval.runtime.arrays import Floats, Raw
from segeval.runtime.errors import GeometryError, ReadError
from segeval.runtime.frozen import replace
from segeval.volume.align import read_whole_channel
from segeval.volume.channel import Channel, Drawer
from segeval.volume.volume import Volume

BAND = 1 << 16  # voxels that are made at a time, in whole rows or planes


def upsample_scores(volume: Volume, grid: Geometry, rule: str) -> Volume:
    """Scores at the size of a grid; each channel is made part by part while it is read.

    Raises GeometryError where the axes are not the grid's.
    """
    volume = match_axes(volume, grid)
    if volume.geometry.shape == grid.shape:
        return volume
    channels = tuple(
        _EnlargedChannel(volume, (channel,), grid.shape, rule).voxels(0)
        for channel in range(len(volume.channels))
    )
    return replace(volume, geometry=grid, channels=channels)


def match_axes(volume: Volume, grid: Geometry) -> Volume:
    """The volume with its axes in the order of a grid's. Raises GeometryError."""
    own = volume.geometry
    if len(own.shape) == len(grid.shape) + 1 and own.shape[0] == 1:
        flat = tuple(v.flattened() for v in volume.channels)
        own = Geometry(own.shape[1:], own.spacing[1:] if own.spacing else None)
        volume = replace(volume, geometry=own, channels=flat)
    order = grid.reorder(own)
    if len(own.shape) != len(grid.shape) or (order is None and own.placed and grid.placed):
        raise GeometryError(
            "the axes of the scores are not those of the ground truth",
            where=volume.path,
            facts=(f"pred {own}", f"gt {grid}"),
        )
    if order is None or order.trivial:
        return volume
    channels = tuple(v.turned(order) for v in volume.channels)
    return replace(volume, geometry=own.reordered(order), channels=channels)


def sum_flipped_logits(volume: Volume, flipped: Volume) -> Volume:
    """Logits of an image and of its mirror image, added before anything else (TensorFlow port)."""
    check_flipped(volume, flipped)
    channels = tuple(
        Channel(_FlippedSum(volume, flipped, c), np.dtype(np.float64), volume.geometry.shape)
        for c in range(len(volume.channels))
    )
    return replace(volume, channels=channels)


def mean_flipped_softmax(
    volume: Volume, flipped: Volume, grid: Geometry, rule: str, activation: str
) -> Volume:
    """The mean probability of an image and of its mirror image, each enlarged first (semseg).

    activation  softmax, sigmoid, or none for files of probabilities
    """
    check_flipped(volume, flipped)
    volume, flipped = match_axes(volume, grid), match_axes(flipped, grid)
    every = tuple(range(len(volume.channels)))
    sides = [_EnlargedChannel(v, every, grid.shape, rule) for v in (volume, flipped)]
    joined = _FlippedMean(sides[0], sides[1], activation)
    channels = tuple(
        Channel(_PickedChannel(joined, c), np.dtype(np.float64), grid.shape) for c in every
    )
    return replace(volume, geometry=grid, channels=channels, logits=False)


def check_flipped(volume: Volume, flipped: Volume) -> None:
    """Refuse scores of a mirrored image that are not of the same form. Raises ReadError."""
    forms = [(len(v.channels), v.geometry.shape) for v in (volume, flipped)]
    if forms[0] != forms[1]:
        raise ReadError(
            "the scores of the mirrored image are of another form",
            where=flipped.path,
            facts=tuple(
                f"{name}: {count} channels, {'x'.join(map(str, reversed(shape)))}"
                for name, (count, shape) in zip(("pred", "flipped"), forms, strict=True)
            ),
            help="both must come from one network, at one resolution",
        )


class _EnlargedChannel:
    """Channels of a volume at another size, made band by band."""

    def __init__(
        self, volume: Volume, channels: Sequence[int], shape: tuple[int, ...], rule: str
    ) -> None:
        self._volume, self._channels, self._rule = volume, channels, rule
        self.shape = shape
        self._plane = prod(shape[1:])
        self._low: Floats | None = None
        self._from, self._until = 0, 0
        self._band: Floats = np.empty((len(channels), 0))

    def voxels(self, channel: int) -> Channel:
        """A channel as a volume has it."""
        return Channel(_PickedChannel(self, channel), np.dtype(np.float64), self.shape)

    def rows(self, start: int, stop: int) -> Floats:
        """(channels, rows, ...) of the first axis; the last band that was made is kept."""
        if not (self._from <= start and stop <= self._until):
            step = max(stop - start, BAND // self._plane, 1)
            self._from, self._until = start, min(start + step, self.shape[0])
            self._band = self._made(self._from, self._until)
        return self._band[:, start - self._from : stop - self._from]

    def _made(self, start: int, stop: int) -> Floats:
        """The same without a memory."""
        low = self._loaded()
        place = source_coordinates(low.shape[1], self.shape[0], self._rule)[start:stop]
        if low.shape[1] == self.shape[0]:
            place = np.arange(start, stop, dtype=np.float64)
        below = place.astype(np.intp)
        above = np.minimum(below + 1, low.shape[1] - 1)
        share = (place - below).reshape(-1, *[1] * (low.ndim - 2))
        band = low[:, below]
        band += (low[:, above] - band) * share
        return resample_linear(band, self.shape[1:], self._rule)

    def _loaded(self) -> Floats:
        if self._low is None:
            own = [
                read_whole_channel(self._volume.channels[c], self._volume.geometry)
                for c in self._channels
            ]
            self._low = np.stack(own).astype(np.float64)
        return self._low


class _FlippedMean:
    """The mean of the probabilities of two networks' outputs, the second mirrored back."""

    def __init__(self, main: _EnlargedChannel, flipped: _EnlargedChannel, activation: str) -> None:
        self._sides, self._activation = (main, flipped), activation
        self.shape = main.shape
        self._key = (-1, -1)
        self._kept: Floats = np.empty((0, 0))

    def rows(self, start: int, stop: int) -> Floats:
        """(channels, rows, ...) of the first axis; the last that was made is kept."""
        if self._key != (start, stop):
            straight, mirrored = (self._active(s.rows(start, stop)) for s in self._sides)
            self._kept = (straight + mirrored[..., ::-1]) / 2
            self._key = (start, stop)
        return self._kept

    def _active(self, values: Floats) -> Floats:
        if self._activation == "none":
            return values
        flat = values.reshape(len(values), -1)
        made = softmax(flat) if self._activation == "softmax" else sigmoid(flat)
        active: Floats = made.reshape(values.shape)
        return active


class _PickedChannel:
    """One channel of what is made band by band."""

    def __init__(self, bands: _EnlargedChannel | _FlippedMean, channel: int) -> None:
        self._bands, self._channel = bands, channel

    def fill(self, start: int, out: Raw, /) -> None:
        """Write the values from a flat index on."""
        plane = prod(self._bands.shape[1:])
        first, last = start // plane, -(-(start + len(out)) // plane)
        rows = self._bands.rows(first, last)[self._channel].reshape(-1)
        out[:] = rows[start - first * plane :][: len(out)]

    def turned(self, axes: tuple[int, ...], flips: tuple[int, ...], /) -> Drawer:
        """Enlarged scores lie on the grid of the ground truth and are not turned again."""
        raise GeometryError(
            "enlarged scores cannot be put into another order of axes",
            help="write them in the order of the ground truth",
        )


class _FlippedSum:
    """The sum of a channel and of the mirrored channel of another volume."""

    def __init__(self, volume: Volume, flipped: Volume, channel: int) -> None:
        self._sides, self._channel = (volume, flipped), channel

    def __call__(self) -> Raw:
        own, mirrored = (
            read_whole_channel(v.channels[self._channel], v.geometry).astype(np.float64)
            for v in self._sides
        )
        return own + mirrored[..., ::-1]
