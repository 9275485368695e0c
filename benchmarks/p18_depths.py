"""P18: `biou` of two balls at seventeen tolerances against the deepest of them, in memory."""

from __future__ import annotations

import subprocess
import sys
import time

from harness import Run, one_cpu
from in_memory import HERE, judge, pair

WHAT = {
    "seventeen tolerances": [f"biou@{k / 2:g}mm" for k in range(1, 18)],
    "one of 8.5 mm": ["biou@8.5mm"],
    "one of 2 mm": ["biou@2mm"],
}
BARS = (("P18", "near", "seventeen tolerances", "one of 8.5 mm", 3.0),)


def timed(what: str) -> Run:
    """CPU seconds, the best of three."""
    import resource

    from surfaces import surfaces, value

    truth, pred, spacing = pair("near")
    times = []
    for _ in range(3):
        made = surfaces(truth == 1, pred == 1, spacing, slab=1 << 19)
        start = time.process_time()
        for name in WHAT[what]:
            value(made, name)
        times.append(time.process_time() - start)
    return Run(min(times), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def asked(what: str) -> Run:
    """The same in a process of its own."""
    call = [sys.executable, str(HERE / "p18_depths.py"), "time", what]
    said = subprocess.run(call, check=True, capture_output=True, text=True).stdout.split()
    return Run(float(said[0]), float(said[1]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["time"]:
        run = timed(sys.argv[2])
        print(run.cpu, run.peak)
    else:
        one_cpu()
        rounds = [{what: asked(what) for what in WHAT} for _ in range(2)]
        runs = {f"near: {what}": [found[what] for found in rounds] for what in WHAT}
        sys.exit(judge("P18 boundary IoU at many depths, in memory", runs, BARS))
