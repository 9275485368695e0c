"""The slow and obvious form of each kernel."""

from collections import Counter
from itertools import product


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


def voxel_faces(mask):
    """Faces between inside and outside, those at the edge of the array not counted."""
    inside = {tuple(v) for v in zip(*mask.nonzero(), strict=True)}
    ahead = [tuple(int(k == axis) for k in range(mask.ndim)) for axis in range(mask.ndim)]
    faces = 0
    for voxel in product(*map(range, mask.shape)):
        for step in ahead:
            beside = tuple(a + b for a, b in zip(voxel, step, strict=True))
            if all(b < n for b, n in zip(beside, mask.shape, strict=True)):
                faces += (voxel in inside) != (beside in inside)
    return faces
