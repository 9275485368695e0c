import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.reports.figure_form import figure_form, format_figure
from segeval.reports.table_model import (
    align_cells,
    format_count,
    pad_text,
    text_width,
)
from segeval.request.settings import Settings
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.summary_columns import Column


@pytest.mark.parametrize(
    ("metric", "unit", "expected"),
    [
        ("dice", "", 3),
        ("volume_difference", "ml", 2),
        ("hd95", "mm", 2),
        ("relative_volume_difference", "%", 1),
        ("volume_difference", "voxels", 0),
        ("volume_difference", "px", 0),
        ("not_known", "ml", 2),
    ],
)
def test_decimals_suit_the_unit(metric, unit, expected):
    assert figure_form(Column(metric, unit), Settings()).decimal == expected


@pytest.mark.parametrize("unit", ["", "ml", "%", "voxels"])
def test_there_are_no_fewer_than_no_decimals(unit):
    assert figure_form(Column("dice", unit), Settings(digits=0)).decimal == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.9996, "1.000"), (-0.0001, "0.000"), (math.nan, "-"), (math.inf, "inf"), (-2, "-2.000")],
)
def test_figures(value, text):
    assert format_figure(value, 3) == text


def test_digit_stands_under_digit():
    cells = [("0.9", "0.12", ""), ("-10.1", "3.00", "n=4"), ("-", "", "")]
    assert align_cells(cells) == (
        "  0.9 ± 0.12    ",
        "-10.1 ± 3.00 n=4",
        "    -           ",
    )


def test_nothing_to_align():
    assert align_cells([]) == ()


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("肝臓", 4), ("é", 1), ("e\u0301", 1)])
def test_places_in_a_terminal(text, width):
    assert text_width(text) == width
    assert text_width(pad_text(text, 8)) == 8


@given(st.text())
def test_nothing_of_a_name_steers_a_terminal(text):
    assert clean_name(text).isprintable()


def test_a_readable_name_is_not_changed():
    assert clean_name("Hüfte (links) 肝臓") == "Hüfte (links) 肝臓"
    assert clean_name("a\x1b[2Jb\n") == "a\\x1b[2Jb\\n"


def test_counted():
    assert format_count(1, "case") == "1 case"
    assert format_count(0, "case") == "0 cases"
    assert format_count(2, "class", "classes") == "2 classes"
