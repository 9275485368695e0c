"""Focal losses: cross-entropies in which a voxel counts less the surer the prediction is of it.

monai             mean over voxels and channels of (1 - pt)^gamma BCE(x, g), from logits;
                  activation=softmax: (1 - p_y)^gamma (-log p_y), also divided by V C
smp               the same as monai's first, each channel against the rest
keras             on probabilities in [1e-7, 1 - 1e-7]
keras_categorical alpha (1 - p_y)^gamma (-log p_y), mean over voxels
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from segeval.metrics.losses import (
    loss_metric,
    make_channel_weights,
    mean_of_channels,
    no_mean_reason,
    share_or_nan,
    undefined_values,
)
from segeval.metrics.option_types import (
    NONE,
    WEIGHTS,
    number_option,
    parse_number_or_none,
    yes_no_option,
)
from segeval.metrics.overlap_losses import foreground_channels
from segeval.metrics.registry import Option, Values
from segeval.runtime.arrays import Floats
from segeval.tallies.focal_terms import FocalCrossEntropyTerm, FocalTerm
from segeval.tallies.sums import Sums

ALPHA = Option(NONE, read=parse_number_or_none)
GAMMA = number_option("2")


def one_against_rest(s: Sums, piece: FocalTerm, alpha: float | None) -> tuple[Floats, Floats]:
    """Cost and factor of each channel; alpha for g = 1, 1 - alpha for g = 0."""
    true, true_factor, false, false_factor = s.piece(piece).T
    if alpha is None:
        return true + false, true_factor + false_factor
    return alpha * true + (1 - alpha) * false, true_factor + false_factor


def _monai_focal_terms(a: Mapping[str, Any]) -> tuple[Any, ...]:
    if a.get("activation") == "softmax":
        return (FocalCrossEntropyTerm("", a["gamma"], not a["background"]),)
    return (FocalTerm("logits", a["gamma"]),)


@loss_metric(
    "focal",
    origin="monai",
    options={
        "activation": Option("sigmoid", ("sigmoid", "softmax")),
        "alpha": ALPHA,
        "gamma": GAMMA,
        "weights": WEIGHTS,
        "reduction": Option("mean", ("mean", "sum")),
        "background": yes_no_option("yes"),
        "divisor": Option("elements", ("elements", "voxels")),
    },
    needs=_monai_focal_terms,
)
def monai_focal(  # noqa: PLR0913 - the parameters of the library
    s: Sums,
    activation: str,
    alpha: float | None,
    gamma: float,
    weights: tuple[float, ...],
    reduction: str,
    background: bool,
    divisor: str = "elements",
) -> Values:
    """Focal loss of MONAI: the sigmoid one on raw logits, even where the network ends in softmax.

    formula  sigmoid: (1 - pt)^gamma BCE, times alpha for g = 1 and 1 - alpha for g = 0;
             softmax: -(1 - p_y)^gamma log p_y, times 1 - alpha for class 0 and alpha for others;
             the mean over voxels and channels (sum: the sum over channels of means over voxels);
             softmax and no background: p is a share among the other classes, and no alpha
    divisor  voxels: a sum over channels, which MONAI 1.6 gives where it has an ignore_index
    empty    defined; without logits the sigmoid of exclusive channels is not known: undefined
    ignored  in neither sum
    source   monai.losses.FocalLoss
    """
    if activation == "softmax" and not s.exclusive:
        return undefined_values(s, "independent_channels")
    if activation == "softmax":
        a: Floats = np.ones(len(s.classes))
        if alpha is not None and background:
            a[:] = alpha
            a[0] = 1 - alpha
        cost: Floats = s.piece(FocalCrossEntropyTerm("", gamma, not background)) * a
    else:
        if s.exclusive and not s.logits:
            return undefined_values(s, "no_logits")
        cost, _ = one_against_rest(s, FocalTerm("logits", gamma), alpha)
    part = foreground_channels(s, background)
    each = cost / max(s.valid, 1)
    terms = each[part] * make_channel_weights(weights, len(each[part]), "focal")
    added = reduction == "sum" or divisor == "voxels"
    return Values(
        each,
        float(terms.sum() if added else terms.mean()),
        no_mean_reason(s) or no_shares_reason(s),
    )


def no_shares_reason(s: Sums) -> str:
    """The reason of a focal loss of shares, which is not defined; "" of others."""
    return "soft_reference" if s.soft else ""


def _smp_focal_terms(a: Mapping[str, Any]) -> tuple[Any, ...]:
    return (FocalTerm("logits", a["gamma"], a["reduced_threshold"]),)


@loss_metric(
    "focal",
    origin="smp",
    options={
        "alpha": ALPHA,
        "gamma": GAMMA,
        "normalized": yes_no_option("no"),
        "reduced_threshold": number_option("0"),
    },
    needs=_smp_focal_terms,
)
def smp_focal(
    s: Sums, alpha: float | None, gamma: float, normalized: bool, reduced_threshold: float
) -> Values:
    """Focal loss of segmentation_models_pytorch: the sigmoid of each class against the rest.

    formula  (1 - pt)^gamma BCE, mean over voxels of each class, then over classes; normalized
             divides by the sum of (1 - pt)^gamma; with a reduced_threshold t the factor is 1 where
             pt < t, else ((1 - pt) / t)^gamma
    empty    defined; without logits the sigmoid of exclusive channels is not known: undefined
    ignored  in neither sum
    source   segmentation_models_pytorch.losses.FocalLoss
    """
    if s.exclusive and not s.logits:
        return undefined_values(s, "no_logits")
    cost, factor = one_against_rest(s, FocalTerm("logits", gamma, reduced_threshold), alpha)
    if not normalized:
        return mean_of_channels(s, cost, s.valid)
    each = mean_of_channels(s, cost / np.maximum(factor, 1e-6), s.valid)
    if s.exclusive:
        return each
    # independent channels are one long row to the library
    norm = max(float(factor.sum()), 1e-6)
    return Values(
        each.classes, share_or_nan(cost.sum() / norm, s.valid * len(cost)), no_mean_reason(s)
    )


def _keras_focal_terms(a: Mapping[str, Any]) -> tuple[Any, ...]:
    return (FocalTerm("keras", a["gamma"]),)


@loss_metric(
    "focal", origin="keras", options={"alpha": ALPHA, "gamma": GAMMA}, needs=_keras_focal_terms
)
def keras_binary_focal(s: Sums, alpha: float | None, gamma: float) -> Values:
    """Binary focal loss of Keras, on probabilities; alpha is its class balancing.

    formula  (1 - pt)^gamma BCE with p in [1e-7, 1 - 1e-7], mean over voxels and channels
    empty    defined for empty masks; all voxels ignored: undefined
    ignored  in neither sum
    source   keras.losses.BinaryFocalCrossentropy
    """
    cost, _ = one_against_rest(s, FocalTerm("keras", gamma), alpha)
    return mean_of_channels(s, cost, s.valid)


def _categorical_focal_terms(a: Mapping[str, Any]) -> tuple[Any, ...]:
    return (FocalCrossEntropyTerm("whole", a["gamma"]),)


@loss_metric(
    "focal",
    origin="keras_categorical",
    options={"alpha": number_option("0.25"), "gamma": GAMMA},
    needs=_categorical_focal_terms,
)
def keras_categorical_focal(s: Sums, alpha: float, gamma: float) -> Values:
    """Categorical focal loss of Keras, on probabilities.

    formula  alpha (1 - p_y)^gamma (-log p_y) with p in [1e-7, 1 - 1e-7], mean over voxels
    empty    class absent: 0; all voxels ignored: undefined
    ignored  in neither sum
    source   keras.losses.CategoricalFocalCrossentropy
    """
    if not s.exclusive:
        return undefined_values(s, "independent_channels")
    cost = alpha * s.piece(FocalCrossEntropyTerm("whole", gamma))
    return Values(cost / max(s.valid, 1), share_or_nan(cost.sum(), s.valid), no_mean_reason(s))
