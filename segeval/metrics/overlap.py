"""Overlap of two masks, from voxel counts.

tp on both sides, fp prediction only, fn ground truth only, tn on neither.

    dice                  2 tp / (2 tp + fp + fn)     Dice, Ecology 26(3), 1945
    iou                     tp / (tp + fp + fn)       Jaccard, New Phytologist 11(2), 1912
    precision               tp / (tp + fp)            positive predictive value
    recall                  tp / (tp + fn)            sensitivity, true positive rate
    specificity             tn / (tn + fp)            true negative rate
    fbeta           (1+b^2) tp / ((1+b^2) tp + b^2 fn + fp)     van Rijsbergen, 1979
    mcc     (tp tn - fp fn) / sqrt((tp+fp)(tp+fn)(tn+fp)(tn+fn))  Matthews, BBA 405(2), 1975
    kappa         (po - pe) / (1 - pe)                Cohen, Educ. Psychol. Meas. 20(1), 1960

A ratio of nothing to nothing is undefined: nan, and the row says which side was empty.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from segeval.metrics.registry import SHARE, Values, metric
from segeval.runtime.arrays import Floats
from segeval.tallies.counts import Counts

MOST_BETA = 1e100  # beyond it the score is the recall in every digit, and its square overflows


def ratio_or_nan(part: Any, whole: Any) -> Floats:
    """part / whole, whole numbers or floats of one shape; nan where the whole is 0."""
    share: Floats = np.full(np.shape(part), np.nan)
    np.divide(part, whole, out=share, where=np.asarray(whole) != 0)
    return share


@metric("dice", of="counts", better="higher", bounds=SHARE)
def dice(n: Counts) -> Values:
    """Dice coefficient: the overlap as a share of the mean size of both masks.

    formula  2 tp / (2 tp + fp + fn)
    empty    both empty: undefined; one empty: 0
    source   Dice, Ecology 26(3), 1945
    """
    return Values(ratio_or_nan(2 * n.tp, 2 * n.tp + n.fp + n.fn))


@metric("iou", of="counts", better="higher", bounds=SHARE)
def iou(n: Counts) -> Values:
    """Intersection over union, the Jaccard index.

    formula  tp / (tp + fp + fn)
    empty    both empty: undefined; one empty: 0
    source   Jaccard, New Phytologist 11(2), 1912
    """
    return Values(ratio_or_nan(n.tp, n.tp + n.fp + n.fn))


@metric("precision", of="counts", better="higher", bounds=SHARE)
def precision(n: Counts) -> Values:
    """Share of the predicted voxels that are right; the positive predictive value.

    formula  tp / (tp + fp)
    empty    prediction empty: undefined
    source   Kent et al., Am. Doc. 6(2), 1955
    """
    return Values(ratio_or_nan(n.tp, n.pred))


@metric("recall", of="counts", better="higher", bounds=SHARE)
def recall(n: Counts) -> Values:
    """Share of the ground truth's voxels that were found; sensitivity, true positive rate.

    formula  tp / (tp + fn)
    empty    ground truth empty: undefined
    source   Yerushalmy, Public Health Rep. 62(40), 1947
    """
    return Values(ratio_or_nan(n.tp, n.truth))


@metric("specificity", of="counts", better="higher", bounds=SHARE)
def specificity(n: Counts) -> Values:
    """Share of the voxels outside the ground truth that were left outside; true negative rate.

    It counts the background, so it grows with the field of view.

    formula  tn / (tn + fp)
    empty    ground truth fills the image: undefined
    source   Yerushalmy, Public Health Rep. 62(40), 1947
    """
    return Values(ratio_or_nan(n.tn, n.tn + n.fp))


@metric("fbeta", of="counts", better="higher", at=("",), default="1", bounds=SHARE)
def fbeta(n: Counts, at: float) -> Values:
    """F-beta score: recall counts beta times as much as precision; beta 1 is Dice.

    at       beta
    formula  (1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp)
    empty    both empty: undefined; one empty: 0
    source   van Rijsbergen, Information Retrieval, 2nd ed., 1979
    """
    square = min(at, MOST_BETA) ** 2
    hit = (1 + square) * n.tp
    return Values(ratio_or_nan(hit, hit + square * n.fn + n.fp))


@metric("accuracy", of="counts", better="higher", bounds=SHARE)
def accuracy(n: Counts) -> Values:
    """Share of the voxels on which both sides agree about the class, background included.

    It counts the background, so it grows with the field of view.

    formula  (tp + tn) / (tp + fp + fn + tn)
    empty    defined for empty masks
    source   ISO 5725-1; Metz, Semin. Nucl. Med. 8(4), 1978
    """
    return Values(ratio_or_nan(n.tp + n.tn, n.table.sum(axis=1)))


@metric("balanced_accuracy", of="counts", better="higher", bounds=SHARE)
def balanced_accuracy(n: Counts) -> Values:
    """Mean of recall and specificity.

    formula  (tp / (tp + fn) + tn / (tn + fp)) / 2
    empty    ground truth empty: undefined
    source   Brodersen et al., ICPR 2010
    """
    return Values((ratio_or_nan(n.tp, n.truth) + ratio_or_nan(n.tn, n.tn + n.fp)) / 2)


@metric("mcc", of="counts", better="higher", bounds=(-1.0, 1.0))
def mcc(n: Counts) -> Values:
    """Matthews correlation coefficient of the two masks, the background counted.

    formula  (tp tn - fp fn) / sqrt((tp + fp)(tp + fn)(tn + fp)(tn + fn))
    empty    one side empty or full: undefined
    source   Matthews, Biochim. Biophys. Acta 405(2), 1975
    """
    tp, fp, fn, tn = n.table.T.astype(float)
    # root by root: the product of four voxel counts does not fit in 64 bits
    scale = np.sqrt(tp + fp) * np.sqrt(tp + fn) * np.sqrt(tn + fp) * np.sqrt(tn + fn)
    return Values(ratio_or_nan(tp * tn - fp * fn, scale))


@metric("kappa", of="counts", better="higher", bounds=(-1.0, 1.0))
def kappa(n: Counts) -> Values:
    """Cohen's kappa: agreement beyond what the sizes of the two masks give by chance.

    formula  (po - pe) / (1 - pe), po = (tp + tn) / N, pe the agreement of independent masks
    empty    both empty or both full: undefined
    source   Cohen, Educ. Psychol. Meas. 20(1), 1960
    """
    tp, fp, fn, tn = n.table.T.astype(float)
    total = tp + fp + fn + tn
    chance = ((tp + fp) * (tp + fn) + (tn + fp) * (tn + fn)) / np.where(total, total, 1)
    return Values(ratio_or_nan(tp + tn - chance, total - chance))


@metric("volumetric_similarity", of="counts", better="higher", bounds=SHARE)
def volumetric_similarity(n: Counts) -> Values:
    """How alike the two volumes are, wherever they lie.

    formula  1 - |fn - fp| / (2 tp + fp + fn)
    empty    both empty: undefined; one empty: 0
    source   Taha and Hanbury, BMC Med. Imaging 15:29, 2015
    """
    return Values(1 - ratio_or_nan(np.abs(n.fn - n.fp), 2 * n.tp + n.fp + n.fn))


@metric("false_positive_rate", of="counts", better="lower", bounds=SHARE)
def false_positive_rate(n: Counts) -> Values:
    """Share of the voxels outside the ground truth that the prediction took in; fall-out.

    formula  fp / (fp + tn)
    empty    ground truth fills the image: undefined
    source   Taha and Hanbury, BMC Med. Imaging 15:29, 2015
    """
    return Values(ratio_or_nan(n.fp, n.fp + n.tn))


@metric("false_negative_rate", of="counts", better="lower", bounds=SHARE)
def false_negative_rate(n: Counts) -> Values:
    """Share of the ground truth's voxels that the prediction missed.

    formula  fn / (fn + tp)
    empty    ground truth empty: undefined
    source   Taha and Hanbury, BMC Med. Imaging 15:29, 2015
    """
    return Values(ratio_or_nan(n.fn, n.truth))
