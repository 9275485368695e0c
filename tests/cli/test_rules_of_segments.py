"""Each rule of segmentation objects by its id, and pairs of any two forms, through the door."""

import json

import build as plain
import dicom_build as build
import numpy as np
import pytest
from dicom_build import Organ, Shot, square

from segeval.grid.geometry import Geometry

SHAPE, SPACING = (8, 20, 20), (2.0, 1.0, 1.0)
GRID = Geometry(SHAPE, SPACING, (0.0, 0.0, 0.0), ((0, 0, 1), (0, 1, 0), (1, 0, 0)))
#    6 x 6 pixels on slices 1 2 3 against 7 x 6 on 1 2: share 2 x 36 of 108 and 84
RINGS = [square(3.5, 9.5, 2 * z) for z in (1, 2, 3)]
MASK = np.zeros(SHAPE, np.uint8)
MASK[1:3, 4:10, 4:11] = 1
OTHER = np.zeros(SHAPE, np.uint8)
OTHER[4, 2:5, 2:5] = 1
DICE = 2 * 72 / (108 + 84)
PROBABILITIES = np.where(MASK, 0.8, 0.1)


def shots(masks, segment=1, empty=False):
    return [Shot(m, (0, 0, 2 * z), segment) for z, m in enumerate(masks) if empty or m.any()]


def folder(root):
    (root / "P").mkdir(parents=True)
    return root / "P"


def contours(root, series=True):
    if series:
        build.series(root / "P" / "ct", SHAPE, SPACING)
    build.rtstruct(root / "P" / "RS.dcm", [Organ("A", RINGS), Organ("B", [square(1.5, 4.5, 8)])])


def binary(root):
    both = shots(OTHER, 2) + shots(MASK)[::-1]  # frames in no order, empty ones left out
    build.seg(folder(root) / "s", both, ["A", "B"], gap=2.0)


def fractional(root, fraction="PROBABILITY"):
    parts = [np.rint(PROBABILITIES * 200), np.where(OTHER, 150, 20)]
    frames = [s for n, part in enumerate(parts, 1) for s in shots(part, n, empty=True)]
    build.seg(
        folder(root) / "s", frames, ["A", "B"], type="FRACTIONAL", fraction=fraction, most=200
    )


def occupancy(root):
    fractional(root, "OCCUPANCY")


def label_map(root):
    build.seg(folder(root) / "s", shots(MASK + 2 * OTHER), ["back", "A", "B"], type="LABELMAP",
              gap=2.0)  # fmt: skip


def nifti(root):
    root.mkdir()
    plain.nifti(root / "P.nii.gz", MASK + 2 * OTHER, GRID)


def nrrd(root):
    for name, mask in (("A", MASK), ("B", OTHER)):
        (root / "P").mkdir(parents=True, exist_ok=True)
        plain.nrrd_file(root / "P" / f"{name}.nrrd", mask, GRID)


FORMS = [binary, fractional, occupancy, label_map, nifti, nrrd]


