"""Maps of errors on the ground truth's grid (REPORT.md T25)."""

from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

from segeval.reports.pictures.error_maps import safe_parts, write_error_maps
from segeval.request.settings import Settings

AFFINE = np.diag([0.9, 0.9, 2.5, 1.0])


@pytest.fixture
def tree(tmp_path):
    """One volume of two classes; the prediction is moved by a voxel."""
    truth = np.zeros((12, 10, 6), np.uint8)
    truth[2:6, 2:8, 1:5] = 1
    truth[6:9, 2:8, 1:5] = 2
    pred = np.roll(truth, 1, axis=0)
    for side, array in (("gt", truth), ("pred", pred)):
        (tmp_path / side).mkdir()
        nibabel.save(nibabel.Nifti1Image(array, AFFINE), tmp_path / side / "a.nii.gz")
    return tmp_path, truth, pred


def made(tree, **choices):
    return list(write_error_maps(tree / "pred", tree / "gt", tree / "maps", Settings(**choices)))


def test_report_t25_a_map_a_case_on_the_grid_of_the_ground_truth(tree):
    folder, truth, pred = tree
    (path,) = made(folder)
    assert path == folder / "maps" / "a.nii.gz"
    image = nibabel.load(path)
    assert np.allclose(image.affine, AFFINE)
    wanted = np.zeros(truth.shape, np.uint8)
    wanted[(truth == pred) & (truth > 0)] = 1
    wanted[(pred > 0) & (truth != pred)] = 2
    wanted[(truth > 0) & (truth != pred)] = 3
    assert (np.asarray(image.dataobj) == wanted).all()


def test_report_t25_a_map_a_class(tree):
    folder, truth, pred = tree
    paths = made(folder, error_maps_by="class")
    assert [p.relative_to(folder / "maps").as_posix() for p in paths] == [
        "a/1.nii.gz", "a/2.nii.gz",
    ]  # fmt: skip
    for value, path in enumerate(paths, 1):
        found = np.asarray(nibabel.load(path).dataobj)
        t, p = truth == value, pred == value
        assert (found == 1).sum() == (t & p).sum()
        assert ((found == 2) == (p & ~t)).all()
        assert ((found == 3) == (t & ~p)).all()


def test_report_t25_pictures_are_png(tmp_path):
    truth = np.zeros((9, 14), np.uint8)
    truth[2:5, 3:9] = 1
    for side, array in (("gt", truth), ("pred", np.roll(truth, 2, axis=1))):
        (tmp_path / side).mkdir()
        Image.fromarray(array).save(tmp_path / side / "x.png")
    (path,) = made(tmp_path)
    found = np.asarray(Image.open(path))
    assert [int((found == k).sum()) for k in (1, 2, 3)] == [12, 6, 6]


def test_what_cannot_be_read_is_named_and_the_others_are_written(tree):
    folder, _, _ = tree
    for side in ("gt", "pred"):
        (folder / side / "b.nii.gz").write_bytes(b"no image")
    found = made(folder)
    assert [one for one in found if isinstance(one, Path)] == [folder / "maps" / "a.nii.gz"]
    assert [one[0] for one in found if isinstance(one, tuple)] == ["b"]


@pytest.mark.parametrize(
    ("name", "parts"),
    [("a/b", ("a", "b")), ("../x", ("_", "x")), ("/etc/x", ("etc", "x")), ("..", ("_",))],
)
def test_a_name_stays_below_the_folder(name, parts):
    assert safe_parts(name) == parts
