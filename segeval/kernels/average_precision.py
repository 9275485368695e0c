"""Average precision of scored detections: whose reference each takes, and the curve that follows.

    COCO, LVIS     detections by falling score, the earlier of equal ones first; each takes the free
                   reference of largest IoU that reaches t, of equal IoU the last; references that
                   count before those that are left out. A crowd is free for ever. A detection of a
                   reference that is left out is left out itself.
                   precision tp / (tp + fp), made non-increasing from the right, read at 101 recalls
    Cityscapes     every pair above t is a hit; of several detections of a reference the highest
                   score is the hit, the others are false; the curve by unique scores with the point
                   (recall 0, precision 1), its integral with centred widths

Thresholds are whole numbers p / q, so a tie at the threshold is a tie: n q >= p u for a pair that
shares n pixels of u. Sources: Lin et al., ECCV 2014; Gupta et al., CVPR 2019; Cordts et al., CVPR
2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from segeval.runtime.arrays import Counted, Floats, Mask

TEN = tuple(Fraction(n, 100) for n in range(50, 100, 5))  # 50 % … 95 %
RECALLS = np.linspace(0.0, 1.0, 101)
NONE = -1  # a detection that takes no reference
Places = NDArray[np.int64]


def reach_thresholds(
    shared: Counted | Floats, union: Counted | Floats, thresholds: Sequence[Fraction], tie: bool
) -> Mask:
    """Whether shared / union reaches each threshold.

    shared, union  (n,), whole numbers are compared as such
    tie            whether a share at the threshold itself reaches it
    returns        bool (thresholds, n); where the union is 0 nothing is reached
    """
    found = np.zeros((len(thresholds), len(shared)), np.bool_)
    for lane, t in enumerate(thresholds):
        if shared.dtype.kind in "iu":
            left, right = shared * t.denominator, union * t.numerator
        else:  # boxes: as pycocotools divides
            left = np.divide(shared, union, out=np.zeros(len(shared)), where=union > 0)
            right = np.full(len(shared), min(float(t), 1 - 1e-10))
        found[lane] = ((left >= right) if tie else (left > right)) & (union > 0)
    return found


def take_references(iou: Floats, reaches: Mask, crowd: Mask, left_out: Mask) -> Places:
    """Which reference each detection takes.

    iou       (D, G), detections by falling score
    reaches   bool (T, D, G), which pairs reach each threshold
    crowd     bool (G,), references that may be taken many times
    left_out  bool (A, G), references that do not count in each range of sizes
    returns   int64 (A, T, D), the reference or -1
    """
    ranges, thresholds = len(left_out), len(reaches)
    detections, references = iou.shape
    taken = np.full((ranges, thresholds, detections), NONE, np.int64)
    free = np.ones((ranges, thresholds, references), np.bool_)
    counts = ~left_out[:, None, :]
    area, lane = np.indices((ranges, thresholds))
    for d in np.flatnonzero(reaches.any(axis=(0, 2))).tolist():
        may = free & reaches[None, :, d]
        counting = may & counts
        among = np.where(counting.any(axis=2, keepdims=True), counting, may)
        # The last of equal ones: the first of the largest, from the right.
        worth = np.where(among, iou[d], -1.0)[..., ::-1]
        best = references - 1 - worth.argmax(axis=2)
        hit = among.any(axis=2)
        taken[..., d] = np.where(hit, best, NONE)
        free[area[hit], lane[hit], best[hit]] = crowd[best[hit]]
    return taken


def precision_at_recalls(scores: Floats, hit: Mask, counted: Mask, references: int) -> Floats:
    """The precision of a class over a data set at 101 recalls, at each of some thresholds.

    scores      (n,) of its detections, in the order of images and files
    hit         bool (thresholds, n), which took a reference
    counted     bool (thresholds, n), which are not left out
    references  how many there are to find, at least 1
    returns     float64 (thresholds, 101)
    """
    order = np.argsort(-scores, kind="stable")
    counted = counted[:, order]
    found = np.cumsum(hit[:, order] & counted, axis=1)
    # what is left out repeats the precision before it
    precision = found / np.maximum(np.cumsum(counted, axis=1), 1)
    precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    at = [np.searchsorted(recall, RECALLS, "left") for recall in found / references]
    padded = np.append(precision, np.zeros((len(hit), 1)), axis=1)
    return np.take_along_axis(padded, np.array(at, np.int64).reshape(len(hit), -1), axis=1)


def last_recall(hit: Mask, counted: Mask, references: int) -> Floats:
    """The share of references that are found when every detection is taken, at each threshold.

    hit         bool (thresholds, n), whether each detection was matched
    counted     bool (thresholds, n), whether it counts (not on a crowd, of the area asked for)
    references  how many references there are, at least 1
    returns     float64 (thresholds,)
    """
    return np.asarray((hit & counted).sum(axis=1) / references, np.float64)


def unique_score_precision(scores: Floats, hit: Mask, missed: int) -> float:
    """Average precision of Cityscapes.

    scores  (n,) of hits and false detections of a class over the data set
    hit     bool (n,)
    missed  references that nothing hits at any score
    """
    if not len(scores):
        return 0.0
    order = np.argsort(scores, kind="stable")
    _, first = np.unique(scores[order], return_index=True)
    before = np.concatenate([[0], np.cumsum(hit[order])])[first]
    hits = int(hit.sum()) - before
    false = len(scores) - first - hits
    lost = before + missed
    precision = np.append(hits / (hits + false), 1.0)
    recall = np.append(hits / np.maximum(hits + lost, 1), 0.0)
    padded = np.concatenate([[recall[0]], recall, [0.0]])
    widths = (padded[:-2] - padded[2:]) / 2
    return float(precision @ widths)
