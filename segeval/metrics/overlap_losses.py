"""Overlap losses: Dice, Jaccard, Tversky and their kin, from soft counts of each class.

P = sum p, G = sum g, I = sum p g, A = sum |p - g|, and squares P2, G2.

    form     tp              fp       fn
    product  I               P - I    G - I      of hard references the usual one
    squared  I               P2 - I   G2 - I
    l1       (P + G - A)/2   P - tp   G - tp     0 at p = g, also of soft references

What the same situation costs, of one channel and one case:

                                        monai    smooth 0   nnunet (+1)  smp  keras  vnet
    both empty                          0        undefined  0            0    1      undefined
    reference empty, some prediction    ~1       1          ~1           0    1      1
    prediction empty                    1        1          1            1    1      1

Over several cases, `pooled` is what the libraries call `batch`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from segeval.metrics.losses import loss_metric, make_channel_weights
from segeval.metrics.option_types import WEIGHTS, number_option, parse_channels, yes_no_option
from segeval.metrics.overlap import ratio_or_nan
from segeval.metrics.registry import Option, Values, metric
from segeval.runtime.arrays import Floats
from segeval.tallies.sums import Sums

EPS = 1e-7  # of Keras and segmentation_models_pytorch
FORM = Option("product", ("product", "squared", "l1"))
SMOOTH = {"smooth_nr": number_option("1e-5"), "smooth_dr": number_option("1e-5")}
ANY = (float("-inf"), float("inf"))


def soft_counts(s: Sums, form: str) -> tuple[Floats, Floats, Floats]:
    """tp, fp and fn of each channel."""
    if form == "l1":
        both = (s.p + s.g - s.of("l1")) / 2
        return both, s.p - both, s.g - both
    if form == "squared":
        return s.of("pg"), s.of("pp") - s.of("pg"), s.of("gg") - s.of("pg")
    return s.of("pg"), s.of("fp"), s.of("fn")


def foreground_channels(s: Sums, background: bool) -> slice:
    """The channels that a mean is taken over: all, or all but the background's."""
    return slice(1 if s.exclusive and not background else 0, None)


