"""Whether probabilities mean what they say: calibration errors and proper scores.

Of each bin of confidence, conf is the mean confidence and acc the share of hits.

    ece    sum of (count / total) |acc - conf|     expected calibration error
    rmsce  sqrt of the sum of (count / total) (acc - conf)^2
    mce    largest |acc - conf|                    maximum calibration error
    ace    mean of |acc - conf| over bins with any voxel   average calibration error
    brier  mean of sum over classes of (p - g)^2   Brier, Mon. Weather Rev. 78(1), 1950
    nll    mean of -log p_y, with a floor

Of exclusive channels `torchmetrics` looks at the label that is predicted: one number, class `all`.
`torchmetrics_binary` and `monai` look at the probability of each class: one number a class. All can
be restricted to the neighbourhood of the classes, `ece:box=10mm`: background swamps a CT.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from segeval.kernels.bins import equal_mass_bins
from segeval.kernels.decode import argmax_channel as largest_channel
from segeval.metrics.losses import loss_metric, no_mean_reason, share_or_nan, undefined_values
from segeval.metrics.option_types import IN_BOX, yes_no_option
from segeval.metrics.overlap import ratio_or_nan
from segeval.metrics.registry import BOX, SHARE, Option, Values, metric
from segeval.runtime.arrays import Floats
from segeval.tallies.calibration_terms import ClassBinsTerm, LabelBinsTerm
from segeval.tallies.loss_terms import CrossEntropyTerm
from segeval.tallies.sums import Sums
from segeval.tallies.voxels import LossMemory, ScoreVolume

Gap = Callable[[Floats], float]
Register = Callable[[Callable[..., Any]], Callable[..., Any]]


def bin_gaps(bins: Floats) -> tuple[Floats, Floats]:
    """Share of the voxels, and |acc - conf|, of each bin that holds any."""
    voxels, confidence, hits = bins[bins[:, 0] > 0].T
    return voxels / max(voxels.sum(), 1), np.abs(hits - confidence) / voxels


def expected_gap(bins: Floats) -> float:
    """Mean gap, weighted by voxels."""
    voxels, gap = bin_gaps(bins)
    return float(voxels @ gap) if len(gap) else np.nan


def root_mean_square_gap(bins: Floats) -> float:
    """Root of the mean squared gap, weighted by voxels."""
    voxels, gap = bin_gaps(bins)
    return float(np.sqrt(voxels @ gap**2)) if len(gap) else np.nan


def largest_gap(bins: Floats) -> float:
    """Largest gap."""
    _, gap = bin_gaps(bins)
    return float(gap.max()) if len(gap) else np.nan


def average_gap(bins: Floats) -> float:
    """Mean gap of bins, whatever they hold."""
    _, gap = bin_gaps(bins)
    return float(gap.mean()) if len(gap) else np.nan


def label_bins(tally: Sums | ScoreVolume, count: int) -> Floats:
    """Bins of the predicted label of exclusive channels; those of voxels hold as many each."""
    if isinstance(tally, Sums):
        return tally.piece(LabelBinsTerm(count, "torchmetrics"))
    label = largest_channel(tally.values)
    confidence = np.take_along_axis(tally.p, label[None].astype(np.intp), 0)[0]
    return equal_mass_bins(*tally.kept(confidence, label == tally.truth), count)


def class_bins(tally: Sums | ScoreVolume, count: int, rule: str, always: bool = True) -> Floats:
    """Bins of each class; those of voxels hold as many each."""
    if isinstance(tally, Sums):
        return tally.piece(ClassBinsTerm(count, rule, always))
    pairs = [tally.kept(p, tally.reference(channel)) for channel, p in enumerate(tally.p)]
    return np.array([equal_mass_bins(p, mask, count) for p, mask in pairs])


def no_equal_mass_reason(tally: Sums | ScoreVolume) -> str:
    """Why bins of one mass cannot be had of a case; "" where they can."""
    if isinstance(tally, Sums):
        return ""
    return "soft_reference" if tally.soft else "over_budget" if tally.over(SORTED) else ""


def no_bins_reason(tally: Sums | ScoreVolume) -> str:
    """The reason of a gap of no bin."""
    return no_mean_reason(tally) if isinstance(tally, Sums) else "no_voxels"


def class_gaps(tally: Sums | ScoreVolume, bins: Floats, gap: Gap) -> Values:
    """The gap of each class, and their mean."""
    each = np.array([gap(b) for b in bins])
    whole = np.nan if np.isnan(each).all() else float(np.nanmean(each))
    return Values(each, whole, no_bins_reason(tally))


def _label_terms(a: Mapping[str, Any]) -> tuple[Any, ...]:
    if a["bins"] == MASS:
        return (SORTED,)
    n = int(a["at"])
    return LabelBinsTerm(n, "torchmetrics"), ClassBinsTerm(n, "torchmetrics", False)


def _class_terms(a: Mapping[str, Any]) -> tuple[Any, ...]:
    if a["bins"] == MASS:
        return (SORTED,)
    return (ClassBinsTerm(int(a["at"]), a["rule"]),)


def _monai_bin_terms(a: Mapping[str, Any]) -> tuple[Any, ...]:
    return (ClassBinsTerm(int(a["at"]), monai_edge_rule(a["right"])),)


def monai_edge_rule(right: bool) -> str:
    """Whose edges hold with `right`."""
    return "monai_right" if right else "monai"


SORTED = LossMemory(voxel=64, value=16)
MASS = "mass"
WIDTHS = Option("width", ("width", MASS), of={MASS: "voxels"})
MOST_BINS = 1 << 16
calibration_metric = partial(
    metric, of="sums", better="lower", at=("",), bounds=SHARE, most=MOST_BINS
)


def register_by_label(name: str, gap: Gap) -> Register:
    """Register the gap of the predicted label under a name."""
    options = {"bins": WIDTHS, BOX: IN_BOX}
    return calibration_metric(
        name,
        default="15",
        origin="torchmetrics",
        options=options,
        given={"gap": gap},
        needs=_label_terms,
    )


def register_by_class(name: str, gap: Gap) -> Register:
    """Register the gap of each class under a name, in the bins of torchmetrics."""
    return calibration_metric(
        name,
        default="15",
        origin="torchmetrics_binary",
        options={"bins": WIDTHS, BOX: IN_BOX},
        given={"gap": gap, "rule": "torchmetrics"},
        needs=_class_terms,
    )


def register_by_monai(name: str, gap: Gap) -> Register:
    """Register the gap of each class under a name, in the bins of MONAI."""
    return calibration_metric(
        name,
        default="20",
        origin="monai",
        options={"right": yes_no_option("no"), BOX: IN_BOX},
        given={"gap": gap},
        needs=_monai_bin_terms,
    )


@register_by_label("ace", average_gap)
@register_by_label("mce", largest_gap)
@register_by_label("rmsce", root_mean_square_gap)
@register_by_label("ece", expected_gap)
def label_calibration(s: Sums | ScoreVolume, at: float, gap: Gap, bins: str) -> Values:
    """Calibration error of the label that is predicted: is it right as often as it is sure?

    Of channels that do not exclude each other it is that of each class.

    at       bins
    formula  bins [k/n, (k+1)/n) of the largest probability, 1.0 in a bin of its own; ece: sum of
             (count / total) |acc - conf|; rmsce: root of the squares; mce: the largest; ace: the
             mean over bins that hold any voxel
    bins     mass: bins that hold as many voxels each, between the quantiles k/n of the confidences
             as sklearn's calibration_curve has them; a case at a time, in memory
    box      10mm, 8px: only voxels in the box around the ground truth's classes and that margin
    empty    defined for empty masks; all voxels ignored: undefined
    ignored  in no bin
    memory   of bins=mass at most 64 bytes a voxel; a channel 16 more, and those of its values
    source   torchmetrics.functional.classification.multiclass_calibration_error
    """
    if reason := no_equal_mass_reason(s):
        return Values(whole=np.nan, reason=reason)
    if not s.exclusive:
        return class_gaps(s, class_bins(s, int(at), "torchmetrics", always=False), gap)
    return Values(whole=gap(label_bins(s, int(at))), reason=no_bins_reason(s))


@register_by_class("ace", average_gap)
@register_by_class("mce", largest_gap)
@register_by_class("rmsce", root_mean_square_gap)
@register_by_class("ece", expected_gap)
def class_calibration(s: Sums | ScoreVolume, at: float, gap: Gap, rule: str, bins: str) -> Values:
    """Calibration error of each class: how often is a voxel the class, where p says it is?

    at       bins
    formula  bins [k/n, (k+1)/n) of p, 1.0 in a bin of its own; the same sums; `all` is the mean
    bins     mass: as of `torchmetrics`
    box      10mm, 8px: only voxels in the box around the ground truth's classes and that margin
    empty    defined for empty masks; all voxels ignored: undefined
    ignored  in no bin
    memory   of bins=mass at most 64 bytes a voxel; a channel 16 more, and those of its values
    source   torchmetrics.functional.classification.binary_calibration_error
    """
    if reason := no_equal_mass_reason(s):
        return Values(np.full(len(s.classes), np.nan), np.nan, reason)
    return class_gaps(s, class_bins(s, int(at), rule), gap)


@register_by_monai("ace", average_gap)
@register_by_monai("mce", largest_gap)
@register_by_monai("ece", expected_gap)
def monai_calibration(s: Sums, at: float, gap: Gap, right: bool) -> Values:
    """Calibration error of each class in the bins of MONAI; it averages them over classes.

    at       bins
    formula  bins (k/n, (k+1)/n] in float32, right=yes: [k/n, (k+1)/n); ece: expected, ace: average,
             mce: maximum; `all` is the mean over classes
    box      10mm, 8px: only voxels in the box around the ground truth's classes and that margin
    empty    defined for empty masks; all voxels ignored: undefined
    ignored  in no bin
    source   monai.metrics.CalibrationErrorMetric
    """
    return class_gaps(s, class_bins(s, int(at), monai_edge_rule(right)), gap)


BOX_OPTION = {BOX: IN_BOX}


@loss_metric("brier", origin="mean_over_classes", options=BOX_OPTION, given={"divided": True})
@loss_metric("brier", origin="multiclass", options=BOX_OPTION, given={"divided": False})
def brier(s: Sums, divided: bool) -> Values:
    """Brier score: squared distance of the probabilities from what came true.

    formula  of a class: mean of (p - g)^2; multiclass: mean over voxels of the sum over classes,
             0 to 2; mean_over_classes: that divided by C
    empty    defined for empty masks; all voxels ignored: undefined
    ignored  in neither sum
    source   Brier, Mon. Weather Rev. 78(1), 1950
    """
    square = s.of("l2")
    each = ratio_or_nan(square, np.full(len(square), s.valid))
    channels = len(square) if divided or not s.exclusive else 1
    return Values(each, share_or_nan(square.sum(), s.valid * channels), no_mean_reason(s))


def _nll_terms(a: Mapping[str, Any]) -> tuple[Any, ...]:
    return (CrossEntropyTerm(a["floor"]),)


@loss_metric("nll", origin="clip", options=BOX_OPTION, given={"floor": "clip"}, needs=_nll_terms)
@loss_metric(
    "nll", origin="clamp-100", options=BOX_OPTION, given={"floor": "clamp"}, needs=_nll_terms
)
def negative_log_likelihood(s: Sums, floor: str) -> Values:
    """Negative log-likelihood of the reference under the prediction, with a floor.

    formula  mean of -log p_y; clamp-100: log p at least -100; clip: p in [1e-7, 1 - 1e-7]
    empty    class absent: undefined; all voxels ignored: undefined
    ignored  in neither sum
    source   torch.nn.functional.nll_loss on log p
    """
    if not s.exclusive:
        return undefined_values(s, "independent_channels")
    cost = s.piece(CrossEntropyTerm(floor))[:, 0]
    return Values(ratio_or_nan(cost, s.g), share_or_nan(cost.sum(), s.valid), no_mean_reason(s))


at_floor = partial(
    metric, "nll_at_floor", of="sums", better="lower", options=BOX_OPTION, bounds=SHARE
)


@at_floor(origin="clip", given={"floor": "clip"}, needs=_nll_terms)
@at_floor(origin="clamp-100", given={"floor": "clamp"}, needs=_nll_terms)
def at_the_floor(s: Sums, floor: str) -> Values:
    """Share of the voxels whose log-likelihood is the floor's and not their own.

    formula  voxels with log p_y below the floor / V
    empty    class absent: undefined; all voxels ignored: undefined
    ignored  in neither sum
    source   the floors of `nll`
    """
    if not s.exclusive:
        return undefined_values(s, "independent_channels")
    low = s.piece(CrossEntropyTerm(floor))[:, 1]
    return Values(ratio_or_nan(low, s.g), share_or_nan(low.sum(), s.valid), no_mean_reason(s))
