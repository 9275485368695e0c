"""What numbers mean: labels, probabilities or logits (docs/formats.md, section kinds).

A file does not say. Integers are labels, floats in [0, 1] are probabilities, and a float map of
whole numbers may be either; which it is shows only when its last value has been read. So the kind
is found while the values stream: a map of 0 and 1 gives the same masks read either way, and the
first value that tells decides. No value is read twice for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from segeval.arrays import Labels, Raw
from segeval.errors import Note, ReadError
from segeval.frozen import field, frozen
from segeval.kernels.decode import bits, confirmed, unusual, winners
from segeval.kernels.softmax import sigmoid, softmax_rows
from segeval.kernels.sums import LabelSums
from segeval.settings import Settings
from segeval.values import Numbers, as_labels, not_probabilities, scaled, whole
from segeval.volumes import Stream, Volume, Voxels

OFF = 1e-3  # how far a sum of probabilities may be from 1 …
RARELY = 1e-3  # … in this share of the voxels
STEP = float(np.finfo(np.float32).eps)  # what the slope of a file is rounded by
STACK_HELP = "--activation softmax (they are logits) or --activation none (each channel is a class)"


@frozen
class Found:
    """What a side turned out to hold.

    kind       labels, prob or logits
    exclusive  the label of a voxel is one of a map, or the largest of its channels; channel 0 holds
               it; else each channel is a mask of its own
    onehot     the channels are masks of which every voxel has one: channel i is label i
    """

    kind: str
    exclusive: bool
    channels: int
    onehot: bool = False
    notes: tuple[Note, ...] = ()


@frozen
class Slab:
    """The next values of one side; arrays that the next read may overwrite.

    labels  by channel, flat uint8 or uint16
    scores  (channels, n) probabilities; None where the side holds labels
    logits  (channels, n) before activation; None where the file holds probabilities
    best    (n,) the largest value in the file of channels that exclude each other, else None
    codes   (n,) uint8 that `of_codes` makes all of these of; they are then not made yet
    """

    labels: dict[int, Labels] = field(default_factory=dict)
    scores: Numbers | None = None
    logits: Numbers | None = None
    best: Numbers | None = None
    codes: Labels | None = None


class Side(Protocol):
    """One side of a case, read slab by slab.

    channels  of scores; 0: it holds labels
    """

    channels: int

    def read(self, count: int) -> Slab:
        """The next voxels. Raises ReadError."""

    def finish(self) -> Found:
        """What it was, after the last voxel. Raises ReadError."""


@frozen
class Wanted:
    """What a side is asked to be.

    kind         auto, labels, prob or logits
    independent  each channel is a class of its own
    """

    kind: str
    activation: str = "auto"
    threshold: float = 0.5
    independent: bool = False


def wanted_pred(volume: Volume, settings: Settings, regions: bool) -> Wanted:
    """How the prediction is to be read, from the request and from what the file says of itself."""
    kind, activation = settings.kind, settings.activation
    activated = activation in ("softmax", "sigmoid")
    if kind == "auto" and (volume.logits or activated) and can_hold_scores(volume):
        kind = "logits"
    if kind == "prob" and activated:
        kind = "logits"
    independent = regions or bool(volume.segments) or activation in ("sigmoid", "none")
    return Wanted(kind, activation, settings.threshold, independent)


def wanted_truth(settings: Settings, independent: bool) -> Wanted:
    """How the ground truth is to be read; `independent`: each channel is a class of its own."""
    prob = settings.gt_kind == "prob"
    activation = "none" if prob else "auto"
    return Wanted(settings.gt_kind, activation, settings.threshold, prob and independent)


def can_hold_scores(volume: Volume) -> bool:
    """Whether the values may be something else than integers."""
    return any(v.dtype.kind == "f" or v.scaled for v in volume.channels)


def may_score(volume: Volume, wanted: Wanted) -> bool:
    """Whether the side may turn out to hold probabilities; one without a file does not."""
    if all(v.source is None for v in volume.channels):
        return False
    return wanted.kind in ("prob", "logits") or (wanted.kind == "auto" and can_hold_scores(volume))


def of_codes(volume: Volume, wanted: Wanted) -> bool:
    """Whether the side is one map of probabilities in 8 bits, of which there are 256 at most."""
    one = volume.channels[0]
    coded = one.dtype == np.uint8 and not one.scaled and one.source is not None
    return len(volume.channels) == 1 and wanted.kind == "prob" and coded


def side(volume: Volume, streams: Mapping[int, Stream], wanted: Wanted) -> Side:
    """Read channels of a volume, by their number, as what they are asked to be."""
    if not may_score(volume, wanted):
        return LabelSide(volume, streams, wanted.independent)
    if wanted.kind == "auto" and len(streams) == 1:
        return OpenSide(volume, streams, wanted)
    return ScoreSide(volume, streams, wanted)


class _Checked:
    """Values of a side that are finite; where they are not, how many and where first."""

    def __init__(self, volume: Volume) -> None:
        self._volume = volume
        self._at = 0
        self._bad, self._first = 0, (-1, Path())

    def finite(self, values: Numbers, channel: int) -> tuple[Numbers, float, float]:
        """Values with their least and largest; not-a-number and infinity are noted and made 0."""
        low, high = values.min(), values.max()
        if np.isfinite(low) and np.isfinite(high):
            return values, float(low), float(high)
        bad = ~np.isfinite(values)
        if not self._bad:
            self._first = self._at + int(bad.argmax()), self._volume.file(channel)
        self._bad += int(bad.sum())
        clean = np.where(bad, 0, values)
        return clean, float(clean.min()), float(clean.max())

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
                facts=(f"the first at voxel {place(at, self._volume)} (x, y, z from 0)",),
                help="write the file again without them",
            )


def place(flat: int, volume: Volume) -> str:
    """A voxel by its indices, x first."""
    index = np.unravel_index(flat, volume.geometry.shape)
    return ", ".join(str(int(i)) for i in reversed(index))


class LabelSide:
    """Labels: one map, or a stack of masks that may overlap."""

    def __init__(
        self, volume: Volume, streams: Mapping[int, Stream], independent: bool = False
    ) -> None:
        self.channels = 0
        self._volume, self._streams = volume, streams
        self._checked = _Checked(volume)
        self._covered = len(streams) > 1 and not (independent or volume.segments or volume.paths)

    def read(self, count: int) -> Slab:
        """The next labels of every channel. Raises ReadError."""
        labels = {}
        for channel, stream in self._streams.items():
            labels[channel] = self._labels(stream.read(count), channel)
        if self._covered:
            inside = sum((v != 0).astype(np.uint16) for v in labels.values())
            self._covered = bool(np.all(inside == 1))
        self._checked.step(count)
        return Slab(labels)

    def _labels(self, values: Raw, channel: int) -> Labels:
        if values.dtype.kind != "f":
            return as_labels(values, self._volume.file(channel))
        finite, _, _ = self._checked.finite(values, channel)
        return whole(finite, self._volume.file(channel))

    def finish(self) -> Found:
        """Labels. Raises ReadError for values that are not finite."""
        self._checked.finish()
        count = len(self._volume.channels)
        return Found("labels", count == 1, count, onehot=self._covered)


class ScoreSide:
    """Probabilities or logits: channels that exclude each other, or one class each.

    shown  what adds up each row of probabilities of exclusive channels while it is in the cache
    """

    def __init__(self, volume: Volume, streams: Mapping[int, Stream], wanted: Wanted) -> None:
        self.channels, self.shown = len(streams), list[LabelSums]()
        self.exclusive = len(streams) > 1 and not wanted.independent
        self._volume, self._streams, self._wanted = volume, streams, wanted
        self._checked = _Checked(volume)
        self._logits = wanted.kind == "logits"
        self._off, self._low, self._high, self._worst = 0, 0.0, 0.0, 1.0
        self._allowed = OFF + sum(rounding(volume.channels[c].dtype) for c in streams)
        self._made: Numbers = np.empty(0)
        self._room: Numbers = np.empty(0, read_as(volume.channels[c] for c in streams))

    def read(self, count: int) -> Slab:
        """The next scores and the labels that they make. Raises ReadError."""
        rows = self._rows(count)
        coded, total = bits(rows), np.zeros(count, rows.dtype)
        tops = np.empty(len(rows), coded.dtype)
        shares, usual = self.exclusive and not self._logits, unusual(coded.dtype)
        for channel, stream in self._streams.items():
            row = rows[channel]
            values = stream.read(count, row)
            if values is not row:
                row[:] = scaled(values, self._volume.file(channel), self._logits)
                self._round(row, channel)
            # The row is in the cache now, and will not be when all of them have been read.
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

    def codes(self, count: int) -> Slab:
        """The next values as they are stored, for a side that `of_codes`."""
        return Slab(codes=self._streams[0].read(count))

    def decoded(self, codes: Labels) -> Slab:
        """The scores that stored values stand for."""
        row = scaled(codes, self._volume.path, False)
        return self._slab(row[None], np.array([row.max()]))

    def _round(self, row: Numbers, channel: int) -> None:
        """Take 255 times the float32 next to 1/255, which is above 1, for 1."""
        if self._volume.channels[channel].scaled and not self._logits:
            near = (row > 1) & (row <= 1 + STEP)
            row[near] = 1

    def _unusual(self, row: Numbers, channel: int, tops: Raw) -> None:
        """Note values below 0, make what is not finite 0, and find the largest value again."""
        row[:], low, high = self._checked.finite(row, channel)
        self._low = min(self._low, low)
        tops.view(row.dtype)[channel] = high

    def _slab(self, raw: Numbers, tops: Numbers, total: Numbers | None = None) -> Slab:
        self._checked.step(raw.shape[1])
        self._high = max(self._high, float(tops.max()))
        logits = raw if self._logits else None
        if self.exclusive:
            label, best = self._decoded(raw, tops, total)
            return Slab({0: label}, self._softmax(raw, best) if self._logits else raw, logits, best)
        scores = sigmoid(raw) if self._logits else raw
        masks = {c: (p >= self._wanted.threshold).view(np.uint8) for c, p in enumerate(scores)}
        return Slab(masks, scores, logits)

    def _decoded(
        self, raw: Numbers, tops: Numbers, total: Numbers | None
    ) -> tuple[Labels, Numbers]:
        """The channel of the largest value, and the value; the ground truth is a good guess."""
        if total is None or not self.shown:
            return winners(raw, tops)
        sums = self.shown[0]
        return confirmed(raw, tops, total, sums.labels.labels, sums.own)

    def _softmax(self, raw: Numbers, best: Numbers) -> Numbers:
        """Probabilities, in an array that the next read overwrites."""
        if self._made.size < raw.size:
            self._made = np.empty(raw.size)
        scores = self._made[: raw.size].reshape(raw.shape)
        for channel, row in enumerate(softmax_rows(raw, best, scores)):
            for sums in self.shown:
                sums.add(channel, row)
        return scores

    def _rows(self, count: int) -> Numbers:
        """Room for the next values of every channel, which the next read overwrites."""
        size = len(self._streams) * count
        if len(self._room) < size:
            self._room = np.empty(size, self._room.dtype)
        return self._room[:size].reshape(len(self._streams), count)

    def _watch(self, total: Numbers) -> None:
        """Count the voxels whose probabilities do not sum to 1 (rule V2)."""
        low, high = float(total.min()), float(total.max())
        worst = low if 1 - low > high - 1 else high
        if abs(worst - 1) > abs(self._worst - 1):
            self._worst = worst
        if abs(worst - 1) > self._allowed:
            self._off += int(np.count_nonzero(np.abs(total - 1) > self._allowed))

    def finish(self) -> Found:
        """Scores. Raises ReadError where they are no probabilities."""
        self._checked.finish()
        if not self._logits:
            self._probabilities()
        kind = "logits" if self._logits else "prob"
        return Found(kind, self.exclusive, len(self._streams))

    def _probabilities(self) -> None:
        if self._low < 0 or self._high > 1:
            raise not_probabilities(self._volume.path, self._low, self._high)
        size = self._volume.geometry.size
        if self._off > RARELY * size:
            raise ReadError(
                f"the channels do not sum to 1 in {self._off} of {size} voxels",
                where=self._volume.path,
                facts=(f"{len(self._streams)} channels, sums up to {self._worst:.4g}",),
                help=STACK_HELP,
            )


def read_as(channels: Iterable[Voxels]) -> np.dtype[Any]:
    """The type of scores: float32 where that holds what is stored, else float64."""
    single = all(v.dtype.kind == "f" and v.dtype.itemsize <= 4 and not v.scaled for v in channels)
    return np.dtype(np.float32 if single else np.float64)


def rounding(dtype: np.dtype[Any]) -> float:
    """How far a probability may be from what was meant: half a step of its integers."""
    return 0.5 / float(np.iinfo(dtype).max) if dtype.kind == "u" else 0.0


class OpenSide:
    """One float map that may hold labels or probabilities, as long as nothing tells."""

    def __init__(self, volume: Volume, streams: Mapping[int, Stream], wanted: Wanted) -> None:
        self.channels = 1
        self._volume, self._stream, self._wanted = volume, streams[0], wanted
        self._checked = _Checked(volume)
        self._whole, self._low, self._high = True, np.inf, -np.inf

    def read(self, count: int) -> Slab:
        """The next values, as labels and as probabilities. Raises ReadError."""
        raw: Numbers = self._stream.read(count)
        values, low, high = self._checked.finite(raw, 0)
        self._checked.step(count)
        self._low, self._high = min(self._low, low), max(self._high, high)
        self._whole = self._whole and bool((values == np.rint(values)).all())
        if self._whole and self._high > 1:
            return Slab({0: whole(values, self._volume.path)}, np.zeros((1, count), values.dtype))
        mask = (values >= self._wanted.threshold).view(np.uint8)
        return Slab({0: mask}, values[None])

    def finish(self) -> Found:
        """Labels if all was whole and one beyond 1, else probabilities. Raises ReadError."""
        self._checked.finish()
        if self._whole and self._low >= 0:
            return Found("labels" if self._high > 1 else "prob", self._high > 1, 1)
        if self._low < 0 or self._high > 1:
            raise not_probabilities(self._volume.path, self._low, self._high)
        return Found("prob", False, 1)
