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

from segeval.metrics.losses import loss, mean_of_channels, share, undefined, weighted, why
from segeval.metrics.option_types import NONE, WEIGHTS, number_or_none, real, yes_no
from segeval.metrics.overlap_losses import foreground
from segeval.metrics.registry import Option, Values
from segeval.runtime.arrays import Floats
from segeval.tallies.loss_terms import Focal, FocalCe
from segeval.tallies.sums import Sums

ALPHA = Option(NONE, read=number_or_none)
GAMMA = real("2")


def one_against_rest(s: Sums, piece: Focal, alpha: float | None) -> tuple[Floats, Floats]:
    """Cost and factor of each channel; alpha for g = 1, 1 - alpha for g = 0."""
    true, true_factor, false, false_factor = s.piece(piece).T
    if alpha is None:
        return true + false, true_factor + false_factor
    return alpha * true + (1 - alpha) * false, true_factor + false_factor


def _monai_needs(a: Mapping[str, Any]) -> tuple[Any, ...]:
    if a.get("activation") == "softmax":
        return (FocalCe("", a["gamma"], not a["background"]),)
    return (Focal("logits", a["gamma"]),)


@loss(
    "focal",
    origin="monai",
    options={
        "activation": Option("sigmoid", ("sigmoid", "softmax")),
        "alpha": ALPHA,
        "gamma": GAMMA,
        "weights": WEIGHTS,
        "reduction": Option("mean", ("mean", "sum")),
        "background": yes_no("yes"),
        "divisor": Option("elements", ("elements", "voxels")),
    },
    needs=_monai_needs,
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
        return undefined(s, "independent_channels")
    if activation == "softmax":
        a: Floats = np.ones(len(s.classes))
        if alpha is not None and background:
            a[:] = alpha
            a[0] = 1 - alpha
        cost: Floats = s.piece(FocalCe("", gamma, not background)) * a
    else:
        if s.exclusive and not s.logits:
            return undefined(s, "no_logits")
        cost, _ = one_against_rest(s, Focal("logits", gamma), alpha)
    part = foreground(s, background)
    each = cost / max(s.valid, 1)
    terms = each[part] * weighted(weights, len(each[part]), "focal")
    added = reduction == "sum" or divisor == "voxels"
    return Values(each, float(terms.sum() if added else terms.mean()), why(s) or no_shares(s))


def no_shares(s: Sums) -> str:
    """The reason of a focal loss of shares, which is not defined; "" of others."""
    return "soft_reference" if s.soft else ""


def _smp_needs(a: Mapping[str, Any]) -> tuple[Any, ...]:
    return (Focal("logits", a["gamma"], a["reduced_threshold"]),)


@loss(
    "focal",
    origin="smp",
    options={
        "alpha": ALPHA,
        "gamma": GAMMA,
        "normalized": yes_no("no"),
        "reduced_threshold": real("0"),
    },
    needs=_smp_needs,
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
        return undefined(s, "no_logits")
    cost, factor = one_against_rest(s, Focal("logits", gamma, reduced_threshold), alpha)
    if not normalized:
        return mean_of_channels(s, cost, s.valid)
    each = mean_of_channels(s, cost / np.maximum(factor, 1e-6), s.valid)
    if s.exclusive:
        return each
    # independent channels are one long row to the library
    norm = max(float(factor.sum()), 1e-6)
    return Values(each.classes, share(cost.sum() / norm, s.valid * len(cost)), why(s))


def _keras_needs(a: Mapping[str, Any]) -> tuple[Any, ...]:
    return (Focal("keras", a["gamma"]),)


@loss("focal", origin="keras", options={"alpha": ALPHA, "gamma": GAMMA}, needs=_keras_needs)
def keras_binary_focal(s: Sums, alpha: float | None, gamma: float) -> Values:
    """Binary focal loss of Keras, on probabilities; alpha is its class balancing.

    formula  (1 - pt)^gamma BCE with p in [1e-7, 1 - 1e-7], mean over voxels and channels
    empty    defined for empty masks; all voxels ignored: undefined
    ignored  in neither sum
    source   keras.losses.BinaryFocalCrossentropy
    """
    cost, _ = one_against_rest(s, Focal("keras", gamma), alpha)
    return mean_of_channels(s, cost, s.valid)


def _categorical_needs(a: Mapping[str, Any]) -> tuple[Any, ...]:
    return (FocalCe("whole", a["gamma"]),)


@loss(
    "focal",
    origin="keras_categorical",
    options={"alpha": real("0.25"), "gamma": GAMMA},
    needs=_categorical_needs,
)
def keras_categorical_focal(s: Sums, alpha: float, gamma: float) -> Values:
    """Categorical focal loss of Keras, on probabilities.

    formula  alpha (1 - p_y)^gamma (-log p_y) with p in [1e-7, 1 - 1e-7], mean over voxels
    empty    class absent: 0; all voxels ignored: undefined
    ignored  in neither sum
    source   keras.losses.CategoricalFocalCrossentropy
    """
    if not s.exclusive:
        return undefined(s, "independent_channels")
    cost = alpha * s.piece(FocalCe("whole", gamma))
    return Values(cost / max(s.valid, 1), share(cost.sum(), s.valid), why(s))
