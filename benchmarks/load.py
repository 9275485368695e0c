"""What grows with the load, and how: time, memory and open files over cases, slices and classes.

    python benchmarks/load.py [--cases 1000 4000] [--slices 100 400] [--classes 50 200]

Each line is a run of its own: processor seconds, peak memory, most open files, and the seconds a
unit. Linear is a last column that does not grow.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np


def many_cases(folder: Path, count: int) -> list[str]:
    """Pairs of one picture of 64 x 64, by links."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for side in ("pred", "gt"):
        (folder / side).mkdir()
        picture = Image.fromarray(rng.integers(0, 3, (64, 64)).astype(np.uint8))
        picture.save(folder / f"{side}.png")
        for number in range(count):
            os.link(folder / f"{side}.png", folder / side / f"c{number:06}.png")
    return ["pred", "gt", "-m", "dice"]


def many_slices(folder: Path, count: int) -> list[str]:
    """A pair of so many slices of 128 x 128, with surfaces."""
    z, y, x = np.ogrid[:count, :128, :128]
    for name, shift in (("pred.npy", 2), ("gt.npy", 0)):
        inside = (y - 64 - shift) ** 2 + (x - 64) ** 2 < 900
        np.save(folder / name, (inside & (z % 50 > 3)).astype(np.uint8))
    return ["pred.npy", "gt.npy", "-m", "dice,hd95:as=monai", "--spacing", "1,1,3"]


def many_classes(folder: Path, count: int) -> list[str]:
    """A pair of so many labels, each a block."""
    side = int(np.ceil(np.sqrt(count)))
    blocks = np.arange(side * side).reshape(side, side) % count + 1
    truth = np.kron(blocks, np.ones((24, 24), np.uint16)).astype(np.uint16)
    np.save(folder / "gt.npy", truth)
    np.save(folder / "pred.npy", np.roll(truth, 3, 1))
    return ["pred.npy", "gt.npy", "-m", "dice,hd95:as=monai", "--spacing", "1,1"]


KINDS = {"cases": many_cases, "slices": many_slices, "classes": many_classes}


def measure(words: Sequence[str], folder: Path) -> tuple[float, int, int]:
    """Processor seconds, peak bytes and most open files of a run. Raises RuntimeError."""
    command = [sys.executable, "-m", "segeval", "score", *words, "-q", "-o", "out.json"]
    child = subprocess.Popen([*command, "--format", "none"], cwd=folder, stdout=subprocess.DEVNULL)
    files = peak = 0
    while not (ended := os.wait4(child.pid, os.WNOHANG))[0]:
        try:
            files = max(files, len(os.listdir(f"/proc/{child.pid}/fd")))
            lines = Path(f"/proc/{child.pid}/status").read_text("utf-8").splitlines()
            peak = max(peak, *(int(one.split()[1]) for one in lines if one.startswith("VmHWM")), 0)
        except OSError:
            pass
        time.sleep(0.02)
    child.returncode = os.waitstatus_to_exitcode(ended[1])
    if child.returncode:
        raise RuntimeError(f"status {child.returncode}")
    return ended[2].ru_utime + ended[2].ru_stime, peak << 10, files


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every kind at every size."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--cases", type=int, nargs="*", default=[1000, 4000, 16000])
    parser.add_argument("--slices", type=int, nargs="*", default=[100, 400, 1500])
    parser.add_argument("--classes", type=int, nargs="*", default=[50, 200, 1000])
    asked = vars(parser.parse_args(arguments))
    for kind, make in KINDS.items():
        for count in asked[kind]:
            with tempfile.TemporaryDirectory(prefix="segeval-load-") as place:
                spent, peak, files = measure(make(Path(place), count), Path(place))
            each = 1000 * spent / count
            print(f"{count:7} {kind:8} {spent:7.2f} s {peak >> 20:5} MiB {files:3} files "
                  f"{each:7.3f} ms each", flush=True)  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
