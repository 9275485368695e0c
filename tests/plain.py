"""The slow and obvious form of each kernel."""

from collections import Counter


def pairs(truth, pred):
    """How often each (truth, prediction) pair of labels stands."""
    return dict(Counter(zip(truth.tolist(), pred.tolist(), strict=True)))


def confusion(truth, pred, inside_truth, inside_pred):
    """Both, prediction only, ground truth only, neither: voxel by voxel."""
    tp = fp = fn = tn = 0
    for t, p in zip(truth.ravel().tolist(), pred.ravel().tolist(), strict=True):
        a, b = t in inside_truth, p in inside_pred
        tp, fp, fn, tn = (
            tp + (a and b),
            fp + (b and not a),
            fn + (a and not b),
            tn + (not a and not b),
        )
    return [tp, fp, fn, tn]
