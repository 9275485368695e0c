"""Counting pairs of labels: the voxels of every (ground truth, prediction) pair, in one pass.

Label maps are runs. Where eight voxels in a row are the eight before them, in both maps, they need
not be counted one by one: the streams are cut where a 64-bit word changes, and each run is counted
once, weighted by its length. Where there are too many cuts (noise) every voxel is counted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.arrays import Counted, Floats, Labels

BUSY = 2  # words are cut less often than every second, else voxels are counted
LOW = 0 if np.little_endian else 1  # which byte of a uint16 is the low one

Pieces = tuple[
    Labels, Labels, Floats | None
]  # labels of both sides, and how often each pair stands


def pair_counts(truth: Labels, pred: Labels) -> tuple[Counted, Counted]:
    """Count the voxels of every (truth, prediction) pair of labels.

    truth, pred  flat uint8 or uint16, the same length
    returns      pair codes, truth * 65536 + prediction, and how many voxels have each, both int64
    """
    if truth.dtype != pred.dtype:
        truth, pred = truth.astype(np.uint16, copy=False), pred.astype(np.uint16, copy=False)
    truth, pred, weights = run_starts(truth, pred)
    if truth.dtype == np.uint8 or (len(truth) and max(truth.max(), pred.max()) < 256):
        table = np.bincount(byte_codes(truth, pred), weights)
        codes = np.flatnonzero(table)
        return (codes >> 8 << 16) | (codes & 255), table[codes].astype(np.int64)
    found, place = np.unique(truth.astype(np.int64) << 16 | pred, return_inverse=True)
    return found, np.bincount(place, weights, len(found)).astype(np.int64)


def byte_codes(truth: Labels, pred: Labels) -> NDArray[np.uint16]:
    """truth * 256 + pred for labels below 256, by writing both bytes of a uint16."""
    pairs = np.empty((len(truth), 2), np.uint8)
    pairs[:, LOW], pairs[:, 1 - LOW] = pred, truth
    return pairs.view(np.uint16).reshape(-1)


def run_starts(truth: Labels, pred: Labels) -> Pieces:
    """The voxels that stand for all: each word that begins a run, weighted by the run's length."""
    per_word = 8 // truth.itemsize
    whole = len(truth) - len(truth) % per_word
    t, p = truth[:whole].view(np.uint64), pred[:whole].view(np.uint64)
    changed = t[1:] != t[:-1]
    changed |= p[1:] != p[:-1]
    cuts = np.flatnonzero(changed)
    if not whole or len(cuts) * BUSY > len(t):
        return truth, pred, None
    starts = np.concatenate([[0], cuts + 1])
    lengths = np.diff(starts, append=len(t))
    weights = np.ones(per_word * len(starts) + len(truth) - whole)
    weights[: per_word * len(starts)].reshape(-1, per_word)[:] = lengths[:, None]
    return (
        np.concatenate([t[starts].view(truth.dtype), truth[whole:]]),
        np.concatenate([p[starts].view(pred.dtype), pred[whole:]]),
        weights,
    )
