"""Every convention against the tool that it is named after, on random masks.

    pip install -e . surface-distance==0.1 pymeshmetrics==1.4.1 monai torch medpy panoptica
    pip install seg-metrics itk plastimatch SimpleITK
    python benchmarks/conventions.py [--count 100] [--seed 0] [--tools mesh,deepmind,monai]

Solids, boxes, noise, hollow ones and single voxels, cut by their array or not, in 2-D and 3-D,
spacings up to 5 mm. For each number it says how far the two are apart at most. `meshmetrics` cuts
its cells as pymeshmetrics does and must agree, but for distances that are the tolerance but for
rounding; `mesh` counts both ways to cut a flat polygon by half, and where that is more than a
thousandth the pair is listed with the cells that have such polygons.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "kernels")]
SPACINGS = (0.5, 0.8, 1.0, 1.2, 2.0, 3.0, 5.0)
KINDS = ("ellipsoid", "ellipsoid", "box", "noise", "components", "hollow", "voxel", "line", "same")
LISTED = 1e-3


def pair(seed: int):
    """Two masks and their spacing."""
    rng = np.random.default_rng(seed)
    axes = int(rng.choice([2, 3, 3]))
    shape = tuple(int(n) for n in rng.integers(6, 26, axes))
    spacing = tuple(float(s) for s in rng.choice(SPACINGS, axes))
    kind = str(rng.choice(KINDS))
    truth = mask(kind, shape, spacing, rng)
    return truth, truth.copy() if kind == "same" else mask(kind, shape, spacing, rng), spacing, kind


def mask(kind: str, shape: tuple[int, ...], spacing: tuple[float, ...], rng) -> np.ndarray:
    """A mask of a kind; not empty."""
    from pairs import ellipsoid

    size = np.array(shape) * spacing

    def solid(off: float, least: float, most: float):
        centre, half = rng.uniform(-off, off, len(shape)), rng.uniform(least, most, len(shape))
        return ellipsoid(shape, spacing, centre * size, half * size)

    found = np.zeros(shape, bool)
    place = tuple(int(rng.integers(n)) for n in shape)
    if kind in ("ellipsoid", "hollow", "same"):
        found = solid(0.2, 0.15, 0.6)
        found &= ~solid(0.05, 0.05, 0.25) if kind == "hollow" else True
    elif kind == "box":
        ends = np.array([rng.choice(n + 1, 2, replace=False) for n in shape])
        found[tuple(slice(a, b) for a, b in np.sort(ends, axis=1))] = True
    elif kind == "noise":
        found = rng.random(shape) < rng.uniform(0.05, 0.9)
    elif kind == "components":
        for _ in range(int(rng.integers(2, 6))):
            found |= solid(0.5, 0.05, 0.25)
    elif kind == "line":
        axis = int(rng.integers(len(shape)))
        found[(*place[:axis], slice(None), *place[axis + 1 :])] = True
    found[place] |= not found.any()
    return found


def codes(*masks: np.ndarray) -> Counter[int]:
    """The cells with a flat polygon of more than three corners, by code."""
    from segeval.kernels.marching_cubes import cube_cells
    from segeval.kernels.mesh import find_surface_cells

    count: Counter[int] = Counter()
    for one in masks:
        grid = find_surface_cells(one)
        count.update(grid.codes[grid.at].tolist())
    return Counter(
        {c: n for c, n in count.items() if any(s < 1 for _, s in cube_cells()[c].elements)}
    )


def main() -> None:
    """Compare, and print the largest differences."""
    import conventions_of_tools as tools
    from surfaces import surfaces, value

    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--count", type=int, default=100)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--tools", default=",".join(tools.TOOLS))
    given = options.parse_args()
    apart: dict[tuple[str, str], list[float]] = {}
    for seed in range(given.seed, given.seed + given.count):
        truth, pred, spacing, kind = pair(seed)
        s = surfaces(truth, pred, spacing)
        for tool in given.tools.split(","):
            said = tools.TOOLS[tool][0](truth, pred, spacing)
            for name in ("mesh", "meshmetrics") if tool == "mesh" else (tool,):
                for metric, theirs in said.items():
                    own = metric if metric.startswith("biou") else f"{metric}:as={name}"
                    off = abs(value(s, own) - theirs)
                    off = 0.0 if np.isnan(off) else float(off)  # none of ours: no surface
                    apart.setdefault((name, metric), []).append(off)
                    if name == "mesh" and off > LISTED and truth.ndim == 3:
                        cells = codes(truth, pred).most_common(4)
                        print(f"{seed} {kind} {truth.shape} {metric}: {off:.1e}, cells {cells}")
    for (name, metric), found in sorted(apart.items()):
        over = sum(off > LISTED for off in found)
        print(f"{name:16} {metric:15} largest {max(found):.1e}, {over} of {len(found)} over 1e-3")


if __name__ == "__main__":
    main()
