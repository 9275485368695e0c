"""DICOM trees through the door: `segeval score gt/ pred/` with folders of patients."""

import json

import build as plain_build
import dicom_build as build
import numpy as np
import pytest

from segeval.grid.geometry import Geometry

#    6 x 6 pixels on z 2 4 6 against 7 x 7 on z 4 6 8: both 2 x 36 = 72 of 108 and 147
HEART = [build.square(3.5, 9.5, z) for z in (2, 4, 6)]
LARGER = [build.square(3.5, 10.5, z) for z in (4, 6, 8)]
DICE = 2 * 72 / (108 + 147)
GRID = Geometry((8, 20, 20), (2.0, 1.0, 1.0), (0.0, 0.0, 0.0), ((0, 0, 1), (0, 1, 0), (1, 0, 0)))
MASK = np.zeros((8, 20, 20), np.uint8)
MASK[2:5, 4:11, 4:11] = 1


def organ(name, rings, **more):
    return build.Organ(name, rings, **more)


def truth(root, patient, organs=None, series=True, **more):
    """The ground truth of a patient: the CT and a structure set."""
    number = int(patient[-2:])
    uid, frame = f"1.2.3.{number}.2", f"1.2.3.{number}.1"
    if series:
        build.series(root / patient / "CT", (8, 20, 20), (2.0, 1.0, 1.0), uid=uid, frame=frame,
                     patient=f"ID{number}")  # fmt: skip
    more = {"uid": uid, "frame": frame, "patient": f"ID{number}"} | more
    return build.rtstruct(root / patient / "RS.dcm", organs or [organ("Heart", HEART)], **more)


def guess(root, patient, organs=None, name="RS.dcm", **more):
    """The prediction of a patient: a structure set alone."""
    number = int(patient[-2:])
    more = {"uid": f"1.2.3.{number}.2", "frame": f"1.2.3.{number}.1",
            "patient": f"ID{number}"} | more  # fmt: skip
    return build.rtstruct(root / patient / name, organs or [organ("Heart", LARGER)], **more)


def scored(segeval, *arguments):
    """The content of the JSON that a run writes, and what the run left behind."""
    done = segeval("score", "pred", "gt", *arguments, "-o", "out.json")
    assert done.status in (0, 3), done.err
    with open("out.json") as file:
        return json.load(file), done


def values(content):
    """Values by case and class."""
    return {case["case"]: case.get("values", {}) for case in content["cases"]}


def notes(content):
    return {note["code"] for case in content["cases"] for note in case.get("notes", ())}


def test_a_structure_set_a_patient(segeval, here):
    for patient in ("PAT01", "PAT02"):
        truth(here / "gt", patient)
        guess(here / "pred", patient)
    content, done = scored(segeval, "-m", "dice")
    assert done.status == 0, done.err
    assert values(content) == {
        p: {"Heart": {"dice": pytest.approx(DICE)}} for p in ("PAT01", "PAT02")
    }
    assert "paired 2 of 2 cases" in content["inputs"]["pairing"]


def masks(here, form):
    """Predictions as files of masks: a label map, a file a class, or a segmentation object."""
    for patient in ("PAT01", "PAT02"):
        if form == "seg":
            shots = [build.Shot(MASK[z], (0, 0, 2 * z)) for z in (2, 3, 4)]
            (here / "pred" / patient).mkdir(parents=True)
            build.seg(here / "pred" / patient / "any", shots, ["Heart"], gap=2.0)
        elif form == "nrrd":
            (here / "pred" / patient).mkdir(parents=True)
            plain_build.nrrd_file(here / "pred" / patient / "Heart.nrrd", MASK, GRID)
        else:
            (here / "pred").mkdir(exist_ok=True)
            plain_build.nifti(here / "pred" / f"{patient}.nii.gz", MASK, GRID)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("form", ["seg", "nrrd", "nifti"])
def test_against_masks_each_way_round(segeval, here, form, turned):
    for patient in ("PAT01", "PAT02"):
        truth(here / "gt", patient)
    masks(here, form)
    sides = ("gt", "pred") if turned else ("pred", "gt")
    named = ["--classes", "1=Heart"] if form == "nifti" else []
    done = segeval("score", *sides, "-m", "dice", *named, "-o", "out.json")
    assert done.status == 0, done.err
    content = json.loads((here / "out.json").read_text())
    assert values(content) == {
        p: {"Heart": {"dice": pytest.approx(DICE)}} for p in ("PAT01", "PAT02")
    }


