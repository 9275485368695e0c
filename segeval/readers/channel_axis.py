"""The axis of channels that `--channel-axis` names, where the first axis is the fastest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from segeval.grid.geometry import Reorder
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import current
from segeval.volume.channel import Channel
from segeval.volume.read_options import ReadOptions

AXES_OF_SPACE = 3


def asked_axis(reading: ReadOptions, sizes: Sequence[int]) -> int | None:
    """The axis that `--channel-axis` names for this file; None where it is not meant.

    It is said of scores. A ground truth has it too where it has an axis more than space has: a
    stack of masks, or of shares; or one of two, where both sides are pictures (`flat`).
    """
    axis = reading.channel_axis
    if axis is None or not is_meant(axis, reading, sizes):
        return None
    if len(sizes) >= AXES_OF_SPACE:
        current().meet("--channel-axis")
    return axis


def is_meant(axis: int, reading: ReadOptions, sizes: Sequence[int]) -> bool:
    """Whether a file of these axes has the axis that the user names."""
    if reading.flat:
        return len(sizes) > AXES_OF_SPACE - 1
    spare = sum(size > 1 for size in sizes) > AXES_OF_SPACE
    alone = len(sizes) > AXES_OF_SPACE and list(sizes[axis : axis + 1]) == [1]  # one channel
    return current().side != "gt" or spare or alone


def checked_axis(path: Path, axis: int, sizes: Sequence[int]) -> int:
    """The axis that the user names, from 0. Raises ReadError."""
    if axis >= len(sizes):
        raise ReadError(
            f"--channel-axis {axis} of a file of {len(sizes)} axes",
            where=path,
            facts=(f"its axes are {' x '.join(map(str, sizes))}",),
            help=f"write a number from 0 to {len(sizes) - 1}, in the order of the file",
        )
    return axis


def pick_channels(whole: Channel, axis: int) -> tuple[Channel, ...]:
    """The channels of an array along an axis of the file, the fastest of which is 0."""
    place = len(whole.stored) - 1 - axis
    order = Reorder(tuple(range(len(whole.stored) - 1)), ())
    count = whole.stored[place]
    return tuple(replace(whole, order=order, picked=(place, c)) for c in range(count))
