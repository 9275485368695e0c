"""The voxels of each class of a side on its own grid, before it was resampled (ACCOUNT-A36)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from segeval.classes.class_list import LabelSelector
from segeval.volume.channel_streams import open_channels
from segeval.volume.label_checksums import ChecksummedStream, LabelChecksum
from segeval.volume.label_values import open_value_stream
from segeval.volume.value_stream import ReadAs
from segeval.volume.volume import Volume


def count_on_own_grid(
    volume: Volume, how: ReadAs, parts: Sequence[LabelSelector]
) -> tuple[list[int], Mapping[int, LabelChecksum]]:
    """How many voxels each class has, and the checksum of each channel. Raises ReadError.

    how    how the values are read
    parts  what stands for each class, in the label values as they are read
    """
    own = volume.geometry
    size = own.size // own.shape[0]
    found: dict[int, Counter[int]] = {}
    with open_channels(volume.channels, size) as channels:
        stream = open_value_stream(volume, dict(enumerate(channels)), how)
        reader = ChecksummedStream(stream, volume)
        for _ in range(own.shape[0]):
            for channel, labels in reader.read(size).labels.items():
                values, counts = np.unique(labels, return_counts=True)
                known = found.setdefault(channel, Counter())
                known.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
    counts_of_parts = [_voxels_of(part, found.get(part.channel, Counter())) for part in parts]
    return counts_of_parts, reader.checksums


def _voxels_of(part: LabelSelector, known: Counter[int]) -> int:
    if part.labels is None:
        return sum(count for label, count in known.items() if label)
    return sum(known[label] for label in part.labels)
