"""Flame graphs of the main workloads and of the worst, and where their time goes in words.

python benchmarks/flames.py [labels …]    needs py-spy; the graphs are benchmarks/data/flames/*.svg

A sample belongs to the innermost function that Python knows: the time that NumPy, isal or Pillow
spend is the time of the function that called them.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from harness import DATA, environment, make
from p23_pairing import PAIR, crowd
from p24_estimates import files
from p25_compare import compared

RATE = 500  # samples a second
LOOKED_AT = 50_000  # cases of those with very many
SHOWN = 12  # functions
LOSSES = ["--kind", "prob", "-m", "ce,dice_loss,brier,l2,ece"]
DISTANCES = ["-m", "dice,hd,hd95,assd,masd,nsd@2mm"]
IMPORTS = "_find_and_load"
SIDES = ("/pred", "/gt")
CASE = tuple(f"{side}/case_00.nii.gz" for side in SIDES)
WORKLOADS = {  # a set of data.py with what of it is either side, or a shape of shapes.py
    "labels": ("ct", SIDES, ()),
    "pictures": ("streets", SIDES, ("--preset", "semantic")),
    "probabilities": ("probabilities", tuple(f"{side}.nii.gz" for side in SIDES), LOSSES),
    "surfaces": ("ct", CASE, DISTANCES),
    "borders": ("ct", CASE, ["-m", "hd95:as=monai,assd:as=monai"]),
    "detections": ("coco", ("/detections.json", "/runs.json"), ("--preset", "coco", "-j", "1")),
    "cells": ("nuclei", SIDES, ("--instances", "ids", "-m", "pq,aji,aji_plus,cell_ap")),
    "small": ("small", SIDES, ("--preset", "semantic")),
    "far": ("1x1x5, far", (), DISTANCES),
}


MANY = {  # of very many cases, beside what is scored: the arguments of Python
    "pairing": lambda: ["-c", PAIR, str(crowd(LOOKED_AT))],
    "compare": lambda: ["-m", "segeval", "compare", *compared(LOOKED_AT, 9), "-q"],
    "shard": lambda: score(
        [str(crowd(LOOKED_AT)) + end for end in SIDES], ["--shard", f"1/{LOOKED_AT // 2000}"]
    ),
}


def command(name: str) -> list[str]:
    """The arguments of Python for a workload."""
    if name in MANY:
        return MANY[name]()
    data, ends, asked = WORKLOADS[name]
    return score([f"{make(data)}{end}" for end in ends] if ends else files(data), asked)


def score(sides: Sequence[str], asked: Sequence[str]) -> list[str]:
    """The arguments of Python that score two sides."""
    return ["-m", "segeval", "score", *sides, *asked, "-q", "--format", "none"]


def sampled(name: str) -> Counter[str]:
    """Run it under py-spy, once for the graph and once for the numbers; samples by stack."""
    folder = DATA / "flames"
    folder.mkdir(parents=True, exist_ok=True)
    spy = str(Path(sys.executable).with_name("py-spy"))
    for style, suffix in (("flamegraph", "svg"), ("raw", "txt")):
        kept = ["-f", style, "-o", str(folder / f"{name}.{suffix}")]
        call = [spy, "record", *kept, "-F", "-r", str(RATE), "--", sys.executable, *command(name)]
        subprocess.run(call, check=True, capture_output=True, env=environment())
    lines = (folder / f"{name}.txt").read_text("utf-8").splitlines()
    stacks: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.rpartition(" ")
        stacks[stack] += int(count)
    return stacks


def innermost(stack: str) -> str:
    """Whose time it is; imports are one thing."""
    return "imports" if IMPORTS in stack else stack.rpartition(";")[2]


def main() -> None:
    """Print the share of each function."""
    for name in sys.argv[1:] or (*WORKLOADS, *MANY):
        shares: Counter[str] = Counter()
        for stack, count in sampled(name).items():
            shares[innermost(stack)] += count
        total = shares.total()
        print(f"\n{name}, {total / RATE:.2f} s")
        for function, count in shares.most_common(SHOWN):
            print(f"  {count / total:>6.1%}  {function}")


if __name__ == "__main__":
    main()
