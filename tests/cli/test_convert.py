"""`segeval convert`: contours and segments as masks in files."""

import json
import os

import dicom_build as build
import nibabel
import nrrd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from outlined import loops
from paths import SHARED, needs_data

from segeval.cli.entry import run_command_line

SHAPE = (4, 20, 20)
SPACING, ORIGIN = (2.0, 0.5, 0.5), (-30.0, 7.0, 100.0)
#    half a millimetre a pixel: columns 4 to 13 and rows 4 to 13 of the second and third slice
HEART = [
    build.Ring([(x, y, z) for x, y in ((-28.1, 8.9), (-23.1, 8.9), (-23.1, 13.9), (-28.1, 13.9))])
    for z in (102, 104)
]
INNER = [build.Ring([(-26.1, 10.9, z) if n == 0 else p for n, p in enumerate(r.points)])
         for z, r in zip((102, 104), HEART, strict=True)]  # fmt: skip


def patient(root, organs, patient="P1"):
    uid = f"{build.SERIES}.{sum(patient.encode())}"
    build.series(root / "ct", SHAPE, SPACING, ORIGIN, patient=patient, uid=uid)
    return build.rtstruct(root / "RS.dcm", organs, patient=patient, uid=uid)


def loaded(path):
    image = nibabel.load(path)
    return image, np.asarray(image.dataobj)


def test_a_mask_a_structure_on_the_grid_of_the_series(segeval, here):
    patient(here / "PAT01", [build.Organ("Heart", HEART), build.Organ("PTV 50/60", INNER)])
    done = segeval("convert", "PAT01/RS.dcm", "out")
    assert done.status == 0, done.err
    assert done.out.split("\n")[:2] == ["out/Heart.nii.gz", "out/PTV 50_60.nii.gz"]
    image, mask = loaded(here / "out" / "Heart.nii.gz")
    want = np.zeros((20, 20, 4), np.uint8)
    want[4:14, 4:14, 1:3] = 1
    assert (mask == want).all()
    #    LPS became RAS: x and y change their sign
    assert image.affine.tolist() == [
        [-0.5, 0, 0, 30], [0, -0.5, 0, -7], [0, 0, 2, 100], [0, 0, 0, 1],
    ]  # fmt: skip


def test_the_same_structures_are_the_same_bytes(segeval, here):
    patient(here, [build.Organ("Heart", HEART)])
    for out in ("a", "b"):
        assert segeval("convert", "RS.dcm", out).status == 0
    assert (here / "a/Heart.nii.gz").read_bytes() == (here / "b/Heart.nii.gz").read_bytes()


def test_nrrd_keeps_where_it_lies(segeval, here):
    patient(here, [build.Organ("Heart", HEART)])
    assert segeval("convert", "RS.dcm", "out", "--to", "nrrd").status == 0
    mask, header = nrrd.read(str(here / "out" / "Heart.nrrd"))
    assert mask.sum() == 10 * 10 * 2
    assert header["space"] == "left-posterior-superior"
    assert header["space origin"].tolist() == list(ORIGIN)


def test_a_tree_of_patients(segeval, here):
    for name in ("PAT01", "PAT02"):
        patient(here / "gt" / name, [build.Organ("Heart", HEART), build.Organ("Couch", HEART)],
                patient=name)  # fmt: skip
    build.rtstruct(here / "gt" / "PAT02" / "RS_old.dcm", [build.Organ("Heart", HEART)],
                   patient="PAT02", uid="")  # fmt: skip
    done = segeval("convert", "gt", "out")
    assert done.status == 0, done.err
    assert done.out.split() == [
        "out/PAT01/Heart.nii.gz",
        "out/PAT01/Couch.nii.gz",
        *("out/PAT02/RS/Heart.nii.gz", "out/PAT02/RS/Couch.nii.gz"),
        "out/PAT02/RS_old/Heart.nii.gz",
    ]
    assert "converted 3 structure sets into 5 files" in done.err


