"""The DICOM series of masks that are files of their own (REPORT-T23)."""

import shutil
from itertools import product
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest

from segeval.grid.geometry import Geometry
from segeval.readers.series import index_dicom
from segeval.reports.pictures.series_planes import series_planes, slices_on_planes
from segeval.reports.pictures.worst_pictures import draw_worst
from segeval.request.settings import Settings
from segeval.runtime.errors import ReadError

CONTOURS = Path(__file__).resolve().parents[3] / "sample_data" / "contours"


@pytest.fixture(scope="module")
def scan():
    """The slices of a CT as one array (z, y, x) of LPS, in HU, with its grid and its series."""
    (series,) = index_dicom(CONTOURS / "gt").series.values()
    slices = sorted(series.images, key=lambda one: one.position[2])
    values = []
    for one in slices:
        data = pydicom.dcmread(one.path)
        values.append(data.pixel_array * float(data.RescaleSlope) + float(data.RescaleIntercept))
    gap = slices[1].position[2] - slices[0].position[2]
    rows, columns = slices[0].spacing
    directions = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
    array = np.array(values, np.float32)
    spacing = (gap, rows, columns)
    return array, Geometry(array.shape, spacing, slices[0].position, directions), series


def stored_as(scan, swap, flips):
    """The CT as another file would store it: rows and columns swapped, axes turned round."""
    array, grid, _ = scan
    order = (0, 2, 1) if swap else (0, 1, 2)
    affine = grid.affine()
    columns = [affine[:3, a] for a in order]
    origin = affine[:3, 3].copy()
    made = array.transpose(order)
    for axis, flip in enumerate(flips):
        if flip:
            made = np.flip(made, axis)
            origin += columns[axis] * (made.shape[axis] - 1)
            columns[axis] = -columns[axis]
    spacing = tuple(float(np.linalg.norm(c)) for c in columns)
    directions = tuple(tuple((c / s).tolist()) for c, s in zip(columns, spacing, strict=True))
    return made, Geometry(made.shape, spacing, tuple(origin.tolist()), directions)


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("flips", list(product([False, True], repeat=3)))
def test_report_t23_slices_are_found_however_the_masks_are_stored(scan, swap, flips):
    wanted, grid = stored_as(scan, swap, flips)
    found = dict(series_planes([scan[2]], grid, range(grid.shape[0])))
    assert list(found) == list(range(grid.shape[0]))
    assert all((plane == wanted[k]).all() for k, plane in found.items())


@pytest.mark.parametrize("change", ["origin", "spacing", "shape", "tilt"])
def test_report_t23_slices_of_another_grid_are_not_shown(scan, change):
    _, grid, series = scan
    other = {
        "origin": Geometry(grid.shape, grid.spacing, tuple(np.add(grid.origin, [0, 2.5, 0])),
                           grid.directions),
        "spacing": Geometry(grid.shape, (grid.spacing[0], *(1.05 * s for s in grid.spacing[1:])),
                            grid.origin, grid.directions),
        "shape": Geometry((grid.shape[0], grid.shape[1] - 1, grid.shape[2]), grid.spacing,
                          grid.origin, grid.directions),
        "tilt": Geometry(grid.shape, grid.spacing, grid.origin,
                         ((0.0, -0.6, 0.8), (0.0, 0.8, 0.6), (1.0, 0.0, 0.0))),
    }[change]  # fmt: skip
    assert list(slices_on_planes(series.images, other)) == []
    with pytest.raises(ReadError, match=r"no slice of the series \(18\) has the grid"):
        list(series_planes([series], other, range(3)))


@pytest.mark.parametrize("name", ["PAT01", "only"])
def test_report_t23_masks_have_the_series_in_the_folder_of_their_case(scan, tmp_path, name):
    array, grid, series = scan
    truth = np.zeros(array.shape, np.uint8)
    truth[4:9, 20:40, 20:40] = 1
    affine = np.diag([-1.0, -1, 1, 1]) @ grid.affine()[:, [2, 1, 0, 3]]
    names = ["PAT01", "PAT02"] if name == "PAT01" else ["only"]
    for case in names:
        for side, mask in (("gt", truth), ("pred", np.roll(truth, 2, axis=2))):
            (tmp_path / side).mkdir(exist_ok=True)
            image = nibabel.Nifti1Image(mask.transpose(2, 1, 0), affine)
            nibabel.save(image, tmp_path / side / f"{case}.nii.gz")
    for folder in ("PAT01/ct", "PAT09/ct") if len(names) > 1 else ("series",):
        (tmp_path / "images" / folder).mkdir(parents=True)
        for one in series.images:
            shutil.copy(one.path, tmp_path / "images" / folder)
    settings = Settings(images=str(tmp_path / "images"))
    wanted = [(case, "1") for case in names]
    found = draw_worst(wanted, {}, tmp_path / "pred", tmp_path / "gt", settings)
    assert '<p class="remark">image <bdi>CT series of 18 slices</bdi></p>' in found.drawn[name, "1"]
    assert found.drawn[name, "1"].count("<image") == 3
    if len(names) > 1:
        assert found.of_note == {
            "--images has no image of the case, so its masks stand alone": ["PAT02"]
        }
