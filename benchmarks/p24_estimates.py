"""P24: what a refused metric is said to take, over the peak of the run that computes it.

At most 1.5, and never less than the peak. Where the advice of a refused run is not enough, since
what comes after was not reached, that of the next run is taken.

    python benchmarks/p24_estimates.py [SHAPE METRIC]

A run with the least budget is refused and names what would be enough; the same run with all of the
memory is measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from harness import DATA, Bar, Command, Result, Run, one_cpu, program, run, show

MIB = 1 << 20
SHAPES = {
    "noise 96^3": ("hd95", "hd95:as=deepmind", "hd95:as=monai", "biou@2mm", "betti0_error"),
    "speck": ("hd95", "hd95:as=deepmind", "hd95:as=monai", "biou@2mm"),
    "thin tubes": ("hd95", "hd95:as=deepmind", "hd95:as=monai", "biou@2mm", "hd:as=itk"),
    "lesions": ("hd95", "hd95:as=deepmind", "hd95:as=monai", "biou@8mm", "lesion_hd95"),
    "picture": ("hd95", "hd95:as=deepmind", "hd95:as=monai", "boundary_iou"),
    "CT, 11 labels": ("hd95", "hd95:as=deepmind", "hd95:as=monai", "biou@2mm"),
    "1x1x5, 8 organs": ("hd95", "hd95:as=monai", "hd95:as=seg-metrics"),
    "picture, 4 classes": ("hd95:by=slice", "boundary_iou:by=slice", "apl@1mm"),
    "far": ("hd95", "hd95:as=relaxed", "hd95:as=meshmetrics", "cldice"),
    "noise 64^3": ("hd95:as=meshmetrics", "hd:as=itk", "biou@8mm"),
    "blobs 1x1x5": ("hd95", "hd95:as=deepmind", "hd95:as=monai", "hd95:as=seg-metrics", "biou@2mm"),
    "blobs": ("hd95", "hd95:as=deepmind", "hd:as=itk", "hd95:as=meshmetrics", "biou@8mm"),
    "sparse": ("hd95", "hd95:as=deepmind", "hd95:as=monai", "biou@2mm"),
    "noise 512x512": (
        "hd95",
        "hd95:as=deepmind",
        "boundary_iou",
        "hd:as=itk",
        "hd95:as=relaxed",
        "biou@2mm",
    ),
}
LEAST, MOST = "51MiB", "16GiB"
MAKE = """
import sys; sys.path[:0] = sys.argv[3:]
import numpy as np, build
from shapes import pair
truth, pred, spacing = pair(sys.argv[1])
spacing = spacing if len(spacing) == 3 else (1.0, *spacing)
sides = [side if side.ndim == 3 else side[None] for side in (truth, pred)]
grid = build.Geometry(sides[0].shape, spacing, (0.0, 0.0, 0.0), build.GRID.directions)
for name, side in zip(("gt", "pred"), sides):
    build.nifti(f"{sys.argv[2]}-{name}.nii", side, grid)
"""


def files(shape: str) -> list[str]:
    """The pair of a shape as files, made once: prediction, ground truth."""
    name = DATA / "p24" / "".join(c if c.isalnum() else "_" for c in shape)
    paths = [f"{name}-{side}.nii" for side in ("pred", "gt")]
    if not Path(paths[0]).exists():
        name.parent.mkdir(parents=True, exist_ok=True)
        here = Path(__file__).resolve().parent
        rooms = [str(here), str(here.parent / "tests"), str(here.parent)]
        subprocess.run([sys.executable, "-c", MAKE, shape, str(name), *rooms], check=True)
    return paths


def named(sides: list[str], metric: str) -> float:
    """The MiB with which the run computes it, found by following its advice; 0: the least."""
    budget = LEAST
    while True:
        call = [*program(), "score", *sides, "-m", metric, "--max-memory", budget]
        said = subprocess.run([*call, "--format", "json"], capture_output=True, text=True).stdout
        faults = json.loads(said)["cases"][0].get("facts", {}).get("faults", {})
        helps = [fault["help"].split()[1].rstrip(",") for fault in faults.values()]
        if not helps:
            return 0.0 if budget == LEAST else float(budget.removesuffix("MiB"))
        more = max(helps, key=lambda word: float(word.removesuffix("MiB")))
        if more == budget:
            raise RuntimeError(f"{metric}: {budget} is asked for and not enough")
        budget = more


def measured(sides: list[str], metric: str) -> Run:
    """The run that computes it."""
    call = [*program(), "score", *sides, "-m", metric, "--max-memory", MOST, "--format", "none"]
    return run(Command(metric, call))


def main() -> int:
    """Every shape and metric, or those that are named."""
    one_cpu()
    DATA.mkdir(exist_ok=True)
    wanted = (
        {sys.argv[1]: tuple(sys.argv[2:]) or SHAPES.get(sys.argv[1], ())}
        if sys.argv[1:]
        else SHAPES
    )
    runs: dict[str, list[Run]] = {}
    bars = []  # a metric that fits into the least budget has none
    for shape, metrics in wanted.items():
        sides = files(shape)
        for metric in metrics:
            estimate, own = named(sides, metric), measured(sides, metric)
            name = f"{shape}: {metric}"
            runs[name] = [own]
            if estimate:
                bars.append((Bar("P24", name, "its peak", 1.5), estimate / own.peak))
                bars.append(
                    (Bar("P24", f"{name}: its peak", "what is named", 1.0), own.peak / estimate)
                )
    return show(Result("P24 estimates of memory", runs, bars))


if __name__ == "__main__":
    sys.exit(main())
