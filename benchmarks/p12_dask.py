"""P12: 200 cases over a Dask cluster of two workers on this machine, against `-j 2`.

Both are waited for by the clock, and both have two processors: what is compared is how long a
person waits. The cluster runs already, as the bar says; the client's own start is in the time.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from harness import DATA, Bar, Command, Run, environment, judge, make, program, say, show

ADDRESS = "tcp://127.0.0.1:18787"
ROUNDS = 3
folder = make("many")
asked = ["-m", "dice,hd95,assd,nsd@2mm", "--progress", "none", "-q", "--format", "none"]
score = [*program(), "score", str(folder / "pred"), str(folder / "gt"), *asked]
TWO, DASK = "segeval -j 2", "segeval --scheduler, 2 workers"
commands = [
    Command(TWO, [*score, "-j", "2", "-o", str(DATA / "p12_pool.json")]),
    Command(DASK, [*score, "--scheduler", ADDRESS, "-o", str(DATA / "p12_dask.json")]),
]
bars = [Bar("P12", DASK, TWO, 1.3)]


@contextmanager
def cluster() -> Iterator[None]:
    """A scheduler and two workers on loopback."""
    dask = [sys.executable, "-m", "dask"]
    worker = ["worker", ADDRESS, "--nthreads", "1", "--no-dashboard"]
    with open(DATA / "p12_dask.log", "wb") as log:
        started = [
            subprocess.Popen([*dask, *rest], stdout=log, stderr=log, env=environment(), cwd=DATA)
            for rest in (["scheduler", "--host", ADDRESS, "--no-dashboard"], worker, worker)
        ]
        try:
            from distributed import Client

            with Client(ADDRESS, timeout=60, set_as_default=False) as client:
                client.wait_for_workers(2)
            yield
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait(30)


def timed(command: Command) -> Run:
    """Wait for it once. The peak is that of the process that was started."""
    start = time.monotonic()
    child = subprocess.Popen(command.argv, env=environment(), cwd=DATA)
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise RuntimeError(f"{command.name}: status {os.waitstatus_to_exitcode(status)}")
    return Run(time.monotonic() - start, used.ru_maxrss / 1024)


def rounds(commands: Sequence[Command]) -> dict[str, list[Run]]:
    """Every command in turn; once before that, so that files and workers are warm."""
    runs: dict[str, list[Run]] = {command.name: [] for command in commands}
    for turn in range(-1, ROUNDS):
        for command in commands:
            say(command.name)
            found = timed(command)
            if turn >= 0:
                runs[command.name].append(found)
    return runs


if __name__ == "__main__":
    with cluster():
        runs = rounds(commands)
    same = (DATA / "p12_pool.json").read_bytes() == (DATA / "p12_dask.json").read_bytes()
    print(f"the results are {'the same bytes' if same else 'NOT THE SAME BYTES'}")
    title = "P12 200 cases over a Dask cluster of this machine (seconds by the clock)"
    sys.exit(show(judge(title, runs, bars)) or not same)
