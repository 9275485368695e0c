"""The side of a case that holds probabilities or logits, read slab by slab.

What is asked of every value (is it finite, does it make the sum 1, what is added up of it) is asked
of a row when it has just been read: it is in the cache then, and will not be when the last channel
has been read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.kernels.decode import confirm_guess, float_bits, least_unusual_bits, winning_channel
from segeval.kernels.softmax import sigmoid, softmax_rows
from segeval.runtime.arrays import Labels, Mask, Raw
from segeval.runtime.errors import Note, ReadError
from segeval.volume.channel import Channel
from segeval.volume.channel_streams import Stream
from segeval.volume.finite_values import FiniteValues
from segeval.volume.value_kinds import (
    NEAR_WHOLE,
    StoredValues,
    not_probabilities_error,
    scale_probabilities,
)
from segeval.volume.value_stream import ReadAs, SideSlab, ValueKind
from segeval.volume.volume import Volume

if TYPE_CHECKING:
    from segeval.kernels.sums import LabelSums

SINGLE_BYTES = 4
SUM_TOLERANCE = 1e-3  # how far a sum of probabilities may be from 1 …
OFF_SUM_SHARE = 1e-3  # … in this share of the voxels
FEW = 32  # integers below it, of 255 or 65535, are labels rather than probabilities
SLOPE_ROUNDING = float(np.finfo(np.float32).eps)  # what the slope of a file is rounded by
STACK_HELP = "--activation softmax (they are logits) or --activation none (each channel is a class)"


class ScoreStream:
    """Probabilities or logits: channels that exclude each other, or one class each.

    shown  what adds up each row of probabilities of exclusive channels while it is in the cache
    """

    def __init__(self, volume: Volume, streams: Mapping[int, Stream], wanted: ReadAs) -> None:
        self.channels = len(streams)
        self.shown: list[LabelSums] = []
        self.exclusive = len(streams) > 1 and not wanted.independent
        self._volume, self._streams, self._wanted = volume, streams, wanted
        self._checked = FiniteValues(volume)
        self._logits = wanted.kind == "logits"
        self._off, self._low, self._high, self._worst = 0, 0.0, 0.0, 1.0
        self._allowed = SUM_TOLERANCE + sum(
            rounding_error(volume.channels[c].dtype) for c in streams
        )
        self._off_whole, self._top = 0.0, 0.0
        self._masked = False  # some logits are -inf
        self._binary = self._logits and not self.exclusive  # all values so far are 0 or 1
        self._single = all(stands_for_single(volume.channels[c]) for c in streams)
        self._made: StoredValues = np.empty(0)
        self._room: StoredValues = np.empty(0, score_dtype(volume.channels[c] for c in streams))

    def read(self, count: int) -> SideSlab:
        """The next scores and the labels that they make. Raises ReadError."""
        rows = self._rows(count)
        coded, total = float_bits(rows), np.zeros(count, rows.dtype)
        tops = np.empty(len(rows), coded.dtype)
        shares, usual = self.exclusive and not self._logits, least_unusual_bits(coded.dtype)
        for channel, stream in self._streams.items():
            row = rows[channel]
            values = stream.read(count, row)
            if values is not row:
                self._watch_codes(values, channel)
                row[:] = scale_probabilities(values, self._volume.file(channel), self._logits)
                self._round(row, channel)
            tops[channel] = top = np.maximum.reduce(coded[channel])
            if top >= usual:
                self._unusual(row, channel, tops)
            if shares:
                np.add(total, row, out=total)
                for sums in self.shown:
                    sums.add(channel, row)
        if not shares:
            return self._slab(rows, tops.view(rows.dtype))
        self._watch(total)
        return self._slab(rows, tops.view(rows.dtype), total)

    def codes(self, count: int) -> SideSlab:
        """The next values as they are stored, for a side that `of_codes`."""
        return SideSlab(codes=self._streams[0].read(count))

    def decoded(self, codes: Labels) -> SideSlab:
        """The scores that stored values stand for. Raises ReadError."""
        self._watch_codes(codes, 0)
        row = scale_probabilities(codes, self._volume.path, False)
        return self._slab(row[None], np.array([row.max()]))

    def _watch_codes(self, values: Raw, channel: int) -> None:
        """Note what shows that stored values are labels after all (ACCOUNT-A15)."""
        if self._volume.channels[channel].scaled:
            off = float(np.abs(values - np.rint(values)).max(initial=0))
            self._off_whole, self._top = max(self._off_whole, off), max(self._top, values.max())
        elif values.dtype.kind == "u":
            self._top = max(self._top, values.max())

    def _check_codes(self) -> None:
        """Raise ReadError for a mask or a label map that was to be read as something else."""
        channels = [self._volume.channels[c] for c in self._streams]
        coded = all(c.dtype.kind == "u" and not c.scaled for c in channels)
        if coded and not self._logits and self._top == 1:
            largest = np.iinfo(channels[0].dtype).max
            raise ReadError(
                f"the largest value is 1 of {largest}: a mask, no probabilities",
                where=self._volume.path,
                help="without --kind prob (--gt-kind prob) it is read as a mask of 0 and 1",
            )
        scaled = all(c.scaled for c in channels)
        if scaled and self._logits and self._top and self._off_whole <= NEAR_WHOLE:
            raise ReadError(
                f"every value is a whole number but for {self._off_whole:.2g}: labels, no logits",
                where=self._volume.path,
                help="--kind labels",
            )
        if self._binary and self._high == 1:  # the sigmoid of 0 is inside, so all would be
            raise ReadError(
                "every value is 0 or 1: a mask, no logits",
                where=self._volume.path,
                help="without --kind logits it is read as a mask of 0 and 1",
            )

    def _round(self, row: StoredValues, channel: int) -> None:
        """Take 255 times the float32 next to 1/255, which is above 1, for 1."""
        if self._volume.channels[channel].scaled and not self._logits:
            near = (row > 1) & (row <= 1 + SLOPE_ROUNDING)
            row[near] = 1

    def _unusual(self, row: StoredValues, channel: int, tops: Raw) -> None:
        """Note values below 0, make what is not finite 0, and find the largest value again."""
        masked = np.isneginf(row) if self._logits and self.exclusive else None
        if masked is not None and masked.any():  # a class that the network was told not to take
            self._masked = True
            finite, low, _ = self._checked.finite(np.where(masked, 0, row), channel)
            row[:] = np.where(masked, -np.inf, finite)
            high = float(row.max())
        else:
            finite, low, high = self._checked.finite(row, channel)
            if finite is not row:
                row[:] = finite
        self._low = min(self._low, low)
        tops.view(row.dtype)[channel] = high

    def _slab(
        self, raw: StoredValues, tops: StoredValues, total: StoredValues | None = None
    ) -> SideSlab:
        if self._masked:
            none: Mask = np.asarray(np.isneginf(raw).all(axis=0))  # voxels of no class
            if none.any():
                self._checked.note(none, 0)
                raw[:, none] = 0
        self._checked.step(raw.shape[1])
        self._high = max(self._high, float(tops.max()))
        if not self._logits and (self._low < 0 or self._high > 1):
            raise not_probabilities_error(
                self._volume.path, self._low, self._high, raw, self._volume.side
            )
        logits = raw if self._logits else None
        if self.exclusive:
            label, best = self._decoded(raw, tops, total)
            scores = self._softmax(raw, best) if self._logits else raw
            return SideSlab({0: label}, scores, logits, best, single=self._single)
        scores = self._sigmoid(raw) if self._logits else raw
        masks = {c: (p >= self._wanted.threshold).view(np.uint8) for c, p in enumerate(scores)}
        return SideSlab(masks, scores, logits, single=self._single)

    def _decoded(
        self, raw: StoredValues, tops: StoredValues, total: StoredValues | None
    ) -> tuple[Labels, StoredValues]:
        """The channel of the largest value, and the value; the ground truth is a good guess."""
        if total is None or not self.shown:
            return winning_channel(raw, tops)
        sums = self.shown[0]
        return confirm_guess(raw, tops, total, sums.labels.labels, sums.own)

    def _softmax(self, raw: StoredValues, best: StoredValues) -> StoredValues:
        """Probabilities, in an array that the next read overwrites."""
        scores = self._room_for(raw)
        for channel, row in enumerate(softmax_rows(raw, best, scores)):
            for sums in self.shown:
                sums.add(channel, row)
        return scores

    def _sigmoid(self, raw: StoredValues) -> StoredValues:
        """The same of channels that do not exclude each other."""
        scores = self._room_for(raw)
        for row, made in zip(raw, scores, strict=True):
            self._binary = self._binary and bool(((row == 0) | (row == 1)).all())
            made[:] = sigmoid(row)
        return scores

    def _room_for(self, raw: StoredValues) -> StoredValues:
        if self._made.size < raw.size:
            self._made = np.empty(raw.size)
        return self._made[: raw.size].reshape(raw.shape)

    def _rows(self, count: int) -> StoredValues:
        """Room for the next values of every channel, which the next read overwrites."""
        size = len(self._streams) * count
        if len(self._room) < size:
            self._room = np.empty(size, self._room.dtype)
        return self._room[:size].reshape(len(self._streams), count)

    def _watch(self, total: StoredValues) -> None:
        """Count the voxels whose probabilities do not sum to 1 (rule LAYOUTS-V2)."""
        low, high = float(total.min()), float(total.max())
        worst = low if 1 - low > high - 1 else high
        if abs(worst - 1) > abs(self._worst - 1):
            self._worst = worst
        if abs(worst - 1) > self._allowed:
            self._off += int(np.count_nonzero(np.abs(total - 1) > self._allowed))

    def finish(self) -> ValueKind:
        """Scores. Raises ReadError where they are not finite, or do not sum to 1."""
        self._checked.finish()
        self._check_codes()
        self._summed()
        kind = "logits" if self._logits else "prob"
        return ValueKind(kind, self.exclusive, len(self._streams), notes=self._few_shades())

    def _few_shades(self) -> tuple[Note, ...]:
        """The warning of integers that are more likely labels: none is above a few (ACCOUNT-A15).

        A network that is sure of the background gives such a map too, so it is no error.
        """
        stored = self._volume.channels[next(iter(self._streams))]
        if stored.dtype.kind != "u" or stored.scaled or self._logits or not 1 < self._top < FEW:
            return ()
        largest, top = np.iinfo(stored.dtype).max, int(self._top)
        kind = "--gt-kind" if self._volume.side == "gt" else "--kind"
        text = (
            f"the largest value is {top} of {largest}, so every probability is at most "
            f"{top / largest:.2g}: a map of labels 0 to {top}? {kind} labels reads it so"
        )
        return (Note("W-few-shades", text, self._volume.path.name),)

    def _summed(self) -> None:
        size = self._volume.geometry.size
        if self._off > OFF_SUM_SHARE * size:
            raise ReadError(
                f"the channels do not sum to 1 in {self._off} of {size} voxels",
                where=self._volume.path,
                facts=(f"{len(self._streams)} channels, sums up to {self._worst:.4g}",),
                help=STACK_HELP,
            )


def stands_for_single(channel: Channel) -> bool:
    """Whether scores are float32 numbers, or were before they were stored as integers."""
    return channel.scaled or channel.dtype.kind != "f" or channel.dtype.itemsize <= SINGLE_BYTES


def score_dtype(channels: Iterable[Channel]) -> np.dtype[Any]:
    """The type of scores: float32 where that holds what is stored, else float64."""
    single = all(
        v.dtype.kind == "f" and v.dtype.itemsize <= SINGLE_BYTES and not v.scaled for v in channels
    )
    return np.dtype(np.float32 if single else np.float64)


def rounding_error(dtype: np.dtype[Any]) -> float:
    """How far a probability may be from what was meant: half a step of its integers."""
    return 0.5 / float(np.iinfo(dtype).max) if dtype.kind == "u" else 0.0
