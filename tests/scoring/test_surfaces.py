"""Surface metrics through the front door: units, tolerances, and masks saved as black and white."""

import numpy as np
import pytest

import segeval
from segeval.classes.class_list import ClassDef, ClassList
from segeval.request.grammar import parse_charge
from segeval.request.settings import Settings
from segeval.runtime.errors import GeometryError, RequestError

TRUTH = np.zeros((12, 12), np.uint8)
TRUTH[3:9, 3:9] = 1
MOVED = np.roll(TRUTH, 2, 1)


def hd(pred, truth, metric="hd", **more):
    row = segeval.score(pred, truth, [metric], **more).cases[0].rows[0]
    return row.value, row.unit


def test_a_mask_moved_by_two_pixels():
    assert hd(MOVED, TRUTH) == (pytest.approx(2, abs=1e-9), "px")
    assert hd(MOVED, TRUTH, spacing=(3, 1.5)) == (pytest.approx(3, abs=1e-9), "mm")


def test_255_of_a_binary_mask_is_its_1():
    assert hd(MOVED * 255, TRUTH)[0] == pytest.approx(2, abs=1e-9)


@pytest.mark.parametrize(
    ("metric", "spacing"), [("nsd@2mm", None), ("nsd@2px", (1.0, 1.0)), ("apl@1mm", None)]
)
def test_a_length_in_a_unit_that_the_grid_lacks_is_no_guess(metric, spacing):
    with pytest.raises(GeometryError, match="lengths on this grid are in"):
        hd(MOVED, TRUTH, metric, spacing=spacing)


def test_the_same_length_in_the_unit_of_the_grid():
    assert hd(MOVED, TRUTH, "nsd@2px")[0] == 1
    assert hd(MOVED, TRUTH, "nsd@2mm", spacing=(1, 1))[0] == 1


def volume(*boxes):
    mask = np.zeros((10, 12, 14), np.uint8)
    for box in boxes:
        mask[box] = 1
    return mask


INSIDE, CUT = np.s_[3:6, 3:8, 3:9], np.s_[7:, 3:8, 3:9]


def case(pred, truth, *metrics, **choices):
    settings = Settings(**{"classes": ClassList((ClassDef("Brain", (1,)),))} | choices)
    card = segeval.score(pred, truth, metrics, spacing=(3, 1, 1), settings=settings)
    return card.cases[0]


def codes(found):
    return [note.code for note in found.notes]


def test_a_tolerance_below_the_spacing_is_a_warning():
    one = volume(INSIDE)
    found = case(one, one, "nsd@2.9mm")
    assert codes(found) == ["W-tolerance-below-spacing"]
    assert found.notes[0].text.startswith("nsd at 2.9 mm: the largest spacing is 3")
    assert len(case(one, one, "nsd@2.9mm", "nsd@2.9mm:as=monai").notes) == 1
    assert codes(case(one, one, "nsd@3mm", "nsd@1mm:by=slice", "hd")) == []
    assert codes(case(one, one, "nsd", tolerances=("nikolov-2021",))) == [
        "W-tolerance-below-spacing"
    ]


def test_a_structure_that_the_volume_cuts_is_a_warning():
    found = case(volume(INSIDE), volume(CUT), "hd95")
    assert codes(found) == ["W-cut-structure"]
    assert found.notes[0].text.endswith("closed there: Brain")
    assert codes(case(volume(INSIDE), volume(CUT), "dice")) == []


def test_a_picture_in_pixels_is_not_cut():
    card = segeval.score(TRUTH[3:], MOVED[3:], ["hd"])
    assert card.cases[0].notes == ()


def test_a_class_has_its_own_tolerance_before_that_of_a_table():
    own = ClassList((ClassDef("Brain", (1,), tolerance="4mm"), ClassDef("Liver", (2,))))
    one = volume(INSIDE)
    found = case(one, one, "nsd", classes=own, tolerances=("nikolov-2021", "flare-2022"))
    assert found.facts["tolerances"] == {"Brain": [4, "settings"], "Liver": [5, "flare-2022"]}
    assert "tolerances" not in case(one, one, "nsd@4mm", classes=own).facts


def test_a_class_without_a_tolerance_has_no_nsd():
    own = ClassList((ClassDef("Brain", (1,)), ClassDef("Liver", (2,), tolerance="4mm")))
    found = case(volume(INSIDE), volume(INSIDE), "nsd", classes=own)
    rows = [(row.class_, row.status, row.reason) for row in found.rows]
    assert ("Brain", "undefined", "no_tolerance") in rows


