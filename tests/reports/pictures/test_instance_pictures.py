"""REPORT-T16: the pictures of instances: which is meant, what is beside it, which plane it is."""

import math
import re

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from segeval.api.run import score_paths
from segeval.grid.geometry import Geometry
from segeval.reports.html.page import draw_pictures, render_page
from segeval.reports.pictures.instance_pictures import slice_axis
from segeval.reports.pictures.orientation import anatomical_order
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings
from segeval.runtime.frozen import replace

CELLS = Settings(metrics=(parse_metric("f1@50%"),), instances="ids")
LESIONS = Settings(metrics=(parse_metric("lesion_recall"),), instances="components")


def cells(folder, truth, pred):
    """Scored label pictures of ids."""
    for side, array in (("gt", truth), ("pred", pred)):
        (folder / side).mkdir()
        Image.fromarray(array.astype(np.uint16)).save(folder / side / "x.png")
    return score_paths(folder / "pred", folder / "gt", CELLS)


def outlines(drawn, kind):
    """The boxes of the outlines of a kind, (width, height) in pixels of the masks."""
    boxes = []
    for path in re.findall(rf'class="{kind}" d="([^"]+)"', drawn):
        numbers = np.array(re.findall(r"-?\d+", path.split("M")[1]), int).reshape(-1, 2)
        corners = np.cumsum(numbers, axis=0)
        boxes.append(tuple((np.ptp(corners, axis=0) / 2).tolist()))
    return boxes


def test_report_t16_touching_cells_are_drawn_apart(tmp_path):
    truth, pred = np.zeros((40, 60)), np.zeros((40, 60))
    truth[10:20, 10:20], truth[10:20, 20:25], truth[20:24, 10:20] = 1, 2, 3  # one blob of three
    pred[10:20, 10:20], pred[20:24, 10:20], pred[12:14, 23:30] = 7, 8, 9  # 2 is missed
    drawn = draw_pictures(cells(tmp_path, truth, pred), CELLS).spots
    assert set(drawn) == {("x", "1", 0, 2), ("x", "1", 1, 9)}
    missed = drawn["x", "1", 0, 2]
    assert outlines(missed, "truth own") == [(5, 10)]  # it alone
    assert outlines(missed, "pred") == [(7, 2)]  # what shares two pixels with it
    assert sorted(outlines(missed, "other truth-side")) == [(10, 4), (10, 10)]
    assert len(outlines(missed, "other pred-side")) == 2
    assert missed.index("other") < missed.index('"truth own"')  # above the others
    assert 'aria-label="1 2 and what lies around it"' in missed
    for word in ("axial", "coronal", "sagittal", "across", ">L<", ">R<"):
        assert word not in missed
    false = drawn["x", "1", 1, 9]
    assert outlines(false, "pred own") == [(7, 2)]
    assert outlines(false, "truth") == [(5, 10)]


def test_report_t16_the_lists_have_the_pictures(tmp_path):
    truth, pred = np.zeros((40, 60)), np.zeros((40, 60))
    truth[2:6, 2:6], truth[10:16, 10:16] = 1, 2
    pred[2:6, 2:6], pred[32:34, 40:45] = 7, 9
    made = cells(tmp_path, truth, pred)
    text = render_page(made, CELLS, draw_pictures(made, CELLS))
    missed = text[text.index("Largest that were missed") : text.index("Largest that are false")]
    false = text[text.index("Largest that are false") : text.index('<section id="definitions"')]
    assert missed.count('class="thumb"') == false.count('class="thumb"') == 1
    assert "thin and grey" in missed
    none = render_page(made, CELLS, draw_pictures(made, replace(CELLS, pictures=0)))
    assert 'class="thumb"' not in none


def lesions(folder, truth, pred, affine):
    """Scored lesions of a volume."""
    for side, array in (("gt", truth), ("pred", pred)):
        (folder / side).mkdir()
        nib.save(nib.Nifti1Image(array.astype(np.uint8), affine), folder / side / "x.nii.gz")
    return score_paths(folder / "pred", folder / "gt", LESIONS)


