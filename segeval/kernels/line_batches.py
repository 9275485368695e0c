"""Lines of outlines in batches, so that the memory of drawing them is bounded.

A line of two numbers steps over as many rows or columns as the image has: a small file of long
lines would take gigabytes.
"""

from __future__ import annotations

import numpy as np

from segeval.runtime.arrays import Counted
from segeval.runtime.errors import ReadError

BATCH_STEPS = 1 << 18  # rows or columns that are stepped over at a time; of 100 bytes each
MOST_STEPS = 1 << 25  # of one structure, or of all outlines of an image


def split_lines(steps: Counted) -> list[slice]:
    """Which lines are drawn together.

    steps    int64 (n,): how many rows or columns each line steps over
    returns  slices of the lines, in their order; one where there are few

    Raises ReadError where there are more steps than any outline has.
    """
    total = int(steps.sum())
    if total > MOST_STEPS:
        raise ReadError(
            f"outlines that step over {total} rows or columns, which is more than {MOST_STEPS}",
            status="over_budget",
        )
    if total <= BATCH_STEPS:
        return [slice(0, len(steps))]
    number = np.cumsum(steps) // BATCH_STEPS
    ends = [*(np.flatnonzero(np.diff(number)) + 1).tolist(), len(steps)]
    return [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
