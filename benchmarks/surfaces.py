"""Five metrics of one organ in memory, one core: ours against surface-distance and pymeshmetrics.

    python benchmarks/surfaces.py            the organ of 90 voxels that the bars are about
    python benchmarks/surfaces.py all        also small, large, flat, far, rough and scattered ones

CPU seconds of a call, the best of three, tables of distances made anew in each. Tools take turns,
every one in a process of its own; peers come from benchmarks/peers.sh, those missing are left out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import warnings
from pathlib import Path
from statistics import median

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests"), str(HERE.parent), str(HERE / "peer")]

import numpy as np  # noqa: E402

METRICS = ("hd", "hd95", "masd", "assd", "nsd@2mm")
OURS = ("mesh", "deepmind", "monai")
ROUNDS = 3
BARS = (
    ("mesh", "pymeshmetrics", 0.30),
    ("mesh", "surface-distance", 1.0),
    ("deepmind", "surface-distance", 0.45),
    ("monai", "surface-distance", 0.20),
)
ORGANS = {  # voxels across, spacing (z, y, x), and what is odd about it
    "90 voxels": (90, (1.0, 1.0, 1.0), {}),
    "30 voxels": (30, (1.0, 1.0, 1.0), {}),
    "200 voxels": (200, (1.5, 1.5, 1.5), {}),
    "3 x 1 x 1 mm": (90, (3.0, 1.0, 1.0), {}),
    "5 x 0.8 x 0.8 mm": (120, (5.0, 0.8, 0.8), {}),
    "three spacings": (90, (2.5, 1.1, 0.9), {}),
    "moved by 12 voxels": (90, (1.0, 1.0, 1.0), {"move": 12}),
    "half is missing": (90, (1.0, 1.0, 1.0), {"cut": True}),
    "a blob far away": (90, (1.0, 1.0, 1.0), {"blob": 60}),
    "rough": (90, (1.0, 1.0, 1.0), {"noise": 0.05}),
    "10 voxels": (10, (1.0, 1.0, 1.0), {}),
}


def organ(
    seed: int, size: int, spacing: tuple[float, ...], move: int = 0, blob: int = 0,
    noise: float = 0.0, cut: bool = False,
) -> np.ndarray:  # fmt: skip
    """A ball about `size` voxels wide with bumps, some of them the organ's and some the seed's.

    It is as flat as its voxels are high. What is odd is odd in seed 2, the prediction, alone; noise
    is in both.
    """
    flat = spacing[-1] / np.array(spacing)
    shape = (1.15 * size * flat).astype(int) + 1
    axes = [np.linspace(-1.15, 1.15, n) for n in shape]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    bumps = np.zeros_like(z)
    rng = np.random.default_rng(seed)
    for draw, height in ((np.random.default_rng(5), 0.05), (rng, 0.03)):
        for _ in range(8):
            a, b, c = draw.normal(size=3) * 3
            bumps += height * np.sin(a * z + b * y + c * x + draw.uniform(0, 6))
    bumps += noise * rng.normal(size=z.shape)
    mask = np.sqrt((z / 0.95) ** 2 + (y / 0.9) ** 2 + x**2) < 0.9 + bumps / 2
    mask = np.pad(mask, max(move, blob))
    if seed == 2:
        if cut:
            mask[:, : mask.shape[1] // 2] = False
        mask = np.roll(mask, move, axis=2)
        if blob:
            mask[8:14, 8:14, 8:14] = True
    return mask


def ours(convention: str, truth: np.ndarray, pred: np.ndarray, spacing: tuple[float, ...]) -> None:
    """Our five metrics, tables of the spacing made anew."""
    from surfaces import surfaces, value

    from segeval.kernels import distance_tables

    distance_tables.tables_of_spacing.cache_clear()
    s = surfaces(truth, pred, spacing, slab=1 << 19)
    for name in METRICS:
        value(s, f"{name}:as={convention}")


def timed(tool: str, what: str) -> float:
    """CPU seconds of one call, the best of three after one to warm up."""
    from surface_tools import TOOLS

    warnings.simplefilter("ignore")
    size, spacing, odd = ORGANS[what]
    truth, pred = (organ(seed, size, spacing, **odd) for seed in (1, 2))
    times = []
    for _ in range(4):
        start = time.process_time()
        if tool in OURS:
            ours(tool, truth, pred, spacing)
        else:
            TOOLS[tool](truth, pred, spacing)
        times.append(time.process_time() - start)
    return min(times[1:])


def asked(tool: str, what: str) -> float:
    """The same by a process with the tool's own Python."""
    from harness import peers

    python = [sys.executable] if tool in OURS else peers()
    call = [*python, __file__, "time", tool, what]
    return float(subprocess.run(call, check=True, capture_output=True, text=True).stdout)


def main() -> int:
    """Print the times and the ratios; the exit status says whether the bars are cleared."""
    from harness import has, one_cpu

    one_cpu()
    tools = [*OURS]
    for name, module in (
        ("surface-distance", "surface_distance"),
        ("pymeshmetrics", "meshmetrics"),
    ):
        if has(module):
            tools.append(name)
        else:
            print(f"{name} is not installed", file=sys.stderr)
    print(f"{'CPU s, and the ratio':<22}" + "".join(f"{tool:>18}" for tool in tools))
    failed = 0
    for number, what in enumerate(ORGANS if sys.argv[1:] == ["all"] else list(ORGANS)[:1]):
        rounds = [{t: asked(t, what) for t in tools} for _ in range(1 if number else ROUNDS)]
        took = {tool: median(r[tool] for r in rounds) for tool in tools}
        print(f"{what:<22}" + "".join(f"{took[tool]:>18.3f}" for tool in tools), end="")
        for name, other, bar in BARS:
            if other in took:
                ratio = median(r[name] / r[other] for r in rounds)
                failed += not number and ratio > bar
                print(f"   {name}/{other[:7]} {ratio:.2f}{'' if ratio <= bar else ' FAIL'}", end="")
        print(flush=True)
    return bool(failed)


if __name__ == "__main__":
    if sys.argv[1:2] == ["time"]:
        print(timed(*sys.argv[2:]))
    else:
        sys.exit(main())