def two_lesions():
    """One is found, the other, thickest in plane 3 of its first to last, is missed."""
    truth, pred = np.zeros((30, 30, 12)), np.zeros((30, 30, 12))
    truth[3:8, 3:8, 2:6] = pred[3:8, 3:9, 2:6] = 1
    truth[20:22, 18:20, 5:10], truth[19:24, 16:24, 8] = 1, 1
    return truth, pred


RAS = np.diag([1.0, 1.0, 3.0, 1.0])
# stored axes x, y, z -> the patient's: the third stored axis is that of the planes
TURNED = np.array([[0, 0, 3.0, 0], [1.0, 0, 0, 0], [0, -1.0, 0, 0], [0, 0, 0, 1.0]])
COR = np.array([[1.0, 0, 0, 0], [0, 0, 3.0, 0], [0, -1.0, 0, 0], [0, 0, 0, 1.0]])


@pytest.mark.parametrize(
    ("affine", "name", "letters"),
    [(RAS, "axial", "RLAP"), (TURNED, "sagittal", "APIS"), (COR, "coronal", "RLIS")],
)
def test_report_t16_the_plane_of_a_volume_is_named_by_its_affine(tmp_path, affine, name, letters):
    made = lesions(tmp_path, *two_lesions(), affine)
    ((key, drawn),) = draw_pictures(made, LESIONS).spots.items()
    assert key == ("x", "1", 0, 2)
    assert f'<span class="remark">{name} 9 of 12</span>' in drawn  # the plane with most of it
    assert sorted(re.findall(r'class="side"[^>]*>(\w)<', drawn)) == sorted(letters)
    assert sorted(outlines(drawn, "truth own")[0]) == [5, 8]
    assert outlines(drawn, "pred") == []


def test_report_t16_a_volume_without_orientation_claims_none(tmp_path):
    for side, array in zip(("gt", "pred"), two_lesions(), strict=True):
        (tmp_path / side).mkdir()
        np.save(tmp_path / side / "x.npy", array.T.astype(np.uint8))
    settings = replace(LESIONS, spacing=(3.0, 1.0, 1.0))
    made = score_paths(tmp_path / "pred", tmp_path / "gt", settings)
    (drawn,) = draw_pictures(made, settings).spots.values()
    assert "across axis z 9 of 12" in drawn
    assert 'class="side"' not in drawn
    assert "axial" not in drawn


def test_report_t16_a_lesion_that_changed_has_no_picture_and_takes_no_other(tmp_path):
    truth, pred = two_lesions()
    pred[12:14, 3:6, 1] = 1  # a false one
    made = lesions(tmp_path, truth, pred, RAS)
    drawn = draw_pictures(made, LESIONS)
    assert {key[2] for key in drawn.spots} == {0, 1}
    kept = made.cases[0]
    tallies = {**kept.tallies}
    (name,) = [n for n in tallies if n.startswith("instances")]
    text = str(tallies[name]).replace("'ids': [[1, 2]", "'ids': [[1, 9]")
    changed = replace(kept, tallies={**tallies, name: eval(text, {"nan": math.nan})})
    found = draw_pictures(replace(made, cases=(changed,)), LESIONS)
    assert [key[2] for key in found.spots] == [1]
    assert found.notes == {"an instance is not in the files as it was scored": 1}


def test_report_t16_the_plane_is_that_of_the_slices_else_the_axial_one():
    upright = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
    sagittal = ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, 1.0, 0.0))
    for directions, spacing, axis in (
        (upright, (3.0, 1.0, 1.0), 0),
        (upright, (1.0, 1.0, 3.0), 2),
        (sagittal, (3.0, 1.0, 1.0), 0),
        (sagittal, (1.0, 1.0, 1.0), 1),  # no slices: the axial one
        (upright, (1.0, 1.0, 1.0), 0),
    ):
        grid = Geometry((5, 6, 7), spacing, (0.0, 0.0, 0.0), directions)
        assert slice_axis(grid, anatomical_order(grid)) == axis
