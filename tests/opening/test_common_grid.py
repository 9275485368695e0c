"""Structures against structures, segmentations and masks, each way round, on one grid."""

import build as plain_build
import dicom_build as build
import numpy as np
import pytest
from paths import SHARED, needs_data

from segeval.classes.class_list import ClassList, LabelSelector
from segeval.contours.rules import DrawingRules
from segeval.grid.geometry import Geometry
from segeval.metrics import overlap  # noqa: F401 - registers dice
from segeval.metrics.registry import resolve_metric
from segeval.opening.common_grid import (
    draw_contours,
    find_common_grid,
    match_sides,
    place_volume,
)
from segeval.opening.open_side import OpenSide, file_class_selectors, open_side
from segeval.pairing.cases import Case
from segeval.pairing.cases import CaseFiles as Files
from segeval.readers.series import index_dicom
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings
from segeval.runtime.errors import CaseError, GeometryError
from segeval.scoring.case import score_sides
from segeval.scoring.pass_plan import Job
from segeval.volume.align import align_volume
from segeval.volume.channel_streams import open_channels
from segeval.volume.read_options import ReadOptions

#    6 x 6 pixels on three slices, 108 voxels
ORGAN = [build.Organ("Heart", [build.square(3.5, 9.5, z) for z in (2, 4, 6)])]
LARGER = [build.Organ("Heart", [build.square(3.5, 10.5, z) for z in (4, 6, 8)])]
MASK = np.zeros((8, 20, 20), np.uint8)
MASK[1:4, 4:10, 4:10] = 1
GRID = Geometry((8, 20, 20), (2.0, 1.0, 1.0), (0.0, 0.0, 0.0), ((0, 0, 1), (0, 1, 0), (1, 0, 0)))


def series(tmp_path, **how):
    return build.series(tmp_path / "ct", (8, 20, 20), (2.0, 1.0, 1.0), **how)


def seg(path, planes=(1, 2, 3)):
    shots = [build.Shot(MASK[z], (0, 0, 2 * z)) for z in planes]
    return build.seg(path, shots, ["Heart"], gap=2.0)


def nifti(path):
    return plain_build.nifti(path, MASK, GRID)


SIDES = {
    "rtstruct": lambda folder: build.rtstruct(folder / "RS.dcm", ORGAN),
    "seg": lambda folder: seg(folder / "seg.dcm"),
    "nifti": lambda folder: nifti(folder / "heart.nii.gz"),
}


def drawn(side):
    found = []
    with open_channels(side.volume.channels, 1 << 21) as opened:
        for stream, voxels in zip(opened, side.volume.channels, strict=True):
            found.append(stream.read(voxels.count).reshape(side.volume.geometry.shape).copy())
    return found[0]


def meet(truth, pred, folder, **choices):
    settings = Settings(**choices)
    read = [open_side(Files(p.parent, {"": p}), ReadOptions()) for p in (truth, pred)]
    grid, sides = find_common_grid(match_sides(read, index_dicom(folder), settings), settings)
    return [OpenSide(placed(side, grid, settings)) for side in sides]


def placed(side, grid, settings):
    if side.contours is None:
        return place_volume(side, grid, align_volume)
    return draw_contours(side, side.contours, grid, DrawingRules(), settings).volume


