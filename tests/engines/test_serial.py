"""Cases one after the other: in their order, each when it is asked for."""

import sys

import build
import killers
import numpy as np
import pytest
from runs import settings

from segeval.api.request_checks import requested_metrics
from segeval.classes.class_list import ClassList
from segeval.engines import serial
from segeval.pairing.pair import pair_paths
from segeval.scoring.pass_plan import Job

MOST_CALLS = 1150  # of functions in Python, and steps of generators

NII = (build.nifti, ".nii.gz")


def cases(tmp_path):
    marked = np.zeros(build.GRID.shape, np.uint8)
    marked.reshape(-1)[: killers.PREY] = 1
    for side in ("gt", "pred"):
        build.folder(tmp_path / side, NII, c2=marked, c10=build.blocks(), c1=build.blocks())
    return pair_paths(tmp_path / "pred", tmp_path / "gt", settings()).cases


def job(*failing):
    return Job(
        settings(), ClassList(), (*requested_metrics(settings()), *map(killers.asked, failing))
    )


def test_results_come_in_the_order_of_the_cases(tmp_path):
    assert [r.case for r in serial.run(cases(tmp_path), job())] == ["c1", "c2", "c10"]


def test_a_case_is_scored_when_it_is_asked_for(tmp_path):
    left = serial.run(cases(tmp_path), job())
    assert next(left).status == "ok"
    (tmp_path / "pred" / "c2.nii.gz").unlink()
    assert [r.status for r in left] == ["unreadable", "ok"]


def test_a_small_case_costs_few_calls(tmp_path):
    """What is the same for all cases of a run is not said again for each (P9, P23)."""
    truth = np.arange(1024, dtype=np.uint8).reshape(32, 32) // 64 % 4
    for name in "abcdef":
        for side in ("gt", "pred"):
            build.png(tmp_path / side / f"{name}.png", truth)
    found = pair_paths(tmp_path / "pred", tmp_path / "gt", settings()).cases
    left = serial.run(found, job())
    assert [next(left).status for _ in "abcde"] == ["ok"] * 5  # what a run does once is done
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        next(left)
    finally:
        sys.setprofile(None)
    assert calls < MOST_CALLS


def test_a_metric_that_raises_is_a_bug_of_its_case_alone(tmp_path):  # X4
    found = list(serial.run(cases(tmp_path), job("raising")))
    assert [r.status for r in found] == ["ok", "internal_error", "ok"]
    assert [r.rows for r in found] == [len(found[0].result.rows), 1, found[0].rows]


@pytest.mark.parametrize("change", killers.CHANGES)
def test_a_file_that_changes_is_no_value_of_its_case(tmp_path, change):
    word = f"{change} {tmp_path / 'pred' / 'c2.nii.gz'}"
    found = list(serial.run(cases(tmp_path), job(word)))
    assert [r.status for r in found] == ["ok", "unreadable", "ok"]
    assert "the file changed while its case was scored" in found[1].result.error["message"]
