"""What grows with the load, and how: time, memory, open files over cases, slices, classes, rows.

    python benchmarks/load.py [--cases 1000 4000] [--volumes 100 500] [--slices 100 400]
                              [--classes 50 200] [--rows 10000 100000]

Each line is a run of its own: processor seconds, peak memory, most open files, and the seconds a
unit. Linear is a last column that does not grow. `rows` are those of a result file: it is judged,
shown, compared, merged of two halves and made a page.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def many_cases(folder: Path, count: int) -> list[str]:
    """Pairs of one picture of 64 x 64, by links, of which a file may have some 65 000."""
    from PIL import Image

    rng = np.random.default_rng(0)
    for side in ("pred", "gt"):
        (folder / side).mkdir()
        picture = Image.fromarray(rng.integers(0, 3, (64, 64)).astype(np.uint8))
        for number in range(count):
            if number % 60_000 == 0:
                (folder / f"{side}.png").unlink(missing_ok=True)
                picture.save(folder / f"{side}.png")
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


def many_volumes(folder: Path, count: int) -> list[str]:
    """Pairs of one made CT of 96 x 96 x 40 with 8 organs as .nii.gz, by links; distances too."""
    import nibabel

    rng = np.random.default_rng(0)
    truth = np.zeros((40, 96, 96), np.uint8)
    z, y, x = np.ogrid[:40, :96, :96]
    for label in range(1, 9):
        cz, cy, cx = rng.uniform((10, 20, 20), (30, 76, 76))
        ball = ((z - cz) * 2.5) ** 2 + (y - cy) ** 2 + (x - cx) ** 2
        truth[ball < rng.uniform(60, 250)] = label
    for side, array in (("gt", truth), ("pred", np.roll(truth, 2, 2))):
        (folder / side).mkdir()
        image = nibabel.Nifti1Image(array.T, np.diag([1.0, 1.0, 2.5, 1.0]))
        nibabel.save(image, folder / f"{side}.nii.gz")
        for number in range(count):
            os.link(folder / f"{side}.nii.gz", folder / side / f"c{number:06}.nii.gz")
    return ["pred", "gt", "-m", "dice,hd95:as=monai"]


def score_words(words: Sequence[str]) -> list[str]:
    """A run of scoring that prints nothing."""
    return ["score", *words, "-q", "-o", "out.json", "--format", "none"]


# -- result files ---------------------------------------------------------------------------------

CLASSES = 100  # of a case, with two metrics each
EACH = 2 * CLASSES


def write_results(folder: Path, rows: int) -> dict[str, list[str]]:
    """Two result files of so many rows, and the halves of one; a command on them by its name."""
    cases = max(2, rows // EACH)
    blocks = np.kron(np.arange(CLASSES).reshape(10, 10) + 1, np.ones((6, 6))).astype(np.uint8)
    for side, shift in (("gt", 0), ("pred", 1)):
        (folder / side).mkdir()
        np.save(folder / side / "c0.npy", np.roll(blocks, shift, 1))
    words = ["pred", "gt", "-m", "dice,iou", "-q", "--format", "none", "-o"]
    subprocess.run([sys.executable, "-m", "segeval", "score", *words, "one.json"],
                   cwd=folder, check=True)  # fmt: skip
    one = json.loads((folder / "one.json").read_text())
    gates = {"gates": ["dice=0.1"], "accept_undefined": False}
    for name, seed in (("a", 0), ("b", 1)):
        repeat_case(one, folder / f"{name}.json", range(cases), seed)
    for part in (1, 2):
        shard = {"part": part, "of": 2, **gates, "inventory": {}}
        mine = range((part - 1) * cases // 2, part * cases // 2)
        repeat_case({**one, "shard": shard}, folder / f"s{part}.json", mine, 0)
    return {
        "gate": ["gate", "a.json", "--gate", "dice=0.1", "--format", "none"],
        "show": ["show", "a.json"],
        "compare": ["compare", "a.json", "b.json", "--format", "none"],
        "merge": ["merge", "s1.json", "s2.json", "-o", "whole.json", "--format", "none"],
        "report": ["report", "a.json", "-o", "page.html"],
    }


def repeat_case(one: dict[str, Any], path: Path, numbers: range, seed: int) -> None:
    """A result file of many cases like the one of another, with values of their own."""
    rng = np.random.default_rng(seed)
    case = one["cases"][0]
    head = {key: one[key] for key in ("schema", "tool", "signature", "id", "settings")}
    head |= {"inputs": {"pairing": "made"}, "metrics": one["metrics"], "leads": one["leads"]}
    head |= {"shard": one["shard"]} if "shard" in one else {}
    with path.open("w") as file:
        file.write("{\n" + "".join(f'"{k}": {json.dumps(v)},\n' for k, v in head.items()))
        file.write('"cases": [\n')
        for place, number in enumerate(numbers):
            drawn = rng.random((CLASSES, 2)).tolist()
            values = {
                name: dict(zip(of, own, strict=True))
                for (name, of), own in zip(case["values"].items(), drawn, strict=True)
            }
            made = {**case, "case": f"c{number:06}", "values": values}
            file.write((",\n" if place else "") + json.dumps(made))
        rest = {"summary": {"": {}}, "gates": [], "notes": []}
        file.write("\n]" + "".join(f',\n"{k}": {json.dumps(v)}' for k, v in rest.items()) + "\n}\n")


KINDS = {
    "cases": many_cases, "volumes": many_volumes, "slices": many_slices, "classes": many_classes,
}  # fmt: skip
SIZES = {
    "cases": [1000, 4000, 16000], "volumes": [100, 400], "slices": [100, 400, 1500],
    "classes": [50, 200, 1000], "rows": [10_000, 100_000],
}  # fmt: skip


def measure(words: Sequence[str], folder: Path) -> tuple[float, int, int]:
    """Processor seconds, peak bytes and most open files of a run. Raises RuntimeError."""
    command = [sys.executable, "-m", "segeval", *words]
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
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


def report_line(kind: str, count: int, words: Sequence[str], folder: Path) -> None:
    """Measure a run and print it."""
    spent, peak, files = measure(words, folder)
    each = 1000 * spent / count
    print(f"{count:8} {kind:14} {spent:8.2f} s {peak >> 20:5} MiB {files:3} files "
          f"{each:8.4f} ms each", flush=True)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure every kind at every size."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for kind, sizes in SIZES.items():
        parser.add_argument(f"--{kind}", type=int, nargs="*", default=sizes)
    asked = vars(parser.parse_args(arguments))
    for kind, make in KINDS.items():
        for count in asked[kind]:
            with tempfile.TemporaryDirectory(prefix="segeval-load-") as place:
                report_line(kind, count, score_words(make(Path(place), count)), Path(place))
    for count in asked["rows"]:
        with tempfile.TemporaryDirectory(prefix="segeval-load-") as place:
            for name, words in write_results(Path(place), count).items():
                report_line(f"rows, {name}", count, words, Path(place))
    return 0


if __name__ == "__main__":
    sys.exit(main())
