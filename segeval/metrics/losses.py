"""Losses that are a mean over voxels: cross-entropy, binary cross-entropy, squared distance.

p probabilities, x logits, y labels, g one-hot or soft reference, V voxels that are not ignored,
N cases, C channels, w class weights, e label smoothing.

    ce    torch, tf, nnunet   sum w[y] l / sum w[y], l = -log softmax(x)[y]
          caffe               sum l / max(V, 1), p at least 1.18e-38
          keras               sum l / V, p in [1e-7, 1 - 1e-7]
          smp                 sum l / (V and the ignored voxels)
    bce   torch               mean of max(x, 0) - x g + log(1 + exp(-|x|))
    l2    mse                 mean of (p - g)^2 over voxels and channels

From logits every cost is exact, and the floors of the libraries do nothing; from probabilities
the floor of the convention holds (kernels/entropy.py). A name is a number that can be checked:
`ce:as=caffe:normalization=full` is not `ce`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.metrics.option_types import WEIGHTS, share_option
from segeval.metrics.overlap import ratio_or_nan
from segeval.metrics.registry import UPWARDS, Option, Values, metric
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import CaseError
from segeval.tallies.loss_terms import BinaryCrossEntropyTerm, CrossEntropyTerm, LogSumsTerm

if TYPE_CHECKING:
    from segeval.tallies.sums import Sums

loss_metric = partial(metric, of="sums", better="lower", bounds=UPWARDS)
SMOOTHING = share_option("0")
REDUCTION = Option("mean", ("mean", "sum"))


def undefined_values(s: Sums, reason: str) -> Values:
    """Nothing to say of any class, for a reason that is not an empty mask."""
    return Values(np.full(len(s.classes), np.nan), np.nan, reason)


def share_or_nan(part: Any, whole: Any) -> float:
    """part / whole as a number; nan where both are 0."""
    return float(ratio_or_nan(np.float64(part), np.float64(whole)))


def no_mean_reason(s: Sums) -> str:
    """The reason of a mean over nothing."""
    return "" if s.valid else "no_voxels"


def make_channel_weights(weights: tuple[float, ...], count: int, name: str) -> Floats:
    """One weight for each of `count` channels. Raises CaseError."""
    if len(weights) not in (0, 1, count):
        raise CaseError(
            f"{name} has {len(weights)} weights and there are {count} channels",
            help="give one weight a channel, joined by +; the background's comes first",
            status="wrong_weights",
        )
    return np.broadcast_to(np.array(weights or (1.0,)), count)


def _ce_terms(a: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        CrossEntropyTerm(a["floor"]),
        *((LogSumsTerm(a["floor"]),) if a.get("smoothing") else ()),
    )


def smoothed_costs(s: Sums, floor: str, w: Floats, smoothing: float) -> tuple[float, Floats]:
    """Sum of the weighted cost over all voxels, and of the plain cost over those of each class."""
    cost = s.piece(CrossEntropyTerm(floor))[:, 0]
    if not smoothing:
        return float(cost @ w), cost
    each = s.piece(LogSumsTerm(floor)) * (smoothing / len(w))
    total = (1 - smoothing) * (cost @ w) + (each @ w).sum()
    return float(total), (1 - smoothing) * cost + each.sum(axis=1)


CE_OPTIONS = {"reduction": REDUCTION, "smoothing": SMOOTHING, "weights": WEIGHTS}


@loss_metric("ce", origin="torch", options=CE_OPTIONS, given={"floor": ""}, needs=_ce_terms)
def cross_entropy(
    s: Sums, floor: str, reduction: str, smoothing: float, weights: tuple[float, ...]
) -> Values:
    """Cross-entropy of PyTorch: the mean cost of the label that a voxel has.

    A class has the mean over its own voxels of the reference, without weights.

    formula  sum of (1 - e) w[y] l + e/C sum_c w[c] (-log p_c), divided by sum of w[y]; l = -log p_y
    empty    class absent: undefined; all voxels ignored or weights 0: undefined
    ignored  in neither sum
    source   torch.nn.functional.cross_entropy
    """
    if not s.exclusive:
        return undefined_values(s, "independent_channels")
    w = make_channel_weights(weights, len(s.classes), "ce")
    total, cost = smoothed_costs(s, floor, w, smoothing)
    divisor = s.valid if s.soft else s.g @ w
    each = ratio_or_nan(cost, s.g)
    return Values(
        each, total if reduction == "sum" else share_or_nan(total, divisor), no_mean_reason(s)
    )


@loss_metric("ce", origin="tf", given={"floor": ""}, needs=_ce_terms, drops=True)
@loss_metric("ce", origin="nnunet", given={"floor": ""}, needs=_ce_terms)
@loss_metric(
    "ce",
    origin="keras_categorical",
    options={"smoothing": SMOOTHING},
    given={"floor": "whole"},
    needs=_ce_terms,
)
@loss_metric("ce", origin="keras", given={"floor": "shares"}, needs=_ce_terms)
def valid_mean_ce(s: Sums, floor: str, smoothing: float = 0.0) -> Values:
    """Cross-entropy of TensorFlow, Keras and nnU-Net: the mean over voxels that are not ignored.

    keras takes label maps, keras_categorical one-hot references. From probabilities Keras clips p
    to [1e-7, 1 - 1e-7]: keras divides by the sum after that, keras_categorical before it.

    formula  sum l / V, l = -log p_y; with smoothing (1 - e) l + e/C sum_c (-log p_c)
    empty    class absent: undefined; all voxels ignored: undefined
    ignored  in neither sum; tf drops labels beyond the last class too, if nothing else is asked for
    source   tf.nn.sparse_softmax_cross_entropy_with_logits, keras.losses, RobustCrossEntropyLoss
    """
    if not s.exclusive:
        return undefined_values(s, "independent_channels")
    total, cost = smoothed_costs(s, floor, np.ones(len(s.classes)), smoothing)
    return Values(ratio_or_nan(cost, s.g), share_or_nan(total, s.valid), no_mean_reason(s))


@loss_metric(
    "ce",
    origin="caffe",
    options={"normalization": Option("valid", ("valid", "full", "batch_size", "none"))},
    given={"floor": "caffe"},
    needs=_ce_terms,
)
def caffe_ce(s: Sums, floor: str, normalization: str) -> Values:
    """Softmax loss of Caffe; p is at least the smallest float32.

    formula  sum l / max(D, 1); D is V, all voxels (full), N (batch_size) or 1 (none)
    empty    class absent: undefined; all voxels ignored: 0
    ignored  not in the sum; in the divisor only with `full`
    source   Caffe SoftmaxWithLoss
    """
    if not s.exclusive:
        return undefined_values(s, "independent_channels")
    cost = s.piece(CrossEntropyTerm(floor))[:, 0]
    divisor = {"valid": s.valid, "full": s.voxels, "batch_size": s.cases, "none": 1}[normalization]
    return Values(ratio_or_nan(cost, s.g), float(cost.sum() / max(divisor, 1)))


@loss_metric(
    "ce", origin="smp", options={"smoothing": SMOOTHING}, given={"floor": ""}, needs=_ce_terms
)
def smp_ce(s: Sums, floor: str, smoothing: float) -> Values:
    """Cross-entropy of segmentation_models_pytorch: the mean over every voxel.

    formula  sum of (1 - e) l + e/C sum_c (-log p_c), divided by all voxels
    empty    class absent: undefined
    ignored  not in the sum, but in the divisor
    source   segmentation_models_pytorch.losses.SoftCrossEntropyLoss
    """
    if not s.exclusive:
        return undefined_values(s, "independent_channels")
    total, cost = smoothed_costs(s, floor, np.ones(len(s.classes)), smoothing)
    return Values(ratio_or_nan(cost, s.g), share_or_nan(total, s.voxels), no_mean_reason(s))


def _bce_terms(a: Mapping[str, Any]) -> tuple[Any, ...]:
    crossed = (BinaryCrossEntropyTerm(a["floor"], crossed=True),) if a.get("smoothing") else ()
    return (BinaryCrossEntropyTerm(a["floor"]), *crossed)


def binary_cost(s: Sums, floor: str, smoothing: float, low: float) -> Floats:
    """Cost of each channel where the reference is 1 and where it is 0, (channels, 2).

    smoothing, low  the reference is g (1 - smoothing) + low
    """
    cost = s.piece(BinaryCrossEntropyTerm(floor))
    if not smoothing:
        return cost
    kept = 1 - smoothing
    crossed = s.piece(BinaryCrossEntropyTerm(floor, crossed=True))
    return (kept + low) * cost + np.stack([low * crossed[:, 0], low * crossed[:, 1]], axis=1)


@loss_metric(
    "bce",
    origin="torch",
    options={"pos_weight": WEIGHTS, "weights": WEIGHTS, "reduction": REDUCTION},
    given={"floor": "torch"},
    needs=_bce_terms,
)
def binary_cross_entropy(
    s: Sums,
    floor: str,
    pos_weight: tuple[float, ...],
    reduction: str,
    weights: tuple[float, ...] = (),
) -> Values:
    """Binary cross-entropy of PyTorch: each channel on its own, against its own mask.

    From logits it is bce_with_logits, of which TensorFlow's sigmoid_ce is the same; from
    probabilities each logarithm is at least -100.

    formula  mean over voxels and channels of w (-a g log p - (1 - g) log(1 - p)); a = pos_weight,
             w = weights of channels, by whose sum nothing is divided
    empty    defined for empty masks; all voxels ignored: undefined
    ignored  in neither sum
    source   torch.nn.functional.binary_cross_entropy and _with_logits
    """
    a = make_channel_weights(pos_weight, len(s.classes), "bce:pos_weight")
    cost = s.piece(BinaryCrossEntropyTerm(floor)) * np.stack([a, np.ones(len(a))], axis=1)
    w = make_channel_weights(weights, len(s.classes), "bce:weights")
    return mean_of_channels(s, cost.sum(axis=1) * w, s.valid, reduction)


def mean_of_channels(s: Sums, cost: Floats, voxels: int, reduction: str = "mean") -> Values:
    """Means over voxels, of each channel and of all of them."""
    if reduction == "sum":
        return Values(cost, float(cost.sum()))
    each = ratio_or_nan(cost, np.full(len(cost), voxels))
    return Values(each, share_or_nan(cost.sum(), voxels * len(cost)), no_mean_reason(s))


@loss_metric("bce", origin="sklearn", given={"floor": "sklearn"}, needs=_bce_terms)
@loss_metric("bce", origin="tfkeras2", given={"floor": "tfkeras2"}, needs=_bce_terms)
@loss_metric(
    "bce",
    origin="keras",
    options={"smoothing": SMOOTHING},
    given={"floor": "keras"},
    needs=_bce_terms,
)
def clipped_bce(s: Sums, floor: str, smoothing: float = 0.0) -> Values:
    """Binary cross-entropy of Keras and scikit-learn, which keep p away from 0 and 1.

    keras clips to [1e-7, 1 - 1e-7] (Keras 3; Keras 2.0 to 2.2 give the same number); tfkeras2 adds
    1e-7 inside each logarithm; sklearn clips to the machine epsilon of the type of p.

    formula  mean over voxels and channels of -g log p - (1 - g) log(1 - p); g (1 - e) + e/2 for g
    empty    defined for empty masks; all voxels ignored: undefined
    ignored  in neither sum
    source   keras.losses.BinaryCrossentropy, tf.keras 2.x, sklearn.metrics.log_loss
    """
    cost = binary_cost(s, floor, smoothing, smoothing / 2)
    return mean_of_channels(s, cost.sum(axis=1), s.valid)


@loss_metric(
    "bce",
    origin="smp",
    options={"smoothing": SMOOTHING},
    given={"floor": "torch"},
    needs=_bce_terms,
)
def smp_bce(s: Sums, floor: str, smoothing: float) -> Values:
    """Binary cross-entropy of segmentation_models_pytorch: the mean over every element.

    formula  sum of -g log p - (1 - g) log(1 - p) over all voxels and channels; g becomes
             g (1 - e) + (1 - g) e
    empty    defined for empty masks
    ignored  not in the sum, but in the divisor
    source   segmentation_models_pytorch.losses.SoftBCEWithLogitsLoss
    """
    # g (1 - e) + (1 - g) e = g (1 - 2e) + e
    cost = binary_cost(s, floor, 2 * smoothing, smoothing)
    return mean_of_channels(s, cost.sum(axis=1), s.voxels)


@loss_metric("l2", origin="caffe", given={"form": "caffe"})
@loss_metric("l2", origin="tf", given={"form": "tf"})
@loss_metric("l2", origin="rmse", given={"form": "rmse"})
@loss_metric("l2", origin="euclidean", given={"form": "euclidean"})
@loss_metric("l2", origin="sse", given={"form": "sse"})
@loss_metric("l2", origin="mse", given={"form": "mse"})
def squared_distance(s: Sums, form: str) -> Values:
    """Squared distance of probabilities and reference, S = sum of (p - g)^2.

    formula  mse S / (V C); sse S; tf S / 2; caffe S / (2 N); euclidean sqrt(S); rmse sqrt(mse);
             of a class: the sum over its channel, C = 1
    empty    defined for empty masks; all voxels ignored: undefined where a mean is taken
    ignored  in neither sum
    source   torch.nn.functional.mse_loss, tf.nn.l2_loss, Caffe EuclideanLoss
    """
    square = s.of("l2")
    each = _distance(square, form, s.valid, s.cases)
    whole = _distance(square[:].sum(), form, s.valid * len(square), s.cases)
    return Values(each, float(whole), no_mean_reason(s))


def _distance(square: Any, form: str, elements: int, cases: int) -> Any:
    """A form of the squared distance, from the sum of squares over so many elements."""
    if form in ("mse", "rmse"):
        mean = ratio_or_nan(square, np.full(np.shape(square), elements))
        return mean if form == "mse" else np.sqrt(mean)
    if form == "euclidean":
        return np.sqrt(square)
    return square / {"sse": 1, "tf": 2, "caffe": 2 * cases}[form]


@metric("l1", of="sums", better="lower", bounds=(0.0, 1.0))
def mean_absolute_error(s: Sums) -> Values:
    """Mean absolute difference of probabilities and reference.

    formula  mean over voxels and channels of |p - g|
    empty    defined for empty masks; all voxels ignored: undefined
    ignored  in neither sum
    source   torch.nn.functional.l1_loss
    """
    return mean_of_channels(s, s.of("l1"), s.valid)
