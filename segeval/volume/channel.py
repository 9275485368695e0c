"""One channel of values of a file, in C order of its grid, and where its values come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from segeval.grid.geometry import Reorder
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.packed_streams import PackedBytes

MOST_CHANNELS = 1 << 14  # of a volume; a class list has hundreds, a series of frames some thousand

Loader = Callable[[], Raw]  # decodes a whole (small) array when it is asked for


@runtime_checkable
class Drawer(Protocol):
    """Draws any part of an array that is held as something smaller: runs, frames of a file."""

    def fill(self, start: int, out: Raw, /) -> None:
        """Write the values from a flat index on. Raises ReadError."""

    def turned(self, axes: tuple[int, ...], flips: tuple[int, ...], /) -> Drawer:
        """The same transposed by `axes`, then flipped along `flips`. Raises ReadError."""


@runtime_checkable
class RowMaker(Protocol):
    """Makes a picture some rows at a time, where it is too large to be held."""

    def rows(self) -> Iterator[Raw]:
        """The values in order, native byte order; an array is used again. Raises ReadError."""


@frozen
class Channel:
    """One channel of values, in C order of its grid; nothing is read yet.

    source  packed bytes, a loader that decodes a whole array, something that draws any part of one,
            or None: every value is 0
    dtype   as stored, byte order included
    stored  shape in the order of the file
    order   how the stored array becomes the grid's order; None where they are the same
    slope   the value is slope * stored + inter
    picked  (axis, index) of the stored array where the channel is one of an axis that is not first;
            `order` then speaks of the stored axes without it
    """

    source: PackedBytes | Loader | Drawer | RelabelledChannel | None
    dtype: np.dtype[Any]
    stored: tuple[int, ...]
    order: Reorder | None = None
    slope: float = 1.0
    inter: float = 0.0
    picked: tuple[int, int] | None = None

    @property
    def count(self) -> int:
        """Values in the channel."""
        return prod(self.stored) // (self.stored[self.picked[0]] if self.picked else 1)

    @property
    def bare(self) -> Channel:
        """The channel as the file has it, in the order of the grid."""
        if not isinstance(self.source, RelabelledChannel):
            return self
        inner = self.source.inner
        return replace(
            self, source=inner.source, dtype=inner.dtype, slope=inner.slope, inter=inner.inter
        )

    @property
    def scaled(self) -> bool:
        """Whether values differ from what is stored."""
        return (self.slope, self.inter) != (1.0, 0.0)

    def turned(self, order: Reorder) -> Channel:
        """The same channel in another order of axes."""
        if order.trivial:
            return self
        return replace(self, order=order if self.order is None else order.after(self.order))

    def flattened(self) -> Channel:
        """The same channel without the first axis of its grid, which has one plane."""
        if self.order is None:
            return replace(self, stored=self.stored[1:])
        gone, *rest = self.order.axes
        out = self.picked[0] if self.picked else len(self.stored)
        at = gone + (gone >= out)  # the order does not count the axis that is picked
        return replace(
            self,
            stored=self.stored[:at] + self.stored[at + 1 :],
            order=Reorder(
                tuple(a - (a > gone) for a in rest), tuple(f - 1 for f in self.order.flips if f)
            ),
            picked=(out - (at < out), self.picked[1]) if self.picked else None,
        )


@frozen
class RelabelledChannel:
    """A label map whose values are others: the source of a channel of uint16.

    inner  the channel as the file has it
    table  the new value of an old one; every other value stays
    path   the file, for messages
    kept   a value that the table makes and the data must not have
    side   gt or pred, for messages
    """

    inner: Channel
    table: Mapping[int, int]
    path: Path
    kept: int | None = None
    side: str = ""


def check_channel_count(count: int, path: object, what: str = "channels") -> None:
    """Refuse more channels than any file has: each takes memory before one value is read.

    what  they are called in the file

    Raises ReadError.
    """
    if count > MOST_CHANNELS:
        raise ReadError(f"{count} {what}, and at most {MOST_CHANNELS} are read", where=path)


def turn_array(array: Raw, voxels: Channel) -> Raw:
    """A view of a stored array in the order of the grid."""
    view = array.reshape(voxels.stored)
    if voxels.picked is not None:
        axis, index = voxels.picked
        view = view[(slice(None),) * axis + (index,)]
    if voxels.order is None:
        return view
    return np.flip(view.transpose(voxels.order.axes), voxels.order.flips)
