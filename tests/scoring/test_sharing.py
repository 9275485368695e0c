"""The classes of one case over processes: the same numbers, wherever they were measured."""

from concurrent.futures.process import BrokenProcessPool

import build
import numpy as np
import pytest
from runs import run

from segeval.scoring import sharing

METRICS = ("hd95", "nsd@2mm:as=monai", "assd:by=slice", "biou@2mm", "dice")


@pytest.fixture
def case(tmp_path):
    truth, pred = build.blocks(), build.blocks(seed=5)
    for side in ("gt", "pred"):
        (tmp_path / side).mkdir()
    for side, labels in (("gt", truth), ("pred", np.where(pred == 3, 0, pred))):
        build.nifti(tmp_path / side / "a.nii.gz", labels.astype(np.uint8))
    return tmp_path / "pred", tmp_path / "gt"


@pytest.fixture
def worth(monkeypatch):
    monkeypatch.setattr(sharing, "WORTH", 0)


@pytest.mark.usefixtures("worth")
def test_the_same_rows_on_two_processes(case, monkeypatch):
    alone = run(*case, *METRICS)
    kept = []
    real = sharing._hand_out

    def seen(pool, surfaces, wanted, ahead):
        real(pool, surfaces, wanted, ahead)
        kept.append(len(surfaces._known))

    monkeypatch.setattr(sharing, "_hand_out", seen)
    shared = run(*case, *METRICS, jobs=2)
    assert kept == [3 * 3]  # three kinds of elements of three classes
    assert str(shared.cases[0].rows) == str(alone.cases[0].rows)  # nan is nan
    assert len(alone.cases[0].rows) == 3 * len(METRICS)


@pytest.mark.usefixtures("worth")
def test_a_killed_process_costs_no_number(case, monkeypatch):
    def broken(*_):
        raise BrokenProcessPool

    alone = run(*case, *METRICS)
    monkeypatch.setattr(sharing, "_hand_out", broken)
    again = run(*case, *METRICS, jobs=2)
    assert str(again.cases[0].rows) == str(alone.cases[0].rows)


def test_a_small_case_is_not_worth_a_process(case, monkeypatch):
    monkeypatch.setattr(sharing, "ProcessPoolExecutor", None)
    assert run(*case, *METRICS, jobs=2).cases[0].status == "ok"
