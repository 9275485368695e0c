"""The axis of channels that `--channel-axis` names, where the first axis is the fastest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segeval.grid.geometry import Reorder
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import replace
from segeval.volume.channel import Channel


def checked_axis(path: Path, axis: int, sizes: Sequence[int]) -> int:
    """The axis that the user names, from 0. Raises ReadError."""
    if axis >= len(sizes):
        raise ReadError(
            f"--channel-axis {axis} of a file of {len(sizes)} axes",
            where=path,
            facts=(f"its axes are {' x '.join(map(str, sizes))}",),
            help="axes are counted from 0, in the order of the file",
        )
    return axis


def pick_channels(whole: Channel, axis: int) -> tuple[Channel, ...]:
    """The channels of an array along an axis of the file, the fastest of which is 0."""
    place = len(whole.stored) - 1 - axis
    order = Reorder(tuple(range(len(whole.stored) - 1)), ())
    count = whole.stored[place]
    return tuple(replace(whole, order=order, picked=(place, c)) for c in range(count))
