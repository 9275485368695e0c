"""Lesion rates of ivadomed."""

from __future__ import annotations

import numpy as np

from segeval.kernels.run_overlaps import distinct_numbers
from segeval.metrics.cells import cell_values, share_of_whole
from segeval.metrics.lesion_options import PRED, TRUTH, LeastOverlap, read_overlap
from segeval.metrics.lesions import FACTS, FIXED
from segeval.metrics.panoptic import Tables
from segeval.metrics.registry import Option, Values, metric
from segeval.runtime.arrays import Counted, Mask
from segeval.tallies.instance_table import InstanceTable

IVADOMED = {"overlap": Option("3px", read=read_overlap), "connectivity": FIXED}


def count_ivadomed(
    t: Tables, place: int, overlap: LeastOverlap, connectivity: str
) -> tuple[int, int, int]:
    """Lesions found, lesions missed, false positives of ivadomed."""
    tp = truth = fp = 0
    for table in t.tables(place, connectivity):
        o = table.overlaps
        voxel = table.voxel * (1000 if table.unit == "ml" else 1)
        hit = table.covered_voxels(TRUTH) >= overlap.voxels(o.truth, voxel)
        tp, truth = tp + int(hit.sum()), truth + len(hit)
        fp += int(find_spurious(table, overlap).sum())
    return tp, truth - tp, fp


def find_spurious(table: InstanceTable, overlap: LeastOverlap) -> Mask:
    """Which predictions share less than ivadomed asks for.

    A ratio is of the reference with the highest number under the prediction.
    """
    o = table.overlaps
    voxel = table.voxel * (1000 if table.unit == "ml" else 1)
    least = np.full(len(o.pred), float(overlap.voxels(1, voxel)))
    if overlap.unit == "ratio":
        least = np.full(len(o.pred), np.inf)  # of nothing there is a share of the background
        least[distinct_numbers(o.other)] = overlap.voxels(o.truth[highest_reference(table)], voxel)
    found: Mask = table.covered_voxels(PRED) < least
    return found


def highest_reference(table: InstanceTable) -> Counted:
    """Of every prediction that touches any, the reference with the highest number."""
    o = table.overlaps
    order = np.lexsort((o.one, o.other))
    last = np.flatnonzero(np.append(np.diff(o.other[order]) != 0, True)) if len(order) else order
    return o.one[order[last]]


@metric("lesion_recall", origin="ivadomed", options=IVADOMED, **FACTS)
def ltpr(t: Tables, overlap: LeastOverlap, connectivity: str) -> Values:
    """Lesion true positive rate of ivadomed: a lesion is hit by at least three voxels.

    formula  lesions with enough shared voxels / lesions
    empty    ground truth empty: undefined
    source   ivadomed, Gros et al., JOSS 6(58), 2021
    """

    def number(place: int) -> float:
        tp, fn, _ = count_ivadomed(t, place, overlap, connectivity)
        return share_of_whole(tp, tp + fn)

    return cell_values(t, number)


@metric("lesion_precision", origin="ivadomed", options=IVADOMED, **FACTS)
def one_minus_lfdr(t: Tables, overlap: LeastOverlap, connectivity: str) -> Values:
    """1 - the lesion false detection rate of ivadomed, whose TP are on the reference's side.

    formula  tp / (tp + fp); tp lesions with enough shared voxels, fp predictions with fewer
    empty    neither tp nor fp: undefined
    source   ivadomed, Gros et al., JOSS 6(58), 2021
    """

    def number(place: int) -> float:
        tp, _, fp = count_ivadomed(t, place, overlap, connectivity)
        return share_of_whole(tp, tp + fp)

    return cell_values(t, number)
