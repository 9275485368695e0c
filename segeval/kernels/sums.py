"""Sums over voxels of a probability p and its reference g, of which soft overlaps are made.

    g   sum g            pg  sum p g           l1  sum |p - g|
    gg  sum g^2          fp  sum p (1 - g)     l2  sum (p - g)^2
    pp  sum p^2          fn  sum (1 - p) g

Every one is added up by itself: `g - pg` in place of `fn` would have no digit left where the
prediction is good. Totals are float64; so are squares, because a square of float32 is rounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache

import numpy as np

from segeval.kernels.run_starts import find_run_starts
from segeval.kernels.run_starts import find_true_indices as run_places
from segeval.runtime.arrays import Counted, Floats, Labels, Mask, Raw, Shape

NAMES = ("g", "gg", "pp", "pg", "fp", "fn", "l1", "l2")
LANES = 8  # cells a label: neighbours have one label, and adding to one cell again has to wait
SHORTEST_RUN = 8  # voxels of a run that is not worth its own sum
LONG_RUN = 256  # voxels of a run that is worth a step of Python
PRODUCT_ELEMENTS = 1 << 13  # elements of a product: of more than 9216 the library wakes its threads
MATRIX_LINES = 4  # of a matrix that the library adds up together
IndexRange = np.ndarray[Shape, np.dtype[np.intp]]


def index_range(n: int) -> IndexRange:
    """0 to n - 1; shared, so not to be changed."""
    return _make_range(1 << max(n - 1, 0).bit_length())[:n]


@lru_cache(4)
def _make_range(n: int) -> IndexRange:
    return np.arange(n, dtype=np.intp)


@lru_cache(4)
def _lane_numbers(n: int) -> IndexRange:
    """0 to LANES - 1 again and again; shared, so not to be changed."""
    lanes: IndexRange = np.arange(n, dtype=np.intp) % LANES
    return lanes


class VoxelsByLabel:
    """Which label each voxel has, ready for sums over the voxels of each label.

    Label maps are runs: where they are long, a run is added up by itself and then given to its
    label. Where they are short, every voxel is given to one of the cells of its label.
    """

    def __init__(self, labels: Labels, classes: int) -> None:
        self.labels, self.classes = labels, classes
        self._starts: Counted | None = None
        first = run_places(find_run_starts(labels)) if len(labels) else index_range(0)
        if len(first) * SHORTEST_RUN < len(labels):
            self._starts = first
            self._runs = labels.take(first)
        else:
            self._cells = np.multiply(labels, LANES, dtype=np.intp)
            self._cells += _lane_numbers(1 << max(len(labels) - 1, 0).bit_length())[: len(labels)]

    @cached_property
    def places(self) -> Mapping[int, Sequence[slice | IndexRange]]:
        """Where the voxels of each label are that any voxel has: long runs, or one by one."""
        found: dict[int, list[slice | IndexRange]] = {}
        if self._starts is not None and len(self._starts) * LONG_RUN <= len(self.labels):
            ends = [*self._starts.tolist(), len(self.labels)]
            for run, label in enumerate(self._runs.tolist()):
                found.setdefault(label, []).append(slice(*ends[run : run + 2]))
            return found
        order = np.argsort(self.labels, kind="stable")
        pieces = np.split(order, self.count().cumsum()[:-1].astype(np.intp))
        return {label: [piece] for label, piece in enumerate(pieces) if len(piece)}

    def own(self, values: Floats) -> Floats:
        """The value of each voxel's own label out of (classes, n), which is in C order.

        values   float (classes, n)
        returns  (n,)
        """
        n = len(self.labels)
        place = np.multiply(self.labels, n, dtype=np.intp)
        place += index_range(n)
        taken: Floats = values.reshape(-1).take(place)
        return taken

    def count(self) -> Floats:
        """Voxels of each label."""
        if self._starts is None:
            return self._joined(np.bincount(self._cells, minlength=self.classes * LANES))
        lengths: IndexRange = np.empty_like(self._starts)
        np.subtract(self._starts[1:], self._starts[:-1], out=lengths[:-1])
        lengths[-1] = len(self.labels) - self._starts[-1]
        return self._given(lengths)

    def sum(self, values: Floats | Mask) -> Floats:
        """Sum of values over the voxels of each label, float64 (classes,)."""
        if self._starts is None:
            return self._joined(np.bincount(self._cells, values, self.classes * LANES))
        return self._given(np.add.reduceat(values, self._starts, dtype=np.float64))

    def _given(self, runs: Raw) -> Floats:
        """Sums of runs, each given to its label."""
        total: Floats = np.bincount(self._runs, runs, self.classes).astype(np.float64, copy=False)
        return total

    def _joined(self, cells: Raw) -> Floats:
        total: Floats = cells.reshape(self.classes, LANES).sum(axis=1, dtype=np.float64)
        return total


class LabelSums:
    """The sums of each class, where every voxel has one label, class by class in any order.

    A row of probabilities is read once, so it costs least while it is in the cache.

    labels  which label each voxel has
    own     float64 (n,), p of the label that each voxel has; complete after the last class
    """

    def __init__(self, labels: VoxelsByLabel) -> None:
        n = len(labels.labels)
        pieces = max(1, -(-n // PRODUCT_ELEMENTS))
        room = np.zeros(
            (pieces, MATRIX_LINES, -(-n // (pieces * MATRIX_LINES)))
        )  # what is beyond n stays 0
        self.labels, self._room, self._row = labels, room, room.reshape(-1)[:n]
        self._ones = np.ones(room.shape[-1])
        self._across, self._down = room[..., None, :], room[..., :, None]
        self._rest = np.zeros((labels.classes, pieces, MATRIX_LINES))
        self._squares = np.zeros((labels.classes, pieces, MATRIX_LINES, 1, 1))
        self.own: Floats = np.zeros(n)

    def add(self, label: int, p: Floats) -> None:
        """Add the probabilities of a class, (n,).

        label  the class
        p      float (n,)
        """
        row = self._row
        np.copyto(row, p)
        for where in self.labels.places.get(label, ()):
            self.own[where] = row[where]
            row[where] = 0  # what is left belongs to other classes
        np.matmul(self._room, self._ones, out=self._rest[label])
        np.matmul(self._across, self._down, out=self._squares[label])

    def finish(self) -> Floats:
        """float64 (len(NAMES), classes)."""
        labels, own = self.labels, self.own
        rest, square = self._rest.sum(axis=(1, 2)), self._squares.sum(axis=(1, 2, 3, 4))
        each = 1 - own
        fn = labels.sum(each)
        np.multiply(each, each, out=each)
        l2 = labels.sum(each) + square
        np.multiply(own, own, out=each)
        g, pp, pg = labels.count(), labels.sum(each) + square, labels.sum(own)
        return np.array([g, g, pp, pg, rest, fn, rest + fn, l2])


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


def joint_sums(p: Floats, labels: VoxelsByLabel) -> Floats:
    """What probability each class got on the voxels of each label: the soft confusion matrix.

    p        (classes, n)
    labels   the reference of the n voxels
    returns  float64 (classes, classes), row = reference, column = prediction
    """
    return np.stack([labels.sum(row) for row in p], axis=1)
