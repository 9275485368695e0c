"""The table of two masks that are runs: counted without drawing a voxel."""

from __future__ import annotations

import numpy as np

from segeval.kernels.mask_runs import MaskRuns, count_common_voxels
from segeval.tallies.counts import PairCells


def run_cells(truth: MaskRuns, pred: MaskRuns) -> PairCells:
    """What `CountTally` finds in the voxels of two masks on one grid."""
    both, a, b = count_common_voxels(truth, pred), truth.count, pred.count
    table = np.array([[truth.size - a - b + both, b - both], [a - both, both]])
    labels = np.nonzero(table)
    return PairCells(labels[0].astype(np.int64), labels[1].astype(np.int64), table[labels])