def test_the_images_lie_in_a_folder_of_their_own(segeval, here):
    build.series(here / "ct", (8, 20, 20), (2.0, 1.0, 1.0), uid="1.2.3.1.2", frame="1.2.3.1.1",
                 patient="ID1")  # fmt: skip
    truth(here / "gt", "PAT01", series=False)
    guess(here / "pred", "PAT01")
    content, done = scored(segeval, "-m", "dice", "--images", "ct")
    assert done.status == 0
    assert content["cases"][0]["facts"]["shape"] == [20, 20, 8]
    assert values(content)["PAT01"]["Heart"]["dice"] == pytest.approx(DICE)
    assert segeval("score", "pred", "gt", "--images", "none").status == 2


def test_no_images_at_all(segeval, here):
    truth(here / "gt", "PAT01", series=False)
    guess(here / "pred", "PAT01")
    content, done = scored(segeval, "-m", "dice", "--rt-grid", "0.5")
    assert "W-derived-grid" in done.err
    assert content["cases"][0]["facts"]["spacing"] == [0.5, 0.5, 2.0]
    assert content["settings"]["rt_grid"] == 0.5


def test_two_structure_sets_of_one_side(segeval, here):
    truth(here / "gt", "PAT01")
    guess(here / "pred", "PAT01", name="RS_auto.dcm", label="auto")
    guess(here / "pred", "PAT01", [organ("Lung", HEART)], name="RS_old.dcm", label="old")
    _, done = scored(segeval, "-m", "dice")
    assert done.status == 3
    assert "RS_auto.dcm" in done.err
    for choice in ("*auto*", "label=auto"):
        content, done = scored(segeval, "-m", "dice", "--pred-select", choice)
        assert done.status == 0
        assert values(content)["PAT01"]["Heart"]["dice"] == pytest.approx(DICE)
        assert content["settings"]["pred_select"] == choice
    content, done = scored(segeval, "-m", "dice", "--classes", "Heart")
    assert done.status == 0
    assert "N-structure-set-chosen" in notes(content)


def test_a_frame_of_reference_that_is_another(segeval, here):
    truth(here / "gt", "PAT01")
    guess(here / "pred", "PAT01", frame="9.9", uid="")
    _, done = scored(segeval, "-m", "dice")
    assert done.status == 3
    assert "frames of reference" in done.err
    content, done = scored(segeval, "-m", "dice", "--ignore-frame-of-reference")
    assert done.status == 0
    assert values(content)["PAT01"]["Heart"]["dice"] == pytest.approx(DICE)


def test_several_patients_in_one_folder(segeval, here):
    #    folders say nothing, so the patients do; what they are called is shown when it is asked for
    for patient in ("PAT01", "PAT02"):
        truth(here / "gt" / "all", patient)
        guess(here / "pred" / "all", patient)
    content, done = scored(segeval, "-m", "dice")
    assert done.status == 0, done.err
    assert list(values(content)) == ["all/PAT01/RS", "all/PAT02/RS"]
    assert "ID1" not in (here / "out.json").read_text() + done.out + done.err
    content, _ = scored(segeval, "-m", "dice", "--case-key", "patient")
    assert list(values(content)) == ["ID1", "ID2"]


@pytest.mark.parametrize("arguments", [[], ["--case-key", "folder", "-v", "--per-case"]])
def test_nothing_of_the_patient_is_shown(segeval, here, arguments):
    truth(here / "gt", "PAT01")
    guess(here / "pred", "PAT01")
    _, done = scored(segeval, *arguments)
    said = (here / "out.json").read_text() + done.out + done.err
    assert "Secret" not in said
    assert "ID1" not in said


def test_a_damaged_structure_set_is_a_case(segeval, here):
    for patient in ("PAT01", "PAT02"):
        truth(here / "gt", patient)
        guess(here / "pred", patient)
    path = here / "gt" / "PAT02" / "RS.dcm"
    path.write_bytes(path.read_bytes()[:700])
    content, done = scored(segeval, "-m", "dice")
    assert done.status == 3
    assert [case["status"] for case in content["cases"]] == ["ok", "unreadable"]


