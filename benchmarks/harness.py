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
    """What one run took: seconds of CPU, and MB resident at the peak."""

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
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "segeval"]


def peers() -> list[str]:
    """The Python of benchmarks/peers.sh; empty where it was not run."""
    return [str(PEERS)] if PEERS.exists() else []


def has(module: str) -> bool:
    """Whether the peers' Python can import a module; an installation that broke is none."""
    call = [*peers(), "-c", f"import {module}"]
    return bool(peers()) and subprocess.run(call, capture_output=True).returncode == 0


def environment() -> dict[str, str]:
    """No settings, and bytecode is kept: the same for everybody."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("SEGEVAL_", "PYTHON"))}


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
    DATA.mkdir(exist_ok=True)
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
    """Print a table, keep it as JSON beside the data, and give the exit status."""
    found = versions()
    print(f"\n{result.title}\n\n  {'command':<34}{'CPU s':>9}{'peak MB':>10}{'runs':>6}")
    for name, runs in result.runs.items():
        cpu = median(run.cpu for run in runs)
        print(f"  {name:<34}{cpu:>9.3f}{peak(result.runs, name):>10.0f}{len(runs):>6}")
    print()
    for bar, value in result.bars:
        word = "PASS" if value <= bar.most else "FAIL"
        what = f"{bar.command} / {bar.peer}" if bar.peer else f"{bar.command}, peak MB"
        print(f"  {word}  {bar.name:<4} {what:<62} {value:>8.3f}  bar {bar.most:g}")
    print(f"\n  {', '.join(f'{name} {version}' for name, version in found.items())}")
    keep(result, found)
    return 0 if result.cleared else 1


def keep(result: Result, found: Mapping[str, str]) -> None:
    """Write the result as benchmarks/data/results/NAME.json."""
    file = DATA / "results" / f"{result.title.split()[0].lower()}.json"
    content = {
        "title": result.title,
        "versions": dict(found),
        "runs": {name: [asdict(run) for run in runs] for name, runs in result.runs.items()},
        "bars": [asdict(bar) | {"value": value} for bar, value in result.bars],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


WANTED = (
    *("segeval", "click", "isal", "numpy", "pillow", "simpleitk", "torch", "torchmetrics"),
    *("exacta", "mikan-rs", "surface-distance-based-measures"),
)
LISTING = "import importlib.metadata as m\nfor d in m.distributions(): print(d.name, d.version)"


def versions() -> dict[str, str]:
    """What was measured, and on what."""
    found = {"python": platform.python_version(), "on": f"{os.cpu_count()} x {processor()}"}
    for place, python in (("", [sys.executable]), ("peers' ", peers())):
        call = [*python, "-c", LISTING]
        text = subprocess.run(call, capture_output=True, text=True).stdout if python else ""
        listed = (line.lower().split() for line in text.splitlines())
        known = {name: version for name, version in listed if name in (*WANTED, "nnunetv2")}
        found |= {f"{place}{name}": known[name] for name in sorted(known)}
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
