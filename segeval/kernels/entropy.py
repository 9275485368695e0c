"""What a wrong probability costs: the logarithms of the libraries, each with its own floor.

    floor    of a cross-entropy                              cost of p = 0
             -log p                                          inf
    caffe    p at least the smallest float32, 1.18e-38       87.3
    clamp    log p at least -100                             100
    clip     p in [1e-7, 1 - 1e-7]                           16.1
    shares   the same, then divided by their sum (Keras, sparse labels)
    whole    p / sum p, then the same (Keras, one-hot labels)

    floor    of a binary cross-entropy                       cost of p = 0
    torch    each log at least -100                          100
    keras    p in [1e-7, 1 - 1e-7], of float32 as it rounds  16.118; of p = 1 where g = 0 15.942
    tfkeras2 the same, and 1e-7 more inside each log         15.425
    sklearn  p in [eps, 1 - eps], eps of the type of p       36.04

Floors that guard against a probability of 0 do nothing to a cost that comes from logits, which
cannot be infinite, unless the library takes no logits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from segeval.kernels.softmax import sigmoid, softplus
from segeval.runtime.arrays import Floats

EPSILON = 1e-7
SINGLE = 1e-8  # rounding errors above it are those of float32
LEAST_LOGS = {"caffe": float(np.log(np.finfo(np.float32).tiny)), "clamp": -100.0}
NEAR_ONE = float(np.log1p(-EPSILON))
NEAR_ZERO = float(np.log(EPSILON))
Cost = Callable[[Floats], Floats]


def log_allowing_zero(p: Floats) -> Floats:
    """Logarithm in float64; -inf of 0 without a word.

    p  any shape, not negative
    """
    with np.errstate(divide="ignore"):
        return np.log(p, dtype=np.float64)


def floor_logs(logs: Floats, floor: str) -> Floats:
    """Logarithms of probabilities under the floor of a library: none, caffe, clamp or clip.

    logs     any shape
    floor    the library's rule; "" as none
    returns  the same shape
    """
    if floor == "clip":
        return np.clip(logs, NEAR_ZERO, NEAR_ONE)
    return np.maximum(logs, LEAST_LOGS[floor]) if floor else logs


def least_log(floor: str) -> float:
    """The logarithm at which a floor begins."""
    return NEAR_ZERO if floor in ("clip", "shares", "whole") else LEAST_LOGS.get(floor, -np.inf)


def clip_probabilities(p: Floats, floor: str) -> Floats:
    """Probabilities as Keras has them before the logarithm: shares or whole.

    p        (classes, n)
    floor    whole (they are divided by their sum first) or shares (divided afterwards)
    returns  the same shape, away from 0 and 1
    """
    if floor == "whole":
        p = p / p.sum(axis=0)
    clipped: Floats = np.clip(p, EPSILON, 1 - EPSILON)
    return clipped if floor == "whole" else clipped / clipped.sum(axis=0)


def logit_cost(x: Floats) -> Floats:
    """What a logit costs where the reference is 1; of -x, what x costs where it is 0."""
    return softplus(-x)


def binary_costs(floor: str, logits: bool, eps: float) -> tuple[Cost, Cost]:
    """What a value costs where the reference is 1, and where it is 0.

    floor   the library: torch, keras, sklearn, ...
    logits  the values are logits and the library takes them; else probabilities
    eps     of the type in which the probabilities came, for `sklearn` and `keras`
    """
    if logits and floor in ("torch", "keras"):
        return logit_cost, softplus
    if logits:
        true, false = binary_costs(floor, False, eps)
        return lambda x: true(sigmoid(x)), lambda x: false(sigmoid(x))
    if floor == "torch":
        return _torch_true, _torch_false
    edge = eps if floor == "sklearn" else EPSILON
    top = 1 - edge
    if floor == "keras" and eps > SINGLE:
        top = float(np.float32(1) - np.float32(EPSILON))  # Keras clips in the type of p
    more = EPSILON if floor == "tfkeras2" else 0.0

    def clipped(p: Floats) -> Floats:
        return np.clip(p.astype(np.float64), edge, top)

    return (
        lambda p: -log_allowing_zero(clipped(p) + more),
        lambda p: -log_allowing_zero(1 - clipped(p) + more),
    )


def _torch_true(p: Floats) -> Floats:
    return -np.maximum(log_allowing_zero(p), -100)


def _torch_false(p: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return -np.maximum(np.log1p(-p.astype(np.float64)), -100)


def focal_factor(pt: Floats, gamma: float, threshold: float | None = None) -> Floats:
    """How much of its cost a voxel keeps, from the probability of what is true.

    gamma      (1 - pt)^gamma
    threshold  t: 1 where pt < t, else ((1 - pt) / t)^gamma; None: no threshold
    """
    if threshold is None:
        return np.power(1 - pt, gamma)
    return np.where(pt < threshold, 1.0, np.power((1 - pt) / threshold, gamma))
