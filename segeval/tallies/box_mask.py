"""A tally of the voxels inside a box: what lies outside counts as ignored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from segeval.runtime.arrays import Mask
from segeval.runtime.frozen import replace
from segeval.tallies.block import Block

SliceBox = tuple[slice, ...]


class ScoreTally(Protocol):
    """A tally of probabilities."""

    def update(self, block: Block) -> None:
        """Add a slab."""

    def finish(self, classes: Sequence[str], kept: Sequence[int], /) -> Any:
        """The result, its channels under these names; only those that are kept."""


class BoxedTally:
    """Hands a tally the voxels of a box as the valid ones.

    shape  of the grid
    box    a slice an axis; None: there is no box, and nothing is valid
    """

    def __init__(self, tally: ScoreTally, shape: tuple[int, ...], box: SliceBox | None) -> None:
        self._tally, self._shape, self._box = tally, shape, box

    def update(self, block: Block) -> None:
        """Add a slab."""
        valid = voxels_in_box(self._box, self._shape, block.start, block.size)
        if block.valid is not None:
            valid &= block.valid
        self._tally.update(replace(block, valid=valid))

    def finish(self, classes: Sequence[str], kept: Sequence[int]) -> Any:
        """The result of the tally."""
        return self._tally.finish(classes, kept)


def voxels_in_box(box: SliceBox | None, shape: tuple[int, ...], start: int, size: int) -> Mask:
    """Which voxels of a range, in C order of the grid, lie in the box."""
    if box is None:
        return np.zeros(size, bool)
    plane = int(np.prod(shape[1:]))
    rows = start // plane, -(-(start + size) // plane)
    found = np.zeros((rows[1] - rows[0], *shape[1:]), bool)
    first = slice(max(box[0].start - rows[0], 0), max(box[0].stop - rows[0], 0))
    found[(first, *box[1:])] = True
    return found.reshape(-1)[start - rows[0] * plane :][:size]
