"""Sides in a remote store: the same results as from a folder, and nothing left behind.

`memory://` is seen by this process alone; `local://` goes the way of every store in all of them.
"""

import os
import tempfile
from pathlib import Path

import build
import numpy as np
import pytest
from dicom_build import Organ, rtstruct, series, square
from runs import run, settings, soft

from segeval.pairing.pair import pair_paths
from segeval.pairing.remote import fetch_case, localize_inputs
from segeval.runtime.errors import NothingToScore, RequestError
from segeval.scorecard.results import result_lines

fsspec = pytest.importorskip("fsspec", reason="pip install fsspec")

NII = (build.nifti, ".nii.gz")


@pytest.fixture
def store():
    """An empty store in memory; `put` fills it from a folder."""
    files = fsspec.filesystem("memory")

    def put(folder, name="data"):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                files.pipe(f"/{name}/{path.relative_to(folder).as_posix()}", path.read_bytes())
        return f"memory://{name}"

    files.store.clear()
    yield put
    files.store.clear()


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder of temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def sides(tmp_path, names=("a", "b")):
    for side, seed in (("gt", 0), ("pred", 5)):
        files = {name: build.blocks(seed=seed + i) for i, name in enumerate(names)}
        build.folder(tmp_path / "data" / side, NII, **files)
    (tmp_path / "data" / "gt" / "dataset.json").write_text(
        '{"labels": {"liver": 1, "spleen": 2, "heart": 3}}'
    )
    return tmp_path / "data"


def text(card):
    """The results but for what says when the files were written, and where they lay."""
    from dataclasses import replace

    cases = tuple(replace(case, fingerprint="") for case in card.cases)
    inputs = {key: value for key, value in card.inputs.items() if key != "roots"}
    return "".join(result_lines(replace(card, cases=cases, inputs=inputs)))


METRICS = ("dice", "hd95", "volume_difference")


def test_results_are_those_of_the_folder(tmp_path, store, temporary):
    data = sides(tmp_path)
    (data / "pred" / "b.nii.gz").write_bytes(b"damaged")
    url = store(data)
    found = run(f"{url}/pred/", f"{url}/gt", *METRICS)
    assert text(found) == text(run(data / "pred", data / "gt", *METRICS))
    assert [case.status for case in found.cases] == ["ok", "unreadable"]
    assert list(found.summary[""]) == ["liver", "spleen", "heart", "overall"]
    assert list(temporary.iterdir()) == []


def test_one_side_may_be_here_and_a_side_may_be_one_file(tmp_path, store):
    data = sides(tmp_path)
    build.npz(data / "pred" / "a.npz", soft(4))
    url = store(data)
    both = run(data / "pred" / "a.nii.gz", data / "gt" / "a.nii.gz", "dice", "ce")
    assert text(run(f"{url}/pred/a.nii.gz", data / "gt" / "a.nii.gz", "dice", "ce")) == text(both)
    assert text(run(f"{url}/pred/a.nii.gz", f"{url}/gt/a.nii.gz", "dice", "ce")) == text(both)
    assert both.cases[0].facts["scores"] == "a.npz"