def test_one_patient_is_a_folder_too(segeval, here):
    truth(here / "gt", "PAT01")
    guess(here / "pred", "PAT02", uid="1.2.3.1.2", frame="1.2.3.1.1")
    done = segeval("score", "pred/PAT02", "gt/PAT01", "-m", "dice", "-o", "out.json")
    assert done.status == 0, done.err
    done = segeval("score", "pred/PAT02/RS.dcm", "gt/PAT01/RS.dcm", "-m", "dice", "-o", "out.json")
    assert done.status == 0, done.err


# Names and structures.

CIRCLE = [build.circle((9, 9), 4, z) for z in (2, 4, 6)]


def named(here, one, other):
    truth(here / "gt", "PAT01", one)
    guess(here / "pred", "PAT01", other)


def test_names_that_nobody_agreed_on(segeval, here):
    #    `parotid lt` is Parotid_L; PTV 50 is no Heart; a couch is no organ
    named(
        here,
        [organ("Parotid_L", HEART), organ("Heart", HEART), organ("Couch", CIRCLE)],
        [organ("parotid lt", LARGER), organ("PTV 50", LARGER), organ("Hearts", LARGER)],
    )
    content, done = scored(segeval, "-m", "dice")
    found = values(content)["PAT01"]
    assert found["Parotid_L"] == {"dice": pytest.approx(DICE)}
    assert found["Heart"]["status"] == "name_not_found"
    assert found["PTV 50"]["status"] == "not_annotated"
    assert "Couch" not in found
    assert '--alias "Heart=Hearts"' in done.err
    facts = content["cases"][0]["facts"]["structures"]["pred"]
    assert facts["names"]["Parotid_L"] == "parotid lt"
    assert facts["rois"]["parotid lt"] == {"number": 1, "type": "ORGAN", "algorithm": "MANUAL"}
    assert (facts["approval"], facts["manufacturer"]) == ("APPROVED", "Maker")


def test_what_helps_to_plan_is_scored_by_name(segeval, here):
    named(here, [organ("Couch", HEART)], [organ("couch", LARGER)])
    content, done = scored(segeval, "-m", "dice", "--classes", "Couch")
    assert done.status == 0
    assert values(content)["PAT01"] == {"Couch": {"dice": pytest.approx(DICE)}}


def test_two_structures_of_one_name(segeval, here):
    named(
        here,
        [organ("Heart", HEART), organ("Lung_L", HEART)],
        [organ("heart", LARGER), organ("HEART", CIRCLE), organ("Lung L", LARGER)],
    )
    content, done = scored(segeval, "-m", "dice")
    assert done.status == 3
    assert values(content)["PAT01"] == {
        "Heart": {"status": "two_structures", "reason": ""},
        "Lung_L": {"dice": pytest.approx(DICE)},
    }
    assert "error: PAT01/Heart: 2 structures of one file are 'Heart'" in done.err
    assert "ROI 1: heart" in done.err
    assert "ROI 2: HEART" in done.err


def test_one_of_two_by_its_number(segeval, here):
    named(here, [organ("Heart", HEART), organ("Heart", CIRCLE)], [organ("Heart#1", LARGER)])
    content, done = scored(segeval, "-m", "dice", "--classes", "Heart#1")
    assert done.status == 0, done.err
    assert values(content)["PAT01"] == {"Heart": {"dice": pytest.approx(DICE)}}


def test_a_union_where_the_file_has_no_such_structure(segeval, here):
    #    left and right on one side are the one structure of the other
    right = [
        build.Ring([(6.5, 3.5, z), (9.5, 3.5, z), (9.5, 9.5, z), (6.5, 9.5, z)]) for z in (2, 4, 6)
    ]
    left = [
        build.Ring([(3.5, 3.5, z), (6.5, 3.5, z), (6.5, 9.5, z), (3.5, 9.5, z)]) for z in (2, 4, 6)
    ]
    named(here, [organ("Parotid_L", left), organ("Parotid_R", right)], [organ("Parotids", LARGER)])
    (here / "segeval.toml").write_text('[classes.Parotids]\nunion = ["Parotid_L", "Parotid_R"]\n')
    content, done = scored(segeval, "-m", "dice,contour_dice")
    assert done.status == 0, done.err
    found = values(content)["PAT01"]["Parotids"]
    assert found["dice"] == pytest.approx(DICE)
    assert found["contour_dice"]["status"] == "undefined"


