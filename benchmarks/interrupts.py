"""Ctrl-C and kills at random moments, imports included, in every engine.

    python benchmarks/interrupts.py [--seed 0] [--times 200] [--engines single pooled sharded dask]
                                    [--signals SIGINT SIGTERM SIGHUP] [--kills 200]

An interrupted run (SIGINT to its whole process group) ends with 130, or with its verdict where it
was done; by SIGTERM or SIGHUP it ends by the same signal. Nothing is a traceback or an abort, but
while Python itself starts; no temporary file and no process is left. A killed run (SIGKILL) is
resumed, and its result file has the bytes of one that was never killed. A killed shard is resumed
and merged.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

CASES = 24
METRICS = "dice,hd95:as=meshmetrics"
ENGINES = ("single", "pooled", "sharded", "dask")
LATE = 1.15  # share of a whole run until which a moment may be
FAULTS = ("Traceback", "nanobind", "Fatal Python error", "Exception ignored")


def make_cases(folder: Path) -> None:
    """Small volumes of three labels, the prediction a little off."""
    rng = np.random.default_rng(1)
    for side in ("p", "g"):
        (folder / side).mkdir()
        for number in range(CASES):
            made = np.zeros((16, 40, 44), np.uint8)
            for label in (1, 2, 3):
                x, y, z = rng.integers(0, 20, 3)
                made[z // 3 : z // 3 + 9, x : x + 15, y : y + 15] = label
            np.save(folder / side / f"c{number:02}.npy", made)


def words(folder: Path, engine: str, address: str, output: str, *more: str) -> list[str]:
    """The command of a run."""
    own = {"single": [], "pooled": ["-j", "2"], "sharded": ["--shard", "1/2"],
           "dask": ["--scheduler", address]}[engine]  # fmt: skip
    sides = [str(folder / "p"), str(folder / "g")]
    asked = ["-m", METRICS, "--spacing", "1,1,3", "--format", "none", "-q", "-o", output]
    return [sys.executable, "-m", "segeval", "score", *sides, *asked, *own, *more]


def break_off(command: Sequence[str], folder: Path, moment: float, how: int) -> tuple[int, str]:
    """Run a command and send its process group a signal; its status and stderr."""
    room = folder / "tmp"
    room.mkdir(exist_ok=True)
    child = subprocess.Popen(
        command, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        start_new_session=True, env={**os.environ, "TMPDIR": str(room)},
    )  # fmt: skip
    time.sleep(moment)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, how)
    said = child.communicate(timeout=120)[1].decode("utf-8", "replace")
    return child.returncode, said


def run_whole(command: Sequence[str], folder: Path) -> float:
    """Run a command to its end; gives the seconds. Raises CalledProcessError."""
    start = time.monotonic()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return time.monotonic() - start


def joined(folder: Path, engine: str, address: str, output: str) -> bytes:
    """The result of a run; of a shard, merged with the other one."""
    if engine != "sharded":
        return (folder / output).read_bytes()
    subprocess.run(
        [sys.executable, "-m", "segeval", "merge", output, "other.json", "-o", "merged.json",
         "--format", "none", "-q"], cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return (folder / "merged.json").read_bytes()


def what_is_wrong(status: int, said: str, how: int, folder: Path) -> str:
    """What is wrong with how a run ended that was asked to stop; "" if nothing is."""
    if "segeval" not in said and status in (1, -signal.SIGINT):  # Python itself starts
        return ""
    if fault := next((word for word in FAULTS if word in said), ""):
        return fault
    if status not in (0, 130 if how == signal.SIGINT else -how):
        return f"status {status}"
    left = [path.name for path in (folder / "tmp").iterdir() if path.name.startswith("segeval")]
    return f"left behind: {left}" if left else ""


def interrupt(engine: str, times: int, how: int, whole: float, folder: Path, address: str,
              rng: np.random.Generator) -> list[str]:  # fmt: skip
    """Ask runs to stop at random moments; what went wrong."""
    wrong, ends = [], Counter[int]()
    for number in range(times):
        moment = float(rng.uniform(0, LATE * whole))
        status, said = break_off(words(folder, engine, address, "i.json"), folder, moment, how)
        ends[status] += 1
        if fault := what_is_wrong(status, said, how, folder):
            at = f"{engine}: {signal.Signals(how).name} {number} after {moment:.3f} s"
            wrong.append(f"{at}: {fault}: {status} {said[-600:]}")
            print(wrong[-1], flush=True)
        for path in folder.glob("i.json*"):
            path.unlink()
    print(f"{engine:8} {times} {signal.Signals(how).name}: {dict(ends)}; {len(wrong)} wrong",
          flush=True)  # fmt: skip
    return wrong


def kill(engine: str, times: int, whole: float, folder: Path, address: str, right: bytes,
         rng: np.random.Generator) -> list[str]:  # fmt: skip
    """Kill runs at random moments and resume them; what has other bytes."""
    wrong, resumed = [], 0
    for number in range(times):
        for path in folder.glob("k.json*"):
            path.unlink()
        moment = float(rng.uniform(0, LATE * whole))
        break_off(words(folder, engine, address, "k.json"), folder, moment, signal.SIGKILL)
        resumed += any(folder.glob("k.json*"))
        run_whole(words(folder, engine, address, "k.json", "--resume"), folder)
        if joined(folder, engine, address, "k.json") != right:
            wrong.append(f"{engine}: kill {number} after {moment:.3f} s: other bytes")
            print(wrong[-1], flush=True)
    print(f"{engine:8} {times} kills, {resumed} of them with cases done; {len(wrong)} wrong",
          flush=True)  # fmt: skip
    return wrong


def try_engine(engine: str, asked: argparse.Namespace, folder: Path, address: str) -> list[str]:
    """Interrupt and kill runs of an engine; what went wrong."""
    rng = np.random.default_rng([asked.seed, ENGINES.index(engine)])
    if engine == "sharded":
        other = words(folder, "single", address, "other.json", "--shard", "2/2")
        run_whole(other, folder)
    whole = run_whole(words(folder, engine, address, "right.json"), folder)
    right = joined(folder, engine, address, "right.json")
    wrong = []
    for name in asked.signals:
        how = signal.Signals[name]
        wrong += interrupt(engine, asked.times, how, whole, folder, address, rng)
    kills = asked.times if asked.kills is None else asked.kills
    return wrong + kill(engine, kills, whole, folder, address, right, rng)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the engines; 1 if anything went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--times", type=int, default=200, help="interrupts, and kills, an engine")
    parser.add_argument("--kills", type=int, help="as many as --times, where it is not given")
    parser.add_argument("--signals", nargs="*", default=["SIGINT"])
    parser.add_argument("--engines", nargs="*", default=ENGINES, choices=ENGINES)
    asked = parser.parse_args(arguments)
    for name in asked.signals:  # a job in the background ignores them, and so would its runs
        signal.signal(signal.Signals[name], signal.default_int_handler)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="segeval-break-") as place:
        make_cases(Path(place))
        for engine in asked.engines:
            if engine == "dask":
                from distributed import LocalCluster

                with LocalCluster(
                    n_workers=2, threads_per_worker=1, dashboard_address=None
                ) as cluster:
                    address = cluster.scheduler_address
                    wrong += try_engine(engine, asked, Path(place), address)
            else:
                wrong += try_engine(engine, asked, Path(place), "")
    print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
