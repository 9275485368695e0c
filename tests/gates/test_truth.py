"""ACCOUNT-A36: a baseline remembers its ground truth, and nothing is judged against another."""

from dataclasses import replace

import pytest
from cards import card, case

from segeval.gates.baseline import judge_by_baseline
from segeval.request.settings import Settings


def run(voxels, names="ab", dice=0.8, **fields):
    """Two cases that have these voxels of the ground truth by class."""
    values = {name: {"dice": dice} for name in ("liver", "spleen")}
    made = card([case(name, values, gt_voxels=voxels) for name in names])
    return replace(made, fields={"metrics": {"dice": "dice"}, "numbers": 2, **fields})


def judge(mine, theirs, **choices):
    return judge_by_baseline(mine, theirs, Settings(baseline="base.json", **choices), False)


SAME = {"liver": 120, "spleen": 30}


def test_the_same_truth_is_judged_account_a36():
    found = judge(run(SAME), run(SAME))
    assert (found.refused, [v.passed for v in found.verdicts]) == ((), [True, True])


@pytest.mark.parametrize(
    ("voxels", "said"),
    [
        ({"liver": 120, "spleen": 31}, "a (class spleen: 30 voxels here, 31 there)"),
        ({"liver": 120}, "a (class spleen: 30 voxels here, 0 there)"),
        ({**SAME, "kidney": 5}, "a (class kidney: 0 voxels here, 5 there)"),
    ],
)
def test_another_truth_is_not_judged_however_good_the_numbers_account_a36(voxels, said):
    found = judge(run(SAME, dice=0.9), run(voxels, dice=0.5))
    assert said in found.refused[0].text
    assert found.refused[0].text.startswith("other_truth: 2 cases have")
    assert not any(verdict.passed for verdict in found.verdicts)


def test_it_is_judged_where_that_is_allowed_and_warned_account_a36():
    found = judge(run(SAME), run({"liver": 1, "spleen": 1}), allow_different_truth=True)
    assert all(verdict.passed for verdict in found.verdicts)
    assert "W-different-truth" in [note.code for note in found.notes]


def test_a_baseline_that_does_not_say_is_judged_and_warned_account_a36():
    found = judge(run(SAME), run({}))
    assert all(verdict.passed for verdict in found.verdicts)
    assert "W-unknown-truth" in [note.code for note in found.notes]


def test_a_class_that_one_run_did_not_choose_is_no_other_truth_account_a36():
    chosen = run({"liver": 120}, classes={"liver": [1]})
    found = judge(run(SAME), chosen, allow_different_settings=True)
    assert found.refused == ()


def test_a_class_that_could_not_be_scored_is_no_other_truth_account_a36():
    faults = {"faults": {"spleen": {"status": "name_not_found", "message": "no such name"}}}
    mine = run({"liver": 120})
    cases = [replace(one, facts=faults) for one in mine.cases]
    lost = replace(card(cases), fields=mine.fields)
    assert judge(lost, run(SAME)).refused == ()
