"""REPORT-T11: why a value is bad is said out of whatever metrics the run has."""

import math

import pytest
from cards import card
from report_cards import row

from segeval.reports.html.case_section import worst_rows
from segeval.reports.html.page import headings
from segeval.reports.html.worst_reasons import why_bad
from segeval.request.settings import Settings
from segeval.scorecard.card import CaseResult


def why(volumes=None, reason="", **values):
    """The words of a class of one case; `hd__95` stands for `hd95`, `hd__50` for its median."""
    rows = [
        row("a", "liver", name.replace("__", "").replace("_as_", ":as="), value, "", reason)
        for name, value in values.items()
    ]
    return why_bad(rows, volumes)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"hd": 40.0, "hd95": 8.0}, "a far part: hd is 5.0 × hd95"),
        ({"hd": 40.0, "hd90": 8.0}, "a far part: hd is 5.0 × hd90"),
        ({"hd": 40.0, "assd": 2.0}, "a far part: hd is 20 × assd"),
        ({"hd": 40.0, "masd": 2.0}, "a far part: hd is 20 × masd"),
        ({"hd95": 30.0, "assd": 2.0}, "a far part: hd95 is 15 × assd"),
        ({"hd_as_monai": 40.0, "hd95_as_monai": 8.0}, "a far part: hd:as=monai is 5.0 × "
                                                     "hd95:as=monai"),
        ({"hd": 16.0, "hd95": 8.0}, ""),
        ({"hd": 16.0, "assd": 2.0}, ""),
        ({"hd": 40.0}, ""),
        ({"hd": 40.0, "hd95": 0.0}, ""),
        ({"hd": math.nan, "hd95": 8.0}, ""),
    ],
)  # fmt: skip
def test_report_t11_a_far_part_by_the_distances_that_are_there(values, words):
    assert why(**values) == words


@pytest.mark.parametrize(
    ("volumes", "values", "words"),
    [
        ((10.0, 14.0, "ml"), {}, "volume: +40 %"),
        ((10.0, 6.0, "ml"), {}, "volume: −40 %"),
        (None, {"gt_volume": 10.0, "pred_volume": 14.0}, "volume: +40 %"),
        (None, {"gt_volume": 10.0, "volume_difference": -4.0}, "volume: −40 %"),
        (None, {"relative_volume_difference": 40.0}, "volume: +40 %"),
        (None, {"volume_difference": 4.0}, ""),
        ((10.0, 11.0, "ml"), {}, ""),
        ((0.0, 11.0, "ml"), {}, ""),
    ],
)
def test_report_t11_the_volume_by_counts_or_by_metrics(volumes, values, words):
    assert why(volumes, **values) == words


def test_report_t11_what_lies_elsewhere():
    assert (
        why((10.0, 10.5, "ml"), dice=0.0) == "no overlap: both sides have it, at different places"
    )
    assert why((10.0, 10.5, "ml"), iou=0.3).startswith("placed otherwise")
    assert why((10.0, 10.5, "ml"), dice=0.9) == ""
    assert why(None, dice=0.3) == ""  # nothing is known of the volumes


@pytest.mark.parametrize(("dice", "said"), [(0.69, True), (0.7, False)])
def test_report_t11_an_overlap_that_is_good_lies_nowhere_else(dice, said):
    assert why((10.0, 10.5, "ml"), dice=dice).startswith("placed otherwise") == said


def test_report_t11_two_reasons_stand_beside_each_other():
    said = why((10.0, 15.0, "ml"), hd=60.0, hd95=6.0)
    assert said == "a far part: hd is 10 × hd95; volume: +50 %"


def test_report_t11_an_absent_structure_has_no_other_reason():
    assert why((10.0, 0.0, "ml"), "pred_empty", dice=0.0) == "missed: the prediction has none"
    assert why((0.0, 3.0, "ml"), "gt_empty", dice=0.0) == "spurious: the ground truth has none"


@pytest.mark.parametrize("spurious", [0, 2, 19])
def test_report_t11_structures_that_one_side_alone_has_leave_room_for_bad_ones(spurious):
    """Classes that are spurious in every case are as bad as can be, and would be the whole list."""
    cases = []
    for k in range(8):
        rows = [row(f"c{k}", f"s{n}", "dice", 0.0, "", "gt_empty") for n in range(spurious)]
        rows.append(row(f"c{k}", "road", "dice", 0.5 + k / 100))
        classes = tuple(one.class_ for one in rows)
        cases.append(CaseResult(f"c{k}", "p.png", "g.png", tuple(rows), classes=classes))
    made = card(cases)
    found = [one.class_ for one in worst_rows(made, headings(made, Settings()))]
    assert found.count("road") == 5  # of a class at most
    assert len(found) == 5 + min(5 * spurious, 25)
    assert found[: len(found) - 5] == [name for name in found if name != "road"]
