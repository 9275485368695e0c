"""Each rule of cases, series and frames of DICOM by its id, through the door."""

import json
import shutil

import dicom_build as build
import numpy as np
import pydicom
import pytest
from dicom_build import Organ, square

SHAPE = (8, 20, 20)
OUTER, HOLE = square(3.5, 13.5, 3), square(5.5, 11.5, 3)


def two_sides(here, **more):
    for side, rings in (("pred", [HOLE]), ("gt", [OUTER])):
        build.rtstruct(here / side / "P" / "RS.dcm", [Organ("A", rings)], **more)


DICE = 2 * 36 / (36 + 100)


def scored(segeval, here, *options):
    """Status, Dice of A and the codes of a run over pred and gt."""
    done = segeval("score", "pred", "gt", "-m", "dice", *options, "-o", "out.json")
    assert done.status in (0, 3), done.err
    (case,) = json.loads((here / "out.json").read_text())["cases"]
    codes = {note["code"] for note in case.get("notes", ())}
    return done, case.get("values", {}).get("A", {}).get("dice"), codes | {case["status"]}


def test_f1_slices_by_position_duplicates_once(segeval, here):
    two_sides(here)
    build.series(here / "gt" / "P" / "ct", SHAPE)
    build.series(here / "gt" / "P" / "copy", SHAPE)  # the same UIDs again
    done, dice, _ = scored(segeval, here)
    assert (done.status, dice) == (0, pytest.approx(DICE))


@pytest.mark.parametrize("change", [{"spacing": (1.0, 1.1, 1.0)}, {"shape": (2, 20, 21)},
                                    {"orientation": (1, 0, 0, 0, 0.8, 0.6)}])  # fmt: skip
def test_f1_of_slices_that_differ_those_count_on_which_the_contours_lie(segeval, here, change):
    #    a localiser in the series (ACCOUNT-A24)
    two_sides(here)
    build.series(here / "gt" / "P" / "ct", SHAPE)
    odd = {"shape": (2, 20, 20), "origin": (0.0, 0.0, 20.0), "first": 100} | change
    build.series(here / "gt" / "P" / "odd", **odd)
    done, dice, codes = scored(segeval, here)
    assert (done.status, dice, "W-series-no-grid" in codes) == (0, pytest.approx(DICE), True)
    assert "slices differ in" in done.err
    assert "slices differ" in done.err


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({}, None),
        ({"uid": ""}, "N-series-by-frame"),
        ({"uid": "9.9.9"}, "N-series-by-frame"),
        ({"uid": "", "frame": ""}, "W-series-by-case"),
        ({"uid": "", "frame": "", "images": (f"{build.SERIES}.1",)}, None),
    ],
)
def test_f4_how_the_series_is_found(segeval, here, said, code):
    two_sides(here, **said)
    build.series(here / "gt" / "P" / "ct", SHAPE)
    done, dice, codes = scored(segeval, here)
    assert (done.status, dice) == (0, pytest.approx(DICE))
    ways = {"N-series-by-frame", "W-series-by-case"}
    assert codes & ways == ({code} if code else set())


def test_f5_another_frame_of_reference(segeval, here):
    two_sides(here, frame="9.9")
    build.series(here / "gt" / "P" / "ct", SHAPE)
    done, _, codes = scored(segeval, here)
    assert (done.status, "frame_of_reference_mismatch" in codes) == (3, True)
    done, dice, codes = scored(segeval, here, "--ignore-frame-of-reference")
    assert (done.status, dice) == (0, pytest.approx(DICE))
    assert "W-frame-of-reference" in codes


def test_f5_two_frames_without_any_series(segeval, here):
    build.rtstruct(here / "gt" / "P" / "RS.dcm", [Organ("A", [OUTER])], frame="1.1")
    build.rtstruct(here / "pred" / "P" / "RS.dcm", [Organ("A", [HOLE])], frame="2.2")
    done, _, codes = scored(segeval, here)
    assert (done.status, "frame_of_reference_mismatch" in codes) == (3, True)
    done, dice, codes = scored(segeval, here, "--ignore-frame-of-reference")
    assert (done.status, dice) == (0, pytest.approx(DICE, abs=0.05))
    assert "W-frame-of-reference" in codes


def test_f5_a_segmentation_in_another_frame_is_told(segeval, here):
    two_sides(here)
    build.series(here / "gt" / "P" / "ct", SHAPE)
    (here / "pred" / "P" / "RS.dcm").unlink()
    mask = np.zeros(SHAPE[1:], np.uint8)
    mask[6:12, 6:12] = 1
    path = build.seg(here / "pred" / "P" / "s", [build.Shot(mask, (0, 0, 3))], ["A"], gap=1.0)
    data = pydicom.dcmread(path)
    data.FrameOfReferenceUID = "2.2"
    data.save_as(path)
    done, dice, codes = scored(segeval, here)
    assert (done.status, dice) == (0, pytest.approx(DICE))
    assert "W-frame-of-reference" in codes


