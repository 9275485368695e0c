"""One number for a whole label map: what semantic segmentation reports, from its confusion matrix.

Their class is `all`. In the field they are pooled over the data set, which is the statistic
`pooled` of the same metric: the tables of all cases are added before the formula is used.

    pixel_accuracy  sum_c n_cc / N
    miou            mean over classes of n_cc / (t_c + p_c - n_cc)
    fwiou           sum_c t_c iou_c / sum_c t_c

with n_cc voxels of class c on both sides, t_c and p_c in the ground truth and the prediction.
Source: Long, Shelhamer, Darrell, CVPR 2015, section 5.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from segeval.metrics.overlap import ratio_or_nan
from segeval.metrics.registry import SHARE, Values, metric
from segeval.runtime.arrays import Floats
from segeval.tallies.counts import Counts
from segeval.tallies.pair_cells import PairCells


def case_value(value: Floats | np.floating[Any] | float, reason: str = "") -> Values:
    """A number of the whole case."""
    return Values(whole=float(value), reason=reason)


@metric("pixel_accuracy", of="counts", better="higher", bounds=SHARE)
def pixel_accuracy(n: Counts) -> Values:
    """Share of the voxels that have the same label on both sides, background included.

    formula  sum_c n_cc / N
    empty    defined for empty classes; undefined where classes may overlap
    source   Long, Shelhamer, Darrell, CVPR 2015
    """
    if n.confusion is None:
        return case_value(np.nan, "overlapping_classes")
    cells = n.confusion
    hit = cells.voxels[cells.truth == cells.pred].sum()
    return case_value(ratio_or_nan(hit, cells.voxels.sum()), "no_voxels")


@metric("miou", of="counts", better="higher", bounds=SHARE)
def miou(n: Counts) -> Values:
    """Mean of the intersection over union over the scored classes that either side has.

    formula  mean over c of tp_c / (tp_c + fp_c + fn_c)
    empty    a class on neither side is left out; no class at all: undefined
    source   Long, Shelhamer, Darrell, CVPR 2015
    """
    each = ratio_or_nan(n.tp, n.tp + n.fp + n.fn)
    return case_value(np.nan if np.isnan(each).all() else float(np.nanmean(each)), "both_empty")


@metric("fwiou", of="counts", better="higher", bounds=SHARE)
def fwiou(n: Counts) -> Values:
    """Intersection over union of the scored classes, weighted by their share of the ground truth.

    formula  sum_c t_c iou_c / sum_c t_c
    empty    ground truth without any scored class: undefined
    source   Long, Shelhamer, Darrell, CVPR 2015
    """
    each = ratio_or_nan(n.tp, n.tp + n.fp + n.fn)
    return case_value(ratio_or_nan(np.nansum(n.truth * each), n.truth.sum()), "gt_empty")


@metric("overall_kappa", of="counts", better="higher", bounds=(-1.0, 1.0))
def overall_kappa(n: Counts) -> Values:
    """Cohen's kappa of the two label maps, all labels at once, background included.

    formula  (po - pe) / (1 - pe), po = sum_c n_cc / N, pe = sum_c t_c p_c / N^2
    empty    one label on both sides: undefined; undefined where classes may overlap
    source   Cohen, Educ. Psychol. Meas. 20(1), 1960
    """
    if n.confusion is None:
        return case_value(np.nan, "overlapping_classes")
    hit, total, truth, pred = label_margins(n.confusion)
    chance = float(truth @ pred) / max(total, 1)
    return case_value(
        ratio_or_nan(np.float64(hit - chance), np.float64(total - chance)), "one_label"
    )


def label_margins(cells: PairCells) -> tuple[float, float, Floats, Floats]:
    """Hits, voxels, and the voxels of every label on each side."""
    labels = np.union1d(cells.truth, cells.pred)
    truth, pred = np.zeros(len(labels)), np.zeros(len(labels))
    np.add.at(truth, np.searchsorted(labels, cells.truth), cells.voxels)
    np.add.at(pred, np.searchsorted(labels, cells.pred), cells.voxels)
    hit = cells.voxels[cells.truth == cells.pred].sum()
    return float(hit), float(cells.voxels.sum()), truth, pred