def quotient(part: Floats, whole: Floats) -> Floats:
    """part / whole, as the formula has it: inf and nan are its own."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Floats = np.divide(part, whole)
    return result


def monai_overlap(  # noqa: PLR0913 - the parameters of the library
    s: Sums, form: str, alpha: float, beta: float, smooth_nr: float, smooth_dr: float, factor: float
) -> Floats:
    """1 - (f tp + nr) / (f (tp + alpha fp + beta fn) + dr), of each channel."""
    tp, fp, fn = soft_counts(s, form)
    bottom = factor * (tp + alpha * fp + beta * fn) + smooth_dr
    return 1 - quotient(factor * tp + smooth_nr, bottom)


def reduce_channels(
    s: Sums, each: Floats, background: bool, weights: tuple[float, ...], reduction: str
) -> Values:
    """Channels and their mean or sum; weights scale a term, the mean still divides by the count.

    MONAI leaves the weight of a single channel out.
    """
    part = foreground_channels(s, background)
    count = len(each[part])
    w = make_channel_weights(weights if count > 1 else (), count, "weights")
    terms = each[part] * w
    return Values(each, float(terms.sum() if reduction == "sum" else terms.mean()))


MONAI_OPTIONS = {
    "form": FORM,
    **SMOOTH,
    "weights": WEIGHTS,
    "reduction": Option("mean", ("mean", "sum")),
}


@loss_metric(
    "jaccard_loss",
    origin="monai",
    options={**MONAI_OPTIONS, "background": yes_no_option("yes")},
    given={"share": 1.0},
)
@loss_metric(
    "dice_loss",
    origin="monai",
    options={**MONAI_OPTIONS, "background": yes_no_option("no")},
    given={"share": 0.5},
)
def monai_dice(  # noqa: PLR0913 - the parameters of the library
    s: Sums,
    share: float,
    form: str,
    background: bool,
    smooth_nr: float,
    smooth_dr: float,
    weights: tuple[float, ...],
    reduction: str,
) -> Values:
    """Dice loss of MONAI, and its Jaccard loss; `all` leaves the background out unless asked.

    formula  1 - (2 tp + nr) / (2 (tp + k fp + k fn) + dr), k = 1/2 for Dice, 1 for Jaccard; `all`:
             the mean over channels, weighted terms still divided by their number
    empty    both empty: 0 (undefined with nr = dr = 0); one empty: 1
    ignored  in no sum
    source   monai.losses.DiceLoss
    """
    each = monai_overlap(s, form, share, share, smooth_nr, smooth_dr, 2.0)
    return reduce_channels(s, each, background, weights, reduction)


@loss_metric(
    "tversky_loss",
    origin="monai",
    options={
        "alpha": number_option("0.5"),
        "beta": number_option("0.5"),
        "form": Option("product", ("product", "l1")),
        **SMOOTH,
        "background": yes_no_option("yes"),
        "reduction": Option("mean", ("mean", "sum")),
    },
)
def monai_tversky(  # noqa: PLR0913 - the parameters of the library
    s: Sums,
    alpha: float,
    beta: float,
    form: str,
    smooth_nr: float,
    smooth_dr: float,
    background: bool,
    reduction: str,
) -> Values:
    """Tversky loss of MONAI: alpha weighs false positives, beta missed voxels.

    formula  1 - (I + nr) / (I + alpha sum p (1 - g) + beta sum (1 - p) g + dr)
    empty    both empty: 0; one empty: 1
    ignored  in no sum
    source   monai.losses.TverskyLoss
    """
    each = monai_overlap(s, form, alpha, beta, smooth_nr, smooth_dr, 1.0)
    return reduce_channels(s, each, background, (), reduction)


@metric(
    "dice_loss",
    of="sums",
    better="lower",
    origin="nnunet",
    options={"smooth": number_option("1e-5"), "background": yes_no_option("no")},
    bounds=ANY,
)
def nnunet_dice(s: Sums, smooth: float, background: bool) -> Values:
    """Dice loss of nnU-Net: the NEGATIVE Dice, so -1 is best.

    formula  -(2 I + s) / max(P + G + s, 1e-8), and its mean over channels
    empty    both empty: -1 (0 with smooth=0); one empty: about 0
    ignored  in no sum
    source   nnunetv2 MemoryEfficientSoftDiceLoss
    """
    each = -(2 * s.of("pg") + smooth) / np.maximum(s.p + s.g + smooth, 1e-8)
    return reduce_channels(s, each, background, (), "mean")


SMP_OPTIONS = {
    "smooth": number_option("0"),
    "eps": number_option("1e-7"),
    "log": yes_no_option("no"),
    "classes": Option("all", read=parse_channels),
    "weights": WEIGHTS,
}


@loss_metric(
    "tversky_loss",
    origin="smp",
    options={
        **SMP_OPTIONS,
        "alpha": number_option("0.5"),
        "beta": number_option("0.5"),
        "gamma": number_option("1"),
    },
)
@loss_metric(
    "jaccard_loss",
    origin="smp",
    options=SMP_OPTIONS,
    given={"alpha": 1.0, "beta": 1.0, "gamma": 1.0},
)
@loss_metric(
    "dice_loss", origin="smp", options=SMP_OPTIONS, given={"alpha": 0.5, "beta": 0.5, "gamma": 1.0}
)
def smp_overlap(  # noqa: PLR0913 - the parameters of the library
    s: Sums,
    alpha: float,
    beta: float,
    gamma: float,
    smooth: float,
    eps: float,
    log: bool,
    classes: tuple[int, ...],
    weights: tuple[float, ...],
) -> Values:
    """Dice, Jaccard and Tversky loss of segmentation_models_pytorch, in the l1 form.

    The library sums over the whole batch: over several cases its number is `pooled`.

    formula  1 - t or -log max(t, eps), t = (tp + s) / max(tp + alpha fp + beta fn + s, eps); `all`:
             the mean over channels (weighted: divided by the sum of weights), to the power gamma
    empty    reference empty: 0, whatever the prediction
    ignored  in no sum
    source   segmentation_models_pytorch.losses
    """
    tp, fp, fn = soft_counts(s, "l1")
    score = (tp + smooth) / np.maximum(tp + alpha * fp + beta * fn + smooth, eps)
    cost = -np.log(np.maximum(score, eps)) if log else 1 - score
    each: Floats = np.where(s.g > 0, cost, 0.0)
    chosen = each[list(classes)] if classes else each
    w = make_channel_weights(weights, len(chosen), "weights")
    return Values(each, float((chosen @ w / w.sum()) ** gamma))


@loss_metric("dice_loss", origin="keras")
def keras_dice(s: Sums) -> Values:
    """Dice loss of Keras: `all` is one ratio over voxels and classes together.

    formula  1 - 2 I / (P + G + 1e-7)
    empty    1
    ignored  in no sum
    source   keras.losses.Dice
    """
    i, size = s.of("pg"), s.p + s.g
    return Values(1 - 2 * i / (size + EPS), float(1 - 2 * i.sum() / (size.sum() + EPS)))


@loss_metric(
    "tversky_loss",
    origin="keras",
    options={"alpha": number_option("0.5"), "beta": number_option("0.5")},
)
def keras_tversky(s: Sums, alpha: float, beta: float) -> Values:
    """Tversky loss of Keras, up to 3.15.1: alpha weighs MISSED voxels, beta false positives.

    formula  1 - I / (I + alpha FN + beta FP + 1e-7); `all` is one ratio over all classes
    empty    1
    ignored  in no sum
    source   keras.losses.Tversky
    """
    parts = np.stack([s.of("pg"), s.of("fn"), s.of("fp")])

    def missing(i: Any, fn: Any, fp: Any) -> Any:
        return 1 - i / (i + alpha * fn + beta * fp + EPS)

    return Values(missing(*parts), float(missing(*parts.sum(axis=1))))


@metric(
    "dice_loss",
    of="sums",
    better="lower",
    origin="vnet",
    options={"background": yes_no_option("no")},
    bounds=(0.0, 1.0),
)
def vnet_dice(s: Sums, background: bool) -> Values:
    """Dice loss of V-Net: squares in the denominator, no smoothing.

    formula  1 - 2 I / (P2 + G2)
    empty    both empty: undefined; one empty: 1
    ignored  in no sum
    source   Milletari, Navab, Ahmadi, 3DV 2016
    """
    each = 1 - ratio_or_nan(2 * s.of("pg"), s.of("pp") + s.of("gg"))
    return reduce_channels(s, each, background, (), "mean")
