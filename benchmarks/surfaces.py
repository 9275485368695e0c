"""One organ of 90 voxels, five metrics, one core: ours against surface-distance and pymeshmetrics.

    python benchmarks/surfaces.py

CPU seconds, the best of five, and the ratios that are promised. A tool that is not installed is
left out: pip install surface-distance-based-measures==0.1 pymeshmetrics==1.4.1
"""

from __future__ import annotations

import os
import sys
import time
import types
import warnings
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import numpy as np

SPACING = (1.0, 1.0, 1.0)
METRICS = ("hd", "hd95", "masd", "assd", "nsd@2mm")


def organ(seed: int, size: int = 104) -> np.ndarray:
    """A ball about 90 voxels wide with bumps, some of them the organ's and some the seed's."""
    axis = np.linspace(-1.15, 1.15, size)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    bumps = np.zeros_like(z)
    for draw, height in ((np.random.default_rng(5), 0.05), (np.random.default_rng(seed), 0.03)):
        for _ in range(8):
            a, b, c = draw.normal(size=3) * 3
            bumps += height * np.sin(a * z + b * y + c * x + draw.uniform(0, 6))
    return np.sqrt((z / 0.95) ** 2 + (y / 0.9) ** 2 + x**2) < 0.9 + bumps / 2


def ours(convention: str, truth: np.ndarray, pred: np.ndarray) -> None:
    """Our five metrics, tables of the spacing made anew."""
    from surfaces import surfaces, value

    from segeval.kernels import lattice

    lattice.tables.cache_clear()
    s = surfaces(truth, pred, SPACING, slab=1 << 19)
    for name in METRICS:
        value(s, f"{name}:as={convention}")


def surface_distance(truth: np.ndarray, pred: np.ndarray) -> None:
    """The same by surface-distance."""
    import scipy.ndimage as nd

    # the tool is older than the modules that scipy has dropped
    nd.filters = types.SimpleNamespace(correlate=nd.correlate)
    nd.morphology = types.SimpleNamespace(distance_transform_edt=nd.distance_transform_edt)
    from surface_distance import metrics as m

    found = m.compute_surface_distances(truth, pred, SPACING)
    m.compute_robust_hausdorff(found, 100)
    m.compute_robust_hausdorff(found, 95)
    m.compute_average_surface_distance(found)
    m.compute_surface_dice_at_tolerance(found, 2)


def pymeshmetrics(truth: np.ndarray, pred: np.ndarray) -> None:
    """The same by pymeshmetrics."""
    from meshmetrics import DistanceMetrics

    m = DistanceMetrics(verbose=False)
    m.set_input(truth, pred, spacing=SPACING)
    for number in (m.hd(), m.hd(95), m.masd(), m.assd(), m.nsd(2)):
        float(number)


def seconds(work: Callable[[], None]) -> float:
    """CPU seconds of the process, the best of five after one to warm up."""
    work()
    times = []
    for _ in range(5):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Print the times and the ratios."""
    warnings.simplefilter("ignore")
    truth, pred = organ(1), organ(2)
    both = {
        "mesh": lambda: ours("mesh", truth, pred),
        "deepmind": lambda: ours("deepmind", truth, pred),
        "monai": lambda: ours("monai", truth, pred),
        "surface-distance": lambda: surface_distance(truth, pred),
        "pymeshmetrics": lambda: pymeshmetrics(truth, pred),
    }
    took: dict[str, float] = {}
    for name, work in both.items():
        try:
            took[name] = seconds(work)
        except ImportError as missing:
            print(f"{name:20} not installed ({missing.name})")
        else:
            print(f"{name:20} {took[name]:.3f} s")
    bars = (
        ("mesh", "pymeshmetrics", 0.30),
        ("mesh", "surface-distance", 1.0),
        ("deepmind", "surface-distance", 0.45),
        ("monai", "surface-distance", 0.20),
    )
    for name, other, bar in bars:
        if other in took:
            print(f"{name:9} / {other:17} {took[name] / took[other]:.2f}   bar {bar}")


if __name__ == "__main__":
    main()
