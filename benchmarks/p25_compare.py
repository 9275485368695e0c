"""P25: `compare` of two result files of very many cases, with nine rows a case and with three.

    python benchmarks/p25_compare.py [200000]      cases; 30 000 is the short form

The cases are those of a run over fifty small pictures with other names and values. Seconds of the
short form are given for 200 000 cases; below 20 000 it would be the resamples that take them.
"""

import json
import random
import subprocess
import sys
from pathlib import Path
from statistics import median

from harness import DATA, Bar, Command, Result, environment, program, run, show
from p23_pairing import crowd

SHORT, WHOLE, ROUNDS = 30_000, 200_000, 3
CLASSES = {9: 3, 3: 1}  # by rows of a case
METRICS = "dice,iou,volume_difference"


def scored(rows: int) -> list[str]:
    """The lines of a result file of fifty cases."""
    path, folder = DATA / f"p25_{rows}.json", crowd(50, classes=CLASSES[rows])
    sides = [str(folder / side) for side in ("pred", "gt")]
    asked = ["-m", METRICS, "-q", "--format", "none"]
    call = [*program(), "score", *sides, *asked, "-o", str(path)]
    subprocess.run(call, check=True, env=environment())
    return path.read_text("utf-8").splitlines()


def compared(cases: int, rows: int) -> list[str]:
    """Two result files of so many cases; made by a process of its own, as `harness` says why."""
    paths = [DATA / f"p25_{cases}_{rows}_{model}.json" for model in ("a", "b")]
    if not all(path.exists() for path in paths):
        call = [sys.executable, str(Path(__file__)), "make", str(cases), str(rows)]
        subprocess.run([*call, *map(str, paths)], check=True)
    return list(map(str, paths))


def make_results(cases: int, rows: int, paths: list[str]) -> None:
    """Write the results of two models."""
    from segeval.scorecard.results_seal import seal_text

    lines = scored(rows)
    start, end = lines.index('"cases": [') + 1, lines.index("],")
    own = [json.loads(line.rstrip(",")) for line in lines[start:end]]
    head = "\n".join(lines[: start - 1]).replace('"found": 50', f'"found": {cases}')
    closing = [line for line in lines[end + 1 : -1] if not line.startswith('"check"')]
    tail = "\n],\n" + "\n".join(closing).rstrip(",")
    for model, path in enumerate(paths):
        r = random.Random(model)
        made = []
        for k in range(cases):
            case = own[k % len(own)] | {"case": f"case_{k:06}"}
            case["values"] = {
                name: {m: round(r.betavariate(9, 1) * abs(v), 12) for m, v in of_class.items()}
                for name, of_class in case["values"].items()
            }
            made.append(json.dumps(case))
        parts = seal_text(["\n", ",\n".join(made), tail])
        text = f'{head}\n"cases": [' + "".join(parts) + "\n}\n"
        Path(path).write_text(text, "utf-8")


def main() -> int:
    """Measure, print, and give the exit status."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else SHORT
    commands = [
        Command(f"{cases} cases of {rows} rows",
                [*program(), "compare", *compared(cases, rows), "-q"])
        for rows in CLASSES
    ]  # fmt: skip
    runs = {command.name: [run(command) for _ in range(ROUNDS)] for command in commands}
    bars = []
    for name, found in runs.items():
        seconds = median(one.cpu for one in found) * WHOLE / cases
        bars.append((Bar("P25", f"s of {WHOLE}", name, 10), seconds))
        bars.append((Bar("P25", "MB", name, 300), max(one.peak for one in found)))
    return show(Result(f"P25 compare of {cases} cases", runs, bars))


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make_results(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    else:
        sys.exit(main())
