"""What makes the input of a case another one."""

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segeval.pairing.cases import Case, CaseFiles
from segeval.scoring import fingerprint
from segeval.scoring.fingerprint import (
    ENDS,
    case_fingerprint,
    case_stamps,
    list_case_files,
    settled_stamps,
)


@pytest.fixture
def case(tmp_path):
    """A case of four files, the prediction's larger than both ends."""
    for name in ("p.nii", "p.npz", "g.nii", "image.nii"):
        (tmp_path / name).write_bytes(bytes(3 * ENDS))
    return Case(
        "c",
        CaseFiles(tmp_path, {"": tmp_path / "p.nii"}, tmp_path / "p.npz"),
        CaseFiles(tmp_path, {"": tmp_path / "g.nii"}),
        image=tmp_path / "image.nii",
    )


def changed(path: Path, at: int, keep_time: bool = True) -> None:
    """Change one byte of a file, and not its time."""
    state = path.stat()
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)
    if keep_time:
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_the_same_input_is_the_same(case):
    assert case_fingerprint(case) == case_fingerprint(case) != ""


@pytest.mark.parametrize("name", ["p.nii", "p.npz", "g.nii", "image.nii"])
@pytest.mark.parametrize("at", [0, -1])
def test_every_file_counts_at_both_ends(case, name, at):
    before = case_fingerprint(case)
    changed(case.truth.root / name, at)
    assert case_fingerprint(case) != before


def test_the_time_of_change_and_the_size_count(case):
    path, before = case.truth.files[""], case_fingerprint(case)
    os.utime(path, ns=(0, 0))
    assert (after := case_fingerprint(case)) != before
    path.write_bytes(bytes(3 * ENDS + 1))
    os.utime(path, ns=(0, 0))
    assert case_fingerprint(case) != after


def test_what_lies_between_the_ends_is_seen_by_its_time(case):
    path, before = case.truth.files[""], case_fingerprint(case)
    changed(path, ENDS + 5)
    assert (
        case_fingerprint(case) == before
    )  # CLI-O3: the ends, the size and the time are what is looked at
    changed(path, ENDS + 5, keep_time=False)
    os.utime(path, ns=(1, 1))
    assert case_fingerprint(case) != before


@pytest.mark.parametrize(
    "other",
    [
        lambda c: replace(c, pred=None),
        lambda c: replace(c, image=None),
        lambda c: replace(c, spacing=(1.0, 1.0)),
        lambda c: replace(c, pred=c.truth, truth=c.pred),
        lambda c: replace(c, pred=replace(c.pred, scores=None)),
        lambda c: replace(c, truth=CaseFiles(c.truth.root, {"liver": c.truth.files[""]})),
    ],
)
def test_what_a_file_stands_for_counts(case, other):
    assert case_fingerprint(other(case)) != case_fingerprint(case)


def test_two_classes_that_change_names_are_another_input(case):
    p, g = case.pred.files[""], case.truth.files[""]
    one = replace(case, truth=CaseFiles(p.parent, {"liver": p, "spleen": g}))
    other = replace(case, truth=CaseFiles(p.parent, {"spleen": p, "liver": g}))
    assert case_fingerprint(one) != case_fingerprint(other)


def test_paths_do_not_count(case, tmp_path):
    before = case_fingerprint(case)
    moved = tmp_path / "elsewhere.nii"
    case.truth.files[""].rename(moved)
    assert case_fingerprint(replace(case, truth=CaseFiles(tmp_path, {"": moved}))) == before


def test_a_file_that_is_not_there_has_none(case):
    case.truth.files[""].unlink()
    assert case_fingerprint(case) == ""


def test_every_file_is_listed(case):
    assert [path.name for _, path in list_case_files(case)] == [
        "image.nii",
        "p.nii",
        "p.npz",
        "g.nii",
    ]


def test_a_file_that_is_replaced_while_it_is_scored_has_no_values(tmp_path, monkeypatch):
    # CLI-O3: the values of one file must never stand with the fingerprint of another
    from runs import settings

    from segeval.metrics.registry import resolve_metric
    from segeval.scoring import case as scoring
    from segeval.scoring.pass_plan import Job

    asked = settings("dice")
    work = Job(asked, asked.classes, tuple(resolve_metric(m) for m in asked.metrics))
    np.save(one := tmp_path / "pred.npy", np.ones((2, 3), np.uint8))
    np.save(two := tmp_path / "gt.npy", np.ones((2, 3), np.uint8))
    case = Case("a", CaseFiles(tmp_path, {"": one}), CaseFiles(tmp_path, {"": two}))
    whole = scoring.score_case(case, work)
    assert whole.status == "ok"
    assert whole.fingerprint == case_fingerprint(case)
    read = scoring.open_case

    def replaced(*given):
        sides = read(*given)
        np.save(tmp_path / "new.npy", np.zeros((2, 3), np.uint8))
        (tmp_path / "new.npy").replace(one)
        return sides

    monkeypatch.setattr(scoring, "open_case", replaced)
    result = scoring.score_case(case, work)
    assert (result.status, result.fingerprint) == ("unreadable", "")
    assert "changed while" in result.error["message"]


def test_a_write_in_the_tick_of_the_one_before_is_waited_for(case, monkeypatch):
    path = case.truth.files[""]
    tick = time.time_ns()
    os.utime(path, ns=(tick, tick))

    def goes_on(seconds):  # the other half of a write, of which the time of change says nothing
        assert 0 < seconds <= fingerprint.TICK / 1e9
        path.write_bytes(b"other")
        os.utime(path, ns=(tick, tick))

    monkeypatch.setattr(fingerprint.time, "sleep", goes_on)
    assert settled_stamps(case) == case_stamps(case)
    assert path.read_bytes() == b"other"


def test_files_that_lie_there_are_not_waited_for(case, monkeypatch):
    for path in (case.truth.files[""], case.pred.files[""], case.pred.scores, case.image):
        for ahead in (-1, 3600):  # a clock of another machine may be ahead
            moment = time.time_ns() + ahead * 1_000_000_000
            os.utime(path, ns=(moment, moment))
    monkeypatch.setattr(fingerprint.time, "sleep", None)  # would be called
    assert settled_stamps(case) == case_stamps(case)
