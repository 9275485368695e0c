"""Cases over processes: the same results, and a process that dies costs its own case alone."""

import build
import killers
import numpy as np
import pytest
from runs import run, settings

from segeval.api.request_checks import requested_metrics
from segeval.classes.class_list import ClassList
from segeval.engines import pool, serial
from segeval.pairing.pair import pair_paths
from segeval.runtime.frozen import replace
from segeval.scorecard.results import result_lines
from segeval.scoring.pass_plan import Job

NII = (build.nifti, ".nii.gz")
NAMES = ("a1", "a2", "a10", "b", "c")


def tree(tmp_path, prey=""):
    """Five cases; the prey has as many voxels of label 1 as the failing metrics look for."""
    marked = np.zeros(build.GRID.shape, np.uint8)
    marked.reshape(-1)[: killers.PREY] = 1
    truth = {n: marked if n == prey else build.blocks(seed=i) for i, n in enumerate(NAMES)}
    build.folder(tmp_path / "gt", NII, **truth)
    preds = {n: build.blocks(seed=10 + i) for i, n in enumerate(NAMES)}
    build.folder(tmp_path / "pred", NII, **preds)
    return tmp_path / "pred", tmp_path / "gt"


def job_of(*failing, **choices):
    chosen = settings("dice", **choices)
    return Job(chosen, ClassList(), (*requested_metrics(chosen), *map(killers.asked, failing)))


def pooled(tmp_path, jobs, failing, prey="b"):
    """Results by case, from a pool."""
    cases = pair_paths(*tree(tmp_path, prey), settings()).cases
    return {r.case: r for r in pool.run(cases, job_of(failing), jobs)}


def test_any_number_of_processes_gives_the_same_bytes(tmp_path):  # O4
    sides = tree(tmp_path)
    (sides[0] / "b.nii.gz").write_bytes(b"damaged")
    (sides[0] / "c.nii.gz").unlink()
    cards = [run(*sides, "dice", "iou", "volume_difference", jobs=n) for n in (1, 2, 3)]
    texts = ["".join(result_lines(card)) for card in cards]
    assert texts[0] == texts[1] == texts[2]
    assert [c.case for c in cards[1].cases] == ["a1", "a2", "a10", "b", "c"]  # P6
    assert [c.status for c in cards[1].cases][3:] == ["unreadable", "missing_prediction"]


@pytest.mark.parametrize("failing", ["exiting", "killed"])
def test_a_killed_worker_loses_its_own_case_alone(tmp_path, failing):
    found = pooled(tmp_path, 2, failing)
    assert {name: r.status for name, r in found.items() if r.status != "ok"} == {
        "b": "worker_killed"
    }
    assert set(found) == set(NAMES)
    assert "--jobs" in found["b"].result.error["help"]
    assert all(r.result.rows[0].metric == "dice" for name, r in found.items() if name != "b")


def test_the_first_case_may_be_the_one(tmp_path):
    found = pooled(tmp_path, 1, "exiting", prey="a1")
    assert {name: r.status for name, r in found.items() if r.status != "ok"} == {
        "a1": "worker_killed"
    }
    assert set(found) == set(NAMES)


@pytest.mark.parametrize("side", ["pred", "gt"])
@pytest.mark.parametrize("change", killers.CHANGES)
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_file_that_changes_is_no_value_of_its_case(tmp_path, change, side, jobs):
    found = pooled(tmp_path, jobs, f"{change} {tmp_path / side / 'b.nii.gz'}")
    assert {name: r.status for name, r in found.items() if r.status != "ok"} == {"b": "unreadable"}
    assert "the file changed while its case was scored" in found["b"].result.error["message"]
    assert found["b"].result.fingerprint == ""


def test_a_metric_that_raises_is_a_bug_of_its_case_alone(tmp_path):  # X4
    found = pooled(tmp_path, 2, "raising")
    assert found["b"].status == "internal_error"
    assert "ZeroDivisionError: a bug in a metric" in found["b"].result.error["message"]
    assert "in raising" in found["b"].trace
    assert {r.status for name, r in found.items() if name != "b"} == {"ok"}


def test_results_of_both_engines_are_equal(tmp_path):
    cases = pair_paths(*tree(tmp_path), settings()).cases
    job = job_of()
    one = [replace(done, kept=None) for done in serial.run(cases, job)]
    assert sorted(pool.run(cases, job, 2), key=lambda r: [c.id for c in cases].index(r.case)) == one


def test_no_cases():
    assert list(pool.run((), job_of(), 2)) == []


def test_of_many_small_cases_that_a_process_had_only_the_one_is_lost(tmp_path):
    cases = pair_paths(*tree(tmp_path, "b"), settings()).cases
    others = [case for case in cases if case.id != "b"]
    many = [replace(case, id=f"{case.id}-{k}") for k in range(30) for case in others]
    many.insert(70, next(case for case in cases if case.id == "b"))
    found = [(r.case, r.status) for r in pool.run(many, job_of("killed"), 2)]
    assert sorted(name for name, _ in found) == sorted(case.id for case in many)
    assert [name for name, status in found if status != "ok"] == ["b"]


def test_finished_cases_are_handed_back_a_moment_at_a_time(monkeypatch):
    now = iter([0.0, 0.01, 0.02, 0.06, 0.06, 0.10, 0.20, 0.20, 0.21, 0.3])
    monkeypatch.setattr(pool, "monotonic", lambda: next(now))
    assert list(pool.group_by_moment("abcdef")) == [["a", "b", "c"], ["d", "e"], ["f"]]
    assert list(pool.group_by_moment("")) == []
