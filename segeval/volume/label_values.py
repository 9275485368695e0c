"""The side of a case that holds labels, or what may turn out to be labels, read slab by slab."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from segeval.runtime.arrays import Labels, Raw
from segeval.runtime.errors import Note, ReadError
from segeval.volume.channel_streams import Stream
from segeval.volume.finite_values import FiniteValues
from segeval.volume.id_coding import IdCoding, as_ids
from segeval.volume.score_values import SLOPE_ROUNDING, ScoreStream
from segeval.volume.value_kinds import (
    NEAR_WHOLE,
    WHITE,
    StoredValues,
    as_labels,
    bad_labels_error,
    not_probabilities_error,
    whole_to_labels,
)
from segeval.volume.value_stream import (
    ReadAs,
    SideSlab,
    ValueKind,
    ValueStream,
    may_hold_probabilities,
)
from segeval.volume.volume import Volume

FRAMES = "--frames scores each frame as a case of its own"
ONE_FRAME = "keep the one frame that the other side is of, and write it as a file"
SLOWEST_FIRST = (".npy", ".npz", ".tif", ".tiff")  # others store the fastest axis first
MANY = 12  # labels that are not written out in advice


def open_value_stream(volume: Volume, streams: Mapping[int, Stream], wanted: ReadAs) -> ValueStream:
    """Read channels of a volume, by their number, as what they are asked to be."""
    if not may_hold_probabilities(volume, wanted):
        return LabelStream(volume, streams, wanted)
    if wanted.kind == "auto" and len(streams) == 1:
        return UndecidedStream(volume, streams, wanted)
    return ScoreStream(volume, streams, wanted)


class LabelStream:
    """Labels: one map, or a stack of masks that may overlap."""

    def __init__(
        self,
        volume: Volume,
        streams: Mapping[int, Stream],
        wanted: ReadAs,
    ) -> None:
        self.channels = 0
        self._volume, self._streams = volume, streams
        self._checked = FiniteValues(volume)
        self._covered = len(streams) > 1 and not (
            wanted.independent or volume.segments or volume.paths
        )
        named = volume.segments or volume.paths or volume.values is not None
        self._masks = len(streams) > 1 and not named
        self._ignored = [value for value in wanted.ignored if value > 1]
        self._frames = wanted.frames
        self._off = 0.0

    def read(self, count: int) -> SideSlab:
        """The next labels of every channel. Raises ReadError."""
        labels: dict[int, Labels] = {}
        if (coding := self._volume.coding) is not None:
            return self._coded(coding, count)
        for channel, stream in self._streams.items():
            labels[channel] = self._labels(stream.read(count), channel)
        if self._covered:
            inside = sum((v != 0).astype(np.uint16) for v in labels.values())
            self._covered = bool(np.all(inside == 1))
        self._checked.step(count)
        return SideSlab(labels)

    def _coded(self, coding: IdCoding, count: int) -> SideSlab:
        """The next ids, and the classes that they stand for. Raises ReadError."""
        if not self._streams:  # no class is made of them
            return SideSlab({})
        (channel, stream), path = next(iter(self._streams.items())), self._volume.path
        values = stream.read(count)
        if values.dtype.kind == "f":
            values, _, _ = self._checked.finite(values, channel)
        ids = as_ids(values, path)
        self._checked.step(count)
        try:
            return SideSlab({channel: coding.labels_of(ids)}, ids=ids)
        except KeyError as unknown:
            raise ReadError(
                f"the map holds the id {unknown}, which its table does not have", where=path
            ) from unknown

    def _labels(self, values: Raw, channel: int) -> Labels:
        path = self._volume.file(channel)
        if values.dtype.kind != "f":
            labels = as_labels(values, path, self._volume.side)
        else:
            finite, low, _ = self._checked.finite(values, channel)
            if low < -NEAR_WHOLE and self._volume.channels[channel].slope < 0:
                raise negative_labels_error(self._volume, finite)
            labels, off = whole_to_labels(finite, path, self._volume.side)
            self._off = max(self._off, off)
        if self._masks and (top := self._largest(labels)) > 1 and (top != WHITE or is_map(labels)):
            raise frames_error(self._volume, top, self._frames)
        return labels

    def _largest(self, labels: Labels) -> int:
        """The largest label that is not ignored."""
        top = int(labels.max())
        if top not in self._ignored:
            return top
        kept = labels[~np.isin(labels, self._ignored)]
        return int(kept.max()) if kept.size else 0

    def finish(self) -> ValueKind:
        """Labels. Raises ReadError for values that are not finite."""
        self._checked.finish()
        count = len(self._volume.channels)
        notes = rounding_notes(self._volume, self._off)
        return ValueKind("labels", count == 1, count, onehot=self._covered, notes=notes)


def is_map(labels: Labels) -> bool:
    """Whether there is more than black and white."""
    return bool(((labels != 0) & (labels != WHITE)).any())


def frames_error(volume: Volume, top: int, frames: bool) -> ReadError:
    """The error for label maps in the channels of one file (ACCOUNT-A16).

    frames  the other side has as many
    """
    return ReadError(
        f"{len(volume.channels)} channels of labels up to {top}: frames of a series, or masks?",
        where=volume.path,
        facts=(describe_axes(volume), "masks hold 0 and 1 alone"),
        help=f"{FRAMES if frames else ONE_FRAME}; "
        "--channel-axis names another axis, counted from 0",
    )


def describe_axes(volume: Volume) -> str:
    """The axes of a file in the order in which `--channel-axis` counts them."""
    first = volume.channels[0]
    axis, sizes = 0, (len(volume.channels), *first.stored)
    if first.picked is not None:
        axis, sizes = first.picked[0], first.stored
    if volume.path.suffix.lower() not in SLOWEST_FIRST:
        axis, sizes = len(sizes) - 1 - axis, sizes[::-1]
    return f"axes {'x'.join(map(str, sizes))}, of which axis {axis} is that of the channels"


def negative_labels_error(volume: Volume, values: StoredValues) -> ReadError:
    """The error for whole numbers below 0: labels out of range, and hardly logits (ACCOUNT-A15).

    values  some of them
    """
    found = [int(value) for value in np.unique(np.rint(values))]
    problem = bad_labels_error(volume.path, found[0], found[-1], volume.side)
    slope, inter = volume.channels[0].slope, volume.channels[0].inter
    if slope >= 0 or found[-1] > 0 or len(found) > MANY:
        logits = "; --kind logits reads them as logits" if volume.side != "gt" else ""
        return ReadError(problem.message, where=problem.where, help=f"{problem.help}{logits}")
    table = ",".join(f"{value}={-value}" for value in found if value < 0)
    return ReadError(
        problem.message,
        where=problem.where,
        facts=(f"the header says that values are {slope:g} times what is stored, plus {inter:g}",),
        help=f"--remap-{volume.side or 'gt'}={table} turns them round, "
        "or write the file without the slope",
    )


def rounding_notes(volume: Volume, off: float) -> tuple[Note, ...]:
    """A warning where stored values were not whole numbers (ACCOUNT-A15)."""
    if not off:
        return ()
    text = f"labels stored as other numbers are rounded; the farthest is {off:.2g} off"
    return (Note("W-rounded-labels", text, str(volume.path)),)


class UndecidedStream:
    """One float map that may hold labels or probabilities, as long as nothing tells."""

    def __init__(self, volume: Volume, streams: Mapping[int, Stream], wanted: ReadAs) -> None:
        self.channels = 1
        self._volume, self._stream, self._wanted = volume, streams[0], wanted
        self._checked = FiniteValues(volume)
        self._off, self._low, self._high = 0.0, np.inf, -np.inf
        self._scaled = volume.channels[0].scaled
        self._allowed = (
            NEAR_WHOLE if self._scaled else 0.0
        )  # of a file that has a slope (ACCOUNT-A15)

    def read(self, count: int) -> SideSlab:
        """The next values, as labels and as probabilities. Raises ReadError."""
        raw: StoredValues = self._stream.read(count)
        values, low, high = self._checked.finite(raw, 0)
        self._checked.step(count)
        if self._scaled and high <= 1 + SLOPE_ROUNDING:
            values, high = np.minimum(values, 1), min(high, 1.0)
        self._low, self._high = min(self._low, low), max(self._high, high)
        off = float(np.abs(values - np.rint(values)).max(initial=0))
        self._off = max(self._off, off)
        near = self._off <= self._allowed
        if self._low < -self._allowed and off <= NEAR_WHOLE:
            raise negative_labels_error(self._volume, values)
        if self._low < -self._allowed or (self._high > 1 and not near):
            raise not_probabilities_error(
                self._volume.path, self._low, self._high, values, self._volume.side
            )
        if self._high > 1:
            labels, _ = whole_to_labels(values, self._volume.path, self._volume.side)
            return SideSlab({0: labels}, np.zeros((1, count), values.dtype))
        mask = (values >= self._wanted.threshold).view(np.uint8)
        return SideSlab({0: mask}, values[None])

    def finish(self) -> ValueKind:
        """Labels if one is beyond 1, else probabilities. Raises ReadError."""
        self._checked.finish()
        if self._high <= 1:
            return ValueKind("prob", False, 1)
        return ValueKind("labels", True, 1, notes=rounding_notes(self._volume, self._off))
