"""Losses of several outputs of one network: PSPNet's two branches, nnU-Net's deep supervision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from segeval.metrics.combined_losses import nnunet_dice_ce
from segeval.metrics.losses import loss_metric, make_channel_weights, share_or_nan
from segeval.metrics.option_types import WEIGHTS, number_option, yes_no_option
from segeval.metrics.overlap_losses import ANY
from segeval.metrics.registry import Option, Values, metric
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import CaseError
from segeval.tallies.branches import Branches
from segeval.tallies.loss_terms import CrossEntropyTerm

LOSS_PART = Option("total", ("total", "main", "aux"))


def size_terms(size: str) -> Any:
    """The size at which the outputs are wanted."""

    def sizes(_: Mapping[str, Any]) -> tuple[str, ...]:
        return (size,)

    return sizes


def loss_of_part(  # noqa: PLR0913 - what the two conventions choose
    b: Branches, size: str, part: str, weights: tuple[float, ...], aux_weight: float, decay: float
) -> Values:
    """A part of the loss, or all of it; several auxiliary outputs are added."""
    if size not in b.outputs:
        return Values(whole=np.nan, reason=b.reason or "no_probabilities")
    means = []
    for s in b.outputs[size]:
        w = make_channel_weights(weights, len(s.classes), "pspnet")
        means.append(share_or_nan(s.piece(CrossEntropyTerm(""))[:, 0] @ w, s.g @ w))
    if part == "main":
        return Values(whole=means[0], reason="no_voxels")
    if len(means) == 1 and (part == "aux" or aux_weight):
        return Values(whole=np.nan, reason="no_auxiliary_output")
    aux = float(sum(means[1:]))
    if part == "aux":
        return Values(whole=aux, reason="no_voxels")
    total = main_and_aux_loss(means[0], aux if aux_weight else 0.0, aux_weight, decay)
    return Values(whole=total, reason="no_voxels")


@loss_metric(
    "pspnet",
    of="branches",
    origin="semseg",
    needs=size_terms("full"),
    options={"part": LOSS_PART, "aux_weight": number_option("0.4"), "weights": WEIGHTS},
)
def pspnet_semseg(b: Branches, part: str, aux_weight: float, weights: tuple[float, ...]) -> Values:
    """PSPNet as semseg trains it: scores are enlarged to the labels, then cross-entropy.

    The auxiliary output is that of `--aux`, and `--upsample` says how scores are enlarged (semseg:
    align_corners). Several auxiliary outputs are added. Class weights are those of `ce`.

    formula  main + aux_weight aux, each the mean of -log p_y
    empty    no auxiliary output: total and aux are undefined; all voxels ignored: undefined
    ignored  in no sum (`--ignore-label 255`)
    source   hszhao/semseg, model/pspnet.py and tool/train.py
    """
    return loss_of_part(b, "full", part, weights, aux_weight, 0.0)


@loss_metric(
    "pspnet",
    of="branches",
    origin="hellochick",
    needs=size_terms("dropped"),
    options={
        "part": LOSS_PART,
        "aux_weight": number_option("0"),
        "weight_decay": number_option("1e-4"),
    },
)
def pspnet_hellochick(b: Branches, part: str, aux_weight: float, weight_decay: float) -> Values:
    """PSPNet as the TensorFlow port trains it: labels are reduced to the scores.

    Reduced labels take the nearest by floor(i n / m); those beyond the last class are dropped. The
    training script has no auxiliary term, so aux_weight is 0 until it is asked for. Weight decay is
    added where `--weights` names the arrays.

    formula  main + aux_weight aux + weight_decay sum(w^2) / 2, means of -log p_y
    empty    all voxels dropped: undefined; no auxiliary output and a weight of it: undefined
    ignored  in no sum
    source   hellochick/PSPNet-tensorflow, train.py
    """
    return loss_of_part(b, "dropped", part, (), aux_weight, (b.squares or 0.0) / 2 * weight_decay)


@loss_metric("weight_decay", of="branches", options={"decay": number_option("1e-4")})
def weight_decay(b: Branches, decay: float) -> Values:
    """L2 weight decay over the kernels of `--weights FILE.npz`; every case has the same.

    Kernels are the arrays with two axes or more: biases and scales of a normalisation are none.

    formula  decay sum(w^2) / 2
    empty    no weights given: undefined
    ignored  nothing
    source   tf.nn.l2_loss
    """
    squares = np.nan if b.squares is None else b.squares
    return Values(whole=decay * squares / 2, reason="no_weights")


def own_size_terms(a: Mapping[str, Any]) -> tuple[str, ...]:
    """The size at which the outputs are wanted: their own."""
    return (a["labels"],)


@metric(
    "deep_supervision",
    of="branches",
    better="lower",
    origin="nnunet",
    options={
        "weights": WEIGHTS,
        "labels": Option("half_pixel", ("half_pixel", "asymmetric")),
        "smooth": number_option("1e-5"),
        "background": yes_no_option("no"),
        "weight_ce": number_option("1"),
        "weight_dice": number_option("1"),
    },
    bounds=ANY,
    needs=own_size_terms,
)
def deep_supervision(  # noqa: PLR0913 - the parameters of the library
    b: Branches,
    weights: tuple[float, ...],
    labels: str,
    smooth: float,
    background: bool,
    weight_ce: float,
    weight_dice: float,
) -> Values:
    """Deep supervision of nnU-Net: its Dice and cross-entropy at every resolution, weighed.

    The full resolution is PRED, the lower ones are those of `--aux`, in order.

    weights  one an output; none: 1, 1/2, 1/4, … with 0 for the last, divided by their sum
    labels   how they are reduced to each output, n to m: half_pixel takes floor((i + 1/2) n / m),
             as nnU-Net's data loader does (torch nearest-exact); asymmetric floor(i n / m)

    formula  sum of weight x (dice_ce:as=nnunet) over the outputs; an output of weight 0 is left out
    empty    as its parts; channels that do not exclude each other: undefined
    ignored  in no sum
    source   nnunetv2 DeepSupervisionWrapper, nnUNetTrainer._build_loss
    """
    if labels not in b.outputs:
        return Values(whole=np.nan, reason=b.reason or "no_probabilities")
    outputs = b.outputs[labels]
    w = deep_output_weights(weights, len(outputs))
    costs = [
        weight * float(nnunet_dice_ce(s, smooth, background, weight_ce, weight_dice).whole or 0.0)
        for weight, s in zip(w, outputs, strict=True)
        if weight
    ]
    return Values(whole=float(sum(costs)), reason="no_voxels")


def deep_output_weights(weights: tuple[float, ...], outputs: int) -> Floats:
    """The weight of each output. Raises CaseError."""
    if not weights:
        return deep_supervision_weights(outputs)
    if len(weights) != outputs:
        raise CaseError(
            f"deep_supervision has {len(weights)} weights and there are {outputs} outputs",
            help="PRED is the first output, each --aux another one",
            status="wrong_weights",
        )
    return np.array(weights)


def deep_supervision_weights(outputs: int) -> Floats:
    """What nnU-Net weighs the loss of each resolution with, the full one first.

    returns  1, 1/2, 1/4, … with 0 for the last of several, divided by their sum
    """
    weights = np.exp2(-np.arange(outputs, dtype=np.float64))
    if outputs > 1:
        weights[-1] = 0
    weights /= weights.sum()
    return weights


def main_and_aux_loss(
    main: float, aux: float, aux_weight: float = 0.4, decay: float = 0.0
) -> float:
    """The loss that PSPNet trains on: its main output, its auxiliary one, and weight decay."""
    return main + aux_weight * aux + decay
