"""The voxels of a block that count, and what several sums need of them, made once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from segeval.arrays import Floats, Labels, Mask
from segeval.kernels.entropy import kept_away, log
from segeval.kernels.softmax import log_softmax, reference_log
from segeval.kernels.sums import ByLabel
from segeval.tallies.block import Block

MOST, LEAST, VALUES = 1 << 15, 1 << 10, 1 << 18  # voxels a slab, and values of all its channels
EMPTY: Labels = np.zeros(0, np.uint8)


@dataclass
class Slab:
    """Some voxels of both sides, none of them ignored.

    p        (channels, n) probabilities, as they came
    z        (channels, n) logits, or None
    truth    (n,) labels of the reference
    pred     labels of the prediction, by channel
    g        (channels, n) masks or shares of the reference; None where channels exclude each other
    whole    the channels exclude each other
    weight   (n,) how many voxels each value stands for; None: one. Independent channels only
    """

    p: Floats
    z: Floats | None
    truth: Labels
    pred: dict[int, Labels]
    g: Mask | Floats | None
    whole: bool
    weight: Floats | None = None

    @property
    def voxels(self) -> int:
        """How many there are."""
        return self.p.shape[1] if self.weight is None else int(self.weight.sum())

    def weights(self, where: Mask) -> Floats | None:
        """How many voxels some of the values stand for."""
        return None if self.weight is None else self.weight[where]

    @cached_property
    def labels(self) -> ByLabel:
        """The reference, ready for sums over each label."""
        return ByLabel(self.truth, len(self.p))

    @property
    def soft(self) -> bool:
        """Whether the reference is shares."""
        return self.g is not None and self.g.dtype != np.bool_

    def reference(self, channel: int) -> Mask | Floats:
        """The mask of a channel, or its shares."""
        mask: Mask | Floats = self.truth == channel if self.g is None else self.g[channel]
        return mask

    @cached_property
    def log_reference(self) -> Floats:
        """log p of the label that each voxel has."""
        if self.z is not None:
            return reference_log(self.z, self.truth)
        return log(self.own)

    @cached_property
    def own(self) -> Floats:
        """p of the label that each voxel has, float64."""
        return self.labels.own(self.p).astype(np.float64, copy=False)

    @cached_property
    def confidence(self) -> Floats:
        """p of the label that each voxel is predicted to have: the largest."""
        largest: Floats = np.maximum.reduce(self.p, axis=0)
        return largest

    @property
    def log_foreground(self) -> Floats:
        """log of the share that each voxel's label has of all but the background; 0 of that."""
        shares = log_softmax(self.logs[1:])
        return self.labels.own(np.concatenate([np.zeros((1, shares.shape[1])), shares]))

    def logs_kept(self, floor: str) -> Floats:
        """log p of every channel after the clipping of Keras."""
        if self.z is not None:
            return self.logs
        return log(kept_away(self.p.astype(np.float64), floor))

    def log_kept(self, floor: str) -> Floats:
        """The same after the clipping of Keras, which only probabilities undergo."""
        if self.z is not None:
            return self.log_reference
        return log(self.labels.own(kept_away(self.p.astype(np.float64), floor)))

    @cached_property
    def logs(self) -> Floats:
        """log p of every channel."""
        return log_softmax(self.z) if self.z is not None else log(self.p)


def slabs(block: Block, exclusive: bool) -> Iterator[Slab]:
    """The valid voxels of a block, few enough at a time to stay in the cache."""
    assert block.scores is not None
    most = min(MOST, max(LEAST, VALUES // len(block.scores)))
    step = -(-block.size // -(-block.size // most))  # parts of one size
    for start in range(0, block.size, step):
        part = slice(start, min(start + step, block.size))
        keep = None if block.valid is None else block.valid[part]
        if keep is None or keep.any():
            yield _slab(block, part, keep, exclusive)


def _slab(block: Block, part: slice, keep: Mask | None, exclusive: bool) -> Slab:
    """Some voxels of a block."""

    def cut(values: Floats) -> Floats:
        inside: Floats = values[..., part]
        return np.ascontiguousarray(inside if keep is None else inside[..., keep])

    def some(labels: Labels) -> Labels:
        return labels[part] if keep is None else labels[part][keep]

    assert block.scores is not None
    decoded = block.pred if block.decoded is None else block.decoded
    g = block.soft if block.soft is not None else block.onehot
    labels = block.truth.get(0, EMPTY) if block.labels is None else block.labels
    return Slab(
        cut(block.scores),
        None if block.logits is None else cut(block.logits),
        some(labels) if exclusive else EMPTY,
        {channel: some(labels) for channel, labels in decoded.items()},
        None if g is None else cut(g),  # type: ignore[arg-type]
        exclusive,
        None if block.weight is None else cut(block.weight.astype(np.float64)),
    )
