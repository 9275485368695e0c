"""CSV and TSV: long and wide, and numbers that read back."""

import csv
import io
import math

import pytest
from cards import NAN, card, case, cases, not_scored, row, unscored
from hypothesis import given
from hypothesis import strategies as st

from segeval.reports import delimited
from segeval.reports.delimited import shortest_number
from segeval.request.settings import Settings
from segeval.scorecard.card import CaseResult

HEADER = "case,class,metric,value,unit,status,reason,group"


def text(made, **choices):
    file = io.StringIO()
    delimited.write(made, file, Settings(**choices))
    return file.getvalue()


def some():
    first = CaseResult(
        "a",
        "a",
        "a",
        (
            row("a", "liver", "dice", 0.1, group="east"),
            row("a", "liver", "volume_difference", -2.0, "ml", group="east"),
            row("a", "spleen", "dice", NAN, group="east"),
            row("a", "spleen", "volume_difference", math.inf, "ml", group="east"),
            not_scored("a", "tumour")._replace(group="east"),
        ),
        group="east",
    )
    return card([first, unscored("b")])


def test_the_long_form():
    assert text(some()).splitlines() == [
        HEADER,
        "a,liver,dice,0.1,,ok,,east",
        "a,liver,volume_difference,-2.0,ml,ok,,east",
        "a,spleen,dice,,,undefined,both_empty,east",
        "a,spleen,volume_difference,inf,ml,undefined,infinite,east",
        "a,tumour,,,,not_annotated,,east",
        "b,,,,,missing_prediction,,",
    ]


def test_the_wide_form():
    assert text(some(), wide=True).splitlines() == [
        "case,class,dice,volume_difference [ml],status,reason,group",
        "a,liver,0.1,-2.0,ok,,east",
        "a,spleen,,inf,undefined,both_empty;infinite,east",
        "a,tumour,,,not_annotated,,east",
        "b,,,,missing_prediction,,",
    ]


def test_two_units_are_two_columns():
    results = cases("volume_difference", "ml", a={"x": 1.0})
    results += cases("volume_difference", "voxels", b={"x": 250.0})
    assert text(card(results), wide=True).splitlines() == [
        "case,class,volume_difference [ml],volume_difference [voxels],status,reason,group",
        "a,x,1.0,,ok,,",
        "b,x,,250.0,ok,,",
    ]


def test_a_case_without_rows_is_a_row():
    made = card([CaseResult("a", "", "a", status="unreadable")])
    assert text(made).splitlines()[1:] == ["a,,,,,unreadable,,"]


@pytest.mark.parametrize("name", ['a,"b"', "a\nb", "Höhle", " a ", "=1+1"])
def test_a_name_is_not_changed(name):
    rows = list(csv.reader(io.StringIO(text(card([case(name, {name: {"dice": 0.5}})])))))
    assert rows[1][:2] == [name, name]


@given(st.floats(allow_nan=False))
def test_a_number_reads_back_as_itself(value):
    assert float(shortest_number(value)) == value


def test_nan_is_an_empty_cell():
    assert shortest_number(math.nan) == ""
