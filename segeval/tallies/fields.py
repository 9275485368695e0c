"""Probabilities around each class, from which its surface is placed between voxels.

The field of a class is 0.5 where its mask changes: the probability itself for channels that stand
alone, moved by the threshold; for channels that exclude each other how far those of the class are
before all others. It is kept in the box of the class and one voxel around: where a mask ends, what
is beyond decides too.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from segeval.classes.class_list import LabelSelector
from segeval.kernels.label_runs import IndexBox
from segeval.runtime.arrays import Floats, Probabilities
from segeval.runtime.frozen import frozen
from segeval.tallies.block import Block

LEVEL = 0.5  # of a field where its mask changes


@frozen
class FieldRequest:
    """A class whose field is kept.

    part       its channel, or its channels (labels) among those that exclude each other
    exclusive  which of the two
    threshold  from which on a channel that stands alone is in the mask
    box        where it is kept
    """

    part: LabelSelector
    exclusive: bool
    threshold: float
    box: IndexBox


class FieldTally:
    """Cuts the fields of some classes out of every slab.

    shape  of the reference grid
    """

    def __init__(self, shape: tuple[int, ...], wanted: Mapping[int, FieldRequest]) -> None:
        self._shape, self._wanted = shape, wanted
        self._kept = {
            place: np.zeros([b - a + 2 for a, b in want.box], np.float32)
            for place, want in wanted.items()
        }

    def update(self, block: Block) -> None:
        """Add a slab."""
        if block.scores is None:
            return
        for place, want in self._wanted.items():
            values = class_field(block.scores, want)
            if block.valid is not None:
                values = np.where(block.valid, values, 0)  # ignored voxels are in no mask
            self._put(values, block.start, want.box, self._kept[place])

    def _put(self, values: Floats, start: int, box: IndexBox, kept: Probabilities) -> None:
        """Copy the rows of a slab that lie in a box or beside it."""
        width = self._shape[-1]
        wider = [(max(a - 1, 0), min(b + 1, n)) for (a, b), n in zip(box, self._shape, strict=True)]
        rows = np.arange(start // width, (start + len(values) - 1) // width + 1)
        index = np.unravel_index(rows, self._shape[:-1])
        inside = [(i >= a) & (i < b) for i, (a, b) in zip(index, wider, strict=False)]
        low, high = wider[-1]
        for row in np.flatnonzero(np.all(inside, axis=0)):
            first = int(rows[row]) * width
            begin, end = max(first + low, start), min(first + high, start + len(values))
            if begin < end:
                at = tuple(int(i[row]) - a + 1 for i, (a, _) in zip(index, box, strict=False))
                to = begin - first - box[-1][0] + 1
                kept[at][to : to + end - begin] = values[begin - start : end - start]

    def finish(self) -> dict[int, Probabilities]:
        """The fields by place of the class, one voxel more than the box; 0 beyond the image."""
        return self._kept


def class_field(scores: Probabilities | Floats, want: FieldRequest) -> Floats:
    """The field of a class in a slab; scores (channels, n)."""
    if not want.exclusive:
        alone: Floats = scores[want.part.channel] + (LEVEL - want.threshold)
        return alone
    own = np.zeros(len(scores), bool)
    own[[label for label in want.part.labels or () if label < len(scores)]] = True
    inside, outside = (scores[which].max(axis=0, initial=0) for which in (own, ~own))
    ahead: Floats = LEVEL + (inside - outside) / 2
    return ahead
