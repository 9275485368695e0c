"""Frames as a volume: one segment with empty planes where there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from segeval.kernels.mask_runs import MaskRuns, runs_of_box, xor_edges
from segeval.readers.pixels import PixelFrames
from segeval.runtime.arrays import Raw
from segeval.runtime.frozen import frozen


@frozen
class LoadedArray:
    """An array that is there, as something that draws any part of it."""

    array: Raw

    def fill(self, start: int, out: Raw) -> None:
        """Write the values from a flat index on."""
        out[:] = self.array.reshape(-1)[start : start + len(out)]

    def turned(self, axes: tuple[int, ...], flips: tuple[int, ...]) -> LoadedArray:
        """The same in another order of axes."""
        return LoadedArray(np.ascontiguousarray(np.flip(self.array.transpose(axes), flips)))


@dataclass
class SegmentPlanes:
    """One segment as a volume: the frame of each plane, empty planes where there is none
    (DICOM-E2).

    frames  for each plane of the grid the number of its frame, -1 for none
    shape   planes, rows, columns
    inside  how values become a mask; None where they are what they are
    """

    pixels: PixelFrames
    frames: tuple[int, ...]
    shape: tuple[int, int, int]
    inside: Callable[[Raw], Raw] | None = None
    _last: tuple[int, Raw] | None = None

    def fill(self, start: int, out: Raw) -> None:
        """Write the values from a flat index on."""
        size, done = self.pixels.size, 0
        while done < len(out):
            plane, skip = divmod(start + done, size)
            count = min(size - skip, len(out) - done)
            frame = self.frames[plane]
            part = 0 if frame < 0 else self._values(frame)[skip : skip + count]
            out[done : done + count] = part
            done += count

    @property
    def masked(self) -> bool:
        """Whether the values are 0 and 1."""
        return self.pixels.bits == 1 or self.inside is not None

    def runs(self) -> MaskRuns:
        """The mask as runs, which stay small in any order of axes."""
        edges = [np.zeros(0, np.int64)]
        for plane, frame in enumerate(self.frames):
            if frame >= 0:
                mask = self._values(frame).reshape(1, *self.shape[1:]) != 0
                edges.append(runs_of_box(mask, (plane, 0, 0), self.shape).edges)
        return MaskRuns(self.shape, xor_edges(np.concatenate(edges)))

    def turned(self, axes: tuple[int, ...], flips: tuple[int, ...]) -> MaskRuns | LoadedArray:
        """The segment in another order of axes: transposed by `axes`, flipped along `flips`."""
        if self.masked:
            return self.runs().turned(axes, flips)
        whole: Raw = np.empty(self.shape, self.pixels.dtype)
        self.fill(0, whole.reshape(-1))
        return LoadedArray(whole).turned(axes, flips)

    def _values(self, frame: int) -> Raw:
        if self._last is None or self._last[0] != frame:
            values = self.pixels.frame(frame)
            self._last = frame, values if self.inside is None else self.inside(values)
        return self._last[1]
