"""P11: a baseline, a bound and intervals for 100 cases x 100 classes x 6 metrics.

    python benchmarks/p11_gate.py

Result files to verdicts, the 10 000 resamples included: CPU seconds, which an idle machine takes as
wall time, and peak MB.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from harness import DATA, environment, program

from segeval.request.grammar import parse_metric
from segeval.scorecard.card import CaseResult, Row, Scorecard
from segeval.scorecard.results import result_lines
from segeval.scorecard.row_index import CasesInMemory
from segeval.scorecard.summary import summarise_results

METRICS = ("dice", "iou", "precision", "recall", "fbeta@2", "fbeta@3")
SECONDS, MB = 10.0, 300.0


def results(path: Path, seed: int) -> Path:
    """A result file; every tenth value is undefined."""
    r = np.random.default_rng(seed)
    values = r.beta(9, 1, (100, 100, len(METRICS)))
    values[r.random(values.shape) < 0.1] = np.nan
    cases = [
        CaseResult(
            f"c{i}",
            "p",
            "g",
            tuple(
                Row(f"c{i}", f"organ {k}", m, float(v), "", "ok" if v == v else "undefined",
                    "" if v == v else "both_empty")
                for k, of_class in enumerate(case)
                for m, v in zip(METRICS, of_class, strict=True)
            ),
        )
        for i, case in enumerate(values)
    ]  # fmt: skip
    summary = summarise_results(cases, [parse_metric(m) for m in METRICS])
    parts = {"metrics": {m: m for m in METRICS}, "numbers": 1}
    card = replace(Scorecard(CasesInMemory(cases), METRICS, "", parts, summary), fields=parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(result_lines(card)), "utf-8")
    return path


def main() -> int:
    """Run it and hold it against the bar."""
    now, before = results(DATA / "p11_now.json", 1), results(DATA / "p11_before.json", 2)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    call = [*program(), "gate", str(now), "--baseline", str(before), "--gate", "dice.bound=0.1",
            "--format", "none", "-q"]  # fmt: skip
    start = time.perf_counter()
    child = os.posix_spawn(call[0], call, environment())
    _, _, used = os.wait4(child, 0)
    wall, peak = time.perf_counter() - start, used.ru_maxrss / 1024
    cpu = used.ru_utime + used.ru_stime
    ok = cpu <= SECONDS and peak <= MB
    print(f"{'PASS' if ok else 'FAIL'}  P11  {cpu:.1f} s CPU, {wall:.1f} s wall, {peak:.0f} MB "
          f"(bar {SECONDS:g} s, {MB:g} MB)")  # fmt: skip
    return not ok


if __name__ == "__main__":
    sys.exit(main())
