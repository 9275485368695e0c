"""Losses with a weight for each voxel, of `--weight-maps`: borders, rare structures, doubt.

    weighted_ce   sum w l / V, l = -log p_y      U-Net's loss; F.cross_entropy(none) * w, mean
    weighted_bce  sum w l / V of each channel    torch.nn.BCELoss(weight), BCEWithLogitsLoss(weight)

w is what the map says, V voxels that are not ignored. Class weights are those of `ce:weights`.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from segeval.metrics.losses import share_or_nan
from segeval.metrics.overlap import ratio_or_nan
from segeval.metrics.registry import UPWARDS, Option, Values, metric
from segeval.runtime.arrays import Floats
from segeval.tallies.weighted_costs import COST, VOXELS, WEIGHT, WeightedCosts

DIVISOR = {"divide": Option("voxels", ("voxels", "weights"))}
weighted_metric = partial(metric, of="weighted", better="lower", bounds=UPWARDS, options=DIVISOR)


def mean_costs(t: WeightedCosts, divide: str) -> tuple[Floats, float]:
    """The mean cost of each class, and that of all: divided by voxels, or by weights."""
    below = t.table[:, VOXELS if divide == "voxels" else WEIGHT]
    each = ratio_or_nan(t.table[:, COST], below)
    return each, share_or_nan(t.table[:, COST].sum(), below.sum())


def lacking_reason(t: WeightedCosts) -> str:
    """Why there is no weighted cost at all; "" where there is one."""
    if not t.mapped:
        return "no_weight_map"
    return "soft_reference" if t.soft else ""


def no_costs(t: WeightedCosts, reason: str) -> Values:
    """No value of any class, for a reason."""
    return Values(np.full(len(t.classes), np.nan), np.nan, reason)


@weighted_metric("weighted_ce")
def weighted_ce(t: WeightedCosts, divide: str) -> Values:
    """Cross-entropy with a weight for each voxel, of `--weight-maps`.

    A class has the mean over its own voxels of the reference.

    divide   voxels: by their number, as the mean of PyTorch is; weights: by the sum of w
    formula  sum w l / V, or / sum w; l = -log p_y
    empty    class absent: undefined; all voxels ignored, or all weights 0 and divided by: undefined
    ignored  in neither sum
    source   Ronneberger et al., MICCAI 2015; mean of torch.nn.functional.cross_entropy(…, "none") w
    """
    if reason := lacking_reason(t) or ("" if t.exclusive else "independent_channels"):
        return no_costs(t, reason)
    each, whole = mean_costs(t, divide)
    return Values(each, whole, "no_voxels")


@weighted_metric("weighted_bce")
def weighted_bce(t: WeightedCosts, divide: str) -> Values:
    """Binary cross-entropy with a weight for each voxel, of `--weight-maps`.

    divide   voxels: by their number, as PyTorch does; weights: by the sum of w
    formula  sum w l / V, or / sum w, of each channel; overall the mean over voxels and channels
    empty    defined for empty masks; all voxels ignored, or all weights 0 and divided by: undefined
    ignored  in neither sum
    source   torch.nn.BCELoss(weight), torch.nn.BCEWithLogitsLoss(weight)
    """
    if reason := lacking_reason(t) or ("exclusive_channels" if t.exclusive else ""):
        return no_costs(t, reason)
    each, whole = mean_costs(t, divide)
    return Values(each, whole, "no_voxels")
