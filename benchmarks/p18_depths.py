"""P18: `biou` at seventeen tolerances against the deepest of them, of two shapes in memory."""

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
SHAPES = ("near", "lesions")
BARS = tuple(("P18", shape, "seventeen tolerances", "one of 8.5 mm", 3.0) for shape in SHAPES)


def timed(what: str, shape: str) -> Run:
    """CPU seconds, the best of three."""
    import resource

    from surfaces import surfaces, value

    truth, pred, spacing = pair(shape)
    times = []
    for _ in range(3):
        made = surfaces(truth == 1, pred == 1, spacing, slab=1 << 19)
        start = time.process_time()
        for name in WHAT[what]:
            value(made, name)
        times.append(time.process_time() - start)
    return Run(min(times), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def asked(what: str, shape: str) -> Run:
    """The same in a process of its own."""
    call = [sys.executable, str(HERE / "p18_depths.py"), "time", what, shape]
    said = subprocess.run(call, check=True, capture_output=True, text=True).stdout.split()
    return Run(float(said[0]), float(said[1]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["time"]:
        run = timed(*sys.argv[2:4])
        print(run.cpu, run.peak)
    else:
        one_cpu()
        runs: dict[str, list[Run]] = {}
        for _ in range(2):
            for shape in SHAPES:
                for what in WHAT:
                    runs.setdefault(f"{shape}: {what}", []).append(asked(what, shape))
        sys.exit(judge("P18 boundary IoU at many depths, in memory", runs, BARS))
