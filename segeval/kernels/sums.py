"""Sums over voxels of a probability p and its reference g, of which soft overlaps are made.

    g   sum g            pg  sum p g           l1  sum |p - g|
    gg  sum g^2          fp  sum p (1 - g)     l2  sum (p - g)^2
    pp  sum p^2          fn  sum (1 - p) g

Every one is added up by itself: `g - pg` in place of `fn` would have no digit left where the
prediction is good. Totals are float64; so are squares, because a square of float32 is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Floats, Mask

NAMES = ("g", "gg", "pp", "pg", "fp", "fn", "l1", "l2")
Index = NDArray[np.intp]


def label_sums(p: Floats, labels: Index) -> Floats:
    """The sums of each class, where every voxel has one label.

    p        (classes, n), float64; overwritten
    labels   (n,), below the number of classes
    returns  float64 (len(NAMES), classes)
    """
    classes, n = p.shape
    own = labels * n
    own += np.arange(n)
    flat = p.reshape(-1)
    p_own = flat.take(own)
    flat[own] = 0  # what is left belongs to other classes
    g, pg, fn, pp_own, l2_own = (
        np.bincount(labels, weights, classes)
        for weights in (None, p_own, 1 - p_own, p_own * p_own, (1 - p_own) ** 2)
    )
    fp = p.sum(axis=1)
    np.multiply(p, p, out=p)
    square = p.sum(axis=1)
    return np.array([g, g, pp_own + square, pg, fp, fn, fp + fn, l2_own + square])


def mask_sums(p: Floats, mask: Mask) -> Floats:
    """The sums of one class whose reference is a mask.

    p        (n,), float64; overwritten
    returns  float64 (len(NAMES),)
    """
    inside = p[mask]
    p[mask] = 0
    fp, square = p.sum(), (p * p).sum()
    miss = 1 - inside
    pg, fn, g = inside.sum(), miss.sum(), len(inside)
    pp = (inside * inside).sum() + square
    return np.array([g, g, pp, pg, fp, fn, fp + fn, (miss * miss).sum() + square])


def share_sums(p: Floats, g: Floats) -> Floats:
    """The sums of one class whose reference is a share of every voxel.

    p, g     (n,), float64
    returns  float64 (len(NAMES),)
    """
    apart = p - g
    terms = (g, g * g, p * p, p * g, p * (1 - g), (1 - p) * g, np.abs(apart), apart * apart)
    return np.array([term.sum() for term in terms])


def joint_sums(p: Floats, labels: Index) -> Floats:
    """What probability each class got on the voxels of each label: the soft confusion matrix.

    p        (classes, n)
    labels   (n,)
    returns  float64 (classes, classes), row = reference, column = prediction
    """
    columns = [np.bincount(labels, weights, len(p)) for weights in p]
    return np.stack(columns, axis=1)


def decay(weights: Iterable[Floats], factor: float) -> float:
    """L2 weight decay of arrays of weights: factor * sum of squares / 2."""
    squares = [np.square(w, dtype=np.float64).sum() for w in weights]
    return float(factor * sum(squares) / 2)