def test_f6_a_derived_grid(segeval, here):
    two_sides(here)
    done, dice, codes = scored(segeval, here)
    assert (done.status, "W-derived-grid" in codes) == (0, True)
    assert dice == pytest.approx(DICE, abs=0.05)
    _, dice, _ = scored(segeval, here, "--rt-grid", "0.1")
    assert dice == pytest.approx(DICE, abs=1e-9)


def test_f8_one_structure_set_over_two_series(segeval, here):
    #    a CT of 1 mm and a PET of 4 mm in one frame: contours were drawn on the slices of the CT
    two_sides(here, images=(f"{build.SERIES}.1", "1.2.3.99.1"), more_series=("1.2.3.99",))
    build.series(here / "gt" / "P" / "pet", (3, 5, 5), (3.7, 4.0, 4.0), uid="1.2.3.99")
    build.series(here / "gt" / "P" / "ct", SHAPE)
    done, dice, _ = scored(segeval, here)
    assert (done.status, dice) == (0, pytest.approx(DICE))


def test_f8_which_of_two_series_cannot_be_told(segeval, here):
    two_sides(here, uid="", frame="")
    build.series(here / "gt" / "P" / "one", SHAPE)
    build.series(here / "gt" / "P" / "two", (8, 40, 40), (1.0, 0.5, 0.5), uid="1.2.3.99")
    done, dice, _ = scored(segeval, here)
    assert (done.status, dice) == (3, None)
    assert "which of 2 image series" in done.err
    assert "keep only its own series" in done.err


# 6. Speed, memory, privacy.


def test_x5_nothing_of_the_patient(segeval, here):
    two_sides(here)
    build.series(here / "gt" / "P" / "ct", SHAPE)
    files = ["-o", "out.json", "-o", "out.csv", "--log-file", "log"]
    done = segeval("score", "pred", "gt", "-vv", "--per-case", *files)
    written = [(here / name).read_text() for name in ("log", "out.json", "out.csv")]
    said = done.out + done.err + "".join(written)
    assert "Secret" not in said
    assert "P1" not in said
    assert str(here) not in (here / "out.json").read_text()


@pytest.mark.parametrize("side", ["gt", "pred"])
@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_x6_a_damaged_file_is_a_case_error(segeval, here, side, keep):
    two_sides(here)
    build.series(here / "gt" / "P" / "ct", SHAPE)
    path = here / side / "P" / "RS.dcm"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    done, _, codes = scored(segeval, here)
    assert (done.status, codes & {"unreadable", "missing_prediction"}) != (0, set())
    assert "at byte" in done.err
    assert "Traceback" not in done.err


# Trees (INPUT_LAYOUTS 3.2).


def patient(root, name, number=1, rings=(OUTER,), where="RS.dcm", **more):
    """A structure set of a patient, and on the side of the ground truth its series."""
    uid, frame = f"1.2.3.{number}.2", f"1.2.3.{number}.1"
    who = {"uid": uid, "frame": frame, "patient": f"ID{number}"}
    if root.name == "gt":
        build.series(root / name / "ct", SHAPE, **who)
    return build.rtstruct(root / name / where, [Organ("A", list(rings))], **who | more)


def cases(segeval, here, *options, pred="pred", gt="gt"):
    """Status, cases with the Dice of A, and what was said."""
    done = segeval("score", pred, gt, "-m", "dice", *options, "-o", "out.json")
    content = (
        json.loads((here / "out.json").read_text()) if done.status in (0, 3) else {"cases": []}
    )
    values = {c["case"]: c.get("values", {}).get("A", {}).get("dice") for c in content["cases"]}
    return done.status, values, done.err


def test_d1_files_of_any_name_in_any_folder(segeval, here):
    patient(here / "gt", "P")
    patient(here / "pred", "P", rings=[HOLE], where="deep/er/no_suffix")
    for number, file in enumerate(sorted((here / "gt" / "P" / "ct").iterdir())):
        folder = here / "gt" / "P" / str(number % 3)
        folder.mkdir(exist_ok=True)
        file.rename(folder / f"IM{number}.ima")
    (here / "gt" / "P" / "notes.txt").write_text("of no use")
    (here / "gt" / "P" / "empty").write_bytes(b"")
    assert cases(segeval, here)[:2] == (0, {"P": pytest.approx(DICE)})


def test_d2_the_folder_if_each_holds_one_patient_else_the_patient(segeval, here):
    for number in (1, 2):
        patient(here / "gt", f"P{number}", number)
        patient(here / "pred", f"P{number}", number)
    assert list(cases(segeval, here)[1]) == ["P1", "P2"]
    for key, names in (("patient", ["ID1", "ID2"]), ("series", ["1.2.3.1.2", "1.2.3.2.2"])):
        assert list(cases(segeval, here, "--case-key", key)[1]) == names
    shutil.copytree(here / "gt" / "P2", here / "gt" / "P1" / "also")  # two patients in one folder
    shutil.rmtree(here / "gt" / "P2")
    status, values, _ = cases(segeval, here)
    assert (status, len(values)) == (0, 2)


