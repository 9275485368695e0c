"""The five losses as they are mostly written: whole arrays from get_fdata (PRED GT .nii.gz)."""

import sys

import nibabel
import numpy as np

p, y = (nibabel.load(path).get_fdata() for path in sys.argv[1:])
y = y.astype(int)
g = np.eye(p.shape[-1])[y]
confidence, label = p.max(axis=-1), p.argmax(axis=-1)
bins = np.minimum((confidence * 15).astype(int), 14)
hits = (label == y).astype(float)
gaps = [hits[bins == b].sum() - confidence[bins == b].sum() for b in range(15)]
print(
    -np.log(np.maximum(np.take_along_axis(p, y[..., None], -1), 1e-38)).mean(),
    (1 - 2 * (p * g).sum((0, 1, 2)) / (p.sum((0, 1, 2)) + g.sum((0, 1, 2)))).mean(),
    ((p - g) ** 2).sum(axis=-1).mean(),
    ((p - g) ** 2).mean(),
    np.abs(gaps).sum() / y.size,
)