def test_what_was_converted_scores_as_what_it_was_converted_from(segeval, here):
    patient(here / "gt" / "PAT01", [build.Organ("Heart", HEART)])
    assert segeval("convert", "gt", "out").status == 0
    done = segeval("score", "out/PAT01", "gt/PAT01", "-m", "dice", "-o", "out.json")
    assert done.status == 0, done.err
    (case,) = json.loads((here / "out.json").read_text())["cases"]
    assert case["values"] == {"Heart": {"dice": 1.0}}


def test_a_label_map_with_its_names(segeval, here):
    apart = [build.Ring([(x + 6, y, z) for x, y, z in r.points]) for r in HEART]
    patient(here, [build.Organ("Heart", HEART), build.Organ("Lung", apart)])
    assert segeval("convert", "RS.dcm", "out", "--label-map").status == 0
    _, labels = loaded(here / "out" / "RS.nii.gz")
    assert np.unique(labels, return_counts=True)[1].tolist() == [1600 - 200 - 80, 200, 80]
    content = json.loads((here / "out" / "dataset.json").read_text())
    assert content == {"labels": {"background": 0, "Heart": 1, "Lung": 2}}
    done = segeval("score", "out/RS.nii.gz", "RS.dcm", "-m", "dice")
    assert done.status == 0, done.err
    assert segeval("convert", "RS.dcm", "out", "--label-map", "--classes", "7=Lung").status == 0
    assert np.unique(loaded(here / "out" / "RS.nii.gz")[1]).tolist() == [0, 7]


def test_structures_that_overlap_are_no_label_map(segeval, here):
    patient(here, [build.Organ("Heart", HEART), build.Organ("PTV", INNER)])
    done = segeval("convert", "RS.dcm", "out", "--label-map")
    assert done.status == 3
    assert "Heart and PTV share" in done.err
    assert "leave out --label-map" in done.err


def test_structures_by_name(segeval, here):
    patient(here, [build.Organ("parotid lt", HEART), build.Organ("Other", HEART)])
    done = segeval("convert", "RS.dcm", "out", "--classes", "Parotid_L,Othr")
    assert done.out.split() == ["out/Parotid_L.nii.gz"]
    assert "there is no 'Othr'; nearest: Other" in done.err


def test_a_grid_from_elsewhere(segeval, here):
    path = patient(here, [build.Organ("Heart", HEART)])
    image = nibabel.Nifti1Image(np.zeros((8, 12, 3), np.int16), np.diag([-1.0, -1, 2, 1]))
    image.affine[:3, 3] = (29.0, -8.0, 102.0)
    image.set_sform(image.affine, 1)
    nibabel.save(image, here / "ct.nii.gz")
    done = segeval("convert", path, "out", "--like", "ct.nii.gz")
    assert done.status == 0, done.err
    made, mask = loaded(here / "out" / "Heart.nii.gz")
    assert (made.affine == image.affine).all()
    #    x from -28.1 to -23.1 holds the centres -28 … -24; y from 8.9 to 13.9 the centres 9 … 13
    assert mask.sum(axis=(0, 1)).tolist() == [25, 25, 0]


def test_a_segmentation_lies_on_its_series(segeval, here):
    build.series(here / "ct", (6, 4, 5), (2.0, 1.0, 1.0))
    shots = [build.Shot(np.ones((4, 5)), (0, 0, 4)), build.Shot(np.eye(4, 5), (0, 0, 6), 2)]
    path = build.seg(here / "seg.dcm", shots, ["A", "B"], series=build.SERIES)
    assert segeval("convert", path, "out").status == 0
    assert loaded(here / "out" / "A.nii.gz")[1].sum(axis=(0, 1)).tolist() == [0, 0, 20, 0, 0, 0]
    assert loaded(here / "out" / "B.nii.gz")[1].sum(axis=(0, 1)).tolist() == [0, 0, 0, 4, 0, 0]


