"""What must change no number, on many pairs: mirrors, orders of axes, wider arrays, other labels.

    python benchmarks/invariance.py [--count 1000] [--seed 0]

Every metric of label maps and instances in every convention; tests/metamorphic.py says what is
done to a pair. Prints what differs, and how many pairs were looked at.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))


def main() -> int:
    """Run the pairs; 1 where a number differs."""
    from metamorphic import faults, metric_texts

    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--count", type=int, default=1000)
    arguments.add_argument("--seed", type=int, default=0)
    asked = arguments.parse_args()
    metrics = metric_texts(("counts", "surface", "instances", "instance_surfaces"))
    wrong, start = 0, time.monotonic()
    for seed in range(asked.seed, asked.seed + asked.count):
        for line in faults(seed, 2 + seed % 2, metrics):
            wrong += 1
            print(line)
    seconds = time.monotonic() - start
    print(f"{asked.count} pairs, {len(metrics)} metrics, {wrong} differ, {seconds:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
