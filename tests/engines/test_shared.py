"""The classes of a case over processes: the same bytes, and a process that dies costs its case."""

import os

import build
import pytest
from runs import run, settings

from segeval.classes.class_list import ClassList
from segeval.engines import shared
from segeval.engines.shared import ClassWorkers
from segeval.runtime.errors import CaseError
from segeval.scorecard.results import result_lines
from segeval.scoring import surfaces_by_class
from segeval.scoring.pass_plan import Job

NII = (build.nifti, ".nii.gz")


@pytest.mark.parametrize("cases", [1, 2])
def test_any_number_of_processes_gives_the_same_bytes(tmp_path, monkeypatch, cases):
    for seed, side in enumerate(("gt", "pred")):
        build.folder(
            tmp_path / side, NII, **{f"c{n}": build.blocks(seed=seed + n) for n in range(cases)}
        )
    crews = []
    monkeypatch.setattr(surfaces_by_class, "FEW", 0)
    share = ClassWorkers.share
    monkeypatch.setattr(
        ClassWorkers, "share", lambda crew, *a: crews.append(crew) or share(crew, *a)
    )
    names = ("dice", "hd95", "masd:as=monai", "nsd@2mm")
    cards = [run(tmp_path / "pred", tmp_path / "gt", *names, jobs=n) for n in (1, 3)]
    assert "".join(result_lines(cards[0])) == "".join(result_lines(cards[1]))
    assert len(crews) == cases
    assert len(set(crews)) == 1  # one pool for all of them
    assert crews[0]._pool is None  # and it is gone


def test_a_process_that_dies_is_an_error_of_the_case():
    crew = ClassWorkers(None, 2)
    with pytest.raises(CaseError) as caught:
        crew.share(os._exit, [9, 9])
    assert caught.value.status == "worker_killed"
    assert crew.share(abs, [-2, 3]) == [2, 3]  # the next case has new ones
    crew.leave()


def test_nobody_is_started_for_nothing():
    assert list(shared.run([], Job(settings(), ClassList(), ()), 2)) == []
