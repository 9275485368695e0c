"""Whether probabilities mean what they say: calibration errors and proper scores.

Of each bin of confidence, conf is the mean confidence and acc the share of hits.

    ece    sum of (count / total) |acc - conf|     expected calibration error
    rmsce  sqrt of the sum of (count / total) (acc - conf)^2
    mce    largest |acc - conf|                    maximum calibration error
    ace    mean of |acc - conf| over bins with any voxel   average calibration error
    brier  mean of sum over classes of (p - g)^2   Brier, Mon. Weather Rev. 78(1), 1950
    nll    mean of -log p_y, with a floor

Of exclusive channels `torchmetrics` looks at the label that is predicted: one number, class `all`.
`torchmetrics_binary` and `monai` look at the probability of each class: one number a class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from segeval.arrays import Floats
from segeval.metrics.losses import loss, share, undefined, why
from segeval.metrics.overlap import ratio
from segeval.metrics.registry import Values, metric
from segeval.tallies.pieces import Bins, Ce, ClassBins
from segeval.tallies.sums import Sums

SHARE = (0.0, 1.0)
Gap = Callable[[Floats], float]
Register = Callable[[Callable[..., Any]], Callable[..., Any]]


def gaps(bins: Floats) -> tuple[Floats, Floats]:
    """Share of the voxels, and |acc - conf|, of each bin that holds any."""
    voxels, confidence, hits = bins[bins[:, 0] > 0].T
    return voxels / max(voxels.sum(), 1), np.abs(hits - confidence) / voxels


def expected(bins: Floats) -> float:
    """Mean gap, weighted by voxels."""
    voxels, gap = gaps(bins)
    return float(voxels @ gap) if len(gap) else np.nan


def root_mean_square(bins: Floats) -> float:
    """Root of the mean squared gap, weighted by voxels."""
    voxels, gap = gaps(bins)
    return float(np.sqrt(voxels @ gap**2)) if len(gap) else np.nan


def largest(bins: Floats) -> float:
    """Largest gap."""
    _, gap = gaps(bins)
    return float(gap.max()) if len(gap) else np.nan


def average(bins: Floats) -> float:
    """Mean gap of bins, whatever they hold."""
    _, gap = gaps(bins)
    return float(gap.mean()) if len(gap) else np.nan


def of_label(s: Sums, bins: int, gap: Gap) -> Values:
    """The gap of the predicted label; of independent channels, of each of them."""
    if not s.exclusive:
        return of_classes(s, bins, "torchmetrics", gap, always=False)
    return Values(whole=gap(s.piece(Bins(bins, "torchmetrics"))), reason=why(s))


def of_classes(s: Sums, bins: int, rule: str, gap: Gap, always: bool = True) -> Values:
    """The gap of each class, and their mean."""
    each = np.array([gap(b) for b in s.piece(ClassBins(bins, rule, always))])
    whole = np.nan if np.isnan(each).all() else float(np.nanmean(each))
    return Values(each, whole, why(s))


def _label_needs(a: Mapping[str, Any]) -> tuple[Any, ...]:
    n = int(a["at"])
    return Bins(n, "torchmetrics"), ClassBins(n, "torchmetrics", False)


def _class_needs(a: Mapping[str, Any]) -> tuple[Any, ...]:
    return (ClassBins(int(a["at"]), a["rule"]),)


calibration = partial(metric, of="sums", better="lower", at=("",), bounds=SHARE)
RULES = {
    "torchmetrics_binary": ("torchmetrics", "15"),
    "monai": ("monai", "20"),
    "monai_right": ("monai_right", "20"),
}


def by_label(name: str, gap: Gap) -> Register:
    """Register the gap of the predicted label under a name."""
    return calibration(
        name, default="15", origin="torchmetrics", given={"gap": gap}, needs=_label_needs
    )


def by_class(name: str, gap: Gap, origin: str) -> Register:
    """Register the gap of each class under a name."""
    rule, bins = RULES[origin]
    given = {"gap": gap, "rule": rule}
    return calibration(name, default=bins, origin=origin, given=given, needs=_class_needs)


@by_label("mce", largest)
@by_label("rmsce", root_mean_square)
@by_label("ece", expected)
def label_calibration(s: Sums, at: float, gap: Gap) -> Values:
    """Calibration error of the label that is predicted: is it right as often as it is sure?

    at       bins
    formula  bins [k/n, (k+1)/n) of the largest probability, 1.0 in a bin of its own; ece: sum of
             (count / total) |acc - conf|; rmsce: root of the squares; mce: the largest
    empty    defined for empty masks; all voxels ignored: undefined
    ignored  in no bin
    source   torchmetrics.functional.classification.multiclass_calibration_error
    """
    return of_label(s, int(at), gap)


@by_class("ace", average, "monai_right")
@by_class("ace", average, "monai")
@by_class("mce", largest, "monai_right")
@by_class("mce", largest, "monai")
@by_class("mce", largest, "torchmetrics_binary")
@by_class("rmsce", root_mean_square, "torchmetrics_binary")
@by_class("ece", expected, "monai_right")
@by_class("ece", expected, "monai")
@by_class("ece", expected, "torchmetrics_binary")
def class_calibration(s: Sums, at: float, gap: Gap, rule: str) -> Values:
    """Calibration error of each class: how often is a voxel the class, where p says it is?

    at       bins
    formula  torchmetrics_binary: bins [k/n, (k+1)/n) and 1.0 in a bin of its own; monai: bins
             (k/n, (k+1)/n] in float32, monai_right: closed on the left; `all` is the mean
    empty    defined for empty masks; all voxels ignored: undefined
    ignored  in no bin
    source   torchmetrics binary_calibration_error; monai.metrics.CalibrationErrorMetric
    """
    return of_classes(s, int(at), rule, gap)


@loss("brier", origin="mean_over_classes", given={"divided": True})
@loss("brier", origin="multiclass", given={"divided": False})
def brier(s: Sums, divided: bool) -> Values:
    """Brier score: squared distance of the probabilities from what came true.

    formula  of a class: mean of (p - g)^2; multiclass: mean over voxels of the sum over classes,
             0 to 2; mean_over_classes: that divided by C
    empty    defined for empty masks; all voxels ignored: undefined
    ignored  in neither sum
    source   Brier, Mon. Weather Rev. 78(1), 1950
    """
    square = s.of("l2")
    each = ratio(square, np.full(len(square), s.valid))
    channels = len(square) if divided or not s.exclusive else 1
    return Values(each, share(square.sum(), s.valid * channels), why(s))


def _nll_needs(a: Mapping[str, Any]) -> tuple[Any, ...]:
    return (Ce(a["floor"]),)


@loss("nll", origin="clip", given={"floor": "clip"}, needs=_nll_needs)
@loss("nll", origin="clamp-100", given={"floor": "clamp"}, needs=_nll_needs)
def negative_log_likelihood(s: Sums, floor: str) -> Values:
    """Negative log-likelihood of the reference under the prediction, with a floor.

    formula  mean of -log p_y; clamp-100: log p at least -100; clip: p in [1e-7, 1 - 1e-7]
    empty    class absent: undefined; all voxels ignored: undefined
    ignored  in neither sum
    source   torch.nn.functional.nll_loss on log p
    """
    if not s.exclusive:
        return undefined(s, "independent_channels")
    cost = s.piece(Ce(floor))[:, 0]
    return Values(ratio(cost, s.g), share(cost.sum(), s.valid), why(s))


at_floor = partial(metric, "nll_at_floor", of="sums", better="lower", bounds=SHARE)


@at_floor(origin="clip", given={"floor": "clip"}, needs=_nll_needs)
@at_floor(origin="clamp-100", given={"floor": "clamp"}, needs=_nll_needs)
def at_the_floor(s: Sums, floor: str) -> Values:
    """Share of the voxels whose log-likelihood is the floor's and not their own.

    formula  voxels with log p_y below the floor / V
    empty    class absent: undefined; all voxels ignored: undefined
    ignored  in neither sum
    source   the floors of `nll`
    """
    if not s.exclusive:
        return undefined(s, "independent_channels")
    low = s.piece(Ce(floor))[:, 1]
    return Values(ratio(low, s.g), share(low.sum(), s.valid), why(s))
