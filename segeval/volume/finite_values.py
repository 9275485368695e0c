"""Values that must be finite: how many are not, and where the first of them is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segeval.runtime.arrays import Mask
from segeval.runtime.errors import ReadError
from segeval.volume.value_kinds import StoredValues
from segeval.volume.volume import Volume


class FiniteValues:
    """Values of a side that are finite; where they are not, how many and where first."""

    def __init__(self, volume: Volume) -> None:
        self._volume = volume
        self._at = 0
        self._bad, self._first = 0, (-1, Path())

    def finite(self, values: StoredValues, channel: int) -> tuple[StoredValues, float, float]:
        """Values with their least and largest; not-a-number and infinity are noted and made 0."""
        low, high = values.min(), values.max()
        if np.isfinite(low) and np.isfinite(high):
            return values, float(low), float(high)
        bad = ~np.isfinite(values)
        self.note(bad, channel)
        clean = np.where(bad, 0, values)
        return clean, float(clean.min()), float(clean.max())

    def note(self, bad: Mask, channel: int) -> None:
        """Count values of the slab in hand that are not what they must be."""
        if not self._bad:
            self._first = self._at + int(bad.argmax()), self._volume.file(channel)
        self._bad += int(bad.sum())

    def step(self, count: int) -> None:
        """Go on to the next slab."""
        self._at += count

    def finish(self) -> None:
        """Raise ReadError if any value was not finite."""
        if self._bad:
            at, path = self._first
            raise ReadError(
                f"not a number or infinite: {self._bad} of the values",
                where=path,
                facts=(
                    f"the first at voxel {format_voxel_index(at, self._volume)} (x, y, z from 0)",
                ),
                help="write the file again without them",
            )


def format_voxel_index(flat: int, volume: Volume) -> str:
    """A voxel by its indices, x first."""
    index = np.unravel_index(flat, volume.geometry.shape)
    return ", ".join(str(int(i)) for i in reversed(index))
