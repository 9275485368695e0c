"""The index of a DICOM tree: series, their slices, and the structure set that belongs to them."""

from pathlib import Path

import dicom_build as build
import nibabel
import numpy as np
import pydicom
import pytest
from paths import SHARED, needs_data

from segeval.contours.rules import DrawingRules
from segeval.contours.structures import draw_structures
from segeval.readers import rtstruct
from segeval.readers.series import index_dicom
from segeval.readers.series_matching import image_reference_notes, match_series
from segeval.runtime.errors import GeometryError

HEART = [build.Organ("Heart", [build.square(3, 9, 2)])]


def only(index):
    (series,) = index.series.values()
    return series


def test_slices_are_sorted_by_position_whatever_the_files_are_called(tmp_path):
    build.series(tmp_path, (5, 4, 6), (2.5, 0.5, 0.75), (-10, -20, -30))
    slices = only(index_dicom(tmp_path)).slices()
    assert slices.geometry.shape == (5, 4, 6)
    assert slices.geometry.spacing == (2.5, 0.5, 0.75)  # not the thickness, which says 9
    assert slices.geometry.origin == (-10, -20, -30)
    assert slices.images == tuple(f"{build.SERIES}.{i}" for i in range(1, 6))


def test_an_oblique_series_runs_along_its_own_normal(tmp_path):
    turn = np.cos(0.3), np.sin(0.3)
    build.series(tmp_path, (3, 4, 4), orientation=(1, 0, 0, 0, turn[0], turn[1]))
    slices = only(index_dicom(tmp_path)).slices()
    assert slices.geometry.directions[0] == pytest.approx((0, -turn[1], turn[0]))
    assert slices.positions == pytest.approx([0, 1, 2])


def test_the_same_slice_twice_counts_once(tmp_path):
    build.series(tmp_path / "a", (4, 4, 4))
    build.series(tmp_path / "copy", (4, 4, 4))
    assert only(index_dicom(tmp_path)).slices().geometry.shape == (4, 4, 4)


@pytest.mark.parametrize(
    "other",
    [
        {"shape": (2, 4, 5)},
        {"shape": (2, 4, 4), "spacing": (1.0, 1.0, 1.1)},
        {"shape": (2, 4, 4), "orientation": (0, 1, 0, 1, 0, 0)},
    ],
)
def test_slices_must_be_alike(tmp_path, other):
    build.series(tmp_path / "a", (3, 4, 4))
    for path in build.series(tmp_path / "b", origin=(0, 0, 40), **other).iterdir():
        raw = path.read_bytes()
        for number in (1, 2):
            raw = raw.replace(f"1.2.3.2.{number}".encode(), f"1.2.3.2.{number + 6}".encode())
        path.write_bytes(raw)
    with pytest.raises(GeometryError, match="slices differ"):
        only(index_dicom(tmp_path)).slices()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ImageOrientationPatient", [0.0, 0, 0, 0, 1, 0]),
        ("ImageOrientationPatient", [1.0, 0, 0, 0.7, 0.7, 0]),
        ("ImagePositionPatient", [0.0, 0, -1e300]),
        ("PixelSpacing", [1.0, 1e300]),
    ],
)
def test_what_is_no_place_in_a_patient_is_none(tmp_path, name, value):
    for path in build.series(tmp_path / "a", (3, 4, 4)).iterdir():
        data = pydicom.dcmread(path)
        setattr(data, name, value)
        data.save_as(path)
    with pytest.raises(GeometryError, match="does not say where it lies"):
        only(index_dicom(tmp_path)).slices()


def test_a_tree_of_many_things(tmp_path):
    build.series(tmp_path / "ct", (3, 4, 4))
    build.rtstruct(tmp_path / "any name", HEART)
    build.seg(tmp_path / "x.seg", [build.Shot(np.ones((4, 4)), (0, 0, 0))], ["Heart"], gap=1.0)
    (tmp_path / "notes.txt").write_text("no DICOM")
    (tmp_path / "empty.dcm").write_bytes(b"")
    whole = (tmp_path / "any name").read_bytes()
    (tmp_path / "cut.dcm").write_bytes(whole[:-50])
    index = index_dicom(tmp_path)
    assert [(f.path.name, f.kind, f.names) for f in index.structures] == [
        ("any name", "rtstruct", ("Heart",)),
        ("x.seg", "seg", ("Heart",)),
    ]
    assert [Path(e.where).name for e in index.damaged] == ["cut.dcm", "empty.dcm"]
    assert list(index.series) == [build.SERIES]
    said = str(index.structures[0])
    assert said == "any name: plan, 20240102, APPROVED, 1 structures"
    assert "P1" not in said


