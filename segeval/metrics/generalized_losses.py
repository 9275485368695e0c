"""Dice losses of all classes at once, which have no value of a class.

    generalized_dice_loss  classes weighed by the inverse of their size  Sudre et al., DLMIA 2017
    wasserstein_dice_loss  a wrong class costs as far as it is away      Fidon et al., BrainLes 2017

Both are one number a case, class `all`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from segeval.metrics.losses import loss_metric, undefined_values
from segeval.metrics.option_types import parse_numbers, yes_no_option
from segeval.metrics.overlap_losses import SMOOTH, foreground_channels, quotient, soft_counts
from segeval.metrics.registry import Option, Values
from segeval.tallies.loss_terms import JointSumsTerm
from segeval.tallies.sums import Sums

WEIGHTING = Option("square", ("square", "simple", "uniform"))


@loss_metric(
    "generalized_dice_loss",
    origin="monai",
    options={
        "weighting": WEIGHTING,
        "form": Option("product", ("product", "l1")),
        **SMOOTH,
        "background": yes_no_option("yes"),
    },
)
def generalized_dice(  # noqa: PLR0913 - the parameters of the library
    s: Sums, weighting: str, form: str, smooth_nr: float, smooth_dr: float, background: bool
) -> Values:
    """Generalised Dice loss of MONAI: classes weighed by the inverse of their size.

    formula  1 - (2 sum w I + nr) / (sum w (P + G) + dr); w = 1/G^2 square, 1/G simple, 1 uniform;
             the weight of an absent class is the largest of the others, 0 if there is none
    empty    defined
    ignored  in no sum
    source   Sudre et al., DLMIA 2017; monai.losses.GeneralizedDiceLoss
    """
    part = foreground_channels(s, background)
    tp, fp, fn = (count[part] for count in soft_counts(s, form))
    power = {"square": 2, "simple": 1, "uniform": 0}[weighting]
    w = quotient(np.ones(len(tp)), s.g[part] ** power)
    finite = np.isfinite(w)
    w = np.where(finite, w, w[finite].max() if finite.any() else 0.0)
    top, bottom = 2 * (w @ tp) + smooth_nr, w @ (2 * tp + fp + fn) + smooth_dr
    return Values(whole=float(1 - top / bottom))


def _joint_terms(_: Mapping[str, Any]) -> tuple[Any, ...]:
    return (JointSumsTerm(),)


@loss_metric(
    "wasserstein_dice_loss",
    origin="monai",
    options={
        "distances": Option("none", read=parse_numbers),
        "weighting": Option("default", ("default", "gdl")),
        **SMOOTH,
    },
    needs=_joint_terms,
)
def wasserstein_dice(
    s: Sums, distances: tuple[float, ...], weighting: str, smooth_nr: float, smooth_dr: float
) -> Values:
    """Generalised Wasserstein Dice loss of MONAI: a wrong class costs as far as it is away.

    distances  C C numbers, row by row, scaled to a largest of 1; none: all classes are 1 apart

    formula  W = sum_l M[l, y] p_l; TP = sum a[y] (1 - W); 1 - (2 TP + nr) / (2 TP + sum W + dr),
             a = 0 for class 0, else 1; gdl: a = 1/(G + 1), and sum a[y] (2 - W) below
    empty    defined
    ignored  in no sum
    source   Fidon et al., BrainLes 2017; monai.losses.GeneralizedWassersteinDiceLoss
    """
    if not s.exclusive or s.soft:
        return undefined_values(s, "independent_channels")
    count = len(s.classes)
    m = np.reshape(distances, (count, count)) if distances else 1 - np.eye(count)
    far = np.einsum(
        "ly,yl->y", m / m.max(), s.piece(JointSumsTerm())
    )  # sum of W of each reference class
    a = 1 / (s.g + 1) if weighting == "gdl" else (np.arange(count) > 0).astype(np.float64)
    near = a @ (s.g - far)
    bottom = a @ (2 * s.g - far) if weighting == "gdl" else 2 * near + far.sum()
    return Values(whole=float(1 - (2 * near + smooth_nr) / (bottom + smooth_dr)))
