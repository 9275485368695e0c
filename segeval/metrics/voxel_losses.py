"""Losses that need every voxel of a case at once; asked for by name, and by no preset.

    topk_ce            mean of the largest cross-entropies of a case
    lovasz_loss        extension of the Jaccard loss: errors in order of their size
    hausdorff_dt_loss  squared errors, weighed by their distance from the borders
    cldice_loss        overlap of soft skeletons
    dice_cldice        that and Dice

Their memory grows with the case. It is known beforehand: where it is more than `--max-memory`, the
value is undefined (`over_budget`) and a warning says how much it would take. They have no pooled
value, since nothing of a case is kept that could be added up.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from segeval.kernels import ordered, spatial
from segeval.kernels.entropy import log_allowing_zero
from segeval.kernels.softmax import reference_log
from segeval.metrics.option_types import number_option, yes_no_option
from segeval.metrics.registry import Values, metric
from segeval.runtime.arrays import Floats
from segeval.tallies.voxels import LossMemory, ScoreVolume

voxel_loss_metric = partial(metric, of="voxels", better="lower", bounds=(0.0, float("inf")))
TOP_MEMORY = LossMemory(voxel=32, value=16)
ORDER_MEMORY = LossMemory(voxel=56, value=8)
DISTANCE_MEMORY = LossMemory(voxel=72, value=8)
SKELETON_MEMORY = LossMemory(voxel=8, value=112)


def memory_terms(memory: LossMemory) -> Any:
    """What a loss declares: the memory that it works with, whatever its options."""

    def declared(_: Mapping[str, Any]) -> tuple[LossMemory, ...]:
        return (memory,)

    return declared


def loss_unable_reason(v: ScoreVolume, memory: LossMemory, exclusive: bool = False) -> str:
    """Why a loss cannot be had of a case; "" where it can."""
    if v.soft:
        return "soft_reference"
    if exclusive and not v.exclusive:
        return "independent_channels"
    return "over_budget" if v.over(memory) else ""


def no_values(v: ScoreVolume, reason: str) -> Values:
    """No value of any class."""
    return Values(np.full(len(v.classes), np.nan), np.nan, reason)


@voxel_loss_metric(
    "topk_ce", origin="nnunet", at=("%",), default="10%", needs=memory_terms(TOP_MEMORY)
)
def top_k_cross_entropy(v: ScoreVolume, at: float) -> Values:
    """Cross-entropy of the worst voxels alone: the mean of the largest k per cent.

    at       k, per cent of all voxels
    formula  mean of the largest floor(k/100 V) of -log p_y; V counts ignored voxels, which cost 0
    empty    defined for empty masks; fewer than one voxel: undefined
    ignored  cost 0, and are counted in V
    memory   at most 35 bytes a voxel; a channel 16 more, and those of its values
    source   nnunetv2.training.loss.robust_ce_loss.TopKLoss
    """
    if reason := loss_unable_reason(v, TOP_MEMORY, exclusive=True):
        return Values(whole=np.nan, reason=reason)
    if v.logits:
        logs = reference_log(v.values, v.own)
    else:
        logs = log_allowing_zero(np.take_along_axis(v.values, v.own[None].astype(np.intp), 0)[0])
    costs = -logs if v.valid is None else -logs[v.valid]
    return Values(whole=ordered.top_mean(costs, len(logs), at), reason="no_voxels")


@voxel_loss_metric("lovasz_loss", origin="smp", needs=memory_terms(ORDER_MEMORY))
def lovasz_loss(v: ScoreVolume) -> Values:
    """Lovász loss: Lovász-softmax where channels exclude each other, else Lovász-hinge of logits.

    formula  errors in falling order times what each adds to the Jaccard loss; `all` is the mean
             over the classes that the reference has, of the hinge all channels in one row
    empty    class absent: undefined (softmax); no class at all: 0
    ignored  left out
    memory   at most 59 bytes a voxel; a channel 8 more, and those of its values
    source   segmentation_models_pytorch.losses.LovaszLoss
    """
    if reason := loss_unable_reason(v, ORDER_MEMORY):
        return no_values(v, reason)
    if not v.exclusive and not v.logits:
        return no_values(v, "no_logits")
    keep = slice(None) if v.valid is None else v.valid
    if not v.exclusive:
        pairs = [(z[keep], g[keep]) for z, g in zip(v.values, v.masks, strict=True)]
        each = [ordered.lovasz_hinge(z, g) for z, g in pairs]
        row = (np.concatenate(side) for side in zip(*pairs, strict=True))
        return Values(np.array(each), ordered.lovasz_hinge(*row))
    each = [
        ordered.lovasz_softmax_of_class(p[keep], v.reference(c)[keep]) for c, p in enumerate(v.p)
    ]
    present = [value for value in each if not np.isnan(value)]
    return Values(np.array(each), float(np.mean(present)) if present else 0.0)


HAUSDORFF = {
    "alpha": number_option("2"),
    "background": yes_no_option("no"),
    "log": yes_no_option("no"),
}


@voxel_loss_metric(
    "hausdorff_dt_loss", origin="monai", options=HAUSDORFF, needs=memory_terms(DISTANCE_MEMORY)
)
def hausdorff_dt_loss(v: ScoreVolume, alpha: float, background: bool, log: bool) -> Values:
    """Hausdorff distance-transform loss: squared errors count by their distance from the borders.

    formula  mean of (p - g)^2 (D(p > 1/2)^alpha + D(g)^alpha), D in voxels, 0 where a mask is empty
             or full; log: log(1 + that); `all` is the mean over classes, the background left out
    empty    defined for empty masks
    ignored  p and g are 0 there
    memory   at most 75 bytes a voxel; a channel 8 more, and those of its values
    source   monai.losses.HausdorffDTLoss, LogHausdorffDTLoss
    """
    if reason := loss_unable_reason(v, DISTANCE_MEMORY):
        return no_values(v, reason)
    first = int(v.exclusive and not background)
    each = np.full(len(v.classes), np.nan)
    for channel in range(first, len(each)):
        p, g = masked_channel(v, channel)
        each[channel] = spatial.hausdorff_dt(p.reshape(v.shape), g.reshape(v.shape), alpha)
    whole = float(each[first:].mean())
    return Values(np.log1p(each), float(np.log1p(whole))) if log else Values(each, whole)


def masked_channel(v: ScoreVolume, channel: int) -> tuple[Floats, Any]:
    """Probability and mask of a channel, 0 where the ground truth is ignored."""
    p, g = v.p[channel], v.reference(channel)
    return (p, g) if v.valid is None else (p * v.valid, g & v.valid)


CLDICE_PARTS = {
    "alpha": number_option("0.5"),
    "rounds": number_option("3"),
    "smooth": number_option("1"),
}
CLDICE = {
    "rounds": number_option("3"),
    "smooth": number_option("1"),
    "background": yes_no_option("yes"),
}


@voxel_loss_metric(
    "cldice_loss", origin="monai", options=CLDICE, needs=memory_terms(SKELETON_MEMORY)
)
def soft_cldice_loss(v: ScoreVolume, rounds: float, smooth: float, background: bool) -> Values:
    """Soft clDice loss: each side's soft skeleton must lie inside the other side's mask.

    formula  1 - 2 Tp Ts / (Tp + Ts + 1e-4); Tp, Ts: share of a skeleton inside the other side, both
             sides of the ratio + smooth; sums over classes and space together, so `all` alone
    empty    defined for empty masks
    ignored  p and g are 0 there
    memory   at most 11 bytes a voxel; a channel 112 more, and those of its values
    source   monai.losses.SoftclDiceLoss; Shit et al., CVPR 2021
    """
    if reason := loss_unable_reason(v, SKELETON_MEMORY):
        return Values(whole=np.nan, reason=reason)
    first = int(v.exclusive and not background)
    sides = zip(*[masked_channel(v, c) for c in range(first, len(v.classes))], strict=True)
    p, g = (np.stack(side).reshape(-1, *v.shape) for side in sides)
    return Values(whole=spatial.soft_cldice(p, g, int(rounds), smooth))


@voxel_loss_metric(
    "dice_cldice",
    origin="monai",
    options={**CLDICE_PARTS, "background": yes_no_option("yes")},
    needs=memory_terms(SKELETON_MEMORY),
)
def soft_dice_cldice(
    v: ScoreVolume, alpha: float, rounds: float, smooth: float, background: bool
) -> Values:
    """Soft Dice and soft clDice of MONAI.

    formula  (1 - alpha) dice_loss + alpha cldice_loss; dice_loss:as=monai with nr = dr = smooth
    empty    defined for empty masks
    ignored  p and g are 0 there
    memory   as cldice_loss
    source   monai.losses.SoftDiceclDiceLoss; Shit et al., CVPR 2021
    """
    if reason := loss_unable_reason(v, SKELETON_MEMORY):
        return Values(whole=np.nan, reason=reason)
    first = int(v.exclusive and not background)
    each = []
    for p, g in (masked_channel(v, channel) for channel in range(first, len(v.classes))):
        p = p.astype(np.float64)
        each.append(1 - (2 * (p @ g) + smooth) / (p.sum() + g.sum() + smooth))
    thin = soft_cldice_loss(v, rounds, smooth, background).whole or 0.0
    return Values(whole=float((1 - alpha) * np.mean(each) + alpha * thin))