def test_a_file_a_class_and_the_name_of_the_case(tmp_path, store):
    for side in ("pred", "gt"):
        folder = tmp_path / "data" / side / "patient7" / "segmentations"
        size = 4.0 if side == "gt" else 3.0
        build.folder(folder, NII, liver=build.ball(radius=size), spleen=build.ball(radius=size / 2))
    url = store(tmp_path / "data")
    there = [f"{url}/{side}/patient7/segmentations" for side in ("pred", "gt")]
    here = [tmp_path / "data" / side / "patient7" / "segmentations" for side in ("pred", "gt")]
    found = run(*there, "dice")
    assert text(found) == text(run(*here, "dice"))
    assert [case.case for case in found.cases] == ["patient7"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_process_fetches_for_itself(tmp_path, temporary, jobs):
    data = sides(tmp_path)
    urls = [f"local://{data}/{side}" for side in ("pred", "gt")]
    found = run(*urls, *METRICS, jobs=jobs)
    assert text(found) == text(run(data / "pred", data / "gt", *METRICS))
    assert list(temporary.glob("segeval-*")) == []


def test_shared_storage_is_read_where_it_is(tmp_path):
    data = sides(tmp_path)
    found = run(f"file://{data}/pred", f"file://{data}/gt", *METRICS)
    here = run(data / "pred", data / "gt", *METRICS)
    assert text(found) == text(here)
    assert [case.fingerprint for case in found.cases] == [case.fingerprint for case in here.cases]


def test_a_dicom_tree(tmp_path, store):
    for side, high in (("pred", 12), ("gt", 14)):
        organ = Organ("Heart", [square(5, high, z) for z in range(2, 8)])
        rtstruct(tmp_path / "data" / side / "P1" / "structures.dcm", [organ])
        series(tmp_path / "data" / side / "P1" / "ct", pixels=True)
    url = store(tmp_path / "data")
    found = run(f"{url}/pred", f"{url}/gt", "dice")
    assert [case.status for case in found.cases] == ["ok"]
    assert text(found) == text(run(tmp_path / "data" / "pred", tmp_path / "data" / "gt", "dice"))


def test_only_what_a_case_needs_is_here_and_only_while_it_is_looked_at(tmp_path, store):
    url = store(sides(tmp_path))
    with localize_inputs(f"{url}/pred", f"{url}/gt", settings()) as place:
        cases = pair_paths(place.pred, place.truth, place.settings).cases
        outlined = place.pred / "a.nii.gz"
        size = (tmp_path / "data" / "pred" / "a.nii.gz").stat().st_size
        assert outlined.stat().st_size == size
        with fetch_case(cases[0], place.stores) as case:
            here = case.pred.files[""]
            assert here.read_bytes() == (tmp_path / "data" / "pred" / "a.nii.gz").read_bytes()
            assert not (here.parent / "b.nii.gz").exists()
            assert case.pred.shown == cases[0].pred.shown == "a.nii.gz"
        assert not here.exists()
    assert not outlined.exists()


def test_the_same_fingerprint_from_the_ends_of_a_large_file(tmp_path, store):
    from segeval.scoring.fingerprint import case_fingerprint

    data = tmp_path / "data"
    noise = np.random.default_rng(0).integers(0, 3, (40, 80, 80)).astype(np.uint8)
    for side in ("pred", "gt"):
        build.folder(data / side, (build.nifti, ".nii"), a=noise)
    assert (data / "gt" / "a.nii").stat().st_size > 3 * (1 << 16)
    url = store(data)
    with localize_inputs(f"{url}/pred", f"{url}/gt", settings()) as place:
        case = pair_paths(place.pred, place.truth, place.settings).cases[0]
        found = []
        for whole in (True, False):
            with fetch_case(case, place.stores, whole) as here:
                found.append(case_fingerprint(here))
    assert found[0] == found[1] != ""


def test_resume_knows_what_has_changed(tmp_path, store):
    from segeval.api.run import score_paths

    class Count(list):
        def paired(self, pairing): ...
        def waits(self, text): ...
        def scored(self, result, done, total):
            self.append(result.case)

    data = sides(tmp_path)
    url = store(data)
    output = tmp_path / "out.json"

    def go(**choices):
        watch = Count()
        there = f"{url}/pred", f"{url}/gt"
        card = score_paths(*there, settings("dice", **choices), watch, str(output))
        output.write_text("".join(result_lines(card)))
        return watch

    assert go() == ["a", "b"]
    assert go(resume=True) == []
    build.nifti(data / "pred" / "b.nii.gz", build.blocks(seed=99))
    store(data / "pred", "data/pred")
    assert go(resume=True) != []


def test_equal_sizes_and_beginnings_are_not_the_same_file(tmp_path, store):
    one = np.zeros((40, 80, 80), np.uint8)
    other = one.copy()
    one[30], other[31] = 1, 1
    for side, array in (("pred", one), ("gt", other)):
        build.folder(tmp_path / "data" / side, (build.nifti, ".nii"), a=array)
    url = store(tmp_path / "data")
    assert [n.code for n in run(f"{url}/pred", f"{url}/gt", "dice").notes] == []
    assert [n.code for n in run(f"{url}/gt", f"{url}/gt", "dice").notes] == ["W-same-file"]


def refused(*places, **choices):
    with pytest.raises(RequestError) as problem:
        run(*places, "dice", **choices)
    return "\n".join(problem.value.lines())


def test_what_is_not_there_is_said_with_its_url(store, tmp_path):
    url = store(sides(tmp_path))
    said = refused(f"{url}/none", f"{url}/gt")
    assert said.startswith(f"error: {url}/none: there is no such file or folder")
    build.folder(tmp_path / "other", NII, z=build.blocks())
    with pytest.raises(NothingToScore) as problem:
        run(store(tmp_path / "other", "other"), f"{url}/gt")
    assert "segeval-" not in "\n".join(problem.value.lines())


def test_a_file_that_goes_away_is_the_error_of_its_case(tmp_path, store, monkeypatch):
    url = store(sides(tmp_path))
    files = fsspec.filesystem("memory")
    whole = type(files).get_file

    def failing(self, path, *rest, **named):
        if path.endswith("pred/a.nii.gz"):
            raise PermissionError("AccessDenied")
        return whole(self, path, *rest, **named)

    monkeypatch.setattr(type(files), "get_file", failing)
    card = run(f"{url}/pred", f"{url}/gt", "dice")
    assert [case.status for case in card.cases] == ["unreadable", "ok"]
    assert "AccessDenied" in card.cases[0].error["message"]


@pytest.mark.parametrize("lost", [1, -1])
def test_a_file_of_which_some_is_lost_on_the_way_is_the_error_of_its_case(
    tmp_path, store, monkeypatch, lost
):
    data = sides(tmp_path)
    url = store(data)
    real = type(fsspec.filesystem("memory")).get_file

    def get_file(self, path, goal, **how):
        real(self, path, goal, **how)
        if path.endswith("pred/b.nii.gz"):
            content = Path(goal).read_bytes()
            Path(goal).write_bytes(content[:-1] if lost > 0 else content + b"x")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "get_file", get_file)
    card = run(f"{url}/pred", f"{url}/gt", "dice")
    assert [case.status for case in card.cases] == ["ok", "unreadable"]
    assert "came from the store" in card.cases[1].error["message"]


