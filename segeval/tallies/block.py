"""One slab of both sides on the reference grid, as every tally sees it."""

from __future__ import annotations

from collections.abc import Mapping

from segeval.runtime.arrays import Counted, Floats, Labels, Mask, Probabilities
from segeval.runtime.frozen import frozen


@frozen
class Block:
    """Voxels `start` to `start + size` of the case, in C order of the reference grid.

    truth, pred  flat labels of each channel that is read in this pass, by channel number
    scores       (channels, size) probabilities of the prediction after activation, or None
    logits       the same before it; None where the file holds probabilities
    onehot       (channels, size) the reference mask of each channel; None for exclusive channels,
                 where channel i is true where truth[0] == i
    soft         (channels, size) the reference as shares; None for a hard reference
    valid        False where the ground truth is ignored; None where nothing is
    labels       the reference of channels that exclude each other, where channel 0 does not hold it
    decoded      the labels that the scores make, where `pred` is a label map of its own
    weight       (size,) how many voxels each entry stands for, which then has no place; None: one
    best         (size,) the largest of exclusive channels, before activation; None: not known
    single       the scores stand for float32 numbers, in whatever type they are
    """

    start: int
    size: int
    truth: Mapping[int, Labels]
    pred: Mapping[int, Labels]
    scores: Probabilities | Floats | None = None
    logits: Probabilities | Floats | None = None
    onehot: Mask | None = None
    soft: Probabilities | Floats | None = None
    valid: Mask | None = None
    labels: Labels | None = None
    decoded: Mapping[int, Labels] | None = None
    weight: Counted | None = None
    best: Probabilities | Floats | None = None
    ids: tuple[Labels | None, Labels | None] = (None, None)
    single: bool = False
