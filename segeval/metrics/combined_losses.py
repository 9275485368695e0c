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

import numpy as np

from segeval.arrays import Floats
from segeval.metrics.focal import monai_focal
from segeval.metrics.generalized_losses import generalized_dice
from segeval.metrics.losses import binary_cross_entropy, cross_entropy, loss, undefined
from segeval.metrics.overlap_losses import ANY, SMOOTH, monai_dice, nnunet_dice
from segeval.metrics.registry import Option, Values, metric
from segeval.metrics.words import WEIGHTS, real, yes_no
from segeval.tallies.pieces import Bce, Ce, Focal
from segeval.tallies.sums import Sums


def whole(value: Values) -> float:
    """The number of the case."""
    assert value.whole is not None
    return value.whole


def _ce_needs(_: Mapping[str, Any]) -> tuple[Any, ...]:
    return (Ce(""),)


def _bce_needs(_: Mapping[str, Any]) -> tuple[Any, ...]:
    return (Bce("torch"),)


def _focal_needs(a: Mapping[str, Any]) -> tuple[Any, ...]:
    return (Focal("logits", a["gamma"]),)


LAMBDAS = {"lambda_dice": real("1"), "lambda_ce": real("1")}


@loss(
    "dice_ce",
    origin="monai",
    options={**LAMBDAS, **SMOOTH, "background": yes_no("yes"), "weights": WEIGHTS},
    needs=_ce_needs,
)
def monai_dice_ce(  # noqa: PLR0913 - the parameters of the library
    s: Sums,
    lambda_dice: float,
    lambda_ce: float,
    smooth_nr: float,
    smooth_dr: float,
    background: bool,
    weights: tuple[float, ...],
) -> Values:
    """Dice and cross-entropy of MONAI; the cross-entropy counts the background whatever Dice does.

    weights  one a channel, the background's first; Dice leaves out the first where it leaves out
             the background

    formula  lambda_dice dice_loss + lambda_ce ce
    empty    as its parts: all voxels ignored is undefined
    ignored  in no sum
    source   monai.losses.DiceCELoss
    """
    if not s.exclusive:
        return undefined(s, "independent_channels")
    of_dice = weights if background else weights[1:]
    dice = monai_dice(s, 0.5, "product", background, smooth_nr, smooth_dr, of_dice, "mean")
    ce = cross_entropy(s, "", "mean", 0.0, weights)
    return Values(whole=lambda_dice * whole(dice) + lambda_ce * whole(ce))


NNUNET = {"smooth": real("1e-5"), "background": yes_no("no")}


@metric(
    "dice_ce",
    of="sums",
    better="lower",
    origin="nnunet",
    options=NNUNET,
    bounds=ANY,
    needs=_ce_needs,
)
def nnunet_dice_ce(s: Sums, smooth: float, background: bool) -> Values:
    """Dice and cross-entropy of nnU-Net; its Dice is negative, so the sum may be.

    formula  ce + dice_loss:as=nnunet
    empty    all voxels ignored: the cross-entropy is 0
    ignored  in no sum
    source   nnunetv2 DC_and_CE_loss
    """
    if not s.exclusive:
        return undefined(s, "independent_channels")
    ce = whole(cross_entropy(s, "", "mean", 0.0, ())) if s.valid else 0.0
    return Values(whole=ce + whole(nnunet_dice(s, smooth, background)))


@metric(
    "dice_bce",
    of="sums",
    better="lower",
    origin="nnunet",
    options={"smooth": real("1e-5"), "divisor": Option("elements", ("elements", "voxels"))},
    bounds=ANY,
    needs=_bce_needs,
)
def nnunet_dice_bce(s: Sums, smooth: float, divisor: str) -> Values:
    """Dice and binary cross-entropy of nnU-Net, for regions, all channels counted.

    divisor  of the cross-entropy: elements, or voxels, which nnU-Net uses where there is an ignore
             label (so it sums over channels)

    formula  bce + dice_loss:as=nnunet
    empty    as its parts
    ignored  in no sum
    source   nnunetv2 DC_and_BCE_loss
    """
    bce = whole(binary_cross_entropy(s, "torch", (), "mean"))
    bce *= len(s.classes) if divisor == "voxels" else 1
    return Values(whole=bce + whole(nnunet_dice(s, smooth, background=True)))


FOCAL = {
    "lambda_dice": real("1"),
    "lambda_focal": real("1"),
    "gamma": real("2"),
    "background": yes_no("yes"),
}


@loss("dice_focal", origin="monai", options={**FOCAL, **SMOOTH}, needs=_focal_needs)
def monai_dice_focal(  # noqa: PLR0913 - the parameters of the library
    s: Sums,
    lambda_dice: float,
    lambda_focal: float,
    gamma: float,
    background: bool,
    smooth_nr: float,
    smooth_dr: float,
) -> Values:
    """Dice and focal loss of MONAI; the focal term is the sigmoid one, on raw logits.

    formula  lambda_dice dice_loss + lambda_focal focal
    empty    as its parts
    ignored  in no sum
    source   monai.losses.DiceFocalLoss
    """
    dice = monai_dice(s, 0.5, "product", background, smooth_nr, smooth_dr, (), "mean")
    focal = monai_focal(s, "sigmoid", None, gamma, (), "mean", background)
    return both(dice, focal, lambda_dice, lambda_focal)


@loss("gdl_focal", origin="monai", options={**FOCAL, **SMOOTH}, needs=_focal_needs)
def monai_gdl_focal(  # noqa: PLR0913 - the parameters of the library
    s: Sums,
    lambda_dice: float,
    lambda_focal: float,
    gamma: float,
    background: bool,
    smooth_nr: float,
    smooth_dr: float,
) -> Values:
    """Generalised Dice and focal loss of MONAI.

    formula  lambda_dice generalized_dice_loss + lambda_focal focal
    empty    as its parts
    ignored  in no sum
    source   monai.losses.GeneralizedDiceFocalLoss
    """
    dice = generalized_dice(s, "square", "product", smooth_nr, smooth_dr, background)
    focal = monai_focal(s, "sigmoid", None, gamma, (), "mean", background)
    return both(dice, focal, lambda_dice, lambda_focal)


def both(first: Values, second: Values, of_first: float, of_second: float) -> Values:
    """The weighted sum of two losses of the case; a reason of either is its reason."""
    return Values(
        whole=of_first * whole(first) + of_second * whole(second),
        reason=first.reason or second.reason,
    )


def deep_supervision_weights(outputs: int) -> Floats:
    """What nnU-Net weighs the loss of each resolution with, the full one first.

    returns  1, 1/2, 1/4, … with 0 for the last of several, divided by their sum
    """
    weights = np.exp2(-np.arange(outputs, dtype=np.float64))
    if outputs > 1:
        weights[-1] = 0
    weights /= weights.sum()
    return weights


def main_and_aux(main: float, aux: float, aux_weight: float = 0.4, decay: float = 0.0) -> float:
    """The loss that PSPNet trains on: its main output, its auxiliary one, and weight decay."""
    return main + aux_weight * aux + decay
