"""Run commands against each other and print how they compare.

Every command is a process of its own on one CPU, files to result, start-up included. Commands take
turns, since a machine drifts; what is compared is the median over the rounds of the ratio in one
round. CPU is user + system time, memory the peak that was resident, both as the kernel counts them.

This process stays thin: what a process had resident before it started another program is counted
as that program's (Linux), so data is made by a child and nothing large is imported here.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
DATA = HERE / "data"
PEERS = HERE / ".peers" / "bin" / "python"
SEGEVAL = [sys.executable, "-m", "segeval"]


@dataclass(frozen=True, slots=True)
class Command:
    """A program that is measured.

    out     where its stdout goes; "" throws it away
    rounds  how often it runs; 0 is as often as the others. Slow peers run less
    """

    name: str
    argv: Sequence[str]
    out: str = ""
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took: seconds of CPU, MB resident at the peak, seconds on the clock."""

    cpu: float
    peak: float


@dataclass(frozen=True, slots=True)
class Bar:
    """What is to be reached: a ratio to a peer, or the peak in MB where `peer` is "".

    most  the largest value that clears it
    """

    name: str
    command: str
    peer: str
    most: float


@dataclass(slots=True)
class Result:
    """What a benchmark found."""

    title: str
    runs: dict[str, list[Run]]
    bars: list[tuple[Bar, float]] = field(default_factory=list)

    @property
    def cleared(self) -> bool:
        """Whether every bar was."""
        return all(value <= bar.most for bar, value in self.bars)


def program() -> list[str]:
    """The command `segeval` as it was installed beside this Python, else the module."""
    installed = Path(sys.executable).with_name("segeval")
    return [str(installed)] if installed.exists() else SEGEVAL


def peers() -> list[str]:
    """The Python of benchmarks/peers.sh; empty where it was not run."""
    return [str(PEERS)] if PEERS.exists() else []


def has(module: str) -> bool:
    """Whether the peers' Python can import a module."""
    line = f"import importlib.util as u, sys; sys.exit(u.find_spec({module!r}) is None)"
    return bool(peers()) and subprocess.run([*peers(), "-c", line], check=False).returncode == 0


def environment() -> dict[str, str]:
    """One thread, bytecode kept, no settings: the same for everybody."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SEGEVAL_", "PYTHON"))}
    threads = ("OMP", "OPENBLAS", "MKL", "ITK_GLOBAL_DEFAULT_NUMBER_OF")
    return kept | {
        f"{name}_{'THREADS' if name[0] == 'I' else 'NUM_THREADS'}": "1" for name in threads
    }


def run(command: Command) -> Run:
    """Run it once. Raises RuntimeError where it fails: a crash is not fast."""
    with open(command.out or os.devnull, "wb") as out:
        child = subprocess.Popen(
            command.argv, stdout=out, stderr=subprocess.PIPE, env=environment(), cwd=DATA
        )
        assert child.stderr is not None
        said = child.stderr.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{command.name}: status {child.returncode}\n{said.decode()}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Run(used.ru_utime + used.ru_stime, used.ru_maxrss / unit)


def measure(commands: Sequence[Command], rounds: int = 5) -> dict[str, list[Run]]:
    """Run the commands in turn, `rounds` times; once before that, which warms the disk cache."""
    one_cpu()
    runs: dict[str, list[Run]] = {command.name: [] for command in commands}
    for turn in range(-1, rounds):
        for command in commands:
            if turn < (command.rounds or rounds) and not (turn < 0 and command.rounds == 1):
                say(command.name)
                found = run(command)
                if turn >= 0:
                    runs[command.name].append(found)
    say("")
    return runs


def say(what: str) -> None:
    """What runs just now, for a person who waits."""
    if sys.stderr.isatty():
        print(f"\r{what:<40}\r", end="", file=sys.stderr, flush=True)


def one_cpu() -> None:
    """Keep this process and its children on one CPU, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def ratio(runs: Mapping[str, Sequence[Run]], name: str, peer: str) -> float:
    """The CPU of one over that of another: the median of the rounds that both ran."""
    pairs = zip(runs[name], runs[peer], strict=False)
    return median(mine.cpu / theirs.cpu for mine, theirs in pairs)


def peak(runs: Mapping[str, Sequence[Run]], name: str) -> float:
    """The largest peak of all rounds, MB."""
    return max(found.peak for found in runs[name])


def judge(title: str, runs: dict[str, list[Run]], bars: Sequence[Bar]) -> Result:
    """Hold what was found against the bars; a bar whose peer is not there is left out."""
    known = [bar for bar in bars if bar.command in runs and (not bar.peer or bar.peer in runs)]
    values = [ratio(runs, b.command, b.peer) if b.peer else peak(runs, b.command) for b in known]
    return Result(title, runs, list(zip(known, values, strict=True)))


def show(result: Result) -> int:
    """Print a table, write it as JSON beside the data, and give the exit status."""
    print(f"\n{result.title}\n")
    print(f"  {'command':<34}{'CPU s':>9}{'peak MB':>10}{'runs':>6}")
    for name, runs in result.runs.items():
        cpu = median(found.cpu for found in runs)
        print(f"  {name:<34}{cpu:>9.3f}{peak(result.runs, name):>10.0f}{len(runs):>6}")
    print()
    for bar, value in result.bars:
        word = "PASS" if value <= bar.most else "FAIL"
        what = f"{bar.command} / {bar.peer}" if bar.peer else f"{bar.command}, peak MB"
        print(f"  {word}  {bar.name:<4} {what:<62} {value:>8.3f}  bar {bar.most:g}")
    file = DATA / "results" / f"{result.title.split()[0].lower()}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    bars = [asdict(bar) | {"value": value} for bar, value in result.bars]
    runs_json = {name: [asdict(found) for found in runs] for name, runs in result.runs.items()}
    kept = {"title": result.title, "versions": versions(), "runs": runs_json, "bars": bars}
    file.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    return 0 if result.cleared else 1


def versions() -> dict[str, str]:
    """What was measured, and on what."""
    line = "import importlib.metadata as m\nfor d in m.distributions(): print(d.name, d.version)"
    wanted = {"segeval", "numpy", "pillow", "click", "isal", "simpleitk", "torch"}
    wanted |= {"torchmetrics", "nnunetv2"}
    found = {"python": platform.python_version(), "machine": f"{os.cpu_count()} x {processor()}"}
    for place, python in (("", [sys.executable]), ("peers ", peers())):
        text = (
            subprocess.run([*python, "-c", line], capture_output=True, text=True, check=True).stdout
            if python
            else ""
        )
        for words in map(str.split, text.splitlines()):
            if words[0].lower() in wanted:
                found[f"{place}{words[0].lower()}"] = words[1]
    return found


def processor() -> str:
    """The name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((x.partition(":")[2].strip() for x in lines if x.startswith("model name")), "CPU")


def make(what: str) -> Path:
    """Make a set of benchmarks/data.py if it is not there; gives its folder."""
    folder = DATA / what
    if not (folder / "done").exists():
        print(f"making {what} (once) …", file=sys.stderr)
        subprocess.run([sys.executable, str(HERE / "data.py"), what, str(folder)], check=True)
        (folder / "done").touch()
    return folder
