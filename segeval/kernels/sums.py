"""Sums over voxels of a probability p and its reference g, of which soft overlaps are made.

    g   sum g            pg  sum p g           l1  sum |p - g|
    gg  sum g^2          fp  sum p (1 - g)     l2  sum (p - g)^2
    pp  sum p^2          fn  sum (1 - p) g

Every one is added up by itself: `g - pg` in place of `fn` would have no digit left where the
prediction is good. Totals are float64; so are squares, because a square of float32 is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Floats, Labels, Mask, Raw

NAMES = ("g", "gg", "pp", "pg", "fp", "fn", "l1", "l2")
LANES = 8  # cells a label: neighbours have one label, and adding to one cell again has to wait
SHORT = 8  # voxels of a run that is not worth its own sum
Index = NDArray[np.intp]


@lru_cache(4)
def _lanes(n: int) -> Index:
    """0 to LANES - 1 again and again; shared, so not to be changed."""
    lanes: Index = np.arange(n, dtype=np.intp) % LANES
    return lanes


class ByLabel:
    """Which label each voxel has, ready for sums over the voxels of each label.

    Label maps are runs: where they are long, a run is added up by itself and then given to its
    label. Where they are short, every voxel is given to one of the cells of its label.
    """

    def __init__(self, labels: Labels | Index, classes: int) -> None:
        self.labels, self.classes = labels, classes
        cuts = np.flatnonzero(labels[1:] != labels[:-1])
        self._starts: Index | None = None
        if len(labels) and len(cuts) * SHORT < len(labels):
            self._starts = np.concatenate([[0], cuts + 1])
            self._runs = labels[self._starts].astype(np.intp)
        else:
            self._cells = labels.astype(np.intp) * LANES
            self._cells += _lanes(len(labels))

    @cached_property
    def own(self) -> Index:
        """Where each voxel's own label stands in (classes, n) values that are laid out flat."""
        n = len(self.labels)
        own: Index = np.multiply(self.labels, n, dtype=np.intp)
        own += np.arange(n)
        return own

    def count(self) -> Floats:
        """Voxels of each label."""
        if self._starts is None:
            return self._joined(np.bincount(self._cells, minlength=self.classes * LANES))
        lengths = np.diff(self._starts, append=len(self.labels))
        return self._given(lengths)

    def sum(self, values: Floats | Mask) -> Floats:
        """Sum of values over the voxels of each label, float64 (classes,)."""
        if self._starts is None:
            return self._joined(np.bincount(self._cells, values, self.classes * LANES))
        return self._given(np.add.reduceat(values, self._starts, dtype=np.float64))

    def _given(self, runs: Raw) -> Floats:
        """Sums of runs, each given to its label."""
        total: Floats = np.bincount(self._runs, runs, self.classes).astype(np.float64)
        return total

    def _joined(self, cells: Raw) -> Floats:
        total: Floats = cells.reshape(self.classes, LANES).sum(axis=1).astype(np.float64)
        return total


def label_sums(p: Floats, labels: ByLabel) -> Floats:
    """The sums of each class, where every voxel has one label.

    p        (classes, n), float64; overwritten
    returns  float64 (len(NAMES), classes)
    """
    flat = p.reshape(-1)
    p_own = flat.take(labels.own)
    flat[labels.own] = 0  # what is left belongs to other classes
    miss = 1 - p_own
    g, pg, fn = labels.count(), labels.sum(p_own), labels.sum(miss)
    p_own *= p_own
    miss *= miss
    pp_own, l2_own = labels.sum(p_own), labels.sum(miss)
    fp = p.sum(axis=1)
    np.multiply(p, p, out=p)
    square = p.sum(axis=1)
    return np.array([g, g, pp_own + square, pg, fp, fn, fp + fn, l2_own + square])


def weighted_sum(values: Floats | Mask, weight: Floats | None) -> float:
    """Sum of values in float64, each as often as its weight says; None: once."""
    if weight is None:
        return float(values.sum(dtype=np.float64))
    return float(values.astype(np.float64, copy=False) @ weight)


def mask_sums(p: Floats, mask: Mask, weight: Floats | None = None) -> Floats:
    """The sums of one class whose reference is a mask.

    p        (n,), float64; overwritten
    weight   (n,) how many voxels each value stands for; None: one
    returns  float64 (len(NAMES),)
    """
    if weight is not None:
        miss, own, other = 1 - p, weight * mask, weight * ~mask
        terms = (own.sum(), p * p @ weight, p @ own, p @ other, miss @ own)
        g, pp, pg, fp, fn = map(float, terms)
        return np.array([g, g, pp, pg, fp, fn, fp + fn, miss * miss @ own + p * p @ other])
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


def joint_sums(p: Floats, labels: ByLabel) -> Floats:
    """What probability each class got on the voxels of each label: the soft confusion matrix.

    p        (classes, n)
    returns  float64 (classes, classes), row = reference, column = prediction
    """
    return np.stack([labels.sum(row) for row in p], axis=1)


def decay(weights: Iterable[Floats], factor: float) -> float:
    """L2 weight decay of arrays of weights: factor * sum of squares / 2."""
    squares = [np.square(w, dtype=np.float64).sum() for w in weights]
    return float(factor * sum(squares) / 2)
