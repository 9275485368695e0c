"""ACCOUNT-A27: the baseline rule of a metric that leads with its pooled value is about it."""

from dataclasses import replace

import numpy as np
import pytest
from cards import card

from segeval.gates.baseline import judge_by_baseline
from segeval.request.settings import Settings
from segeval.scorecard.card import CaseResult, Row

R = np.random.default_rng(5)
SIZE = R.integers(20, 4000, 40)  # voxels of the ground truth


def run(hits, leads="pooled", patients=None):
    """Cases of one class with so many true positives, and as many false ones as are missed."""
    made = []
    for k, (tp, size) in enumerate(zip(hits.tolist(), SIZE.tolist(), strict=True)):
        table = [tp, size - tp, size - tp, 10_000]
        counts = {"classes": {"road": table}, "unit": "px", "voxel": 1.0}
        row = Row(f"c{k}", "road", "dice", tp / size)
        patient = patients[k] if patients else ""
        made.append(
            CaseResult(
                f"c{k}",
                "p",
                "g",
                (row,),
                tallies={"counts": counts},
                gt_voxels={"road": size},
                patient=patient,
            )
        )
    fields = {"metrics": {"dice": "dice"}, "numbers": 2}
    return replace(card(made), fields=fields, leads=leads)


GOOD = (SIZE * R.uniform(0.8, 0.95, 40)).astype(int)
WORSE = (GOOD - SIZE * R.uniform(0.0, 0.05, 40)).astype(int)


def judge(mine, theirs, **choices):
    return judge_by_baseline(mine, theirs, Settings(baseline="b.json", **choices), False).verdicts


def test_the_pooled_values_are_compared_and_the_verdict_spells_it():
    (verdict,) = judge(run(WORSE), run(GOOD))
    assert verdict.name == "road/dice.pooled"
    assert verdict.value == WORSE.sum() / SIZE.sum()  # 2 tp / (2 tp + fp + fn), fp = fn = size - tp
    assert verdict.against.baseline == GOOD.sum() / SIZE.sum()
    assert not verdict.passed
    assert verdict.worst_case == f"c{((WORSE - GOOD) / SIZE).argmin()}"


def test_the_interval_is_that_of_resampled_cases():
    (verdict,) = judge(run(WORSE), run(GOOD), adjust="none")
    drawn = R.integers(0, 40, (20_000, 40))
    ratio = (WORSE[drawn].sum(axis=1) - GOOD[drawn].sum(axis=1)) / SIZE[drawn].sum(axis=1)
    low, high = np.quantile(ratio, [0.025, 0.975])
    width = high - low
    assert verdict.against.low == pytest.approx(low, abs=0.12 * width)
    assert verdict.against.high == pytest.approx(high, abs=0.12 * width)


def test_an_unchanged_model_passes_at_a_point():
    (verdict,) = judge(run(GOOD), run(GOOD))
    assert verdict.passed
    assert (verdict.against.low, verdict.against.high) == (0, 0)


def test_patients_are_left_out_together():
    patients = [f"P{k // 4}" for k in range(40)]
    (verdict,) = judge(run(WORSE, patients=patients), run(GOOD, patients=patients))
    assert verdict.value == WORSE.sum() / SIZE.sum()
    assert verdict.against.low < verdict.against.difference < verdict.against.high


def test_a_run_that_leads_with_the_mean_is_compared_by_the_mean():
    (verdict,) = judge(run(WORSE, "mean"), run(GOOD, "mean"))
    assert verdict.name == "road/dice"
    assert verdict.value == pytest.approx((WORSE / SIZE).mean())


def test_without_tallies_the_mean_is_left_and_spelt():
    bare = run(GOOD)
    bare = replace(bare, cases=type(bare.cases)(replace(c, tallies={}) for c in bare.cases))
    (verdict,) = judge(run(WORSE), bare)
    assert verdict.name == "road/dice.mean"
