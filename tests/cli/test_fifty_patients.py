"""Fifty patients with names that nobody agreed on, and what can be wrong: one command, a table."""

import json

import dicom_build as build
import pytest

SPELLED = ("Parotid_L", "parotid lt", "LeftParotid", "L_Parotid", "PAROTID LEFT")
BROKEN, NO_IMAGES, OTHER_FRAME = "PAT07", "PAT20", "PAT33"
#    6 x 6 pixels on z 2 4 6 against 7 x 7 on z 4 6 8
ORGAN = [build.square(3.5, 9.5, z) for z in (2, 4, 6)]
LARGER = [build.square(3.5, 10.5, z) for z in (4, 6, 8)]
DICE = 2 * 72 / (108 + 147)


def patient(root, number):
    """Image series and two structure sets of a made patient."""
    name = f"PAT{number:02d}"
    who = {"uid": f"1.2.3.{number}.2", "frame": f"1.2.3.{number}.1", "patient": f"ID{number}"}
    if name != NO_IMAGES:
        build.series(root / "gt" / name, (6, 20, 20), (2.0, 1.0, 1.0), **who)
    truth = [build.Organ(SPELLED[number % 5], ORGAN), build.Organ("Heart", ORGAN)]
    build.rtstruct(root / "gt" / name / "RS.dcm", truth, shuffled=True, **who)
    rings = [*LARGER, build.Ring(LARGER[0].points, count=9)] if name == BROKEN else LARGER
    guess = [build.Organ("HEART", rings), build.Organ(SPELLED[number * 3 % 5], LARGER)]
    if name == OTHER_FRAME:
        who["frame"] = "9.9.9"
    build.rtstruct(root / "pred" / name / "RS.dcm", guess, **who)


@pytest.mark.parametrize("jobs", [1, 2])
def test_fifty_patients_in_one_command(segeval, here, jobs):
    for number in range(1, 51):
        patient(here, number)
    done = segeval(
        "score", "pred", "gt", "-m", "dice", "--classes", "Parotid_L,Heart", "-o", "out.json",
        "-j", jobs,
    )  # fmt: skip
    assert done.status == 3
    assert "paired 50 of 50 cases" in done.err
    assert f"error: {BROKEN}/Heart: " in done.err
    assert f"error: {OTHER_FRAME}: " in done.err
    assert "frames of reference" in done.err
    assert f"warning: {NO_IMAGES}: no side has a grid" in done.err
    content = json.loads((here / "out.json").read_text())
    assert [case["case"] for case in content["cases"]] == [f"PAT{n:02d}" for n in range(1, 51)]
    for case in content["cases"]:
        if case["case"] == OTHER_FRAME:
            assert case["status"] == "frame_of_reference_mismatch"
            continue
        assert case["values"]["Parotid_L"] == {"dice": pytest.approx(DICE, abs=0.02)}
        if case["case"] == BROKEN:
            assert case["values"]["Heart"] == {"status": "partial", "reason": ""}
        else:
            assert case["values"]["Heart"] == {"dice": pytest.approx(DICE, abs=0.02)}
    found = content["summary"][""]["Heart"]["dice"]
    assert (found["n"], found["n_missing"]) == (48, 2)
    assert "Heart" in done.out
    said = done.out + done.err + (here / "out.json").read_text()
    assert "Secret" not in said
    assert "ID33" not in said


def test_one_row_a_structure_without_a_list(segeval, here):
    #    five spellings of one organ are one row, called as the table of structures calls it
    for number in range(1, 6):
        patient(here, number)
    done = segeval("score", "pred", "gt", "-m", "dice", "-o", "out.json")
    assert done.status == 0, done.err
    content = json.loads((here / "out.json").read_text())
    assert list(content["summary"][""]) == ["Parotid_L", "Heart", "overall"]
    assert content["summary"][""]["Parotid_L"]["dice"]["n"] == 5
    raw = {case["facts"]["structures"]["gt"]["names"]["Parotid_L"] for case in content["cases"]}
    assert raw == set(SPELLED)
