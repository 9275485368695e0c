"""Volumes made of arrays, and read again."""

from pathlib import Path

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.volume.channel import Channel
from segeval.volume.channel_streams import open_channels
from segeval.volume.volume import Volume


def stack(values):
    """Channels of an array as a volume."""
    shape = values.shape[1:]
    channels = tuple(Channel(lambda v=v: v, values.dtype, shape) for v in values)
    return Volume(Geometry(shape), channels, Path("scores.npz"))


def read(volume, chunk):
    """All values of a volume, read in lockstep."""
    size = volume.geometry.size
    with open_channels(volume.channels, chunk) as opened:
        parts = [
            np.stack([s.read(min(chunk, size - at)) for s in opened]).copy()
            for at in range(0, size, chunk)
        ]
    return np.concatenate(parts, axis=1).reshape(-1, *volume.geometry.shape)
