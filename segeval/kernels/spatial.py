"""Losses with a spatial term: they need the whole volume of a case.

Memory: 40 bytes a voxel of one class at a time for the distance transforms of Hausdorff-DT, 48
bytes a voxel and class for the soft skeletons of clDice. Distances are in voxels.
"""

from __future__ import annotations

import numpy as np

from segeval.runtime.arrays import Floats, Mask, Raw


def distance_field(mask: Mask) -> Floats:
    """Distance to the border from inside and from outside; 0 where the mask is empty or full."""
    if not mask.any() or mask.all():
        return np.zeros(mask.shape)
    from scipy.ndimage import distance_transform_edt

    field: Floats = distance_transform_edt(mask) + distance_transform_edt(~mask)
    return field


def hausdorff_dt(p: Raw, g: Mask, alpha: float) -> float:
    """Hausdorff distance-transform loss of MONAI of one class, alpha 2 by default there.

    p, g     the volume of the class
    returns  mean of (p - g)^2 (D(p > 1/2)^alpha + D(g)^alpha)
    """
    apart = np.square(p.astype(np.float64) - g)
    reach = distance_field(p > 0.5) ** alpha + distance_field(g) ** alpha
    return float((apart * reach).mean())


def soft_erode(values: Floats) -> Floats:
    """The least of a voxel and its neighbours along each axis, (classes, *space)."""
    from scipy.ndimage import minimum_filter1d

    least = [minimum_filter1d(values, 3, axis=a, mode="nearest") for a in range(1, values.ndim)]
    result: Floats = np.minimum.reduce(least)
    return result


def soft_dilate(values: Floats) -> Floats:
    """The largest of a voxel and all that touch it, corners included, (classes, *space)."""
    from scipy.ndimage import maximum_filter1d

    for axis in range(1, values.ndim):
        values = maximum_filter1d(values, 3, axis=axis, mode="nearest")
    return values


def soft_skeleton(values: Floats, rounds: int) -> Floats:
    """The soft skeleton of masks or probabilities, (classes, *space)."""
    skeleton = np.maximum(values - soft_dilate(soft_erode(values)), 0)
    for _ in range(rounds):
        values = soft_erode(values)
        ridge = np.maximum(values - soft_dilate(soft_erode(values)), 0)
        skeleton += np.maximum(ridge - skeleton * ridge, 0)
    return skeleton


def soft_cldice(p: Raw, g: Raw, rounds: int = 3, smooth: float = 1.0) -> float:
    """Soft clDice loss of MONAI; the sums run over classes and space together.

    p, g     (classes, *space) probabilities and one-hot reference
    rounds   how often the soft skeleton is thinned
    smooth   added to both sides of both ratios
    returns  1 - 2 Tp Ts / (Tp + Ts + 1e-4)
    """
    p, g = p.astype(np.float64), g.astype(np.float64)
    of_p, of_g = soft_skeleton(p, rounds), soft_skeleton(g, rounds)
    precision = ((of_p * g).sum() + smooth) / (of_p.sum() + smooth)
    sensitivity = ((of_g * p).sum() + smooth) / (of_g.sum() + smooth)
    return float(1 - 2 * precision * sensitivity / (precision + sensitivity + 1e-4))
