"""The voxels of a block that count, and what several sums need of them, made once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from segeval.kernels.entropy import clip_probabilities, log_allowing_zero
from segeval.kernels.softmax import log_softmax
from segeval.kernels.sums import LabelSums, VoxelsByLabel
from segeval.runtime.arrays import Floats, Labels, Mask
from segeval.tallies.block import Block

MOST, LEAST = 1 << 16, 1 << 10  # voxels a slab
COPIED, CACHED = 1 << 20, 1 << 18  # values of all channels that are copied; that a cache holds
EMPTY: Labels = np.zeros(0, np.uint8)


@dataclass
class ScoreSlab:
    """Some voxels of both sides, none of them ignored.

    p        (channels, n) probabilities, as they came
    z        (channels, n) logits, or None
    truth    (n,) labels of the reference
    pred     labels of the prediction, by channel
    g        (channels, n) masks or shares of the reference; None where channels exclude each other
    whole    the channels exclude each other
    weight   (n,) how many voxels each value stands for; None: one. Independent channels only
    best     (n,) the largest of p, or of z where there are logits; None: not known
    seen     the sums of p over each label, where they are made already
    single   p and z stand for float32 numbers, in whatever type they are
    """

    p: Floats
    z: Floats | None
    truth: Labels
    pred: dict[int, Labels]
    g: Mask | Floats | None
    whole: bool
    weight: Floats | None = None
    best: Floats | None = None
    seen: LabelSums | None = None
    single: bool = False

    @property
    def voxels(self) -> int:
        """How many there are."""
        return self.p.shape[1] if self.weight is None else int(self.weight.sum())

    def weights(self, where: Mask) -> Floats | None:
        """How many voxels some of the values stand for."""
        return None if self.weight is None else self.weight[where]

    @cached_property
    def labels(self) -> VoxelsByLabel:
        """The reference, ready for sums over each label."""
        if self.seen is not None:
            return self.seen.labels
        return VoxelsByLabel(self.truth, len(self.p))

    @property
    def soft(self) -> bool:
        """Whether the reference is shares."""
        return self.g is not None and self.g.dtype != np.bool_

    def parts(self) -> Iterator[ScoreSlab]:
        """The slab in parts of which float64 arrays of all channels stay in the cache."""
        most = slab_voxels(len(self.p), CACHED)
        return (self._part(part) for part in even_slices(self.p.shape[1], most))

    def _part(self, part: slice) -> ScoreSlab:
        def cut(values: Any) -> Any:
            return None if values is None else values[..., part]

        pred = {channel: cut(labels) for channel, labels in self.pred.items()}
        rest = (cut(self.g), self.whole, cut(self.weight), cut(self.best))
        return ScoreSlab(cut(self.p), cut(self.z), cut(self.truth), pred, *rest, single=self.single)

    def reference(self, channel: int) -> Mask | Floats:
        """The mask of a channel, or its shares."""
        mask: Mask | Floats = self.truth == channel if self.g is None else self.g[channel]
        return mask

    @cached_property
    def log_reference(self) -> Floats:
        """log p of the label that each voxel has."""
        if self.z is None:
            return log_allowing_zero(self.own)
        top = np.maximum.reduce(self.z, axis=0) if self.best is None else self.best
        below = self.labels.own(self.z).astype(np.float64) - top
        return below + log_allowing_zero(
            self.confidence
        )  # the largest p is 1 over what the softmax divides by

    @cached_property
    def by_label(self) -> LabelSums:
        """The sums over the voxels of each label."""
        if self.seen is not None:
            return self.seen
        sums = LabelSums(self.labels)
        for label, row in enumerate(self.p):
            sums.add(label, row)
        return sums

    @property
    def own(self) -> Floats:
        """p of the label that each voxel has, float64."""
        return self.by_label.own

    @cached_property
    def confidence(self) -> Floats:
        """p of the label that each voxel is predicted to have: the largest."""
        if self.best is not None and self.z is None:
            return self.best
        largest: Floats = np.maximum.reduce(self.p, axis=0)
        return largest

    @property
    def log_foreground(self) -> Floats:
        """log of the share that each voxel's label has of all but the background; 0 of that."""
        return np.concatenate([part._log_foreground() for part in self.parts()])

    def _log_foreground(self) -> Floats:
        shares = log_softmax(self.logs[1:])
        return self.labels.own(np.concatenate([np.zeros((1, shares.shape[1])), shares]))

    def log_kept(self, floor: str) -> Floats:
        """log p of the label after the clipping of Keras, which only probabilities undergo."""
        if self.z is not None:
            return self.log_reference
        kept = [part.labels.own(part.logs_kept(floor)) for part in self.parts()]
        return np.concatenate(kept)

    def logs_kept(self, floor: str) -> Floats:
        """log p of every channel after the clipping of Keras."""
        if self.z is not None:
            return self.logs
        return log_allowing_zero(clip_probabilities(self.p.astype(np.float64), floor))

    @cached_property
    def logs(self) -> Floats:
        """log p of every channel."""
        return log_softmax(self.z) if self.z is not None else log_allowing_zero(self.p)


def valid_slabs(
    block: Block, exclusive: bool, seen: LabelSums | None = None
) -> Iterator[ScoreSlab]:
    """The valid voxels of a block, few at a time where they have to be copied together.

    seen  the sums of the whole block over each label, where they are made already
    """
    assert block.scores is not None
    if seen is not None:
        yield _make_slab(block, slice(None), None, exclusive, seen)
        return
    most = MOST if block.valid is None else slab_voxels(len(block.scores), COPIED)
    for part in even_slices(block.size, most):
        keep = None if block.valid is None else block.valid[part]
        if keep is None or keep.any():
            yield _make_slab(block, part, keep, exclusive)


def slab_voxels(channels: int, values: int) -> int:
    """Voxels of so many values."""
    return min(MOST, max(LEAST, values // channels))


def even_slices(size: int, most: int) -> Iterator[slice]:
    """Parts of one size."""
    step = -(-size // -(-size // most)) if size else 1
    return (slice(start, min(start + step, size)) for start in range(0, size, step))


def _make_slab(
    block: Block, part: slice, keep: Mask | None, exclusive: bool, seen: LabelSums | None = None
) -> ScoreSlab:
    """Some voxels of a block."""

    def cut(values: Floats) -> Floats:
        inside: Floats = values[..., part]
        return inside if keep is None else inside.compress(keep, axis=-1)

    def some(labels: Labels) -> Labels:
        return labels[part] if keep is None else labels[part][keep]

    assert block.scores is not None
    decoded = block.pred if block.decoded is None else block.decoded
    g = block.soft if block.soft is not None else block.onehot
    labels = block.truth.get(0, EMPTY) if block.labels is None else block.labels
    return ScoreSlab(
        cut(block.scores),
        None if block.logits is None else cut(block.logits),
        some(labels) if exclusive else EMPTY,
        {channel: some(labels) for channel, labels in decoded.items()},
        None if g is None else cut(g),  # type: ignore[arg-type]
        exclusive,
        None if block.weight is None else cut(block.weight.astype(np.float64)),
        None if block.best is None else cut(block.best),
        seen,
        block.single,
    )