def test_without_any_tolerance_nsd_is_no_request():
    with pytest.raises(RequestError, match="needs a tolerance") as caught:
        case(volume(INSIDE), volume(INSIDE), "nsd")
    assert "write nsd@2mm" in caught.value.help


@pytest.mark.parametrize("choice", [{"tolerances": ("nikolov-2021",)}, {"class": "2mm"}])
def test_a_tolerance_in_mm_needs_a_spacing(choice):
    tolerance = choice.pop("class", "")
    listed = ClassList((ClassDef("Brain", (1,), tolerance=tolerance),))
    settings = Settings(classes=listed, **choice)
    with pytest.raises(GeometryError, match="lengths on this grid are in px"):
        segeval.score(TRUTH, MOVED, ["nsd"], settings=settings)
    assert segeval.score(TRUTH, MOVED, ["hd"], settings=settings).cases[0].status == "ok"


EMPTY = volume()


@pytest.mark.parametrize(("pred", "truth"), [(EMPTY, volume(INSIDE)), (volume(INSIDE), EMPTY)])
def test_a_missed_class_is_charged_the_diagonal(pred, truth):
    rows = case(pred, truth, "hd", "hd95", "masd", "assd", "nsd@3mm", undefined="worst").rows
    assert [row.value for row in rows[:4]] == pytest.approx([np.hypot(30, np.hypot(12, 14))] * 4)
    assert rows[4].value == 0
    assert {row.status for row in rows} == {"ok"}
    assert {row.unit for row in rows[:4]} == {"mm"}
    plain = case(pred, truth, "hd").rows[0]
    assert (plain.status, plain.reason) == ("undefined", rows[0].reason)


def test_two_empty_sides_are_charged_nothing():
    (row,) = case(EMPTY, EMPTY, "hd", undefined="worst").rows
    assert (row.status, row.reason) == ("undefined", "both_empty")


def test_a_charge_goes_before_the_diagonal():
    charges = (parse_charge("hd.pred_empty=374mm"),)
    (row,) = case(EMPTY, volume(INSIDE), "hd", undefined="worst", charges=charges).rows
    assert (row.value, row.status, row.reason) == (374, "ok", "pred_empty")
    charges = (parse_charge("hd.pred_empty=undefined"),)
    (row,) = case(EMPTY, volume(INSIDE), "hd", undefined="worst", charges=charges).rows
    assert (row.status, row.reason) == ("undefined", "pred_empty")


def test_a_charge_in_mm_needs_a_spacing():
    settings = Settings(charges=(parse_charge("hd.pred_empty=374mm"),))
    with pytest.raises(GeometryError, match="lengths on this grid are in px"):
        segeval.score(TRUTH, MOVED, ["hd95"], settings=settings)


def test_slices_of_one_side_are_named_and_charged_when_asked():
    longer = volume(np.s_[3:8, 3:8, 3:9])
    (row,) = case(volume(INSIDE), longer, "hd:by=slice").rows
    assert (row.value, row.status, row.reason) == (0, "ok", "one_sided_slices")
    (row,) = case(volume(INSIDE), longer, "hd:by=slice", undefined="worst").rows
    assert row.value == pytest.approx(2 * np.hypot(12, 14) / 5)  # two of five planes


@pytest.mark.parametrize("convention", ["itk", "seg-metrics"])
def test_a_mask_that_fills_its_array_has_no_contour(convention):
    full = np.ones((4, 5, 6), np.uint8)
    part = full.copy()
    part[:, :, 3:] = 0
    name = "masd" if convention == "itk" else "assd"
    for pred in (part, full):
        rows = case(pred, full, f"{name}:as={convention}", "hd:as=mesh").rows
        assert [(row.status, row.reason) for row in rows] == [
            ("undefined", "no_surface"),
            ("ok", ""),
        ]
    rows = case(part, full, "hd95:as=seg-metrics", "hd:as=seg-metrics").rows
    assert {row.reason for row in rows} == {"no_surface"}


def test_a_reason_is_that_of_its_class():
    own = ClassList((ClassDef("Brain", (1,), tolerance="4mm"), ClassDef("Other", (2,))))
    rows = case(EMPTY, EMPTY, "nsd", classes=own).rows
    assert [row.reason for row in rows] == ["both_empty", "no_tolerance"]
