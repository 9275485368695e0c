"""Connected components of label maps that are runs: no volume is ever labelled.

A run of equal labels along the fastest axis is the unit. It is joined with the runs of the same
label in the lines around it that lie ahead: of a line (z, y) these are (z, y + 1) and (z + 1, y),
which share a face, and (z + 1, y - 1) and (z + 1, y + 1), which share an edge. How far beside a run
another may lie is the connectivity:

    26  one voxel in all four lines     8  one voxel in the next line
    18  one voxel where lines share a face, none in the other two
     6  none where lines share a face   4  none in the next line
"""

from __future__ import annotations

import numpy as np

from segeval.kernels.label_runs import LabelRuns
from segeval.runtime.arrays import Counted, Mask

REACH = {26: (1, 1), 18: (1, 0), 6: (0, None), 8: (1, None), 4: (0, None)}
CONNECTIVITIES = {2: (8, 4), 3: (26, 18, 6)}  # by the number of axes; the default first


def merge_in_rows(runs: LabelRuns, width: int) -> LabelRuns:
    """Join runs of one label that touch inside a row.

    runs     in rows, disjoint, sorted by start
    width    voxels of a row
    returns  as few runs as there can be, sorted by start
    """
    if len(runs) < 2:
        return runs
    begins = np.ones(len(runs), bool)
    begins[1:] = (
        (runs.start[1:] != runs.stop[:-1])
        | (runs.label[1:] != runs.label[:-1])
        | (runs.start[1:] % width == 0)
    )
    if begins.all():
        return runs
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(runs)) - 1
    return LabelRuns(runs.start[first], runs.stop[last], runs.label[first])


def label_components(runs: LabelRuns, shape: tuple[int, ...], connectivity: int) -> Counted:
    """The component of each run, numbered from 0 in the order of their first voxels.

    runs          in rows, disjoint, sorted by start
    shape         of the grid, (z, y, x) or (y, x)
    connectivity  26, 18 or 6 of a volume; 8 or 4 of a picture
    returns       int64, a number a run; runs of different labels are never one component
    Source: Rosenfeld, Pfaltz, J. ACM 13(4), 1966, on runs.
    """
    one, other = neighbouring_runs(runs, shape, connectivity)
    root = join_pairs(len(runs), one, other)
    number = np.cumsum(root == np.arange(len(runs))) - 1
    return number[root].astype(np.int64)


def neighbouring_runs(
    runs: LabelRuns, shape: tuple[int, ...], connectivity: int
) -> tuple[Counted, Counted]:
    """Pairs of runs of the same label that touch, each once.

    returns  int64 (n,) twice, indices of runs
    """
    if len(runs) < 2:
        nothing = np.zeros(0, np.int64)
        return nothing, nothing
    width, rows = shape[-1], shape[-2]
    line = runs.start // width
    # Two columns more, so that what lies beside the end of a line is not the next one's beginning.
    start = runs.start + 2 * line
    stop = start + (runs.stop - runs.start)
    face, edge = REACH[connectivity]
    row = line % rows
    steps = [(1, row < rows - 1, face)]
    if len(shape) == 3:
        steps.append((rows, np.ones(len(runs), bool), face))
        if edge is not None:
            steps.append((rows - 1, row > 0, edge))
            steps.append((rows + 1, row < rows - 1, edge))
    found = [_beside(start, stop, step * (width + 2), own, reach) for step, own, reach in steps]
    one = np.concatenate([pair[0] for pair in found])
    other = np.concatenate([pair[1] for pair in found])
    alike = runs.label[one] == runs.label[other]
    return one[alike], other[alike]


def _beside(
    start: Counted, stop: Counted, ahead: int, own: Mask, reach: int | None
) -> tuple[Counted, Counted]:
    """The runs that lie beside others in the line that begins so many places ahead."""
    which = np.flatnonzero(own)
    low = np.searchsorted(stop, start[which] + ahead - (reach or 0), "right")
    high = np.searchsorted(start, stop[which] + ahead + (reach or 0), "left")
    return expand_ranges(which, low, high)


def expand_ranges(which: Counted, low: Counted, high: Counted) -> tuple[Counted, Counted]:
    """Every whole number from `low` to before `high`, beside the number its range belongs to.

    returns  int64 (n,) twice: `which` repeated, and the numbers
    """
    many = np.maximum(high - low, 0)
    first = np.cumsum(many) - many
    place = np.arange(int(many.sum())) - np.repeat(first, many) + np.repeat(low, many)
    return np.repeat(which, many), place.astype(np.int64)


def join_pairs(size: int, one: Counted, other: Counted) -> Counted:
    """The smallest member of the set of each of some things, where pairs of them are one set.

    size        how many there are
    one, other  int64 (n,), the pairs
    returns     int64 (size,); of a thing in no pair it is itself
    Each round hooks the larger root of a pair to the smaller one and shortens every path.
    """
    root = np.arange(size)
    while len(one):
        a, b = root[one], root[other]
        apart = a != b
        if not apart.any():
            break
        one, other, a, b = one[apart], other[apart], a[apart], b[apart]
        np.minimum.at(root, np.maximum(a, b), np.minimum(a, b))
        while not np.array_equal(higher := root[root], root):
            root = higher
    return root
