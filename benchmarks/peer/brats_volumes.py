"""The rule of BraTS 2023 by whole volumes: brats_volumes.py PRED GT

Each lesion is dilated over the whole volume, and its distances come of whole distance transforms.
"""

import sys

import nibabel
import numpy as np
from scipy import ndimage

NEAR, EVERY = ndimage.generate_binary_structure(3, 2), np.ones((3, 3, 3))
STEPS, LIMIT, PENALTY = 3, 50, 374.0


def hd95(one, other, spacing):
    """The larger 95th percentile of the distances between two borders."""
    if not (one.any() and other.any()):
        return PENALTY
    border = [mask & ~ndimage.binary_erosion(mask) for mask in (one, other)]
    away = [ndimage.distance_transform_edt(~b, sampling=spacing) for b in border]
    return max(np.percentile(away[1][border[0]], 95), np.percentile(away[0][border[1]], 95))


def score(pred, truth, spacing):
    """Lesion-wise Dice and HD95 of a region."""
    lesions = ndimage.label(ndimage.binary_dilation(truth, NEAR, STEPS), EVERY)[0] * truth
    found, count = ndimage.label(pred, EVERY)
    taken, dices, far = set(), [], []
    for one in set(np.unique(lesions)) - {0}:
        lesion = lesions == one
        own = set(np.unique(found[ndimage.binary_dilation(lesion, NEAR, STEPS)])) - {0}
        taken |= own
        if lesion.sum() * np.prod(spacing) <= LIMIT:
            continue
        union = np.isin(found, list(own))
        dices.append(2 * (lesion & union).sum() / (lesion.sum() + union.sum()))
        far.append(hd95(lesion, union, spacing))
    spurious = count - len(taken)
    every = max(len(dices) + spurious, 1)
    return sum(dices) / every, (sum(far) + PENALTY * spurious) / every


pred, truth = (nibabel.load(path) for path in sys.argv[1:3])
labels = [np.asarray(image.dataobj) for image in (pred, truth)]
for name, values in {"WT": (1, 2, 3), "TC": (1, 3), "ET": (3,)}.items():
    masks = [np.isin(side, values) for side in labels]
    print(name, *score(*masks, pred.header.get_zooms()))