def test_a_contour_that_cannot_be_read(segeval, here):
    broken = [*LARGER, build.Ring(LARGER[0].points, count=9)]
    named(
        here,
        [organ("Heart", HEART), organ("Lung_L", HEART)],
        [organ("Heart", broken), organ("Lung_L", LARGER)],
    )
    content, done = scored(segeval, "-m", "dice")
    assert done.status == 3
    assert values(content)["PAT01"]["Heart"] == {"status": "partial", "reason": ""}
    assert values(content)["PAT01"]["Lung_L"] == {"dice": pytest.approx(DICE)}
    assert "error: PAT01/Heart: " in done.err
    content, done = scored(segeval, "-m", "dice", "--rt-bad-contour", "skip")
    assert done.status == 0
    assert values(content)["PAT01"]["Heart"] == {"dice": pytest.approx(DICE)}
    assert content["settings"]["rt_bad_contour"] == "skip"


def test_a_marker_is_no_volume(segeval, here):
    point = [build.Ring([(5, 5, 4)], kind="POINT")]
    named(here, [organ("Marker", point), organ("Heart", HEART)], [organ("Heart", LARGER)])
    content, done = scored(segeval, "-m", "dice")
    assert done.status == 0, done.err
    assert values(content)["PAT01"]["Marker"]["status"] == "not_a_volume"


def test_nothing_but_a_marker(segeval, here):
    point = [build.Ring([(5, 5, 4)], kind="POINT")]
    named(here, [organ("Marker", point)], [organ("Heart", LARGER)])
    content, _ = scored(segeval, "-m", "dice")
    found = values(content)["PAT01"]
    assert found["Marker"]["status"] == "not_a_volume"
    assert found["Heart"]["status"] == "not_annotated"


def test_an_empty_structure_is_annotated_as_absent(segeval, here):
    named(here, [organ("Heart", [])], [organ("Heart", LARGER)])
    content, _ = scored(segeval, "-m", "dice")
    cell = values(content)["PAT01"]["Heart"]["dice"]
    assert (cell["value"], cell["reason"]) == (0.0, "gt_empty")


def test_a_reference_that_a_program_has_drawn(segeval, here):
    named(here, [organ("Heart", HEART, algorithm="AUTOMATIC")], [organ("Heart", LARGER)])
    content, _ = scored(segeval, "-m", "dice")
    assert "N-automatic-truth" in notes(content)


def test_a_missing_prediction_scored_as_empty(segeval, here):
    for patient in ("PAT01", "PAT02"):
        truth(here / "gt", patient)
    guess(here / "pred", "PAT01")
    content, done = scored(segeval, "-m", "dice", "--missing", "worst")
    assert done.status == 0, done.err
    assert values(content)["PAT02"]["Heart"]["dice"]["value"] == 0


@pytest.mark.parametrize(
    ("choice", "dice"),
    [
        # border through centres: 6 x 6 becomes 7 x 7 on either side
        (["--rt-boundary", "inclusive"], 2 * 3 * 49 / (3 * 49 + 3 * 49)),
        (["--gt-rt-boundary", "inclusive"], 2 * 3 * 36 / (3 * 49 + 3 * 36)),
        (["--pred-rt-boundary", "inclusive"], 2 * 3 * 36 / (3 * 36 + 3 * 49)),
        ([], 1.0),
    ],
)
def test_the_border_of_either_side(segeval, here, choice, dice):
    rings = [build.square(3, 9, z) for z in (2, 4, 6)]
    named(here, [organ("Heart", rings)], [organ("Heart", rings)])
    content, _ = scored(segeval, "-m", "dice", *choice)
    assert values(content)["PAT01"]["Heart"]["dice"] == pytest.approx(dice)
    assert ("rt_boundary" in content["settings"]) == (choice[:1] == ["--rt-boundary"])


