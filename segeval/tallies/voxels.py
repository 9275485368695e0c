"""The probabilities of a case themselves, for the losses that no sum gives.

Order statistics and neighbourhoods need every voxel at once. So memory grows with the case here:
what is kept, and what a loss works with beside it, is known before the first voxel is kept, and
where it is more than the budget nothing is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from segeval.kernels.softmax import sigmoid, softmax
from segeval.runtime.arrays import Floats, Labels, Mask
from segeval.runtime.frozen import frozen
from segeval.tallies.block import Block

NO_LABELS: Labels = np.zeros(0, np.uint8)
LOADED_BYTES = 30 << 20  # libraries of the losses, and buffers of probabilities


@frozen
class LossMemory:
    """What a loss works with beside the values that are kept.

    voxel  bytes a voxel
    value  bytes a voxel and channel
    """

    voxel: int = 0
    value: int = 0


@dataclass(frozen=True)
class ScoreVolume:
    """Every voxel of a case.

    classes    names, one a channel; the name of channel 0 of exclusive channels is the background's
    exclusive  the channels exclude each other
    logits     `values` are logits
    shape      of the grid
    budget     bytes that a loss may take
    width      bytes of a value and of a voxel that are kept, over all channels
    soft       the reference is shares
    values     (channels, n), as they came; empty where they are over every budget
    truth      (n,) labels of exclusive channels
    masks      (channels, n) of independent ones
    valid      (n,) False where the ground truth is ignored; None where nothing is
    """

    classes: tuple[str, ...]
    exclusive: bool
    logits: bool
    shape: tuple[int, ...]
    budget: int
    width: int
    soft: bool
    values: Floats
    truth: Labels
    masks: Mask
    valid: Mask | None = None

    def size(self, memory: LossMemory) -> int:
        """Bytes that a loss takes: what is kept, and what it works with."""
        work = memory.voxel + memory.value * len(self.classes)
        return int(np.prod(self.shape)) * (self.width + work)

    def needed(self, memory: LossMemory) -> int:
        """Bytes that have to be there for it: with the libraries that losses load."""
        return self.size(memory) + LOADED_BYTES

    def over(self, memory: LossMemory) -> bool:
        """Whether that is more than the budget."""
        return self.needed(memory) > self.budget

    @cached_property
    def p(self) -> Floats:
        """Probabilities (channels, n)."""
        if not self.logits:
            return self.values
        return softmax(self.values) if self.exclusive else sigmoid(self.values)

    @cached_property
    def own(self) -> Labels:
        """The label of every voxel; 0 where it is ignored, for that may be beyond all channels."""
        return self.truth if self.valid is None else self.truth * self.valid

    def kept(self, values: Floats, mask: Mask) -> tuple[Floats, Mask]:
        """Some values and a mask, without the voxels that are ignored."""
        return (values, mask) if self.valid is None else (values[self.valid], mask[self.valid])

    def reference(self, channel: int) -> Mask:
        """The mask of a channel."""
        mask: Mask = self.truth == channel if self.exclusive else self.masks[channel]
        return mask


class VoxelTally:
    """Keeps every value of a case.

    memory  what each loss that is asked for works with
    budget  bytes; where no loss stays within it nothing is kept
    """

    def __init__(
        self,
        channels: int,
        exclusive: bool,
        shape: tuple[int, ...],
        budget: int,
        memory: Iterable[LossMemory],
    ) -> None:
        self._channels, self._exclusive, self._shape = channels, exclusive, shape
        self._budget, self._memory = budget, list(memory)
        self._made: ScoreVolume | None = None
        self._soft = False

    def update(self, block: Block) -> None:
        """Keep a slab; one without probabilities is not kept."""
        if block.scores is None:
            return
        values = block.scores if block.logits is None else block.logits
        if self._made is None:
            self._made = self._room(values.dtype, block)
        self._soft = self._soft or block.soft is not None
        if not self._made.values.size:
            return
        made, part = self._made, slice(block.start, block.start + block.size)
        made.values[:, part] = values
        if self._exclusive:
            made.truth[part] = block.truth[0] if block.labels is None else block.labels
        elif block.onehot is not None:
            made.masks[:, part] = block.onehot
        if made.valid is not None and block.valid is not None:
            made.valid[part] = block.valid

    def _room(self, dtype: np.dtype[Any], block: Block) -> ScoreVolume:
        """Where the values go; nowhere if every loss would be over the budget."""
        count, channels = int(np.prod(self._shape)), self._channels
        width = channels * dtype.itemsize + (2 if self._exclusive else channels) + 1
        names = tuple(map(str, range(channels)))
        logits = block.logits is not None
        known = (names, self._exclusive, logits, self._shape, self._budget, width, False)
        empty = ScoreVolume(
            *known, np.zeros((channels, 0)), NO_LABELS, np.zeros((channels, 0), bool)
        )
        if all(empty.over(memory) for memory in self._memory):
            return empty
        return ScoreVolume(
            *known,
            np.empty((channels, count), dtype),
            np.zeros(count if self._exclusive else 0, np.uint16),
            np.zeros((channels, 0 if self._exclusive else count), bool),
            np.ones(count, bool),
        )

    def finish(self, classes: Sequence[str], places: Sequence[int]) -> ScoreVolume | None:
        """The voxels of the case, its channels under these names; only those that are kept."""
        made = self._made
        if made is None:
            return None
        every = len(places) == self._channels
        return ScoreVolume(
            tuple(classes),
            made.exclusive,
            made.logits,
            made.shape,
            made.budget,
            made.width,
            self._soft,
            made.values if every else made.values[list(places)],
            made.truth,
            made.masks if every else made.masks[list(places)],
            made.valid,
        )
