"""Surface metrics of label maps in memory: CPU seconds of a call, tools in turn, one thread.

    python benchmarks/in_memory.py [SHAPE …]      every tool on shapes of `shapes.py`

HD, HD95, ASSD and NSD at 2 mm of every label. Every tool runs in a process of its own, a call to
warm up and then the best of three. Peers come from benchmarks/peers.sh; those missing are left out.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

THREADS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
os.environ |= THREADS
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests"), str(HERE.parent), str(HERE / "peer"), str(HERE)]

import numpy as np  # noqa: E402
from harness import Bar, Result, Run, has, one_cpu, peers, show  # noqa: E402
from shapes import SHAPES, pair  # noqa: E402

METRICS = ("hd", "hd95", "assd", "nsd@2mm")
MODULES = {
    "exacta": "exacta",
    "mikan": "mikan",
    "surface-distance": "surface_distance",
}
TOOLS = (
    "mesh", "exacta mesh", "deepmind", "exacta surfels", "surface-distance",
    "monai", "exacta voxels", "mikan",
)  # fmt: skip


def labels_of(truth: np.ndarray, pred: np.ndarray) -> list[int]:
    """The labels of a pair. Every tool is told them: a case knows them from its counts."""
    return [int(k) for k in np.union1d(np.unique(truth), np.unique(pred)) if k]


def ours(
    how: str,
    truth: np.ndarray,
    pred: np.ndarray,
    spacing: tuple[float, ...],
    labels: Sequence[int],
) -> list[object]:
    """Our metrics under a convention, of every label, the way a case does it."""
    from surfaces import tally_of

    from segeval.classes.class_list import LabelSelector, ScoredClass
    from segeval.metrics.registry import metric_arguments, resolve_metric
    from segeval.request.grammar import parse_metric

    picked = [LabelSelector(0, frozenset([k])) for k in labels]
    tally = tally_of(truth, pred, slab=1 << 19)
    made = tally.finish([ScoredClass(str(k), one, one) for k, one in enumerate(picked)], spacing)
    wanted = [resolve_metric(parse_metric(f"{name}:as={how}")) for name in METRICS]
    return [d.compute(made, **metric_arguments(m, d)).classes for m, d in wanted]


def exacta(
    surface: str,
    truth: np.ndarray,
    pred: np.ndarray,
    spacing: tuple[float, ...],
    labels: Sequence[int],
) -> object:
    """exacta's evaluate, which shares its distances."""
    import exacta.functional as ef
    import torch

    torch.set_num_threads(1)
    own = {"surface": surface}
    metrics = {
        "hausdorff_distance": own,
        "hd95": own,
        "assd": own,
        "nsd": {**own, "tolerance": 2.0},
    }
    classes = max(labels) + 1
    return ef.evaluate(
        pred[None], truth[None], num_classes=classes, include_background=False,
        spacing=spacing, metrics=metrics,
    )  # fmt: skip


def mikan(
    truth: np.ndarray, pred: np.ndarray, spacing: tuple[float, ...], labels: Sequence[int]
) -> object:
    """mikan-rs, whose labels and metrics share a call."""
    from mikan import ArrayEvaluator

    found = ArrayEvaluator(truth, pred, spacing[::-1])
    return found.labels(list(labels)).metrics(
        ["hausdorff_distance", "hausdorff_distance_95", "assd"]
    )


def call(tool: str, what: str) -> Callable[[], object]:
    """What is timed: a tool on a shape."""
    truth, pred, spacing = pair(what)
    labels = labels_of(truth, pred)
    if tool in ("mesh", "deepmind", "monai"):
        return lambda: ours(tool, truth, pred, spacing, labels)
    if tool.startswith("exacta"):
        return lambda: exacta(tool.split()[1], truth, pred, spacing, labels)
    if tool == "mikan":
        return lambda: mikan(truth, pred, spacing, labels)
    from surface_tools import surface_distance as one

    return lambda: [one(truth == k, pred == k, spacing) for k in labels]


def timed(tool: str, what: str) -> Run:
    """CPU seconds of one call, the best of three after one to warm up; MB at the peak."""
    import resource

    warnings.simplefilter("ignore")
    measured, times = call(tool, what), []
    for _ in range(4):
        start = time.process_time()
        measured()
        times.append(time.process_time() - start)
        if sum(times) > 20:
            break
    return Run(min(times[1:] or times), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def asked(tool: str, what: str) -> Run:
    """The same by a process with the tool's own Python."""
    python = [sys.executable] if tool in ("mesh", "deepmind", "monai") else peers()
    run = [*python, __file__, "time", tool, what]
    own = {**os.environ, **THREADS}
    said = subprocess.run(run, check=True, capture_output=True, text=True, env=own).stdout
    cpu, peak = map(float, said.split()[-2:])
    return Run(cpu, peak)


@functools.cache
def known(tool: str) -> bool:
    """Whether a tool is there."""
    if tool in ("mesh", "deepmind", "monai"):
        return True
    return has(MODULES[tool.split()[0]])


def runs_of(
    shapes: Sequence[str], tools: Sequence[str] = TOOLS, rounds: int = 3
) -> dict[str, list[Run]]:
    """Every tool on every shape, in turn: runs by "shape: tool"."""
    one_cpu()
    found: dict[str, list[Run]] = {}
    for _ in range(rounds):
        for what in shapes:
            for tool in filter(known, tools):
                if tool != "mikan" or not is_picture(what):  # it takes volumes alone
                    found.setdefault(f"{what}: {tool}", []).append(asked(tool, what))
    return found


def is_picture(what: str) -> bool:
    """Whether a shape is flat, by its name."""
    return "picture" in what or ("noise" in what and "^3" not in what)


def judge(
    title: str, runs: dict[str, list[Run]], bars: Sequence[tuple[str, str, str, str, float]]
) -> int:
    """Hold ratios on a shape against bars (id, shape, ours, peer, at most); print and keep them."""
    from statistics import median

    held = []
    for name, what, tool, other, most in bars:
        mine, theirs = (runs.get(f"{what}: {t}", []) for t in (tool, other))
        if mine and theirs:
            ratio = median(a.cpu / b.cpu for a, b in zip(mine, theirs, strict=True))
            held.append((Bar(name, f"{what}: {tool}", other, most), ratio))
    return show(Result(title, runs, held))


def main(shapes: Sequence[str]) -> None:
    """Print a table of all tools."""
    print(f"{'':<26}" + "".join(f"{tool:>17}" for tool in TOOLS))
    for what in shapes:
        runs = runs_of([what], rounds=1)
        row = [runs.get(f"{what}: {tool}") for tool in TOOLS]
        print(
            f"{what:<26}" + "".join(f"{r[0].cpu if r else float('nan'):>17.4f}" for r in row),
            flush=True,
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["time"]:
        run = timed(*sys.argv[2:])
        print(run.cpu, run.peak)
    else:
        main(sys.argv[1:] or list(SHAPES))
