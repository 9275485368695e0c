"""Counting pairs of labels: the voxels of every (ground truth, prediction) pair, in one pass.

Label maps are runs: the streams are cut where either of them changes, and each run is counted once,
weighted by its length. Where there are too many cuts (noise) every voxel is counted.
"""

from __future__ import annotations

import numpy as np

from segeval.kernels.run_starts import find_run_starts, find_true_indices
from segeval.runtime.arrays import Counted, Labels, Mask, Raw

BUSY_RUN_LENGTH = 5  # runs are longer than this on average, else voxels are counted
TABLE_CELLS = (
    1 << 16
)  # cells that a table may always have; a larger one is worth it for many entries
BYTE_CODES = 1 << 8  # cells whose codes are bytes
START = 1 << 15  # voxels at the start that tell noise
PIECE = 1 << 19  # voxels of few pairs that are counted at once, into a table of their own
NOISE_PIECE = 1 << 16  # voxels of many pairs whose codes are made at once, so that they are near
TABLE_LABELS = 1 << 10  # labels whose pairs have a table that is kept, of 4 MB
MOST_VOXELS = (1 << 32) - 1  # that a half word counts
CELLS_PER_ENTRY = 4  # cells for each entry; beyond it codes are sorted


class NoisePairs:
    """The voxels of every pair of labels below TABLE_LABELS, added up in one table that is kept.

    numpy.bincount makes a table for each call, and turns codes into whole words first. Cells are
    half words as long as these hold every voxel: so the table of bytes is near.
    """

    def __init__(self) -> None:
        self._labels, self._added = 0, 0
        self._voxels: Counted = np.zeros(0, np.uint32)  # made once there is noise

    def add(self, truth: Labels, pred: Labels, most: int) -> None:
        """Count some voxels.

        truth, pred  flat, the same length
        most         no label is larger
        """
        if most >= self._labels:
            self._widen(max(BYTE_CODES, 1 << most.bit_length()))
        self._added += len(truth)
        if self._added > MOST_VOXELS:
            self._voxels = self._voxels.astype(np.int64, copy=False)
        one = self._voxels.dtype.type(1)
        for start in range(0, len(truth), NOISE_PIECE):
            some = slice(start, start + NOISE_PIECE)
            codes, cells = self._codes[: len(truth[some])], self._cells[: len(truth[some])]
            np.multiply(truth[some], self._labels, out=codes, dtype=codes.dtype, casting="unsafe")
            np.add(codes, pred[some], out=codes, casting="unsafe")
            np.copyto(cells, codes)
            np.add.at(self._voxels, cells, one)

    def _widen(self, labels: int) -> None:
        """Make room for more labels, a power of two."""
        wider = np.zeros((labels, labels), self._voxels.dtype)
        wider[: self._labels, : self._labels] = self._voxels.reshape(2 * (self._labels,))
        self._labels, self._voxels = labels, wider.ravel()
        self._codes = np.empty(NOISE_PIECE, np.uint16 if labels == BYTE_CODES else np.uint32)
        self._cells = np.empty(NOISE_PIECE, np.intp)

    def pairs(self) -> tuple[Counted, Counted]:
        """The codes that were met, and their voxels, as `pair_counts` returns them."""
        return _found_cells(self._voxels, self._labels) if self._labels else _no_pairs()


def pair_counts(
    truth: Labels, pred: Labels, noise: NoisePairs | None = None
) -> tuple[Counted, Counted]:
    """Count the voxels of every (truth, prediction) pair of labels.

    truth, pred  flat uint8 or uint16, the same length
    noise        takes what has too many pairs to be worth a table of its own; that is not returned
    returns      pair codes, truth * 65536 + prediction, and how many voxels have each, both int64
    """
    if not len(truth):
        return _no_pairs()
    if _is_busy(find_run_starts(truth[:START], pred[:START]), len(truth[:START])):
        return _voxel_counts(truth, pred, noise)  # it begins as it goes on; either way is right
    begin = find_run_starts(truth, pred)
    if _is_busy(begin, len(truth)):
        return _voxel_counts(truth, pred, noise)
    first = find_true_indices(begin)
    length = np.empty_like(first)
    np.subtract(first[1:], first[:-1], out=length[:-1])
    length[-1] = len(truth) - first[-1]
    return weighted_counts(truth[first], pred[first], length)


