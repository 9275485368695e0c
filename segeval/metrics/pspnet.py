"""What PSPNet trains on: the cross-entropy of its main and auxiliary outputs, and weight decay."""

from __future__ import annotations

import numpy as np

from segeval.metrics.combined_losses import main_and_aux
from segeval.metrics.losses import loss, share, weighted
from segeval.metrics.registry import Option, Values
from segeval.metrics.words import WEIGHTS, real
from segeval.tallies.branches import Branches

PART = Option("total", ("total", "main", "aux"))
DECAY = 1e-4


def of_part(  # noqa: PLR0913 - what the two conventions choose
    b: Branches, size: str, part: str, weights: tuple[float, ...], aux_weight: float, decay: float
) -> Values:
    """A part of the loss, or all of it; several auxiliary outputs are added."""
    if size not in b.costs:
        return Values(whole=np.nan, reason=b.reason or "no_probabilities")
    costs, voxels = b.costs[size], b.voxels[size]
    w = weighted(weights, costs.shape[1], "pspnet")
    means = [share(cost @ w, count @ w) for cost, count in zip(costs, voxels, strict=True)]
    if part == "main":
        return Values(whole=means[0], reason="no_voxels")
    if len(means) == 1 and (part == "aux" or aux_weight):
        return Values(whole=np.nan, reason="no_auxiliary_output")
    aux = float(sum(means[1:]))
    if part == "aux":
        return Values(whole=aux, reason="no_voxels")
    total = main_and_aux(means[0], aux if aux_weight else 0.0, aux_weight, decay)
    return Values(whole=total, reason="no_voxels")


@loss(
    "pspnet",
    of="branches",
    origin="semseg",
    options={"part": PART, "aux_weight": real("0.4"), "weights": WEIGHTS},
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
    return of_part(b, "full", part, weights, aux_weight, 0.0)


@loss(
    "pspnet",
    of="branches",
    origin="hellochick",
    options={"part": PART, "aux_weight": real("0"), "weight_decay": real("1e-4")},
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
    return of_part(b, "small", part, (), aux_weight, (b.squares or 0.0) / 2 * weight_decay)


@loss("weight_decay", of="branches", options={"decay": real("1e-4")})
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
