"""The side of a case that holds labels, or what may turn out to be labels, read slab by slab."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from segeval.runtime.arrays import Labels, Raw
from segeval.runtime.errors import ReadError
from segeval.volume.finite_values import FiniteValues
from segeval.volume.id_coding import IdCoding, as_ids
from segeval.volume.score_values import ScoreStream
from segeval.volume.value_kinds import (
    StoredValues,
    as_labels,
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
from segeval.volume.volume import Stream, Volume


def open_value_stream(volume: Volume, streams: Mapping[int, Stream], wanted: ReadAs) -> ValueStream:
    """Read channels of a volume, by their number, as what they are asked to be."""
    if not may_hold_probabilities(volume, wanted):
        return LabelStream(volume, streams, wanted.independent)
    if wanted.kind == "auto" and len(streams) == 1:
        return UndecidedStream(volume, streams, wanted)
    return ScoreStream(volume, streams, wanted)


class LabelStream:
    """Labels: one map, or a stack of masks that may overlap."""

    def __init__(
        self, volume: Volume, streams: Mapping[int, Stream], independent: bool = False
    ) -> None:
        self.channels = 0
        self._volume, self._streams = volume, streams
        self._checked = FiniteValues(volume)
        self._covered = len(streams) > 1 and not (independent or volume.segments or volume.paths)

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
        if values.dtype.kind != "f":
            return as_labels(values, self._volume.file(channel))
        finite, _, _ = self._checked.finite(values, channel)
        return whole_to_labels(finite, self._volume.file(channel))

    def finish(self) -> ValueKind:
        """Labels. Raises ReadError for values that are not finite."""
        self._checked.finish()
        count = len(self._volume.channels)
        return ValueKind("labels", count == 1, count, onehot=self._covered)


class UndecidedStream:
    """One float map that may hold labels or probabilities, as long as nothing tells."""

    def __init__(self, volume: Volume, streams: Mapping[int, Stream], wanted: ReadAs) -> None:
        self.channels = 1
        self._volume, self._stream, self._wanted = volume, streams[0], wanted
        self._checked = FiniteValues(volume)
        self._whole, self._low, self._high = True, np.inf, -np.inf

    def read(self, count: int) -> SideSlab:
        """The next values, as labels and as probabilities. Raises ReadError."""
        raw: StoredValues = self._stream.read(count)
        values, low, high = self._checked.finite(raw, 0)
        self._checked.step(count)
        self._low, self._high = min(self._low, low), max(self._high, high)
        self._whole = self._whole and bool((values == np.rint(values)).all())
        if self._low < 0 or (self._high > 1 and not self._whole):
            raise not_probabilities_error(self._volume.path, self._low, self._high)
        if self._high > 1:
            return SideSlab(
                {0: whole_to_labels(values, self._volume.path)}, np.zeros((1, count), values.dtype)
            )
        mask = (values >= self._wanted.threshold).view(np.uint8)
        return SideSlab({0: mask}, values[None])

    def finish(self) -> ValueKind:
        """Labels if one is beyond 1, else probabilities. Raises ReadError."""
        self._checked.finish()
        return ValueKind("labels" if self._high > 1 else "prob", self._high > 1, 1)
