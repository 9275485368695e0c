"""The lesions of BraTS 2023: those near each other are one, and each has its predictions.

A lesion is what a mask dilated d times joins, cut back to the mask. A predicted component belongs
to every lesion whose own dilation it touches, so it may serve several; one that belongs to none is
a false positive. The dilation of a lesion is a component of the dilated mask, so the mask is
dilated once, inside its box.
"""

from __future__ import annotations

import numpy as np

from segeval.kernels.connected_components import CONNECTIVITIES, label_components
from segeval.kernels.label_runs import LabelRuns
from segeval.kernels.overlaps import Overlaps
from segeval.kernels.run_dilation import dilate_runs
from segeval.kernels.run_overlaps import overlap_runs, sum_pairs
from segeval.runtime.arrays import Counted
from segeval.runtime.frozen import frozen
from segeval.tallies.instance_sides import (
    NO_RUNS,
    InstanceGrid,
    SideInstances,
    measure_centres,
    split_components,
)
from segeval.tallies.instance_table import InstanceTable


@frozen
class JoinedLesions:
    """The lesions of a class.

    truth    lesions of the reference
    pred     components of the prediction
    kept     int64 (n,): lesions above the limit
    parts    the predicted components of each of them
    table    references are the kept lesions; the first n predictions are the unions that are
             theirs, in the same order and empty of a missed lesion, the others false positives.
             A union has no id, and the centre of its lesion
    """

    truth: SideInstances
    pred: SideInstances
    kept: Counted
    parts: tuple[Counted, ...]
    table: InstanceTable


def join_near_lesions(
    masks: tuple[LabelRuns, LabelRuns], grid: InstanceGrid, steps: int, limit: float
) -> JoinedLesions:
    """The lesions of a class with the predictions that are theirs.

    masks  runs of the reference and of the prediction, in rows, sorted by start
    steps  of the dilation by the 18-neighbour element
    limit  volume in mm3 (voxels where the grid has no spacing) that a lesion has to exceed
    Source: BraTS-2023-Metrics; Moawad et al., arXiv 2306.00838.
    """
    shape = grid.shape
    near = CONNECTIVITIES[len(shape)][0]
    components, pred = (split_components(mask, shape, near, 0) for mask in masks)
    swollen = dilate_runs(components.runs, shape, steps)
    number = label_components(swollen, shape, near)
    inside, cover, _ = overlap_runs(components.runs, swollen)
    lesion = np.full(len(components.runs), -1)
    lesion[inside] = number[cover]
    count = int(number.max(initial=-1)) + 1
    truth = SideInstances(components.runs, lesion, np.arange(1, count + 1), NO_RUNS)
    i, j, n = overlap_runs(swollen, pred.runs)
    one, other, _ = sum_pairs(number[i], pred.number[j], n, len(pred))
    kept = np.flatnonzero(truth.sizes() * np.prod(grid.steps) > limit)
    parts = tuple(other[one == k] for k in kept)
    spurious = np.setdiff1d(np.arange(len(pred)), other)
    table = _make_table(truth, pred, kept, parts, spurious, grid)
    return JoinedLesions(truth, pred, kept, parts, table)


def _make_table(  # noqa: PLR0913 - what a table hangs on
    truth: SideInstances,
    pred: SideInstances,
    kept: Counted,
    parts: tuple[Counted, ...],
    spurious: Counted,
    grid: InstanceGrid,
) -> InstanceTable:
    i, j, n = overlap_runs(truth.runs, pred.runs)
    one, other, n = sum_pairs(truth.number[i], pred.number[j], n, len(pred))
    both = zip(kept, parts, strict=True)
    shared = np.array([n[(one == k) & np.isin(other, own)].sum() for k, own in both], np.int64)
    sizes = pred.sizes()
    unions = [int(sizes[own].sum()) for own in parts]
    every = np.array([*unions, *sizes[spurious].tolist()], np.int64)
    hit = np.flatnonzero(shared)
    centres = [measure_centres(side, grid.shape, grid.steps) for side in (truth, pred)]
    lesions = centres[0][kept]
    nothing = np.zeros(len(every), np.int64)
    return InstanceTable(
        Overlaps(truth.sizes()[kept], every, hit, hit, shared[hit]),
        (truth.ids[kept], np.append(np.zeros(len(kept), np.int64), pred.ids[spurious])),
        nothing,
        nothing,
        np.zeros(len(kept), np.int64),
        *grid.voxel,
        (lesions, np.concatenate([lesions, centres[1][spurious]])),
        (len(truth) - len(kept), 0),
    )
