"""Writes conventions.json: what each tool says of the pairs of `tests/pairs.py`.

Run it where the tools are installed; the tests only read the file it writes:

    pip install surface-distance==0.1 pymeshmetrics==1.4.1 monai==1.6.1 medpy==0.5.2
    pip install panoptica==2.1.7 seg-metrics==1.2.8 SimpleITK itk plastimatch==1.10.0
    python tests/kernels/conventions_of_tools.py
"""

import json
import re
import subprocess
import sys
import tempfile
import types
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
TAU = 1.5
warnings.simplefilter("ignore")


def deepmind(truth, pred, spacing):
    import scipy.ndimage as nd

    # the tool is older than the modules that scipy has dropped
    nd.filters = types.SimpleNamespace(correlate=nd.correlate)
    nd.morphology = types.SimpleNamespace(distance_transform_edt=nd.distance_transform_edt)
    from surface_distance import metrics as m

    found = m.compute_surface_distances(truth, pred, spacing)
    there, back = m.compute_average_surface_distance(found)
    return {
        "hd": m.compute_robust_hausdorff(found, 100),
        "hd95": m.compute_robust_hausdorff(found, 95),
        "asd_gt_to_pred": there,
        "asd_pred_to_gt": back,
        f"nsd@{TAU}mm": m.compute_surface_dice_at_tolerance(found, TAU),
    }


def mesh(truth, pred, spacing):
    from meshmetrics import DistanceMetrics

    m = DistanceMetrics(verbose=False)
    # the tool takes the first axis as x and meshes with x fastest: the order of a file's axes
    m.set_input(truth.T.copy(), pred.T.copy(), spacing=tuple(spacing[::-1]))
    return {
        "hd95": m.hd(95),
        "masd": m.masd(),
        "assd": m.assd(),
        f"nsd@{TAU}mm": m.nsd(TAU),
        f"biou@{TAU}mm": m.biou(TAU),
    }


def monai(truth, pred, spacing):
    import torch
    from monai.metrics import (
        compute_average_surface_distance,
        compute_hausdorff_distance,
        compute_surface_dice,
    )

    y, x = (torch.tensor(m[None, None], dtype=torch.float32) for m in (truth, pred))
    own = {"include_background": True, "spacing": list(spacing)}
    two = {k: torch.cat([1 - v, v], 1) for k, v in (("x", x), ("y", y))}
    return {
        "hd": compute_hausdorff_distance(x, y, **own).item(),
        "hd95": compute_hausdorff_distance(x, y, percentile=95, **own).item(),
        "assd": compute_average_surface_distance(x, y, symmetric=True, **own).item(),
        "asd_pred_to_gt": compute_average_surface_distance(x, y, **own).item(),
        f"nsd@{TAU}mm": compute_surface_dice(
            two["x"], two["y"], [TAU], spacing=list(spacing)
        ).item(),
    }


def medpy(truth, pred, spacing):
    from medpy.metric import binary as m

    return {
        "hd": m.hd(pred, truth, spacing),
        "hd95": m.hd95(pred, truth, spacing),
        "assd": m.assd(pred, truth, spacing),
        "asd_pred_to_gt": m.asd(pred, truth, spacing),
    }


def panoptica(truth, pred, spacing):
    from panoptica.metrics import _surface_distances as m

    both = m._surface_distance_pair(truth, pred, spacing)
    return {
        "hd": m._hd_from_pair(*both),
        "hd95": m._hd95_from_pair(*both),
        "assd": m._assd_from_pair(*both),
        f"nsd@{TAU}mm": m._nsd_from_pair(*both, threshold=TAU),
    }


def seg_metrics(truth, pred, spacing):
    from seg_metrics.seg_metrics import computeQualityMeasures

    sides = [mask.astype(np.uint8) for mask in (pred, truth)]
    found = computeQualityMeasures(*sides, np.array(spacing[::-1]), {"hd", "hd95", "msd"})
    return {"hd": found["hd"], "hd95": found["hd95"], "assd": found["msd"]}


def itk(truth, pred, spacing):
    import itk as tool

    kind = tool.Image[tool.F, truth.ndim]
    images = []
    for mask in (truth, pred):
        image = tool.image_from_array(mask.astype(np.float32))
        image.SetSpacing(tuple(spacing[::-1]))
        images.append(image)
    measure = tool.ContourMeanDistanceImageFilter[kind, kind].New()
    one_way = tool.ContourDirectedMeanDistanceImageFilter[kind, kind].New()
    solid = tool.HausdorffDistanceImageFilter[kind, kind].New(Input1=images[0], Input2=images[1])
    solid.SetUseImageSpacing(True)
    for asked in (measure, one_way):
        asked.SetInput1(images[0])
        asked.SetInput2(images[1])
        asked.Update()
    solid.Update()
    return {
        "hd": solid.GetHausdorffDistance(),
        "masd": measure.GetMeanDistance(),
        "asd_gt_to_pred": one_way.GetContourDirectedMeanDistance(),
    }


def plastimatch(truth, pred, spacing):
    import SimpleITK

    if truth.ndim == 2:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{side}.nrrd" for side in ("gt", "pred")]
        for mask, path in zip((truth, pred), paths, strict=True):
            image = SimpleITK.GetImageFromArray(mask.astype(np.uint8))
            image.SetSpacing(tuple(spacing[::-1]))
            SimpleITK.WriteImage(image, path)
        tool = str(Path(sys.executable).with_name("plastimatch"))
        said = subprocess.run([tool, "dice", "--all", *paths], capture_output=True, check=True)
    found = re.findall(r"\(boundary\) = ([\d.]+)", said.stdout.decode())
    hd, average, _, hd95 = map(float, found)
    return {"hd": hd, "masd": average, "hd95": hd95}


TOOLS = {
    "mesh": (mesh, "pymeshmetrics", "DistanceMetrics().set_input(truth, pred, spacing)"),
    "deepmind": (deepmind, "surface-distance", "compute_surface_distances"),
    "monai": (monai, "monai", "compute_hausdorff_distance and its like, default options"),
    "medpy": (medpy, "medpy", "metric.binary.hd95(pred, truth, spacing)"),
    "panoptica": (panoptica, "panoptica", "metrics._surface_distances._hd95_from_pair"),
    "seg-metrics": (seg_metrics, "seg-metrics", "computeQualityMeasures(pred, truth, spacing)"),
    "itk": (itk, "itk", "HausdorffDistanceImageFilter, ContourMeanDistanceImageFilter"),
    "plastimatch": (plastimatch, "plastimatch", "plastimatch dice --all, the lines (boundary)"),
}


def main():
    from pairs import PAIRS

    tools = {}
    for name, (function, package, call) in TOOLS.items():
        values = {pair: function(*make()) for pair, make in PAIRS.items()}
        kept = {p: {k: float(v) for k, v in found.items()} for p, found in values.items()}
        tools[name] = {"package": f"{package} {version(package)}", "call": call, "values": kept}
    (HERE / "conventions.json").write_text(json.dumps(tools, indent=1) + "\n")


if __name__ == "__main__":
    main()