@pytest.mark.parametrize(("threshold", "voxels"), [("0.5", 2), ("0.2", 3), ("0.9", 1)])
def test_probabilities_are_cut_at_the_threshold(segeval, here, threshold, voxels):
    shots = [build.Shot([[0, 25, 50, 100]], (0, 0, 0))]
    build.seg(here / "seg.dcm", shots, ["A"], type="FRACTIONAL", fraction="PROBABILITY", most=100)
    assert segeval("convert", "seg.dcm", "out", "--threshold", threshold).status == 0
    assert loaded(here / "out" / "A.nii.gz")[1].sum() == voxels


def test_a_label_map_object_keeps_its_values(segeval, here):
    shots = [build.Shot([[0, 1, 2, 2]], (0, 0, 0))]
    build.seg(here / "seg.dcm", shots, ["back", "A", "B"], type="LABELMAP")
    assert segeval("convert", "seg.dcm", "out", "--label-map", "--classes", "B").status == 0
    assert loaded(here / "out" / "seg.nii.gz")[1].ravel().tolist() == [0, 0, 2, 2]


def test_what_cannot_be_drawn_is_told_and_the_rest_is_written(segeval, here):
    broken = [*HEART, build.Ring(HEART[0].points, count=9)]
    marker = [build.Ring([(1, 2, 3)], kind="POINT")]
    patient(here, [build.Organ("Heart", HEART), build.Organ("Lung", broken),
                   build.Organ("Iso", marker)])  # fmt: skip
    done = segeval("convert", "RS.dcm", "out", "-v")
    assert done.status == 3
    assert done.out.split() == ["out/Heart.nii.gz"]
    assert "error: RS/Lung: " in done.err
    assert "warning: RS/Iso: " in done.err
    done = segeval("convert", "RS.dcm", "out", "--rt-bad-contour", "skip", "--classes", "Lung")
    assert (done.status, done.out.split()) == (0, ["out/Lung.nii.gz"])


def test_markers_are_no_error(segeval, here):
    marker = [build.Ring([(1, 2, 3)], kind="POINT")]
    patient(here, [build.Organ("Heart", HEART), build.Organ("Iso", marker)])
    assert segeval("convert", "RS.dcm", "out").status == 0
    assert segeval("convert", "RS.dcm", "out", "--classes", "Iso").status == 4


def test_a_set_of_markers_alone_has_nothing_to_convert(segeval, here):
    patient(here, [build.Organ("Iso", [build.Ring([(1, 2, 3)], kind="POINT")])])
    done = segeval("convert", "RS.dcm", "out")
    assert (done.status, done.out) == (4, "")
    assert "warning: RS/Iso: " in done.err
    assert "converted 1 structure set into 0 files" in done.err


@pytest.mark.parametrize("pixel", ["1e-6", "0", "-1"])
def test_a_pixel_has_a_size(segeval, here, pixel):
    patient(here, [build.Organ("Heart", HEART)])
    assert segeval("convert", "RS.dcm", "out", "--rt-grid", pixel).status == 2


def test_no_images_at_all(segeval, here):
    build.rtstruct(here / "RS.dcm", [build.Organ("Heart", HEART)])
    done = segeval("convert", "RS.dcm", "out", "--rt-grid", "0.5")
    assert done.status == 0
    assert "W-derived-grid" in done.err
    assert loaded(here / "out" / "Heart.nii.gz")[1].sum() == 200


def test_names_that_no_file_may_have(segeval, here):
    names = ["../up", "a/b", "A:b", "..", "Heart", "heart "]
    patient(here, [build.Organ(name, HEART) for name in names], patient="../../away")
    done = segeval("convert", ".", "out/deep", "--case-key", "patient")
    assert done.status == 0, done.err
    files = sorted(p.relative_to(here / "out").as_posix() for p in (here / "out").rglob("*.gz"))
    assert all(f.startswith("deep/") for f in files)
    assert len({f.casefold() for f in files}) == len(names)


