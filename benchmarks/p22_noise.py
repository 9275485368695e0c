"""P22: Dice of 39 million voxels of random labels in memory, against exacta."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from harness import Run, has, one_cpu, peers
from in_memory import HERE, THREADS, judge

LABELS = (5, 15, 50, 100, 200, 255)
BARS = tuple(("P22", f"{labels} labels", "segeval", "exacta", 2.0) for labels in LABELS)


def timed(tool: str, labels: int) -> Run:
    """CPU seconds of a call, the best of four."""
    import resource

    import numpy as np

    rng, shape = np.random.default_rng(0), (39, 1024, 1024)
    truth, pred = (rng.integers(0, labels + 1, shape).astype(np.uint8) for _ in "tp")
    if tool == "exacta":
        import exacta.functional as ef
        import torch

        torch.set_num_threads(1)
    else:
        import segeval
    times = []
    for _ in range(4):
        start = time.process_time()
        if tool == "exacta":
            one, other = pred[None], truth[None]
            ef.dice(one, other, num_classes=labels + 1, include_background=False)
        else:
            segeval.score(pred, truth, metrics=["dice"])
        times.append(time.process_time() - start)
    return Run(min(times), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def asked(tool: str, labels: int) -> Run:
    """The same by a process with the tool's own Python."""
    python = peers() if tool == "exacta" else [sys.executable]
    call = [*python, str(HERE / "p22_noise.py"), "time", tool, str(labels)]
    own = {**os.environ, **THREADS}
    said = subprocess.run(call, check=True, capture_output=True, text=True, env=own).stdout.split()
    return Run(float(said[0]), float(said[1]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["time"]:
        run = timed(sys.argv[2], int(sys.argv[3]))
        print(run.cpu, run.peak)
    else:
        one_cpu()
        tools = ["segeval", *(["exacta"] if has("exacta") else [])]
        runs: dict[str, list[Run]] = {}
        for _ in range(2):
            for labels in LABELS:
                for tool in tools:
                    runs.setdefault(f"{labels} labels: {tool}", []).append(asked(tool, labels))
        sys.exit(judge("P22 noise of 39 million voxels, in memory", runs, BARS))
