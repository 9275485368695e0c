"""What must change no number, on many pairs: mirrors, orders of axes, wider arrays, other labels.

    python benchmarks/invariance.py [--count 1000] [--seed 0] [--readers]

Every metric of label maps and instances in every convention; tests/metamorphic.py says what is
done to a pair. With `--readers` each pair is written in every format, in other orders of axes,
directions, types of voxels and packings (tests/same_case.py), and a metric of each kind is
asked. Prints what differs, and how many pairs were looked at.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))


def main() -> int:
    """Run the pairs; 1 where a number differs."""
    from metamorphic import faults, metric_texts

    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--count", type=int, default=1000)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--readers", action="store_true")
    asked = arguments.parse_args()
    if asked.readers:
        return try_readers(asked.seed, asked.count)
    metrics = metric_texts(("counts", "surface", "instances", "instance_surfaces"))
    wrong, start = 0, time.monotonic()
    for seed in range(asked.seed, asked.seed + asked.count):
        for line in faults(seed, 2 + seed % 2, metrics):
            wrong += 1
            print(line)
    seconds = time.monotonic() - start
    print(f"{asked.count} pairs, {len(metrics)} metrics, {wrong} differ, {seconds:.0f} s")
    return 1 if wrong else 0


def try_readers(first: int, count: int) -> int:
    """Score pairs in every format; 1 where a number differs."""
    from same_case import METRICS, faults_of_readers

    wrong, start = 0, time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        for seed in range(first, first + count):
            for line in faults_of_readers(seed, Path(place), axes=2 + seed % 2):
                wrong += 1
                print(line)
    seconds = time.monotonic() - start
    print(f"{count} pairs, {len(METRICS)} metrics, {wrong} differ, {seconds:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
