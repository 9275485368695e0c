"""How often a baseline gate is wrong: a simulated history of a model, judged by the gate itself.

    python benchmarks/history.py [SEEDS]      1000 by default; some minutes

A case is easy or hard for all classes alike: its Dice is logistic-normal (mean 0.87, skewed), with
a part of the case and a part of the class. A new build changes it by noise that grows with the
distance from 1, half of it shared by the classes of the case; the standard deviation of the paired
difference is 0.03 over all cases. `worse` lowers every case of one class. What is printed is the
share of builds that fail, by policy: false alarms where nothing was lowered, else detections.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

import numpy as np

from segeval.gates.baseline import judge_by_baseline
from segeval.gates.paired_rules import is_no_regression
from segeval.metrics.registry import resolve_metric
from segeval.request.grammar import parse_gate, parse_metric
from segeval.request.settings import Settings
from segeval.scorecard.card import CaseResult, Row, Scorecard
from segeval.scorecard.row_index import CasesInMemory
from segeval.scorecard.summary import summarise_results
from segeval.statistics.bootstrap import bca_intervals, sum_by_unit

POLICIES = ("any", "regression", "noninferior")
TOLERANCE, SD = 0.01, 0.03
BUILDS = ((1, 30), (1, 100), (20, 30), (20, 100))  # classes, cases
WORSE = (0.0, 0.01, 0.03)
BAR = {"false alarm": 0.03, (1, 30): 0.95, (20, 100): 0.90}
SETTINGS = Settings(baseline_tolerance=(parse_gate(f"dice={TOLERANCE}"),))


def dice(cases: int, classes: int, seed: int) -> np.ndarray:
    """Dice of a model, (cases, classes)."""
    r = np.random.default_rng([seed, 1])
    z = 2.2 + 0.7 * r.normal(size=(cases, 1)) + 0.4 * r.normal(size=(cases, classes))
    return 1 / (1 + np.exp(-z))


def rebuilt(before: np.ndarray, seed: int, worse: float) -> np.ndarray:
    """The same cases by another build: noise, and one class that is worse."""
    r = np.random.default_rng([seed, 2])
    spread = (1 - before) / np.sqrt(np.mean((1 - before) ** 2))
    shared, own = r.normal(size=(len(before), 1)), r.normal(size=before.shape)
    after = before + SD * spread * np.sqrt(0.5) * (shared + own)
    after[:, 0] -= worse
    return after


def card(values: np.ndarray) -> Scorecard:
    """Values as a result file holds them."""
    cases = []
    for i, row in enumerate(values):
        rows = tuple(Row(f"{i}", f"c{k}", "dice", float(v)) for k, v in enumerate(row))
        cases.append(CaseResult(f"{i}", "", "", rows))
    parts = {"metrics": {"dice": "dice"}}
    return Scorecard(
        CasesInMemory(cases), ("dice",), "", parts, summarise_results(cases, [parse_metric("dice")])
    )


def failed(cases: int, classes: int, worse: float, seed: int) -> Iterator[str]:
    """The policies under which a build fails; `missed` where the intervals miss the truth."""
    before = dice(cases, classes, seed)
    found = judge_by_baseline(card(rebuilt(before, seed, worse)), card(before), SETTINGS, False)
    for policy in POLICIES:
        ends = [(v.against.difference, v.against.low, v.against.high) for v in found.verdicts]
        if not all(is_no_regression(policy, -1.0, end, TOLERANCE) for end in ends):
            yield policy
    truth = [-worse, *[0.0] * (classes - 1)]
    if any(not end[1] <= t <= end[2] for end, t in zip(ends, truth, strict=True)):
        yield "missed"


def coverage(cases: int, seeds: int) -> float:
    """The share of BCa intervals of a mean Dice (`--ci 0.95`) that hold the true mean."""
    truth = float(np.mean(dice(1_000_000, 1, 0)))
    held = 0
    for start in range(0, seeds, 100):
        values = np.concatenate([dice(cases, 1, s) for s in range(start + 1, start + 101)], axis=1)
        low, high = bca_intervals(sum_by_unit(values, np.arange(cases)), 0.95, 0)
        held += int(np.sum((low <= truth) & (truth <= high)))
    return held / seeds


def main(seeds: int) -> int:
    """Print the tables; 1 where a bar was missed."""
    resolve_metric(parse_metric("dice"))
    wrong = []
    print("| classes | cases | one class worse by | any | regression | noninferior | coverage |")
    print("|---|---|---|---|---|---|---|")
    for classes, cases in BUILDS:
        for worse in WORSE:
            told = Counter(w for s in range(seeds) for w in failed(cases, classes, worse, s))
            rates = [f"{100 * told[p] / seeds:.1f} %" for p in POLICIES]
            held = f"{100 * (1 - told['missed'] / seeds):.1f} %"
            print(f"| {classes} | {cases} | {worse:g} | {' | '.join(rates)} | {held} |", flush=True)
            rate = told["regression"] / seeds
            if not worse and rate > BAR["false alarm"]:
                wrong.append(f"{classes} classes, {cases} cases: {rate:.1%} false alarms")
            if worse == 0.03 and rate < BAR.get((classes, cases), 0):
                wrong.append(f"{classes} classes, {cases} cases: {rate:.1%} detected")
    for cases in (10, 15, 30, 100):
        print(f"coverage of --ci 0.95, {cases} cases: {100 * coverage(cases, seeds):.1f} %")
    print("\n".join(wrong) or "every bar was cleared")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