@pytest.mark.parametrize("with_series", [True, False])
@pytest.mark.parametrize("pred", SIDES)
@pytest.mark.parametrize("truth", SIDES)
def test_the_same_organ_in_any_two_forms(tmp_path, truth, pred, with_series):
    if with_series:
        series(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, two = meet(SIDES[truth](tmp_path / "a"), SIDES[pred](tmp_path / "b"), tmp_path)
    assert one.volume.geometry == two.volume.geometry
    a, b = drawn(one), drawn(two)
    assert (a.sum(), b.sum(), (a & b).sum()) == (108, 108, 108)


def test_a_segmentation_grows_to_the_planes_of_the_contours(tmp_path):
    #    contours on z 4 6 8, the segmentation on 2 4 6: without a series they meet on 2 4 6 8
    truth = build.rtstruct(tmp_path / "RS.dcm", LARGER)
    one, two = meet(truth, seg(tmp_path / "seg.dcm"), tmp_path)
    assert one.volume.geometry.shape == two.volume.geometry.shape == (4, 20, 20)
    a, b = drawn(one), drawn(two)
    assert a.sum(axis=(1, 2)).tolist() == [0, 49, 49, 49]
    assert b.sum(axis=(1, 2)).tolist() == [36, 36, 36, 0]


def test_two_segmentations_that_leave_out_different_frames(tmp_path):
    one, two = meet(seg(tmp_path / "a", (1, 2)), seg(tmp_path / "b", (2, 3)), tmp_path)
    assert one.volume.geometry == two.volume.geometry
    assert drawn(one).sum(axis=(1, 2)).tolist() == [36, 36, 0]
    assert drawn(two).sum(axis=(1, 2)).tolist() == [0, 36, 36]


def test_both_have_contours_and_no_grid(tmp_path):
    pred = build.rtstruct(tmp_path / "b.dcm", LARGER)
    one, two = meet(SIDES["rtstruct"](tmp_path), pred, tmp_path, rt_grid=0.5)
    assert "W-derived-grid" in [n.code for n in one.volume.notes]
    assert one.volume.geometry.spacing == (2.0, 0.5, 0.5)
    assert drawn(two).sum() == 3 * 14 * 14


def test_the_prediction_lies_in_another_frame_of_reference(tmp_path):
    series(tmp_path)
    truth = SIDES["rtstruct"](tmp_path)
    pred = build.rtstruct(tmp_path / "b.dcm", LARGER, frame="9.9", uid="")
    with pytest.raises(CaseError) as caught:
        meet(truth, pred, tmp_path)
    assert caught.value.status == "frame_of_reference_mismatch"
    _, two = meet(truth, pred, tmp_path, ignore_frame_of_reference=True)
    assert "W-frame-of-reference" in [n.code for n in two.volume.notes]


def test_a_mask_on_another_grid_is_no_pair(tmp_path):
    series(tmp_path, origin=(0.0, 0.0, 40.0))
    far = [build.Organ("Heart", [build.square(3.5, 9.5, z) for z in (42, 44, 46)])]
    truth = build.rtstruct(tmp_path / "RS.dcm", far)
    with pytest.raises(GeometryError):
        meet(truth, SIDES["nifti"](tmp_path), tmp_path)


def test_probabilities_against_contours(tmp_path):
    series(tmp_path)
    shots = [build.Shot(MASK[z] * 100, (0, 0, 2 * z)) for z in (1, 2, 3)]
    pred = build.seg(tmp_path / "p.dcm", shots, ["Heart"], type="FRACTIONAL",
                     fraction="PROBABILITY", most=200)  # fmt: skip
    one, two = meet(SIDES["rtstruct"](tmp_path), pred, tmp_path)
    assert one.volume.geometry == two.volume.geometry
    assert drawn(two).sum() == pytest.approx(108 * 0.5)


def test_a_picture_takes_no_contour(tmp_path):
    pred = build.seg(tmp_path / "p.dcm", [build.Shot(MASK[1], None)], ["Heart"])
    with pytest.raises(GeometryError):
        meet(pred, SIDES["rtstruct"](tmp_path), tmp_path)


@pytest.mark.parametrize("truth", SIDES)
def test_the_scorer_takes_them_as_they_are(tmp_path, truth):
    #    6 x 6 on z 2 4 6 against 7 x 7 on z 4 6 8: both 2 x 36 = 72
    series(tmp_path)
    pred = build.rtstruct(tmp_path / "pred.dcm", LARGER)
    sides = meet(SIDES[truth](tmp_path), pred, tmp_path)
    one, two = (OpenSide(side.volume, file_class_selectors(side.volume)) for side in sides)
    case = Case("PAT01", None, Files(tmp_path, {"": pred}))
    job = Job(Settings(), ClassList(), (resolve_metric(parse_metric("dice")),))
    if truth == "nifti":  # label 1 has no name there
        one = OpenSide(one.volume, {"Heart": LabelSelector(0, frozenset([1]))})
    (row,) = (r for r in score_sides(case, one, two, job).rows if r.class_ == "Heart")
    assert row.value == pytest.approx(2 * 72 / (3 * 36 + 3 * 49))


@needs_data
@pytest.mark.parametrize("turned", [False, True])
def test_real_contours_against_the_publishers_nifti(turned):
    folder = SHARED / "data" / "rtstruct_sts" / "STS_040" / "MR_T1"
    files = [folder / "RS.dcm", folder / "expected_mask.nii.gz"]
    one, two = meet(*(files[::-1] if turned else files), folder)
    a, b = drawn(one), drawn(two)
    assert (a.sum(), b.sum(), (a != b).sum()) == (128260, 128260, 0)
