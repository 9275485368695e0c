"""Pictures of files in a store: brought here a case at a time (REPORT-T23, T24)."""

import tempfile

import build
import numpy as np
import pytest

from segeval.api.run import score_paths
from segeval.reports.html.page import draw_pictures
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings
from segeval.runtime.frozen import replace

fsspec = pytest.importorskip("fsspec", reason="pip install fsspec")


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Two cases with images in a store of this process; temporary files go to a folder."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    for side in ("gt", "pred", "img"):
        (tmp_path / side).mkdir()
    for side, seed in (("gt", 0), ("pred", 5)):
        for k in range(2):
            build.nifti(tmp_path / side / f"c{k}.nii.gz", build.blocks(seed=seed + k))
            files.pipe(f"/{side}/c{k}.nii.gz", (tmp_path / side / f"c{k}.nii.gz").read_bytes())
    shape = build.blocks().shape
    image = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    for k in range(2):
        build.nifti(tmp_path / "img" / f"c{k}_0000.nii.gz", image)
        files.pipe(f"/img/c{k}_0000.nii.gz", (tmp_path / f"img/c{k}_0000.nii.gz").read_bytes())
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield tmp_path
    files.store.clear()


def drawn(here, pred, truth, **choices):
    """The pictures of a run over both sides."""
    settings = Settings(metrics=(parse_metric("dice"),), pictures=4)
    card = score_paths(pred, truth, settings)
    return draw_pictures(card, replace(settings, **choices))


def test_report_t24_pictures_of_a_store_are_those_of_the_folder(store):
    local = drawn(store, store / "pred", store / "gt")
    remote = drawn(store, "memory://pred", "memory://gt")
    assert len(local.drawn) == 4
    assert remote.drawn == local.drawn
    assert remote.notes == {}
    assert not list((store / "temporary").iterdir())


def test_report_t23_images_come_from_a_store_too(store):
    local = drawn(store, store / "pred", store / "gt", images=str(store / "img"))
    remote = drawn(store, "memory://pred", "memory://gt", images="memory://img")
    assert all("<image " in shown for shown in local.drawn.values())
    assert remote.drawn == local.drawn


def test_report_t24_a_file_that_changed_in_its_store_has_no_picture(store):
    settings = Settings(metrics=(parse_metric("dice"),), pictures=4)
    card = score_paths("memory://pred", "memory://gt", settings)
    build.nifti(store / "x.nii.gz", build.blocks(seed=77))
    fsspec.filesystem("memory").pipe("/pred/c0.nii.gz", (store / "x.nii.gz").read_bytes())
    made = draw_pictures(card, settings)
    assert {case for case, _ in made.drawn} == {"c1"}
    assert list(made.notes) == ["the prediction changed since it was scored"]
