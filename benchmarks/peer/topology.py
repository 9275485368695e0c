"""Topology elsewhere: python topology.py skeletonize|"label and euler_number" PRED GT."""

import sys

import nibabel
import numpy as np

masks = [np.asarray(nibabel.load(path).dataobj) > 0 for path in sys.argv[2:]]
if sys.argv[1] == "skeletonize":
    from skimage.morphology import skeletonize

    print([int(skeletonize(mask).sum()) for mask in masks])
else:
    from scipy.ndimage import label
    from skimage.measure import euler_number

    full = np.ones((3, 3, 3))
    print([(label(m, full)[1], label(~m)[1], euler_number(m, 3)) for m in masks])
