"""A baseline: an unchanged model passes, noise does not fail, and nothing passes by being gone."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cards import NAN, card, case, row, unscored

from segeval.gates.baseline import judge_by_baseline
from segeval.gates.paired_rules import is_no_regression
from segeval.request.grammar import parse_gate
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.scorecard.card import CaseResult


def run(values, metric="dice", unit="", groups=None, patients=None):
    """A run of {class: values of the cases}; nan is left out of a case."""
    n = len(next(iter(values.values())))
    made = [
        case(
            f"c{i}",
            {name: {metric: float(v[i])} for name, v in values.items()},
            unit,
            group=groups[i] if groups else "",
            patient=patients[i] if patients else "",
            gt_voxels={"liver": 100, "spleen": 100},
        )
        for i in range(n)
    ]
    return signed(card(made))


def signed(made, **parts):
    return replace(made, fields={"metrics": {m: m for m in made.metrics}, "numbers": 1, **parts})


def judge(mine, theirs, accept=False, tolerance="", **choices):
    gates = tuple(parse_gate(text) for text in tolerance.split()) if tolerance else ()
    return judge_by_baseline(mine, theirs, Settings(baseline_tolerance=gates, **choices), accept)


def passed(found):
    return {v.class_: v.passed for v in found.verdicts}


R = np.random.default_rng(0)
BASE = R.uniform(0.7, 0.95, 30)
NOISE = R.normal(0, 0.03, 30)
NOISE -= NOISE.mean()
POLICIES = ("any", "regression", "noninferior")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("adjust", ["max", "holm", "none"])
def test_an_unchanged_model_passes(policy, adjust):
    same = run({"liver": BASE, "spleen": BASE[::-1]})
    found = judge(same, same, policy=policy, adjust=adjust)
    assert passed(found) == {"liver": True, "spleen": True}
    assert all((v.against.low, v.against.high) == (0, 0) for v in found.verdicts)


@pytest.mark.parametrize("metric", ["dice", "hd95", "volume_difference"])
@pytest.mark.parametrize("policy", POLICIES)
def test_each_policy_on_noise_and_on_a_regression(metric, policy):
    unit = {"dice": "", "hd95": "mm", "volume_difference": "ml"}[metric]
    worse = -1 if metric == "dice" else 1
    before = run({"liver": BASE}, metric, unit)
    tolerance = f"{metric}=0.005"
    noisy = run({"liver": BASE + worse * (0.008 + NOISE)}, metric, unit)
    lost = run({"liver": BASE + worse * (0.05 + NOISE)}, metric, unit)
    better = run({"liver": BASE - worse * (0.05 + NOISE)}, metric, unit)
    found = [
        passed(judge(now, before, policy=policy, tolerance=tolerance))["liver"]
        for now in (noisy, lost, better)
    ]
    # 0.008 worse: more than the tolerance, less than the noise of 30 cases
    assert found == [policy == "regression", False, True]


def test_a_size_that_changes_its_sign_is_as_near_to_zero_as_before():
    before = run({"liver": np.full(12, 2.0)}, "volume_difference", "ml")
    after = run({"liver": np.full(12, -2.0)}, "volume_difference", "ml")
    (verdict,) = judge(after, before).verdicts
    assert (verdict.passed, verdict.against.difference) == (True, 0)


@pytest.mark.parametrize("policy", POLICIES)
def test_a_loss_that_is_the_same_in_every_case_is_certain(policy):
    before, after = run({"liver": BASE}), run({"liver": BASE - 0.02})
    (verdict,) = judge(after, before, tolerance="dice=0.01", policy=policy).verdicts
    assert not verdict.passed
    assert verdict.against.low == pytest.approx(verdict.against.high)
    assert passed(judge(after, before, tolerance="dice=0.02", policy=policy)) == {"liver": True}


def test_the_tolerance_itself_passes():
    assert is_no_regression("any", -1, (-0.01, math.nan, math.nan), 0.01)
    assert is_no_regression("noninferior", -1, (0, -0.01, 0.02), 0.01)
    assert not is_no_regression("noninferior", 1, (0, -0.01, 0.02), 0.01)
    assert is_no_regression("regression", 1, (0.02, 0, 0.03), 0.01)
    assert not is_no_regression("regression", 1, (0.02, 0.001, 0.03), 0.01)


@pytest.mark.parametrize(("less", "held"), [(0.8e-12, True), (1.2e-12, False)])
def test_only_the_rounding_of_sums_is_no_regression(less, held):
    before, after = run({"liver": np.full(12, 0.9)}), run({"liver": np.full(12, 0.9 - less)})
    assert passed(judge(after, before, policy="any")) == {"liver": held}


def test_the_tolerance_of_a_class_goes_before_that_of_all():
    before = run({"liver": BASE, "spleen": BASE})
    after = run({"liver": BASE - 0.02, "spleen": BASE - 0.02})
    found = judge(after, before, tolerance="dice=0.03 s*/dice=0.01")
    assert passed(found) == {"liver": True, "spleen": False}


def test_one_class_of_twenty_is_found_and_twenty_with_noise_pass():
    r = np.random.default_rng(1)
    base = {f"c{k}": r.uniform(0.7, 0.95, 100) for k in range(20)}
    noisy = {k: v + r.normal(0, 0.03, 100) for k, v in base.items()}
    assert all(passed(judge(run(noisy), run(base), tolerance="dice=0.01")).values())
    noisy["c7"] = noisy["c7"] - 0.03
    found = passed(judge(run(noisy), run(base), tolerance="dice=0.01"))
    assert [k for k, ok in found.items() if not ok] == ["c7"]


def test_every_group_must_pass():
    groups = ["a"] * 15 + ["b"] * 15
    after = BASE - 0.1 * (np.arange(30) >= 15)
    found = judge(run({"liver": after}, groups=groups), run({"liver": BASE}, groups=groups))
    assert [(v.group, v.passed, v.n) for v in found.verdicts] == [("a", True, 15), ("b", False, 15)]


def test_the_patient_is_drawn_and_not_the_case():
    # Two patients; the cases of one got worse. Thirty cases would be sure of it, two patients not.
    after = BASE - np.where(np.arange(30) < 15, 0.03, 0.0)
    patients = ["p"] * 15 + ["q"] * 15
    alone = judge(run({"liver": after}), run({"liver": BASE}))
    together = judge(run({"liver": after}, patients=patients), run({"liver": BASE}))
    assert passed(alone) == {"liver": False}
    assert passed(together) == {"liver": True}


def missed_in(place, reason, metric="precision"):
    rows = [
        row(f"c{i}", "liver", metric, NAN if i == place else float(v), "", reason)
        for i, v in enumerate(BASE)
    ]
    same = {"liver": 100, "spleen": 100}
    return signed(card([CaseResult(r.case, "p", "g", (r,), gt_voxels=same) for r in rows]))


@pytest.mark.parametrize("policy", POLICIES)
def test_a_missed_organ_is_no_pass(policy):
    before, after = run({"liver": BASE}, "precision"), missed_in(3, "pred_empty")
    (verdict,) = judge(after, before, policy=policy).verdicts
    assert not verdict.passed
    assert "c3 (pred_empty)" in verdict.text
    assert passed(judge(after, before, accept=True, policy=policy)) == {"liver": True}
    assert passed(judge(after, after, policy=policy)) == {"liver": True}  # unchanged
    assert passed(judge(before, after, policy=policy)) == {"liver": True}  # found again


def test_an_infinite_value_is_no_pass():
    infinite = BASE.copy()
    infinite[4] = math.inf
    before, after = run({"liver": BASE}, "ce"), run({"liver": infinite}, "ce")
    (verdict,) = judge(after, before).verdicts
    assert (verdict.passed, "c4 (infinite)" in verdict.text) == (False, True)
    assert passed(judge(after, after)) == {"liver": True}


def test_organs_where_none_are_count_against_both_empty():
    before = run({"liver": BASE})
    empty = missed_in(3, "both_empty", "dice")
    spurious = run({"liver": np.where(np.arange(30) == 3, 0.0, BASE)})
    (verdict,) = judge(spurious, empty, policy="any").verdicts
    assert verdict.against.difference == pytest.approx(-1 / 30)
    assert not verdict.passed
    assert judge(spurious, empty).notes[0].code == "N-both-empty-best"
    assert passed(judge(empty, before)) == {"liver": True}


def test_a_class_that_is_gone_fails_and_a_new_one_is_named():
    one, two = run({"liver": BASE}), run({"liver": BASE, "spleen": BASE})
    assert passed(judge(one, two)) == {"liver": True, "spleen": False}
    found = judge(two, one)
    assert passed(found) == {"liver": True}
    assert [n.code for n in found.notes] == ["W-not-in-baseline"]


def test_cases_that_one_lacks_are_listed():
    short = run({"liver": BASE[:20]})
    whole = run({"liver": BASE})
    assert judge(short, whole).refused[0].text.startswith("10 cases not in this run: c20")
    assert judge(whole, short).refused[0].text.startswith("10 cases not in the baseline")
    found = judge(short, whole, allow_different_cases=True)
    assert (found.refused, found.notes[0].code) == ((), "W-different-cases")
    assert found.verdicts[0].n == 20
    lost = signed(card([*short.cases, unscored("c20")]))
    assert judge(lost, lost).refused == ()  # nobody scored it


def test_no_case_in_common_is_no_pass():
    other = signed(card([case("x", {"liver": {"dice": 0.9}})]))
    (verdict,) = judge(run({"liver": BASE}), other, allow_different_cases=True).verdicts
    assert (verdict.passed, verdict.text) == (
        False,
        "baseline: nothing to judge: no case in common",
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"threshold": 0.6}, "threshold: none, 0.6"),
        ({"metrics": {"dice": "dice:x=1"}}, "metrics dice"),
    ],
)
def test_other_settings_are_refused_and_shown(change, said):
    mine = run({"liver": BASE})
    theirs = replace(mine, fields={**mine.fields, **change})
    with pytest.raises(RequestError) as caught:
        judge(mine, theirs)
    assert said in "\n".join(caught.value.lines())
    found = judge(mine, theirs, allow_different_settings=True)
    assert [n.code for n in found.notes] == ["W-different-settings"]


def test_levels_and_seeds_of_intervals_are_no_other_settings():
    mine = run({"liver": BASE})
    assert judge(replace(mine, fields={**mine.fields, "ci": 0.9, "seed": 3}), mine).verdicts


def test_no_metric_in_common_is_a_request_that_makes_no_sense():
    with pytest.raises(RequestError, match="none of the metrics"):
        judge(run({"liver": BASE}), run({"liver": BASE}, "iou"))


@pytest.mark.parametrize("text", ["dice=-1", "dice.worst=0.1", "gt_volume=1ml", "dice=1mm"])
def test_tolerances_that_make_no_sense(text):
    with pytest.raises(RequestError):
        judge(run({"liver": BASE}), run({"liver": BASE}), tolerance=text)


def test_a_tolerance_that_fits_nothing_and_one_in_another_unit():
    same = run({"liver": BASE}, "hd95", "px")
    assert judge(same, same, tolerance="x/hd95=1").notes[0].code == "W-unused-tolerance"
    (verdict,) = judge(same, same, tolerance="hd95=1mm").verdicts
    assert (verdict.passed, "measured in px" in verdict.text) == (False, True)


@pytest.mark.parametrize(("n", "codes"), [(9, ["W-few-cases"]), (10, [])])
def test_few_cases_are_a_warning(n, codes):
    same = run({"liver": BASE[:n]})
    assert [n.code for n in judge(same, same).notes] == codes


def test_renamed_cases_are_missing_on_both_sides():
    mine = run({"liver": BASE})
    theirs = signed(card([replace(c, case=f"x{c.case}") for c in mine.cases]))
    assert len(judge(mine, theirs).refused) == 2


@pytest.mark.parametrize(("classes", "cases"), [(1, 30), (20, 100)])
def test_a_simulated_history(classes, cases, monkeypatch):
    """A few builds of benchmarks/history.py, which measures 1000: docs/gates.md has its rates."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    import history

    builds = range(12)
    alarms = sum("regression" in history.failed(cases, classes, 0.0, s) for s in builds)
    found = sum("regression" in history.failed(cases, classes, 0.03, s) for s in builds)
    assert alarms <= 1  # 2 % of 1000 builds
    assert found == len(builds)