def test_the_frames_of_a_multi_frame_image_are_its_slices(tmp_path):
    places = [build.item(PlanePositionSequence=[build.item(ImagePositionPatient=[1, 2, z])])
              for z in (9, 3, 6)]  # fmt: skip
    shared = build.item(
        PlaneOrientationSequence=[build.item(ImageOrientationPatient=list(build.AXIAL))],
        PixelMeasuresSequence=[build.item(PixelSpacing=[0.5, 0.75])],
    )
    data = build.item(
        SOPInstanceUID="1.2.9", SeriesInstanceUID=build.SERIES, Modality="CT", Rows=4, Columns=5,
        SharedFunctionalGroupsSequence=[shared], PerFrameFunctionalGroupsSequence=places,
    )  # fmt: skip
    build.save(tmp_path / "a", data, "1.2.840.10008.5.1.4.1.1.2.1")
    slices = only(index_dicom(tmp_path)).slices()
    assert slices.geometry.shape == (3, 4, 5)
    assert slices.geometry.spacing == (3.0, 0.5, 0.75)
    assert slices.images == ("1.2.9#2", "1.2.9#3", "1.2.9#1")


def test_an_image_without_a_place_is_no_slice(tmp_path):
    data = build.item(SOPInstanceUID="1.2.9", SeriesInstanceUID=build.SERIES, Modality="CR",
                      Rows=4, Columns=5)  # fmt: skip
    build.save(tmp_path / "a", data, build.CT)
    with pytest.raises(GeometryError, match="does not say where it lies"):
        only(index_dicom(tmp_path)).slices()


# Real files.

STS = SHARED / "data" / "rtstruct_sts"
CASES = ["STS_008/CT", "STS_008/MR_T1", "STS_008/PET", "STS_040/MR_T1", "STS_040/PET"]
VOXELS = dict(zip(CASES, [8862, 8862, 388, 128260, 5550], strict=True))


def drawn(folder):
    index = index_dicom(folder)
    (found,) = index.structures
    contours = rtstruct.read(found.path)
    series, _ = match_series(contours, index.series)
    slices = series.slices()
    return draw_structures(contours, slices, DrawingRules()), image_reference_notes(
        contours, slices
    )


@needs_data
@pytest.mark.parametrize("case", CASES)
def test_real_structures_are_the_publishers_masks(case):
    made, said = drawn(STS / case)
    (mask,) = made.drawn.values()
    expected: np.ndarray = np.asarray(nibabel.load(STS / case / "expected_mask.nii.gz").dataobj)
    assert mask.runs.count == VOXELS[case]
    assert np.count_nonzero(mask.runs.drawn().transpose(2, 1, 0) != (expected != 0)) == 0
    assert [n.code for n in said] == ["N-image-references"]


@needs_data
def test_real_structures_on_an_oblique_series():
    made, said = drawn(SHARED / "data" / "rtstruct_oblique")
    counts = {name: mask.runs.count for name, mask in made.drawn.items()}
    assert counts == {"GTV_Mass": 256115, "GTV_Edema": 406547}
    assert made.volume.geometry.spacing == pytest.approx((5.2, 0.5234, 0.5234), abs=1e-3)
    assert list(said) == []


@pytest.mark.parametrize(("turn", "alike"), [(1.0e-4, True), (1.1e-4, False)])
def test_account_a25_directions_may_differ_by_what_writers_round(tmp_path, turn, alike):
    build.series(tmp_path / "a", (3, 4, 4))
    turned = build.series(
        tmp_path / "b", (2, 4, 4), origin=(0, 0, 3), orientation=(1, 0, turn, 0, 1, 0)
    )
    for path in turned.iterdir():
        raw = path.read_bytes()
        for number in (1, 2):
            raw = raw.replace(f"1.2.3.2.{number}".encode(), f"1.2.3.2.{number + 6}".encode())
        path.write_bytes(raw)
    if alike:
        assert only(index_dicom(tmp_path)).slices().geometry.shape == (5, 4, 4)
    else:
        with pytest.raises(GeometryError, match="slices differ"):
            only(index_dicom(tmp_path)).slices()