def test_d2_one_patient_whose_objects_have_folders_of_their_own(segeval, here):
    patient(here / "gt", ".", where="RTSTRUCT/RS.dcm")
    patient(here / "pred", ".", rings=[HOLE], where="network/out.dcm")
    assert cases(segeval, here)[:2] == (0, {"gt": pytest.approx(DICE)})


def test_d3_a_series_on_the_other_side_or_in_the_folder_of_images(segeval, here):
    patient(here / "gt", "P")
    patient(here / "pred", "P", rings=[HOLE])
    shutil.move(here / "gt" / "P" / "ct", here / "pred" / "P" / "elsewhere")
    assert cases(segeval, here)[:2] == (0, {"P": pytest.approx(DICE)})
    shutil.move(here / "pred" / "P" / "elsewhere", here / "images")
    status, values, err = cases(segeval, here, "--images", "images")
    assert (status, values, "derived" in err) == (0, {"P": pytest.approx(DICE)}, False)


def test_d4_both_sides_in_one_tree(segeval, here):
    patient(here / "gt", "P", where="RS_manual.dcm", label="clinic")
    patient(here / "gt", "P", rings=[HOLE], where="RS_auto.dcm", label="network")
    for one, other in (("rs_AUTO*", "RS_man*"), ("label=net*", "label=clinic")):
        options = ["--pred-select", one, "--gt-select", other]
        status, values, err = cases(segeval, here, *options, pred="gt")
        assert (status, values, "same file" in err) == (0, {"P": pytest.approx(DICE)}, False)


def test_d4_a_selector_that_means_nothing(segeval, here):
    patient(here / "gt", "P")
    done = segeval("score", "gt", "gt", "--gt-select", "colour=red")
    assert (done.status, "'colour' is nothing to select by" in done.err) == (2, True)


def test_a_tree_of_images_alone(segeval, here):
    patient(here / "pred", "P")
    build.series(here / "gt" / "P", SHAPE)
    done = segeval("score", "pred", "gt")
    assert (done.status, "gt holds 8 CT slices" in done.err) == (4, True), done.err


def test_d5_which_structure_set_is_meant(segeval, here):
    patient(here / "gt", "P")
    patient(here / "pred", "P", where="a/RS.dcm", rings=[HOLE])
    other = build.rtstruct(here / "pred" / "P" / "b" / "RS.dcm", [Organ("B", [OUTER])],
                           uid="1.2.3.1.2", frame="1.2.3.1.1", patient="ID1")  # fmt: skip
    status, _, err = cases(segeval, here)
    assert status == 3
    assert "a/RS.dcm: plan, 20240102, APPROVED, 1 structures" in err
    assert "b/RS.dcm" in err
    assert cases(segeval, here, "--classes", "A")[:2] == (0, {"P": pytest.approx(DICE)})
    assert cases(segeval, here, "--pred-select", "a/*")[:2] == (0, {"P": pytest.approx(DICE)})
    other.unlink()
    assert cases(segeval, here)[:2] == (0, {"P": pytest.approx(DICE)})


def test_a_dose_is_no_image_series(segeval, here):
    #    it lies in the same frame of reference, and says where it lies
    two_sides(here, uid="")
    build.series(here / "gt" / "P" / "ct", SHAPE)
    build.series(here / "gt" / "P" / "dose", (1, 5, 5), uid="1.9", modality="RTDOSE")
    done, dice, codes = scored(segeval, here)
    assert (done.status, dice) == (0, pytest.approx(DICE))
    assert "N-series-by-planes" not in codes


@pytest.mark.parametrize(
    ("pred", "gt", "warned"),
    [
        ("MANUAL", "AUTOMATIC", True),
        ("AUTOMATIC", "MANUAL", False),
        ("SEMIAUTOMATIC", "AUTOMATIC", False),
        ("MANUAL", "MANUAL", False),
    ],
)
def test_account_a32_manual_against_automatic_looks_swapped(segeval, here, pred, gt, warned):
    for side, way, rings in (("one", pred, [HOLE]), ("two", gt, [OUTER])):
        build.rtstruct(here / side / "P" / "RS.dcm", [Organ("A", rings, algorithm=way)])
        build.series(here / side / "P" / "ct", SHAPE)
    done = segeval("score", "one", "two", "-m", "dice")
    assert done.status == 0, done.err
    assert ("[W-swapped-sides]" in done.err) == warned
    assert ("structures are MANUAL, the ground truth's AUTOMATIC" in done.err) == warned