def _no_pairs() -> tuple[Counted, Counted]:
    return np.zeros(0, np.int64), np.zeros(0, np.int64)


def _is_busy(begin: Mask, size: int) -> bool:
    """Whether so many voxels begin a run that it is faster to count voxels."""
    return int(np.count_nonzero(begin)) * BUSY_RUN_LENGTH > size


def _voxel_counts(truth: Labels, pred: Labels, noise: NoisePairs | None) -> tuple[Counted, Counted]:
    """The counts of labels in which nearly every voxel differs from the one before."""
    high, wide = int(truth.max()), int(pred.max()) + 1
    cells, most = (high + 1) * wide, max(high, wide - 1)
    few = max(TABLE_CELLS, CELLS_PER_ENTRY * len(truth))
    if len(truth) < TABLE_CELLS or cells > few or most >= TABLE_LABELS:
        return weighted_counts(truth, pred)
    if cells <= BYTE_CODES:
        return _few_pairs(truth, pred, wide)
    if noise is not None:
        noise.add(truth, pred, most)
        return _no_pairs()
    own = NoisePairs()
    own.add(truth, pred, most)
    return own.pairs()


def _few_pairs(truth: Labels, pred: Labels, wide: int) -> tuple[Counted, Counted]:
    """The same of pairs whose codes fit in a byte.

    wide  one more than the largest label of the prediction
    """
    table = np.zeros(BYTE_CODES * BYTE_CODES, np.int64)
    for start in range(0, len(truth), PIECE):
        some = slice(start, start + PIECE)
        codes = np.multiply(truth[some], wide % BYTE_CODES, dtype=np.uint8, casting="unsafe")
        np.add(codes, pred[some], out=codes, casting="unsafe")
        found = np.bincount(_code_pairs(codes))
        table[: len(found)] += found
    # a code has a voxel's in its low byte and the next one's in its high one
    both = table.reshape(BYTE_CODES, BYTE_CODES)
    table = both.sum(axis=0) + both.sum(axis=1)
    table[0] -= len(truth) % 2
    return _found_cells(table, wide)


def _code_pairs(codes: Raw) -> Raw:
    """The codes of two voxels as one, half as much to count; after an odd number follows a 0."""
    return (np.append(codes, np.uint8(0)) if len(codes) % 2 else codes).view(np.uint16)


def weighted_counts(
    truth: Labels | Counted, pred: Labels | Counted, voxels: Counted | None = None
) -> tuple[Counted, Counted]:
    """Count pairs of labels that each stand for some voxels, or for one; there is at least one.

    truth, pred  integers (n,), below 65 536
    voxels       (n,) how many each pair stands for; None: one
    returns      int64 (k,) twice: codes `truth << 16 | pred` that occur, and their voxels
    """
    wide = int(pred.max()) + 1
    if (int(truth.max()) + 1) * wide > max(TABLE_CELLS, CELLS_PER_ENTRY * len(truth)):
        codes = truth.astype(np.int64) << 16 | pred
        found, place = np.unique(codes, return_inverse=True)
        # float64 holds whole numbers to 2**53
        return found, np.bincount(place, voxels, len(found)).astype(np.int64)
    table = np.bincount(truth.astype(np.intp) * wide + pred, voxels)
    return _found_cells(table, wide)


def _found_cells(table: Raw, wide: int) -> tuple[Counted, Counted]:
    """The cells of a flat table that hold something: their codes, and what they hold."""
    found = np.flatnonzero(table)
    codes = found + found // wide * (
        (1 << 16) - wide
    )  # truth * wide + pred becomes truth << 16 | pred
    return codes, table[found].astype(np.int64)