def test_gaps_and_contours_that_cross(segeval, here):
    #    a plane is missing between two; two squares overlap in 3 x 3 of 6 x 6 each
    gap = [build.square(3.5, 9.5, z) for z in (2, 6)]
    cross = [build.square(3.5, 9.5, 4), build.square(6.5, 12.5, 4)]
    both = [organ("Heart", gap), organ("Lung_L", cross)]
    named(here, both, [organ("Heart", HEART), organ("Lung_L", [build.square(3.5, 9.5, 4)])])
    found = values(scored(segeval, "-m", "dice")[0])["PAT01"]
    assert found["Heart"]["dice"] == pytest.approx(2 * 72 / (72 + 108))
    assert found["Lung_L"]["dice"] == pytest.approx(2 * 27 / (54 + 36))
    more = ["--rt-fill-gaps", "nearest", "--rt-overlap", "union"]
    found = values(scored(segeval, "-m", "dice", *more)[0])["PAT01"]
    assert found["Heart"]["dice"] == pytest.approx(1.0)
    assert found["Lung_L"]["dice"] == pytest.approx(2 * 36 / (63 + 36))


# Metrics of the polygons themselves.


def test_contours_without_their_voxels(segeval, here):
    #    squares of 6.4 and 7.4 mm share 6.4 x 6.4 on two of three slices of 2 mm
    small = [build.square(3.3, 9.7, z) for z in (2, 4, 6)]
    large = [build.square(3.3, 10.7, z) for z in (4, 6, 8)]
    for patient in ("PAT01", "PAT02"):
        truth(here / "gt", patient, [organ("Heart", small)])
        guess(here / "pred", patient, [organ("Heart", large)])
    names = "contour_dice,contour_iou,contour_volume_difference,voxel_dice_error"
    content, done = scored(segeval, "-m", f"{names},dice")
    assert done.status == 0, done.err
    a, b, c = 3 * 6.4**2, 3 * 7.4**2, 2 * 6.4**2
    found = values(content)["PAT01"]["Heart"]
    assert found["contour_dice"] == pytest.approx(2 * c / (a + b))
    assert found["contour_iou"] == pytest.approx(c / (a + b - c))
    assert found["contour_volume_difference"] == pytest.approx((b - a) / a)
    assert found["voxel_dice_error"] == pytest.approx(found["dice"] - 2 * c / (a + b))
    pooled = content["summary"][""]["Heart"]["contour_dice"]["pooled"]
    assert pooled == pytest.approx(2 * c / (a + b))


def test_masks_have_no_contours(segeval, here):
    truth(here / "gt", "PAT01")
    truth(here / "gt", "PAT02")
    masks(here, "seg")
    content, _ = scored(segeval, "-m", "contour_dice")
    cell = values(content)["PAT01"]["Heart"]["contour_dice"]
    assert (cell["status"], cell["reason"]) == ("undefined", "no_contours")


# What a file holds.


def test_inspect_lists_names_with_class_and_rule(segeval, here):
    names = ("Parotid_L", "parotid lt", "PTV 50", "Couch", "glandula")
    truth(here / "gt", "PAT01", [organ(name, HEART) for name in names])
    done = segeval("inspect", "gt", "--names")
    assert done.status == 0
    rows = [line.split("  ") for line in done.out.splitlines()[2:]]
    assert [[cell.strip() for cell in row if cell][1:] for row in rows] == [
        ["Parotid_L", "Parotid_L", "exact"],
        ["parotid lt", "Parotid_L", "normal form"],
        ["PTV 50"],
        ["Couch", "support"],
        ["glandula"],
    ]
    (here / "segeval.toml").write_text('[classes.Parotid_L]\naliases = ["re:gland.*"]\n')
    done = segeval("inspect", "gt/PAT01/RS.dcm", "--names")
    assert done.out.splitlines()[-1].split()[-2:] == ["Parotid_L", "alias"]


def test_inspect_says_what_a_structure_set_is(segeval, here):
    truth(here / "gt", "PAT01")
    done = segeval("inspect", "gt")
    assert done.status == 0
    assert "plan, 20240102, APPROVED, Maker; contours Heart (ROI 1, ORGAN, MANUAL): 3" in done.out
    assert "Secret" not in done.out + done.err
