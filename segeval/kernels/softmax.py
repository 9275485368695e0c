"""Logits to probabilities and to their logarithms, in forms that neither overflow nor lose digits.

Softmax subtracts the largest logit first; sigmoid uses exp(-|x|) only. The logarithm of a
probability comes from the logits: of a computed softmax it would be -inf where the loss is 800.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from segeval.runtime.arrays import Floats, Labels, Raw


def softmax(logits: Raw, axis: int = 0) -> Floats:
    """Probabilities of classes that exclude each other.

    logits   any float or integer type
    returns  float64, the same shape; sums to 1 along the axis
    """
    shares = _shift_logits(logits, axis)
    np.exp(shares, out=shares)
    shares /= shares.sum(axis=axis, keepdims=True)
    return shares


def softmax_rows(logits: Raw, top: Raw, out: Floats) -> Iterator[Floats]:
    """The same class by class: each row is given when it is ready, and is in the cache then.

    logits   (classes, n)
    top      (n,) the largest of them
    out      (classes, n) float64, where the rows are written
    """
    most, total = top.astype(np.float64), np.zeros(len(top))
    for row, share in zip(logits, out, strict=True):
        np.copyto(share, row)
        np.subtract(share, most, out=share)
        np.exp(share, out=share)
        np.add(total, share, out=total)
    for share in out:
        np.divide(share, total, out=share)
        yield share


def log_softmax(logits: Raw, axis: int = 0) -> Floats:
    """Logarithms of the probabilities of classes that exclude each other, float64.

    logits   any shape, finite or -inf
    axis     that of the classes
    returns  the same shape
    """
    logs = _shift_logits(logits, axis)
    logs -= np.log(np.exp(logs).sum(axis=axis, keepdims=True))
    return logs


def reference_log(logits: Raw, labels: Labels) -> Floats:
    """Logarithm of the probability of the label that a voxel has: one a voxel.

    logits   (classes, n)
    labels   (n,), below the number of classes
    returns  float64 (n,)
    """
    shifted = _shift_logits(logits, 0)
    own: Floats = np.take_along_axis(shifted, labels[None].astype(np.intp), 0)[0]
    np.exp(shifted, out=shifted)
    own -= np.log(shifted.sum(axis=0))
    return own


def _shift_logits(logits: Raw, axis: int) -> Floats:
    """float64 logits whose largest is 0."""
    values = logits.astype(np.float64)
    values -= values.max(axis=axis, keepdims=True)
    return values


def sigmoid(logits: Raw) -> Floats:
    """Probabilities of classes that are independent, float64.

    logits   any shape
    returns  the same shape, 0 to 1
    """
    x = logits.astype(np.float64)
    small = np.exp(-np.abs(x))
    shares: Floats = np.where(x >= 0, 1.0, small) / (1.0 + small)
    return shares


def softplus(x: Raw) -> Floats:
    """log(1 + exp(x)), float64; the cost of a logit x where the reference is 0."""
    x = x.astype(np.float64)
    cost: Floats = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return cost
