"""Dice and five surface metrics of every label of a pair of files, by another tool.

    python surface_tools.py TOOL PRED GT

Labels are cut out of whole arrays, as the tools' own examples do. HD, HD95, the mean distances and
surface Dice at 2 mm, from one object of the tool where it has one.
"""

from __future__ import annotations

import sys
import types
import warnings
from collections.abc import Callable

import numpy as np

Spacing = tuple[float, ...]


def surface_distance(truth: np.ndarray, pred: np.ndarray, spacing: Spacing) -> list[float]:
    """DeepMind's surface-distance 0.1."""
    import scipy.ndimage as nd

    # the tool is older than the modules that scipy has dropped
    nd.filters = types.SimpleNamespace(correlate=nd.correlate)
    nd.morphology = types.SimpleNamespace(distance_transform_edt=nd.distance_transform_edt)
    from surface_distance import metrics as m

    found = m.compute_surface_distances(truth, pred, spacing)
    return [
        m.compute_dice_coefficient(truth, pred),
        m.compute_robust_hausdorff(found, 100),
        m.compute_robust_hausdorff(found, 95),
        *m.compute_average_surface_distance(found),
        m.compute_surface_dice_at_tolerance(found, 2),
    ]


def pymeshmetrics(truth: np.ndarray, pred: np.ndarray, spacing: Spacing) -> list[float]:
    """pymeshmetrics 1.4.1."""
    from meshmetrics import DistanceMetrics

    m = DistanceMetrics(verbose=False)
    m.set_input(truth, pred, spacing=spacing)
    return [m.hd(), m.hd(95), m.masd(), m.assd(), m.nsd(2)]


def monai(truth: np.ndarray, pred: np.ndarray, spacing: Spacing) -> list[float]:
    """MONAI, which measures anew for every number."""
    import torch
    from monai import metrics as m

    torch.set_num_threads(1)
    y, p = (torch.from_numpy(mask)[None, None].to(torch.uint8) for mask in (truth, pred))
    own = {"include_background": True, "spacing": spacing}
    return [
        float(found)
        for found in (
            m.compute_dice(p, y),
            m.compute_hausdorff_distance(p, y, **own),
            m.compute_hausdorff_distance(p, y, percentile=95, **own),
            m.compute_average_surface_distance(p, y, **own),
            m.compute_average_surface_distance(p, y, symmetric=True, **own),
            m.compute_surface_dice(p, y, [2.0], **own),
        )
    ]


TOOLS: dict[str, Callable[[np.ndarray, np.ndarray, Spacing], list[float]]] = {
    "surface-distance": surface_distance,
    "pymeshmetrics": pymeshmetrics,
    "monai": monai,
}

if __name__ == "__main__":
    import nibabel

    warnings.simplefilter("ignore")
    tool = TOOLS[sys.argv[1]]
    images = [nibabel.load(path) for path in sys.argv[2:]]
    pred, truth = (np.asarray(image.dataobj) for image in images)
    spacing = tuple(map(float, images[0].header.get_zooms()))
    for label in np.unique(truth)[1:]:
        found = tool(truth == label, pred == label, spacing)
        print(label, *(f"{float(number):.6g}" for number in found), flush=True)
