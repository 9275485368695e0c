"""20 000 small cases: killed twice and resumed, in shards and merged, give the bytes of one run.

    python benchmarks/scale.py [--cases 20000] [--jobs 2]

Prints seconds by the clock and the peak of resident memory of the process that hands out cases and
collects their results, for a tenth of the cases and for all of them: what a case costs there.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from harness import DATA, environment, program

SHARDS = 4
LOOK = 0.02  # seconds between looks at a run
ASKED = ["-m", "dice,iou,volume_difference", "--gate", "dice=0.5", "-q", "--format", "none"]


def make(folder: Path, cases: int) -> None:
    """Pairs of pictures of 32 x 32 pixels."""
    from PIL import Image

    for side in ("gt", "pred"):
        (folder / side).mkdir(parents=True, exist_ok=True)
    for number in range(cases):
        rng = np.random.default_rng(number)
        truth = rng.integers(0, 4, (8, 8)).repeat(4, 0).repeat(4, 1).astype(np.uint8)
        pred = np.where(rng.random(truth.shape) < 0.1, 0, truth).astype(np.uint8)
        for side, array in (("gt", truth), ("pred", pred)):
            Image.fromarray(array).save(folder / side / f"case_{number:05}.png")


def high_water(pid: int) -> float:
    """MB that a process had resident at most so far."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def finished(output: Path) -> int:
    """Cases that an unfinished run has kept."""
    journal = output.with_name(output.name + ".partial.jsonl")
    return journal.read_bytes().count(b"\n") - 1 if journal.exists() else 0


def run(*arguments: str, until: int = 0, output: Path | None = None) -> tuple[float, float]:
    """Seconds and peak MB of a command; with `until` it is killed when so many cases are kept."""
    start, peak = time.monotonic(), 0.0
    child = subprocess.Popen(
        [*program(), *arguments], env=environment(), cwd=DATA, start_new_session=True
    )
    while child.poll() is None:
        peak = max(peak, high_water(child.pid))
        if until and output is not None and finished(output) >= until:
            os.killpg(child.pid, signal.SIGKILL)
        time.sleep(LOOK)
    if child.returncode not in (0, -signal.SIGKILL):
        raise RuntimeError(f"status {child.returncode}: {arguments}")
    return time.monotonic() - start, peak


def check(cases: int, jobs: int) -> list[str]:
    """Go through it all; gives the files that are not as they should be."""
    folder = DATA / f"crowd_{cases}"
    if not (folder / "done").exists():
        make(folder, cases)
        (folder / "done").touch()
    score = ["score", str(folder / "pred"), str(folder / "gt"), *ASKED, "-j", str(jobs)]
    out = {name: DATA / f"scale_{name}.json" for name in ("whole", "killed", "merged")}
    for path in out.values():
        path.unlink(missing_ok=True)
    show("one run", *run(*score, "-o", str(out["whole"])))
    again = ["--resume", "-o", str(out["killed"])]
    for turn, share in (("first", 3), ("second", 1.5)):
        until = int(cases / share)
        show(f"killed, the {turn} time", *run(*score, *again, until=until, output=out["killed"]))
        print(f"  {finished(out['killed'])} of {cases} cases are kept")
    show("resumed to the end", *run(*score, *again))
    parts = [DATA / f"scale_shard_{part}.json" for part in range(1, SHARDS + 1)]
    for part, path in enumerate(parts, 1):
        shard = ["--shard", f"{part}/{SHARDS}", "-o", str(path)]
        show(f"shard {part}/{SHARDS}", *run(*score, *shard))
    merge = ["merge", *map(str, parts), "-o", str(out["merged"]), "-q", "--format", "none"]
    show("merged", *run(*merge))
    whole = out["whole"].read_bytes()
    wrong = [name for name, path in out.items() if path.read_bytes() != whole]
    wrong += [path.name for path in DATA.glob("scale_*.partial.jsonl")]
    print("the same bytes" if not wrong else f"NOT THE SAME: {wrong}")
    return wrong


def show(what: str, seconds: float, peak: float) -> None:
    """A line of the table."""
    print(f"  {what:<24}{seconds:>8.1f} s{peak:>8.0f} MB", flush=True)


def main() -> int:
    """A tenth of the cases, then all of them; 1 if anything is not as it should be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    DATA.mkdir(exist_ok=True)
    wrong = []
    for cases in (asked.cases // 10, asked.cases):
        print(f"{cases} cases, -j {asked.jobs}")
        wrong += check(cases, asked.jobs)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