@pytest.mark.filterwarnings("ignore:The value length")
@pytest.mark.parametrize(
    "name", ["Heart" * 60, "\u00fc" * 200, "x" * 249, "Heart." * 50 + ".nii.gz"]
)
def test_a_name_that_no_file_system_takes_stops_nothing(segeval, here, name):
    patient(
        here, [build.Organ(name, HEART), build.Organ(name + "2", INNER), build.Organ("Lung", HEART)]
    )
    done = segeval("convert", "RS.dcm", "out")
    assert done.status == 0, done.err
    assert done.err.count("[W-cut-name]") == 2
    files = sorted(path.name for path in (here / "out").iterdir())
    assert (len(files), "Lung.nii.gz" in files) == (3, True)
    for file in files:
        assert (f"the mask is {file} [W-cut-name]" in done.err) == (file != "Lung.nii.gz")
    assert [loaded(here / "out" / file)[1].sum() for file in files if name[:5] in file] != [
        200,
        200,
    ]


@pytest.mark.filterwarnings("ignore:The value length")
def test_the_name_of_a_case_that_no_file_system_takes(segeval, here):
    for name in ("P", "Q"):
        patient(here / name, [build.Organ("Heart", HEART)], patient=name * 300)
    assert segeval("convert", ".", "out", "--case-key", "patient").status == 0
    made = sorted(path.parent.name[:3] for path in (here / "out").rglob("Heart.nii.gz"))
    assert made == ["PPP", "QQQ"]


def test_a_structure_set_without_structures_is_said(segeval, here):
    patient(here / "a", [], patient="A")
    patient(here / "b", [build.Organ("Heart", HEART)], patient="B")
    done = segeval("convert", ".", "out", "--classes", "Heart")
    assert (done.status, len(list((here / "out").rglob("*.gz")))) == (0, 1)
    assert "the structure set lists no structure [W-no-structures]" in done.err
    assert "there is no 'Heart' [W-name-not-found]" in done.err
    alone = segeval("convert", "a/RS.dcm", "out2", "--label-map")
    assert (alone.status, "[W-no-structures]" in alone.err) == (4, True)


def test_requests_that_make_no_sense(segeval, here):
    patient(here, [build.Organ("Heart", HEART)])
    (here / "empty").mkdir()
    assert segeval("convert", "nothing", "out").status == 2
    assert segeval("convert", "RS.dcm", "out.nii.gz").status == 2
    assert segeval("convert", next((here / "ct").iterdir()), "out").status == 2
    assert segeval("convert", "empty", "out").status == 4
    raw = (here / "RS.dcm").read_bytes()
    (here / "RS.dcm").write_bytes(raw[:700])
    done = segeval("convert", "RS.dcm", "out")
    assert (done.status, "damaged DICOM file at byte" in done.err) == (3, True)


MASKS = arrays(bool, (3, 7, 9), elements=st.booleans())


@settings(max_examples=8, deadline=None)
@given(MASKS)
def test_from_a_mask_to_contours_and_back(tmp_path_factory, mask):
    #    the borders of pixels are contours half way between centres: nothing may move
    folder = tmp_path_factory.mktemp("round")
    build.series(folder / "ct", mask.shape, SPACING, ORIGIN)
    rings = [
        build.ring([(ORIGIN[0] + x / 2, ORIGIN[1] + y / 2) for x, y in loop], 100 + 2 * z)
        for z, plane in enumerate(mask)
        for loop in loops(plane)
    ]
    path = build.rtstruct(folder / "RS.dcm", [build.Organ("A", rings, form="none")])
    assert run_command_line(["convert", str(path), str(folder / "out"), "-q"]) == 0
    again = loaded(folder / "out" / "A.nii.gz")[1].T.astype(bool)
    assert (again == mask).all()


@needs_data
@pytest.mark.parametrize("case", ["STS_008/CT", "STS_008/PET", "STS_040/MR_T1"])
def test_the_masks_of_the_publisher(segeval, here, case):
    folder = SHARED / "data" / "rtstruct_sts" / case
    assert segeval("convert", folder / "RS.dcm", "out").status == 0
    (name,) = os.listdir(here / "out")
    made, mask = loaded(here / "out" / name)
    expected, truth = loaded(folder / "expected_mask.nii.gz")
    assert np.count_nonzero(mask != truth) == 0
    assert made.affine == pytest.approx(expected.affine, abs=1e-3)
