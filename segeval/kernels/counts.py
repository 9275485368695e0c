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
SHORT_CODES = 1 << 12  # cells of a table that is cleared for every piece; a larger one costs more
LONG_PIECE = 1 << 18  # voxels of a table that is cleared for each of them
PIECE = 1 << 15  # voxels whose codes, and what counting makes of them, stay in the cache
CELLS_PER_ENTRY = 4  # cells for each entry; beyond it codes are sorted


def pair_counts(truth: Labels, pred: Labels) -> tuple[Counted, Counted]:
    """Count the voxels of every (truth, prediction) pair of labels.

    truth, pred  flat uint8 or uint16, the same length
    returns      pair codes, truth * 65536 + prediction, and how many voxels have each, both int64
    """
    if not len(truth):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    if _is_busy(find_run_starts(truth[:PIECE], pred[:PIECE]), len(truth[:PIECE])):
        return _voxel_counts(truth, pred)  # noise begins as it goes on; either way counts the same
    begin = find_run_starts(truth, pred)
    if _is_busy(begin, len(truth)):
        return _voxel_counts(truth, pred)
    first = find_true_indices(begin)
    length = np.empty_like(first)
    np.subtract(first[1:], first[:-1], out=length[:-1])
    length[-1] = len(truth) - first[-1]
    return weighted_counts(truth[first], pred[first], length)


def _is_busy(begin: Mask, size: int) -> bool:
    """Whether so many voxels begin a run that it is faster to count voxels."""
    return int(np.count_nonzero(begin)) * BUSY_RUN_LENGTH > size


def _voxel_counts(truth: Labels, pred: Labels) -> tuple[Counted, Counted]:
    """The counts of labels in which nearly every voxel differs from the one before."""
    wide = int(pred.max()) + 1
    cells = (int(truth.max()) + 1) * wide
    if cells > min(TABLE_CELLS, len(truth)):
        return weighted_counts(truth, pred)
    if cells > SHORT_CODES:
        return _found_cells(_long_table(truth, pred, wide, cells), wide)
    kind = np.uint8 if cells <= BYTE_CODES else np.uint16
    table = np.zeros(BYTE_CODES * BYTE_CODES if kind is np.uint8 else cells, np.int64)
    for start in range(0, len(truth), PIECE):
        some = slice(start, start + PIECE)
        codes = np.multiply(
            truth[some],
            wide % BYTE_CODES if kind is np.uint8 else wide,
            dtype=kind,
            casting="unsafe",
        )
        np.add(codes, pred[some], out=codes, casting="unsafe")
        found = np.bincount(codes if kind is np.uint16 else _code_pairs(codes))
        table[: len(found)] += found
    if kind is np.uint8:  # a code has a voxel's in its low byte and the next one's in its high one
        both = table.reshape(BYTE_CODES, BYTE_CODES)
        table = both.sum(axis=0) + both.sum(axis=1)
        table[0] -= len(truth) % 2
    return _found_cells(table, wide)


def _long_table(truth: Labels, pred: Labels, wide: int, cells: int) -> Counted:
    """The counts of more codes than a piece has voxels: larger pieces, and one array of indices."""
    table = np.zeros(cells, np.int64)
    places = np.empty(min(LONG_PIECE, len(truth)), np.intp)
    for start in range(0, len(truth), LONG_PIECE):
        some = slice(start, start + LONG_PIECE)
        codes = np.multiply(truth[some], wide, dtype=np.uint16, casting="unsafe")
        np.add(codes, pred[some], out=codes, casting="unsafe")
        places[: len(codes)] = codes  # what bincount would make of them in fresh memory
        found = np.bincount(places[: len(codes)])
        table[: len(found)] += found
    return table


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
    truth, pred = np.divmod(found.astype(np.uint32), np.uint32(wide))  # numpy divides slowly
    return truth.astype(np.int64) << 16 | pred, table[found].astype(np.int64)
