"""P9: 2 000 small cases: two processes against one, what a case costs, and memory.

Wall time is the point here, so this one uses two CPUs; what a case costs is CPU, of -j 1, from
many cases against few, so that start-up is in neither.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import monotonic

from harness import DATA, HERE, Bar, Command, Result, environment, make, program, run, show

CASES, FEW, ROUNDS = 2000, 200, 3


def picked(folder: Path, count: int, where: Path) -> list[str]:
    """The two folders with the first cases alone."""
    sides = []
    for side in ("pred", "gt"):
        (where / side).mkdir(parents=True)
        for path in sorted((folder / side).iterdir())[:count]:
            (where / side / path.name).symlink_to(path)
        sides.append(str(where / side))
    return sides


def seconds(argv: list[str]) -> float:
    """The wall time of a command."""
    start = monotonic()
    subprocess.run(argv, check=True, env=environment(), stderr=subprocess.DEVNULL)
    return monotonic() - start


def main() -> int:
    """Measure, print, and give the exit status."""
    folder = make("cases")
    DATA.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="segeval-p9-") as name:
        where = Path(name)
        many = [str(folder / "pred"), str(folder / "gt")]
        few = picked(folder, FEW, where)
        score = [*program(), "score", "--preset", "semantic", "-q", "--format", "none"]
        decode = [sys.executable, str(HERE / "peer" / "decode.py")]
        files = {jobs: where / f"{jobs}.json" for jobs in (1, 2)}
        timed = {jobs: [*score, *many, "-j", str(jobs), "-o", str(files[jobs])] for jobs in files}
        walls = [(seconds(timed[1]), seconds(timed[2])) for _ in range(ROUNDS)]
        same = files[1].read_bytes() == files[2].read_bytes()
        commands = [
            Command(f"{CASES} cases, -j 1", [*score, *many, "-j", "1"]),
            Command(f"{FEW} cases, -j 1", [*score, *few, "-j", "1"]),
            Command(f"decoding {CASES} cases", [*decode, *many]),
        ]
        runs = {command.name: [run(command) for _ in range(ROUNDS)] for command in commands}
    cpu = [median(one.cpu for one in found) for found in runs.values()]
    peaks = [max(one.peak for one in found) for found in runs.values()]
    each = 1000 * ((cpu[0] - cpu[1]) / (CASES - FEW) - cpu[2] / CASES)
    bars = [
        (Bar("P9", "-j 2", "-j 1, wall", 1 / 1.5), median(two / one for one, two in walls)),
        (Bar("P9", "ms a case", "beside decoding", 3), each),
        (Bar("P9", f"MB of {CASES} cases", f"{FEW} cases", 1.1), peaks[0] / peaks[1]),
        (Bar("P9", "bytes of -j 2 differ", "-j 1", 0), float(not same)),
    ]
    return show(Result(f"P9 {CASES} pairs of PNG 64 x 64", runs, bars))


if __name__ == "__main__":
    sys.exit(main())
