"""Counting pairs of labels: the voxels of every (ground truth, prediction) pair, in one pass.

Label maps are runs: the streams are cut where either of them changes, and each run is counted once,
weighted by its length. Where there are too many cuts (noise) every voxel is counted.
"""

from __future__ import annotations

import numpy as np

from segeval.kernels.run_starts import find_run_starts, find_true_indices
from segeval.runtime.arrays import Counted, Labels

BUSY_RUN_LENGTH = 5  # runs are longer than this on average, else voxels are counted
TABLE_CELLS = (
    1 << 16
)  # cells that a table may always have; a larger one is worth it for many entries
CELLS_PER_ENTRY = 4  # cells for each entry; beyond it codes are sorted


def pair_counts(truth: Labels, pred: Labels) -> tuple[Counted, Counted]:
    """Count the voxels of every (truth, prediction) pair of labels.

    truth, pred  flat uint8 or uint16, the same length
    returns      pair codes, truth * 65536 + prediction, and how many voxels have each, both int64
    """
    if not len(truth):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    first = find_true_indices(find_run_starts(truth, pred))
    if len(first) * BUSY_RUN_LENGTH > len(truth):
        return weighted_counts(truth, pred)
    length = np.empty_like(first)
    np.subtract(first[1:], first[:-1], out=length[:-1])
    length[-1] = len(truth) - first[-1]
    return weighted_counts(truth[first], pred[first], length)


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
    found = np.flatnonzero(table)
    return found // wide << 16 | found % wide, table[found].astype(np.int64)