def scored(segeval, here, pred, gt, *options):
    done = segeval("score", pred, gt, *options, "-o", "out.json")
    assert done.status == 0, done.err
    (case,) = json.loads((here / "out.json").read_text())["cases"]
    return case["values"], {note["code"] for note in case.get("notes", ())}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("series", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_f7_contours_against_any_form_each_way_round(segeval, here, form, series, turned):
    contours(here / "rt", series)
    form(here / "other")
    names = ["--classes", "1=A,2=B"] if form is nifti else []
    sides = ("rt", "other") if turned else ("other", "rt")
    values, _ = scored(segeval, here, *sides, "-m", "dice", *names)
    assert values == {"A": {"dice": pytest.approx(DICE)}, "B": {"dice": 1.0}}


#    voxels of 1 mm where the slices of the contours have 2: planes 2 3 | 4 5 | 6 7, less the half
#    way ones that the slice below takes: slices at 2 4 6 stand for the planes 2 3 4 5 6 7
FINE = Geometry((16, 40, 40), (1.0, 0.5, 0.5), (0.0, 0.0, 0.0), GRID.directions)


def fine(root):
    mask = np.zeros(FINE.shape, np.uint8)
    mask[2:8, 7:19, 7:19] = 1  # centres from 3.5 to 9 mm
    plain.nifti(folder(root) / "A.nii.gz", mask, FINE)
    plain.nifti(root / "P" / "B.nii.gz", 0 * mask, FINE)


def test_f7_contours_on_a_finer_grid_keep_their_slabs(segeval, here):
    contours(here / "pred")
    fine(here / "gt")
    metrics = "pred_volume:unit=voxels,dice"
    values, codes = scored(segeval, here, "pred", "gt", "-m", metrics, "--classes", "A")
    assert values["A"] == {"pred_volume:unit=voxels": 6 * 12 * 12, "dice": 1.0}
    assert "W-contour-gap" not in codes


def test_g3_masks_on_the_grid_of_contours(segeval, here):
    contours(here / "gt")
    fine(here / "pred")
    done = segeval("score", "pred", "gt", "-m", "dice", "--classes", "A")
    assert (done.status, "--resample gt" in done.err) == (3, True)
    metrics = "gt_volume:unit=voxels,pred_volume:unit=voxels"
    for where, voxels in (("gt", (108, 3 * 36)), ("pred", (864, 864))):
        more = ["-m", metrics, "--classes", "A", "--resample", where]
        values, _ = scored(segeval, here, "pred", "gt", *more)
        assert tuple(values["A"].values()) == voxels


def test_r10_planes_beyond_the_grid_of_a_mask(segeval, here):
    contours(here / "pred")
    said = {3: "beyond the grid of the mask", 2: "outside the image"}  # ACCOUNT-A22, DICOM-R10
    for planes, status in ((3, 0), (2, 3)):  # of the three slices at 2 4 6 mm
        grid = Geometry((planes, 20, 20), SPACING, (0.0, 0.0, 0.0), GRID.directions)
        (here / "gt" / "P").mkdir(parents=True, exist_ok=True)
        plain.nifti(here / "gt" / "P" / "A.nii.gz", MASK[:planes], grid)
        done = segeval("score", "pred", "gt", "-m", "dice", "--classes", "A")
        assert done.status == status, done.err
        assert said[planes] in done.err


@pytest.mark.parametrize("one", FORMS)
@pytest.mark.parametrize("other", [binary, label_map])
def test_segments_against_any_form(segeval, here, one, other):
    one(here / "one")
    other(here / "other")
    names = ["--classes", "1=A,2=B"] if one is nifti else []
    for sides in (("one", "other"), ("other", "one")):
        values, _ = scored(segeval, here, *sides, "-m", "dice", *names)
        assert values == {"A": {"dice": 1.0}, "B": {"dice": 1.0}}


@pytest.mark.parametrize("series", [True, False])
def test_e1_probabilities_are_scored_as_probabilities(segeval, here, series):
    #    independent channels: each voxel costs its own class, whatever the other says
    contours(here / "gt", series)
    fractional(here / "pred")
    values, _ = scored(segeval, here, "pred", "gt", "-m", "brier,dice")
    truth = np.zeros(SHAPE)
    truth[1:4, 4:10, 4:10] = 1
    brier = ((np.rint(PROBABILITIES * 200) / 200 - truth) ** 2).mean()
    assert values["A"]["brier"] == pytest.approx(brier, rel=1e-6)
    assert values["A"]["dice"] == pytest.approx(DICE)


def test_e1_occupancy_is_a_mask_at_one_half(segeval, here):
    contours(here / "gt")
    occupancy(here / "pred")
    _, codes = scored(segeval, here, "pred", "gt", "-m", "dice")
    assert "N-occupancy" in codes
    values, _ = scored(segeval, here, "pred", "gt", "-m", "brier")
    assert values["A"]["brier"]["reason"] == "no_probabilities"


def test_e1_a_ground_truth_of_probabilities_is_cut(segeval, here):
    fractional(here / "gt")
    contours(here / "pred")
    _, codes = scored(segeval, here, "pred", "gt", "-m", "dice")
    assert "N-probability-truth" in codes


def test_e3_segments_overlap_and_each_is_a_class(segeval, here):
    both = shots(MASK) + shots(MASK, 2)
    for side in ("pred", "gt"):
        build.seg(folder(here / side) / "s", both, ["A", ""], gap=2.0)
    values, _ = scored(segeval, here, "pred", "gt", "-m", "gt_volume:unit=voxels")
    assert [list(v.values()) for v in values.values()] == [[84], [84]]
    assert list(values) == ["A", "meaning 2"]


def test_e3_segments_of_one_label(segeval, here):
    for side in ("pred", "gt"):
        build.seg(folder(here / side) / "s", shots(MASK) + shots(OTHER, 2), ["A", "A"], gap=2.0)
    values, _ = scored(segeval, here, "pred", "gt", "-m", "dice")
    assert list(values) == ["A#1", "A#2"]
    done = segeval("score", "pred", "gt", "-m", "dice", "--classes", "A")
    assert (done.status, "2 structures of one file are 'A'" in done.err) == (3, True)
    assert list(scored(segeval, here, "pred", "gt", "--classes", "A#2")[0]) == ["A#2"]


def test_e4_another_grid_is_told(segeval, here):
    binary(here / "gt")
    frames = [Shot(m, (0.5, 0, 2 * z)) for z, m in enumerate(MASK) if m.any()]
    build.seg(folder(here / "pred") / "s", frames, ["A"], gap=2.0)
    done = segeval("score", "pred", "gt", "-m", "dice")
    assert done.status == 3
    assert "grids" in done.err


def test_e6_ten_thousand_frames(segeval, here):
    #    100 segments of 100 frames; one of them is asked for
    mask = np.eye(32, dtype=np.uint8)
    frames = [Shot(mask, (0, 0, z), n) for n in range(1, 101) for z in range(100)]
    for side in ("pred", "gt"):
        build.seg(folder(here / side) / "s", frames, [f"S{n}" for n in range(1, 101)])
    values, _ = scored(
        segeval, here, "pred", "gt", "-m", "gt_volume:unit=voxels", "--classes", "S7"
    )
    assert list(values["S7"].values()) == [3200]


def test_account_a25_another_side_that_has_the_slices_hides_no_wrong_spacing(segeval, here):
    mask = np.zeros((8, 9), np.uint8)
    mask[2:5, 3:7] = 1
    shots = [build.Shot(mask, (0.0, 0.0, z)) for z in (0.0, 30.0)]  # 9 mm thick
    for name, gap in (("a", 10.0), ("b", 511.0), ("c", 0.05)):
        build.seg(here / f"{name}.dcm", shots, ["Heart"], gap=gap)
    for name in "bc":
        for sides in (("a.dcm", f"{name}.dcm"), (f"{name}.dcm", "a.dcm")):
            done = segeval("score", *sides, "-m", "dice", "--format", "csv")
            assert (done.status, ",Heart,dice,1.0" in done.out) == (0, True)
            assert done.err.count("[W-slice-spacing]") == 1
