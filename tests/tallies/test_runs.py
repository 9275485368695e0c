"""Counts of runs are the counts of their voxels."""

import numpy as np
from hypothesis import given
from hypothesis.extra.numpy import arrays

from segeval.kernels.mask_runs import runs_of_box
from segeval.tallies.block import Block
from segeval.tallies.counts import CountTally
from segeval.tallies.runs import run_cells

MASK = arrays(np.bool_, (2, 3, 4))


@given(MASK, MASK)
def test_it_is_the_table_of_the_voxels(truth, pred):
    tally = CountTally([(0, 0)])
    sides = [{0: m.reshape(-1).view(np.uint8)} for m in (truth, pred)]
    tally.update(Block(0, 24, *sides))
    wanted = tally.finish((0, 0))
    found = run_cells(*(runs_of_box(m, (0, 0, 0), m.shape) for m in (truth, pred)))
    for name in ("truth", "pred", "voxels"):
        assert getattr(found, name).tolist() == getattr(wanted, name).tolist()
