"""Boxes of an array in a file, by positioned reads.

The file is never mapped: one that becomes shorter while it is mapped ends the process (SIGBUS), and
mapped pages count as resident memory. What is missing is a `ReadError` like that of every stream.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import IO, Any

import numpy as np

from segeval.runtime.arrays import Raw
from segeval.runtime.packed_streams import PackedBytes, fill_buffer

PIECE_BYTES = 1 << 20  # rows that are read together, of which a part is taken
LEAST_RUN = 1 << 14  # bytes in a row for which the file is asked by themselves

AxisRange = tuple[int, int]  # first index along an axis and the one after the last


class StoredBoxes:
    """Reads parts of an array that lies in an open file in C order.

    file    open for reading, unbuffered
    packed  where the array begins, and the file for messages; not packed
    """

    def __init__(
        self, file: IO[bytes], packed: PackedBytes, dtype: np.dtype[Any], shape: tuple[int, ...]
    ) -> None:
        self._file, self._packed = file, packed
        self._dtype, self._shape = dtype, shape
        self._start = packed.start + packed.skip

    def read(self, box: Sequence[AxisRange]) -> Raw:
        """The values of a box, which has a range along each axis. Raises ReadError."""
        out: Raw = np.empty([stop - start for start, stop in box], self._dtype)
        self._fill(out, 0, self._shape, box)
        return out

    def _fill(self, out: Raw, first: int, shape: tuple[int, ...], box: Sequence[AxisRange]) -> None:
        """Fill a box from the value `first` on, where an array of this shape begins."""
        (start, stop), rest = box[0], box[1:]
        inner = prod(shape[1:])
        first += start * inner
        if all(part == (0, size) for part, size in zip(rest, shape[1:], strict=True)):
            self._read(first, out)
        elif inner * self._dtype.itemsize <= PIECE_BYTES and self._run(shape, box) < LEAST_RUN:
            self._pick(out, first, shape[1:], rest)
        else:
            for row in range(stop - start):
                self._fill(out[row], first + row * inner, shape[1:], rest)

    def _run(self, shape: tuple[int, ...], box: Sequence[AxisRange]) -> int:
        """Bytes of the box that follow one another in the file."""
        count = self._dtype.itemsize
        for (start, stop), size in zip(reversed(box), reversed(shape), strict=True):
            count *= stop - start
            if stop - start < size:
                break
        return count

    def _pick(self, out: Raw, first: int, shape: tuple[int, ...], box: Sequence[AxisRange]) -> None:
        """Fill rows of which a part is wanted, from whole rows, some at a time."""
        inner = prod(shape)
        rows = max(1, PIECE_BYTES // max(1, inner * self._dtype.itemsize))
        piece: Raw = np.empty((min(rows, len(out)), *shape), self._dtype)
        wanted = (slice(None), *(slice(*part) for part in box))
        for row in range(0, len(out), rows):
            own = piece[: len(out) - row]
            self._read(first + row * inner, own)
            out[row : row + rows] = own[wanted]

    def _read(self, first: int, out: Raw) -> None:
        """Fill an array with the values from `first` on; `out` is contiguous."""
        self._file.seek(self._start + first * self._dtype.itemsize)
        fill_buffer(self._file, out.reshape(-1).view(np.uint8).data, self._packed)  # type: ignore[arg-type]