@pytest.mark.parametrize("name", ["../../../outside.png", "a\0.png", "..\\..\\a.png"])
def test_a_name_that_leads_out_of_the_folder_writes_nothing(tmp_path, store, temporary, name):
    url = store(sides(tmp_path))
    fsspec.filesystem("memory").store[f"/data/pred/{name}"] = fsspec.filesystem("memory").store[
        "/data/pred/a.nii.gz"
    ]
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RequestError, match="none of a file here"):
        run(f"{url}/pred", f"{url}/gt", "dice")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_store_of_one_process_and_several_processes(tmp_path, store):
    url = store(sides(tmp_path))
    assert "no other process can read" in refused(f"{url}/pred", f"{url}/gt", jobs=2)


def test_a_store_without_its_library_names_the_extra(monkeypatch):  # E4
    import sys

    assert "the extra segeval-cli[remote]" in refused("s3://bucket/pred", "s3://bucket/gt")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    assert "the extra segeval-cli[remote]" in refused("memory://pred", "memory://gt")


def test_no_store_and_what_must_be_here(tmp_path):
    assert "no store of this kind" in refused("nonsense://a/b", "nonsense://a/c")
    assert "--pairs takes a file of this machine" in refused(
        Path("."), Path("."), pairs="memory://pairs.csv"
    )
    assert os.listdir(tmp_path) == []
