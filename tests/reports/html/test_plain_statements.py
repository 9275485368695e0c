"""What the page says in words: sums of one unit, bars, intervals of few cases, one and many."""

import math
import re

import numpy as np
import pytest
from cards import card
from page_reader import Page, Scale
from report_cards import patients, row, whole

from segeval.reports.html.instance_section import split_by_size
from segeval.reports.html.page import render_page
from segeval.reports.html.strip_charts import Strip, draw_strips
from segeval.request.settings import Settings
from segeval.runtime.frozen import replace
from segeval.scorecard.card import CaseResult
from segeval.statistics.intervals import add_intervals

SHARE, UPWARDS, ANY = (0.0, 1.0), (0.0, math.inf), (-math.inf, math.inf)


def with_intervals(made):
    """The card with intervals of its means."""
    return replace(made, summary=add_intervals(made.summary, made.cases, made.metrics))


@pytest.mark.parametrize(
    ("bounds", "values", "ends"),
    [
        (SHARE, [1.0, 1.0], (0.9, 1.0)),
        (SHARE, [0.0], (0.0, 0.6)),
        (SHARE, [0.97, 0.999], (0.97, 1.0)),
        ((-1.0, 1.0), [-1.0, -1.0], (-1.0, -0.9)),
        (UPWARDS, [0.0, 0.0], (0.0, 0.6)),
        (ANY, [1.0, 1.0], (0.9, 1.1)),
        (SHARE, [1.0000000000000002], (0.9, 1.0000000000000002)),
    ],
)
def test_report_t10_an_axis_ends_where_values_end(bounds, values, ends):
    chart = draw_strips("t", "x", [Strip("a", "#a", tuple(values))], bounds=bounds)
    scale = Scale.first_in(chart)
    assert (scale.low, scale.high) == pytest.approx(ends, abs=1e-12)


def test_report_t7_a_bar_says_what_is_required():
    made = whole(
        patients(8),
        gates=[
            "Lips/dice=0.999",
            "Lips/hd95=1mm",
            "Lips/volume_difference=0.0001ml",
            "Heart/dice=0.1",
        ],
    )
    page = Page(render_page(made, Settings()))
    missed, passed = page.of("verdict")
    assert missed.heads[3:5] == ["found", "required"]
    assert [cell.text for cell in missed.column("required")] == [
        "at least 0.999", "at most 1 mm", "within ±0.0001 ml",
    ]  # fmt: skip
    assert [cell.text for cell in passed.column("required")] == ["at least 0.1"]
    assert "< 0.999" not in page.text


INVENTORY = {
    "case": {"found": 5, "scored": 4, "left_aside": {"asked to be": 1}},
    "gt contour": {"found": 40, "scored": 37, "left_aside": {"outside every slice": 3}},
    "pred label": {"found": 6, "scored": 4, "unscored": {"not_a_volume": 1}},
    "pred file": {"found": 4, "scored": 4},
}


def test_report_t8_account_a1_each_sum_is_of_one_unit():
    made = whole(patients(4), inputs={
        "inventory": INVENTORY,
        "left_aside": [{"kind": "contour", "side": "gt", "reason": "outside every slice",
                        "weight": "unknown", "names": ["Heart, z = 3 mm"], "number": 3}],
    })  # fmt: skip
    text = render_page(made, Settings())
    page = Page(text)
    assert "cases 5 = 4 scored + 1 left aside" in page.text
    assert "contours of the ground truth 40 = 37 scored + 3 left aside" in page.text
    assert (
        "label values of the prediction 6 = 4 scored + 1 not scored + 1 not accounted for"
        in page.text
    )
    assert "files of the prediction 4 =" not in page.text  # all scored: in the folded table alone
    assert "3 contours of the ground truth outside every slice : Heart, z = 3 mm" in page.text
    sums = re.findall(r"<dd>(\d+) = ([^<]+)</dd>", text)
    assert len(sums) == 3
    for found, parts in sums:
        assert int(found) == sum(map(int, re.findall(r"\d+", parts)))


def test_report_t9_few_cases_are_said_and_one_case_has_no_interval():
    cases = patients(6)
    cases[1:] = [replace(c, rows=tuple(r for r in c.rows if r.class_ != "Lips")) for c in cases[1:]]
    made = with_intervals(whole(cases, gates=["Lips/dice.mean=0.999", "Heart/dice=0.999"]))
    page = Page(render_page(made, Settings()))
    table = page.of("classes")[0]
    cells = dict(
        zip([c.text for c in table.column("class")], table.column("interval"), strict=True)
    )
    assert cells["Lips"].numbers == []
    assert cells["Lips"].text == "one case has none"
    assert cells["Heart"].numbers == [repr(v) for v in made.summary[""]["Heart"]["dice"].interval]
    assert "an interval of fewer than 10 cases is too narrow" in page.text
    assert "W-few-cases" in page.text
    gates = page.of("verdict")[0]
    cells = dict(
        zip([c.text for c in gates.column("class")], gates.column("interval"), strict=True)
    )
    assert cells["Lips"].text == "one case has none"
    assert cells["Heart"].numbers


def test_report_t9_many_cases_are_not_few():
    page = Page(render_page(with_intervals(whole(patients(12))), Settings()))
    assert "W-few-cases" not in page.text
    assert "too narrow" not in page.text


def test_report_t9_cases_of_one_patient_have_no_interval():
    cases = [replace(c, patient="P1") for c in patients(4)]
    page = Page(render_page(with_intervals(whole(cases)), Settings()))
    cells = page.of("classes")[0].column("interval")
    assert {cell.text for cell in cells} == {"one patient has none"}


@pytest.mark.parametrize(
    ("sizes", "parts"),
    [
        ([1, 2, 3, 4, 5, 6, 7, 8], [[1, 2], [3, 4], [5, 6], [7, 8]]),
        ([5, 5, 5, 5, 5, 5, 5, 5], [[5] * 8]),
        ([1, 2, 2, 2, 2, 2, 3, 9], [[1, 2, 2, 2, 2, 2], [3, 9]]),
        ([9, 1, 1, 1, 1, 1, 1, 1], [[1] * 7, [9]]),
        ([3, 1], [[1, 3]]),
        ([], []),
    ],
)
def test_report_t16_equal_sizes_are_in_one_part(sizes, parts):
    every = np.array(sizes, float)
    assert [every[part].tolist() for part in split_by_size(every)] == parts


def test_one_of_something_is_singular():
    rows = (row("a", "liver", "dice", 0.5),)
    page = Page(render_page(card([CaseResult("a", "p", "g", rows)], "dice"), Settings()))
    assert "The worst by dice ." in page.text
    assert "1 case of 1 was scored in 1 class by dice" in page.text
    assert not re.findall(r"\b1 (?:cases|classes|values|references|bins|voxels)\b", page.text)
