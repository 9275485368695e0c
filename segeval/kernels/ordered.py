"""Losses that need every voxel of a case in order of its cost: Lovász and top-k.

They cannot be added up slab by slab. Memory: 16 bytes a voxel for top-k, 32 for Lovász.
"""

from __future__ import annotations

import numpy as np

from segeval.runtime.arrays import Floats, Mask


def top_mean(costs: Floats, voxels: int, percent: float) -> float:
    """Mean of the largest costs, as nnU-Net's TopKLoss has it.

    costs    of the voxels that are not ignored
    voxels   all of them: those that are ignored count as 0
    percent  of all voxels, rounded down
    """
    count = int(voxels * percent / 100)
    if not count:
        return float("nan")
    few = min(count, len(costs))
    largest = np.partition(costs, len(costs) - few)[len(costs) - few :] if few else costs[:0]
    return float(largest.sum() / count)


def jaccard_steps(truth: Mask) -> Floats:
    """How much the Jaccard loss grows with each further error.

    truth    in the order of falling errors
    returns  float64, the same length
    """
    total = truth.sum()
    intersection = total - truth.cumsum()
    union = total + (~truth).cumsum()
    loss: Floats = 1.0 - intersection / union
    loss[1:] -= loss[:-1].copy()
    return loss


def lovasz_extension(errors: Floats, truth: Mask) -> float:
    """The Lovász extension of the Jaccard loss: errors weighed by what each adds to it.

    errors   (n,), 0 or more
    truth    (n,)
    """
    if not len(errors):
        return 0.0
    order = np.argsort(-errors, kind="stable")
    return float(errors[order] @ jaccard_steps(truth[order]))


def lovasz_softmax_of_class(p: Floats, truth: Mask) -> float:
    """Lovász-softmax of one class; nan where the reference lacks it.

    p      (n,) probabilities of the class, none of them ignored
    truth  (n,)
    """
    if not truth.any():
        return np.nan
    return lovasz_extension(np.abs(truth - p.astype(np.float64)), truth)


def lovasz_hinge(logits: Floats, truth: Mask) -> float:
    """Lovász-hinge of one mask, or of several taken as one long row.

    logits, truth  (n,)
    """
    errors = 1.0 - logits.astype(np.float64) * np.where(truth, 1.0, -1.0)
    order = np.argsort(-errors, kind="stable")
    return float(np.maximum(errors[order], 0) @ jaccard_steps(truth[order])) if len(errors) else 0.0
