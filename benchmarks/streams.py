"""What becomes of the exit status when stdout or stderr is lost, in every engine.

    python benchmarks/streams.py [--engines single pooled sharded dask]

A run that clears its gates, one that misses one, one that lacks a case, a wrong one and one without
cases; their streams closed, on a full disk, with a reader that has left or that leaves after the
first line. The status stays that of the run; but a result that nobody can read, because stdout is
closed or full, is 2. Nothing is a traceback.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from interrupts import ENGINES

CASES = 12
RUNS = {
    0: ("p", "g", "--gate", "dice=0.1"),
    1: ("p", "g", "--gate", "dice=0.999"),
    2: ("p", "nothere"),
    3: ("p", "more"),
    4: ("none", "none"),
}
OWN = {"single": (), "pooled": ("-j", "2"), "sharded": ("--shard", "2/2"), "dask": ()}
LOST = ("closed", "full", "gone", "leaves")
NOWHERE = 2  # the status of a result that nobody can read


def make_cases(folder: Path) -> None:
    """Cases of small masks, the ground truth once with a case more."""
    rng = np.random.default_rng(0)
    for side in ("p", "g", "more", "none"):
        (folder / side).mkdir()
    for number in range(CASES + 1):
        mask = (rng.random((24, 32)) > 0.5).astype(np.uint8)
        np.save(folder / "more" / f"c{number:02}.npy", mask)
        if number < CASES:
            np.save(folder / "g" / f"c{number:02}.npy", mask)
            np.save(folder / "p" / f"c{number:02}.npy", np.roll(mask, 1))


def wanted(run: int, stdout: str, engine: str) -> int:
    """The status that a run has to have."""
    if engine == "sharded" and run == 1:  # a part of the cases decides nothing
        run = 0
    return NOWHERE if stdout in ("closed", "full") and run in (0, 1, 3) else run


def end(how: str, stack: ExitStack) -> int | None:
    """A descriptor that is lost in some way; None: the stream is closed."""
    if how == "closed":
        return None
    if how == "full":
        number = os.open("/dev/full", os.O_WRONLY)
    elif how == "gone":
        read, number = os.pipe()
        os.close(read)
    elif how == "leaves":
        reader = stack.enter_context(
            subprocess.Popen(["head", "-1"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        )
        assert reader.stdin is not None
        number = os.dup(reader.stdin.fileno())
        reader.stdin.close()
    else:
        number = os.open(os.devnull, os.O_WRONLY)
    stack.callback(os.close, number)
    return number


def run_lost(words: Sequence[str], folder: Path, stdout: str, stderr: str) -> int:
    """The exit status of a command whose streams are lost."""
    with ExitStack() as stack:
        ends = [end(how, stack) for how in (stdout, stderr)]
        closed = [f"{n}>&-" for n, number in enumerate(ends, 1) if number is None]
        line = f'exec "$0" -m segeval score "$@" {" ".join(closed)}'
        return subprocess.run(
            ["sh", "-c", line, sys.executable, *words, "-v"], cwd=folder, timeout=120, check=False,
            stdout=ends[0] if ends[0] is not None else subprocess.DEVNULL,
            stderr=ends[1] if ends[1] is not None else subprocess.DEVNULL,
        ).returncode  # fmt: skip


def lost_pairs() -> Iterator[tuple[str, str]]:
    """How stdout and stderr are lost: one of them, or both alike."""
    for how in LOST:
        yield from ((how, "kept"), ("kept", how), (how, how))


def try_engine(engine: str, own: Sequence[str], folder: Path) -> list[str]:
    """Every run with every loss; what has another status."""
    wrong, tried = [], 0
    for run, words in RUNS.items():
        for stdout, stderr in lost_pairs():
            sides = [str(folder / side) for side in words[:2]]  # for workers elsewhere
            found = run_lost([*sides, *words[2:], *own], folder, stdout, stderr)
            tried += 1
            if found != (right := wanted(run, stdout, engine)):
                what = f"run {run}, stdout {stdout}, stderr {stderr}"
                wrong.append(f"{engine}: {what}: status {found}, wanted {right}")
                print(wrong[-1], flush=True)
    print(f"{engine:8} {tried} runs, {len(wrong)} wrong", flush=True)
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the engines; 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--engines", nargs="*", default=ENGINES, choices=ENGINES)
    asked = parser.parse_args(arguments)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="segeval-streams-") as place, ExitStack() as stack:
        make_cases(Path(place))
        for engine in asked.engines:
            own = OWN[engine]
            if engine == "dask":
                from distributed import LocalCluster

                made = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
                own = ("--scheduler", stack.enter_context(made).scheduler_address)
            wrong += try_engine(engine, own, Path(place))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
