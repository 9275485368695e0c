"""Reliability: how often a prediction of some confidence is right, in bins of confidence.

    torchmetrics  [k/n, (k+1)/n), and 1.0 in a bin of its own; edges in the type of the confidence
    monai         (k/n, (k+1)/n], float32 edges up to 1 + eps; 0 is in the first bin
    monai_right   [k/n, (k+1)/n) of the same edges; 1.0 is in the last bin

A value on an edge falls into one bin or the other by the last digit of the edge, so the edges are
rounded as the libraries round them.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from segeval.arrays import Floats, Mask
from segeval.kernels.sums import ByLabel, Index

EDGES = ("torchmetrics", "monai", "monai_right")


def linspace(stop: Floats | float, bins: int, dtype: np.dtype[Any]) -> Floats:
    """bins + 1 edges from 0 to `stop` as torch counts them: from both ends, with one rounding."""
    last = Fraction(float(np.asarray(stop, dtype)))
    step = Fraction(float(np.asarray(stop, dtype) / np.asarray(bins, dtype)))
    middle = (bins + 1) // 2
    exact = [step * k if k < middle else last - step * (bins - k) for k in range(bins + 1)]
    return np.array([float(edge) for edge in exact]).astype(dtype)


@cache
def bin_edges(bins: int, rule: str, dtype: np.dtype[Any]) -> Floats:
    """The edges of a rule, for confidences of a type; shared, so not to be changed."""
    if rule == "torchmetrics":
        return linspace(1.0, bins, dtype)
    single = np.dtype(np.float32)
    return linspace(1.0 + float(np.finfo(single).eps), bins, single)


def bin_index(values: Floats, edges: Floats, rule: str) -> Index:
    """The bin of every confidence, of the type of the edges; with `torchmetrics`, 1.0 has bin n.

    A first guess by multiplication is put right where it fell beyond an edge: five times faster
    than a search.
    """
    bins = len(edges) - 1
    index = (values * bins).astype(np.intp)
    above = np.append(edges, np.inf)  # edge k + 1 of bin k
    if rule == "monai":
        index -= (values <= edges.take(index)) & (index > 0)
        index += values > above.take(index + 1)
    else:
        _move(index, values < edges.take(index), -1)
        _move(index, values >= above[1:].take(index), 1)
    return index if rule == "torchmetrics" else np.minimum(index, bins - 1)


def _move(index: Index, where: Mask, by: int) -> None:
    """Add to some indices, which are few."""
    few = np.flatnonzero(where)
    if len(few):
        index[few] += by


def reliability(
    confidence: Floats, hit: Mask, index: Index, bins: int, weight: Floats | None = None
) -> Floats:
    """What is in each bin.

    weight   how many voxels each confidence stands for; None: one
    returns  float64 (bins, 3): voxels, sum of confidence, hits
    """
    both = ByLabel(index + bins * hit, 2 * bins)
    voxels = (both.count() if weight is None else both.sum(weight)).reshape(2, bins)
    total = both.sum(confidence if weight is None else confidence * weight).reshape(2, bins)
    return np.stack([voxels.sum(axis=0), total.sum(axis=0), voxels[1]], axis=1)


def mass_bins(confidence: Floats, hit: Mask, bins: int) -> Floats:
    """Reliability in bins that hold as many voxels each: between quantiles of the confidences.

    A confidence that is an edge is in the bin below it. Equal ones stay together, so bins are of
    one size only where no confidence comes often. Source: sklearn.calibration.calibration_curve,
    strategy `quantile`.

    returns  float64 (bins, 3): voxels, sum of confidence, hits
    """
    if not len(confidence):
        return np.zeros((bins, 3))
    values = confidence.astype(np.float64)
    inner = np.percentile(values, np.linspace(0, 100, bins + 1)[1:-1])
    return reliability(values, hit, np.searchsorted(inner, values), bins)
