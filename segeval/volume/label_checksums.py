"""Checksums of the labels of a side, taken while they are read (ACCOUNT-A36).

Two ground truths of equal volumes are told apart by them. They cost one more pass over labels that
are in the cache, a few per cent of inflating them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from segeval.runtime.arrays import Labels
from segeval.runtime.frozen import frozen
from segeval.runtime.packed_streams import choose_zlib_library
from segeval.volume.value_stream import SideSlab, ValueKind, ValueStream
from segeval.volume.volume import Volume


@frozen
class LabelChecksum:
    """Of the labels of one channel in the order of their grid.

    width  bytes of a label; checksums of labels of other widths cannot be compared
    crc    CRC-32
    """

    width: int
    crc: int


class ChecksummedStream:
    """A value stream that takes the checksums of the labels that it gives.

    volume  that the stream reads; labels that are stored as floats are uint16 here, because their
            type hangs on where slabs begin
    """

    def __init__(self, inner: ValueStream, volume: Volume) -> None:
        self.channels = inner.channels
        self._inner = inner
        self._wide = any(c.dtype.kind == "f" or c.scaled for c in volume.channels)
        self._crc32: Any = choose_zlib_library(volume.geometry.size).crc32
        self._found: dict[int, LabelChecksum] = {}

    def read(self, count: int) -> SideSlab:
        """The next voxels. Raises ReadError."""
        slab = self._inner.read(count)
        for channel, labels in slab.labels.items():
            self._add(channel, labels.astype(np.uint16) if self._wide else labels)
        return slab

    def _add(self, channel: int, labels: Labels) -> None:
        before = self._found.get(channel, LabelChecksum(labels.itemsize, 0))
        crc = self._crc32(np.ascontiguousarray(labels).view(np.uint8), before.crc)
        self._found[channel] = LabelChecksum(labels.itemsize, crc)

    def finish(self) -> ValueKind:
        """What it was, after the last voxel. Raises ReadError."""
        return self._inner.finish()

    @property
    def checksums(self) -> Mapping[int, LabelChecksum]:
        """The checksum of each channel that was read."""
        return self._found
