"""Write docs/performance.md from benchmarks/results.json: python benchmarks/page.py

`collect` gathers what the scripts have kept in data/results/ into that one file; a script that was
not run again keeps its last result, with the versions of that day.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
PAGE = HERE.parent / "docs" / "performance.md"
NOTES = HERE / "performance_notes.md"  # what was tried, and what bounds the worst
# A peer and what is compared with it: the same convention, or the nearest one.
RIVALS = {
    "exacta mesh": "mesh",
    "exacta surfels": "deepmind",
    "surface-distance": "deepmind",
    "exacta voxels": "monai",
    "mikan": "monai",
}
SIDE = """## Peers side by side

CPU of a peer over that of segeval in the convention beside it, in memory: 2 is half the time of the
peer, and what is **bold** is lost. All tools of a line ran in turn in one run.
"""
HEAD = """# Performance

What segeval costs beside the programs that people use, and beside what no program can do without:
inflating the files, decoding the pictures, importing the libraries. `python benchmarks/all.py`
measures it again and writes this page; `benchmarks/README.md` says how. A value is a ratio of CPU
time (user and system, start-up included, one CPU) unless it says something else; MB is the peak of
resident memory. What is by the clock (P9, P12) says something only of a machine that has two CPUs
to spare.

What is missed stands below with its reason.
What grows with the images of N4 is about 10 kB each: the table that AP of the data set is made of.
"""


def collect(folder: Path) -> dict[str, Any]:
    """The results of before with those that the scripts have kept since."""
    known = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    fresh = {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
    return dict(sorted({**known, **fresh}.items(), key=lambda item: order(item[1]["title"])))


def order(title: str) -> tuple[bool, int, str]:
    """P1, P2, P5, P5b, …, then what has no number."""
    word = title.split()[0]
    digits = "".join(c for c in word[1:] if c.isdigit())
    return not (word.startswith("P") and digits), int(digits or 0), title


def page(results: dict[str, Any]) -> str:
    """The page of all results."""
    notes = NOTES.read_text("utf-8")
    parts = [HEAD, bars(results), side_by_side(results), notes]
    for result in results.values():
        parts += [f"## {result['title']}\n", table(result), f"{versions(result)}\n"]
    return "\n".join(parts)


def bars(results: dict[str, Any]) -> str:
    """Every bar in one table."""
    lines = ["| bar | what | value | at most | |", "|---|---|---:|---:|---|"]
    for result in results.values():
        for bar in result["bars"]:
            what = f"{bar['command']} / {bar['peer']}" if bar["peer"] else f"{bar['command']}, MB"
            word = "cleared" if bar["value"] <= bar["most"] else "**missed**"
            name = bar["name"] or "memory"
            lines.append(f"| {name} | {what} | {bar['value']:.3g} | {bar['most']:.3g} | {word} |")
    return "\n".join(lines) + "\n"


def side_by_side(results: dict[str, Any]) -> str:
    """Every shape with every peer, wins and losses."""
    cpu = {
        name: median(run["cpu"] for run in runs)
        for result in results.values()
        for name, runs in result["runs"].items()
    }
    shapes = dict.fromkeys(
        shape
        for shape, _, tool in (name.rpartition(": ") for name in cpu)
        if shape and tool in RIVALS
    )
    heads = [f"{peer} / {own}" for peer, own in RIVALS.items()]
    lines = [SIDE, f"| shape | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    for shape in shapes:
        pairs = [(cpu.get(f"{shape}: {a}"), cpu.get(f"{shape}: {b}")) for a, b in RIVALS.items()]
        cells = [ratio_cell(a / b) if a and b else "" for a, b in pairs]
        lines.append(f"| {shape} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def ratio_cell(value: float) -> str:
    """A ratio; bold where the peer is faster."""
    return f"{value:.2f}" if value >= 1 else f"**{value:.2f}**"


def table(result: dict[str, Any]) -> str:
    """The commands of a benchmark: CPU as multiples of the first, and memory."""
    lines = ["| command | CPU, of the first | peak MB | runs |", "|---|---:|---:|---:|"]
    first = None
    for name, runs in result["runs"].items():
        cpu = median(run["cpu"] for run in runs)
        first = first or cpu
        peak = max(run["peak"] for run in runs)
        lines.append(f"| {name} | {cpu / first:.2f} | {peak:.0f} | {len(runs)} |")
    return "\n".join(lines) + "\n"


def versions(result: dict[str, Any]) -> str:
    """What was measured, and on what."""
    return ", ".join(f"{name} {version}" for name, version in result["versions"].items())


if __name__ == "__main__":
    found = collect(HERE / "data" / "results")
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    PAGE.write_text(page(found), "utf-8")
