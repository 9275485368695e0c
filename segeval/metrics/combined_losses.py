"""Sums of two losses, as training code adds them up; one number for the case.

dice_ce     monai   lambda_dice DiceLoss + lambda_ce cross-entropy, which keeps the background
            nnunet  cross-entropy + negative Dice
dice_bce    nnunet  binary cross-entropy + negative Dice of all channels
dice_focal  monai   DiceLoss + the sigmoid focal term on raw logits
gdl_focal   monai   generalised Dice + the same
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval.metrics.focal import ALPHA, monai_focal
from segeval.metrics.generalized_losses import WEIGHTING, generalized_dice
from segeval.metrics.losses import (
    SMOOTHING,
    binary_cross_entropy,
    cross_entropy,
    loss_metric,
    no_mean_reason,
    undefined_values,
)
from segeval.metrics.option_types import WEIGHTS, number_option, yes_no_option
from segeval.metrics.overlap_losses import ANY, FORM, SMOOTH, monai_dice, nnunet_dice
from segeval.metrics.registry import Option, Values, metric
from segeval.tallies.focal_terms import FocalTerm
from segeval.tallies.loss_terms import BinaryCrossEntropyTerm, CrossEntropyTerm, LogSumsTerm
from segeval.tallies.sums import Sums


def case_number(value: Values) -> float:
    """The number of the case."""
    assert value.whole is not None
    return value.whole


def _combined_ce_terms(_: Mapping[str, Any]) -> tuple[Any, ...]:
    return (CrossEntropyTerm(""),)


def _combined_bce_terms(_: Mapping[str, Any]) -> tuple[Any, ...]:
    return (BinaryCrossEntropyTerm("torch"),)


def _combined_focal_terms(a: Mapping[str, Any]) -> tuple[Any, ...]:
    return (FocalTerm("logits", a["gamma"]),)


LAMBDAS = {"lambda_dice": number_option("1"), "lambda_ce": number_option("1")}
OF_DICE = {
    "form": FORM,
    "jaccard": yes_no_option("no"),
    **SMOOTH,
    "background": yes_no_option("yes"),
    "weights": WEIGHTS,
}


def dice_part(  # noqa: PLR0913 - the parameters of the library
    s: Sums,
    form: str,
    jaccard: bool,
    smooth_nr: float,
    smooth_dr: float,
    background: bool,
    weights: tuple[float, ...],
) -> float:
    """The Dice part of a combined loss of MONAI."""
    part = 1.0 if jaccard else 0.5
    return case_number(monai_dice(s, part, form, background, smooth_nr, smooth_dr, weights, "mean"))


def _monai_dice_ce_terms(a: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        CrossEntropyTerm(""),
        BinaryCrossEntropyTerm("torch"),
        *((LogSumsTerm(""),) if a["smoothing"] else ()),
    )


@loss_metric(
    "dice_ce",
    origin="monai",
    options={**LAMBDAS, **OF_DICE, "smoothing": SMOOTHING},
    needs=_monai_dice_ce_terms,
)
def monai_dice_ce(  # noqa: PLR0913 - the parameters of the library
    s: Sums,
    lambda_dice: float,
    lambda_ce: float,
    form: str,
    jaccard: bool,
    smooth_nr: float,
    smooth_dr: float,
    background: bool,
    weights: tuple[float, ...],
    smoothing: float,
) -> Values:
    """Dice and cross-entropy of MONAI; the cross-entropy counts the background whatever Dice does.

    Of a single channel the cross-entropy is the binary one, and its weight is pos_weight.

    weights  one a channel, the background's first; Dice leaves out the first where it leaves out
             the background

    formula  lambda_dice dice_loss + lambda_ce ce
    empty    as its parts: all voxels ignored is undefined
    ignored  in no sum
    source   monai.losses.DiceCELoss
    """
    single = len(s.classes) == 1
    if not (s.exclusive or single):
        return undefined_values(s, "independent_channels")
    of_dice = weights if background or single else weights[1:]
    dice = dice_part(s, form, jaccard, smooth_nr, smooth_dr, background, of_dice)
    if single:
        ce = binary_cross_entropy(s, "torch", weights, "mean")
    else:
        ce = cross_entropy(s, "", "mean", smoothing, weights)
    return Values(whole=lambda_dice * dice + lambda_ce * case_number(ce), reason=no_mean_reason(s))


WEIGHTED = {"weight_ce": number_option("1"), "weight_dice": number_option("1")}
NNUNET = {"smooth": number_option("1e-5"), "background": yes_no_option("no"), **WEIGHTED}


@metric(
    "dice_ce",
    of="sums",
    better="lower",
    origin="nnunet",
    options=NNUNET,
    bounds=ANY,
    needs=_combined_ce_terms,
)
def nnunet_dice_ce(
    s: Sums, smooth: float, background: bool, weight_ce: float, weight_dice: float
) -> Values:
    """Dice and cross-entropy of nnU-Net; its Dice is negative, so the sum may be.

    The trainer's `batch_dice` is the statistic `pooled`; without it the Dice part is a mean over
    cases, while its cross-entropy is still that of the batch.

    formula  weight_ce ce + weight_dice dice_loss:as=nnunet
    empty    all voxels ignored: the cross-entropy is 0
    ignored  in no sum
    source   nnunetv2 DC_and_CE_loss
    """
    if not s.exclusive:
        return undefined_values(s, "independent_channels")
    ce = case_number(cross_entropy(s, "", "mean", 0.0, ())) if s.valid else 0.0
    dice = case_number(nnunet_dice(s, smooth, background))
    return Values(whole=weight_ce * ce + weight_dice * dice)


@metric(
    "dice_bce",
    of="sums",
    better="lower",
    origin="nnunet",
    options={
        "smooth": number_option("1e-5"),
        "divisor": Option("elements", ("elements", "voxels")),
        **WEIGHTED,
    },
    bounds=ANY,
    needs=_combined_bce_terms,
)
def nnunet_dice_bce(
    s: Sums, smooth: float, divisor: str, weight_ce: float, weight_dice: float
) -> Values:
    """Dice and binary cross-entropy of nnU-Net, for regions, all channels counted.

    divisor  of the cross-entropy: elements, or voxels, which nnU-Net uses where there is an ignore
             label (so it sums over channels)

    formula  weight_ce bce + weight_dice dice_loss:as=nnunet
    empty    as its parts
    ignored  in no sum
    source   nnunetv2 DC_and_BCE_loss
    """
    bce = case_number(binary_cross_entropy(s, "torch", (), "mean"))
    bce *= len(s.classes) if divisor == "voxels" else 1
    dice = case_number(nnunet_dice(s, smooth, background=True))
    return Values(whole=weight_ce * bce + weight_dice * dice)


@loss_metric(
    "dice_focal",
    origin="monai",
    options={
        "lambda_dice": number_option("1"),
        "lambda_focal": number_option("1"),
        "gamma": number_option("2"),
        "alpha": ALPHA,
        **OF_DICE,
    },
    needs=_combined_focal_terms,
)
def monai_dice_focal(  # noqa: PLR0913 - the parameters of the library
    s: Sums,
    lambda_dice: float,
    lambda_focal: float,
    gamma: float,
    alpha: float | None,
    form: str,
    jaccard: bool,
    smooth_nr: float,
    smooth_dr: float,
    background: bool,
    weights: tuple[float, ...],
) -> Values:
    """Dice and focal loss of MONAI; the focal term is the sigmoid one, on raw logits.

    weights  one a channel that is counted, of both parts

    formula  lambda_dice dice_loss + lambda_focal focal
    empty    as its parts
    ignored  in no sum
    source   monai.losses.DiceFocalLoss
    """
    dice = dice_part(s, form, jaccard, smooth_nr, smooth_dr, background, weights)
    focal = monai_focal(s, "sigmoid", alpha, gamma, weights, "mean", background)
    return sum_two_losses(Values(whole=dice), focal, lambda_dice, lambda_focal)


@loss_metric(
    "gdl_focal",
    origin="monai",
    options={
        "lambda_gdl": number_option("1"),
        "lambda_focal": number_option("1"),
        "gamma": number_option("2"),
        "weighting": WEIGHTING,
        **SMOOTH,
        "background": yes_no_option("yes"),
        "weights": WEIGHTS,
    },
    needs=_combined_focal_terms,
)
def monai_gdl_focal(  # noqa: PLR0913 - the parameters of the library
    s: Sums,
    lambda_gdl: float,
    lambda_focal: float,
    gamma: float,
    weighting: str,
    smooth_nr: float,
    smooth_dr: float,
    background: bool,
    weights: tuple[float, ...],
) -> Values:
    """Generalised Dice and focal loss of MONAI.

    weights  one a channel that is counted, of the focal part alone

    formula  lambda_gdl generalized_dice_loss + lambda_focal focal
    empty    as its parts
    ignored  in no sum
    source   monai.losses.GeneralizedDiceFocalLoss
    """
    dice = generalized_dice(s, weighting, "product", smooth_nr, smooth_dr, background)
    focal = monai_focal(s, "sigmoid", None, gamma, weights, "mean", background)
    return sum_two_losses(dice, focal, lambda_gdl, lambda_focal)


def sum_two_losses(first: Values, second: Values, of_first: float, of_second: float) -> Values:
    """The weighted sum of two losses of the case; a reason of either is its reason."""
    return Values(
        whole=of_first * case_number(first) + of_second * case_number(second),
        reason=first.reason or second.reason,
    )
