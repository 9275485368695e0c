"""Reliability: how often a prediction of some confidence is right, in bins of confidence.

    torchmetrics  [k/n, (k+1)/n), and 1.0 in a bin of its own; edges in the type of the confidence
    monai         (k/n, (k+1)/n], float32 edges up to 1 + eps; 0 is in the first bin
    monai_right   [k/n, (k+1)/n) of the same edges; 1.0 is in the last bin

A value on an edge falls into one bin or the other by the last digit of the edge, so the edges are
rounded as the libraries round them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from segeval.runtime.arrays import Floats, Mask, Raw

EDGE_ROUNDINGS = 4  # rounding errors, times the number of bins, within which an edge may be
SAMPLE = 64  # voxels of which one is looked at to find the bin that most are in
MOST_BYTE_BINS = 127  # bins whose indices, doubled, have 8 bits


def torch_linspace(stop: Floats | float, bins: int, dtype: np.dtype[Any]) -> Floats:
    """bins + 1 edges from 0 to `stop` as torch counts them: from both ends, with one rounding."""
    from fractions import Fraction  # and decimal with it: 3 ms of a start without calibration

    last = Fraction(float(np.asarray(stop, dtype)))
    step = Fraction(float(np.asarray(stop, dtype) / np.asarray(bins, dtype)))
    middle = (bins + 1) // 2
    exact = [step * k if k < middle else last - step * (bins - k) for k in range(bins + 1)]
    return np.array([float(edge) for edge in exact]).astype(dtype)


@cache
def bin_edges(bins: int, rule: str, dtype: np.dtype[Any]) -> Floats:
    """The edges of a rule, for confidences of a type; shared, so not to be changed.

    bins     how many bins
    rule     torchmetrics (equal widths, in `dtype`) or another library's name (float32, just past
             1)
    dtype    the type of the confidences
    returns  (bins + 1,)
    """
    if rule == "torchmetrics":
        return torch_linspace(1.0, bins, dtype)
    single = np.dtype(np.float32)
    return torch_linspace(1.0 + float(np.finfo(single).eps), bins, single)


def bin_index(values: Floats, edges: Floats, rule: str) -> Raw:
    """The bin of every confidence, of the type of the edges; with `torchmetrics`, 1.0 has bin n.

    Multiplication tells the bin of all that are not next to an edge: much faster than a search.

    values   (n,) confidences in [0, 1]
    edges    (bins + 1,), as `bin_edges` gives them
    rule     the rule of those edges
    returns  uint8 or uint16 (n,)
    """
    bins = len(edges) - 1
    scaled = values * values.dtype.type(bins)
    index = scaled.astype(np.uint8 if bins < MOST_BYTE_BINS else np.uint16)
    scaled -= np.rint(scaled)
    few = np.flatnonzero(
        np.abs(scaled, out=scaled) < EDGE_ROUNDINGS * bins * np.finfo(edges.dtype).eps
    )
    if len(few):
        index[few] = _search_bins(values[few], edges, rule)
    return index


def _search_bins(values: Floats, edges: Floats, rule: str) -> Raw:
    """The same, by a search."""
    side: Any = "left" if rule == "monai" else "right"
    inner = edges[1:] if rule == "torchmetrics" else edges[1:-1]  # elsewhere 1.0 is in the last bin
    found: Raw = np.asarray(np.searchsorted(inner, values, side=side))
    return found


def reliability_bins(
    confidence: Floats, hit: Mask, index: Raw, bins: int, weight: Floats | None = None
) -> Floats:
    """What is in each bin.

    Most voxels of a slab are of one bin as a rule; they are added up without looking at each.

    confidence  float (n,)
    hit         bool (n,), whether the prediction was right
    index       (n,) the bin of each
    bins        how many there are
    weight      how many voxels each confidence stands for; None: one
    returns     float64 (bins, 3): voxels, sum of confidence, hits
    """
    code = _split_by_hit(index, hit, bins)
    usual = int(np.bincount(code[::SAMPLE], minlength=1).argmax())
    rest = np.flatnonzero(code != usual)
    few = code[rest].astype(np.intp)

    whole = len(code) if weight is None else weight.sum()
    counted = np.bincount(few, None if weight is None else weight[rest], 2 * bins)
    voxels = counted.astype(np.float64)
    voxels[usual] = whole - voxels.sum()  # whole numbers
    values = confidence.astype(np.float64)
    if weight is not None:
        values *= weight
    total = np.bincount(few, values[rest], 2 * bins).astype(np.float64)
    values[rest] = 0  # a difference might have no digits left
    total[usual] = values.sum()
    voxels, total = voxels.reshape(2, bins), total.reshape(2, bins)  # misses, hits
    return np.stack([voxels.sum(axis=0), total.sum(axis=0), voxels[1]], axis=1)


def _split_by_hit(index: Raw, hit: Mask, bins: int) -> Raw:
    """Bins of misses, then bins of hits."""
    doubled: Raw = hit.astype(index.dtype)
    doubled *= index.dtype.type(bins)
    doubled += index
    return doubled


def equal_mass_bins(confidence: Floats, hit: Mask, bins: int) -> Floats:
    """Reliability in bins that hold as many voxels each: between quantiles of the confidences.

    A confidence that is an edge is in the bin below it. Equal ones stay together, so bins are of
    one size only where no confidence comes often. Source: sklearn.calibration.calibration_curve,
    strategy `quantile`.

    confidence  float (n,)
    hit         bool (n,), whether the prediction was right
    bins        how many
    returns     float64 (bins, 3): voxels, sum of confidence, hits
    """
    if not len(confidence):
        return np.zeros((bins, 3))
    values = confidence.astype(np.float64)
    inner = np.percentile(values, np.linspace(0, 100, bins + 1)[1:-1])
    return reliability_bins(values, hit, np.searchsorted(inner, values), bins)
