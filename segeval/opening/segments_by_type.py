"""The segments of a SEG as instances: a segment is one of what its category and type say it is."""

from __future__ import annotations

from functools import partial

import numpy as np

from segeval.classes.class_list import LabelSelector
from segeval.grid.geometry import Geometry
from segeval.opening.open_side import OpenSide
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import replace
from segeval.volume.align import read_whole_channel
from segeval.volume.channel import Channel
from segeval.volume.volume import Volume


def group_by_type(side: OpenSide) -> OpenSide:
    """A side whose segments are instances of their types. Raises ReadError.

    A side whose file does not tell types stays what it is.
    """
    if not isinstance(side.source, Volume) or not side.source.types:
        return side
    volume = side.source
    if volume.shares:
        raise ReadError(
            "probabilities are no instances",
            where=volume.path,
            help="leave out --instances: the segments are classes",
        )
    apart: dict[str, list[LabelSelector]] = {}
    for name, part in side.parts.items():
        apart.setdefault(volume.types.get(name, name), []).append(part)
    parts = {}
    for name, own in apart.items():
        volume, parts[name] = unite_parts(volume, own)
    return replace(
        side, source=volume, parts=parts, apart={k: tuple(own) for k, own in apart.items()}
    )


def unite_parts(volume: Volume, parts: list[LabelSelector]) -> tuple[Volume, LabelSelector]:
    """What stands for all of some parts, which may be one more channel of the volume."""
    channels = {part.channel for part in parts}
    if len(channels) == 1:
        labels = [part.labels or frozenset([1]) for part in parts]
        return volume, LabelSelector(channels.pop(), frozenset().union(*labels))
    own = [volume.channels[part.channel] for part in parts]
    shape = volume.geometry.shape
    source = partial(read_union, own, volume.geometry)
    united = Channel(source, np.dtype(np.uint8), shape)
    more = LabelSelector(len(volume.channels), frozenset([1]))
    return replace(volume, channels=(*volume.channels, united)), more


def read_union(channels: list[Channel], grid: Geometry) -> Raw:
    """Where any of some masks is; each is read as a whole, one after another."""
    united: Raw = np.zeros(grid.shape, np.uint8)
    for channel in channels:
        np.maximum(united, read_whole_channel(channel, grid) != 0, out=united)
    return united
