"""CLI-U8: ratios times 100 for people, said in the head; machines read ratios as before."""

import io
import json

import pytest
from cards import card, case
from page_reader import Page
from terminals import piped

from segeval.reports import REPORTS
from segeval.reports.figure_form import FigureForm, figure_form
from segeval.reports.outputs import show_report
from segeval.request.settings import Settings
from segeval.scorecard.summary_columns import Column

MACHINES = ("csv", "tsv", "json", "jsonl", "openmetrics", "summary", "junit", "gitlab-quality",
            "instances", "instances-json", "confusion")  # fmt: skip


@pytest.fixture
def made():
    """Two cases of two classes: a ratio, a distance, a loss without a bound."""
    values = (0.8125, 3.5, 2.25), (0.4375, 1.25, 0.75)
    return card([
        case(n, {c: {"dice": d, "ce": ce, "kappa": -d} for c in ("liver", "spleen")})
        for n, (d, _, ce) in zip("ab", values, strict=True)
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "unit", "form"),
    [
        ("dice", "", FigureForm("%", 1, 100.0)),
        ("kappa", "", FigureForm("%", 1, 100.0)),
        ("ce", "", FigureForm("", 3)),
        ("hd95", "mm", FigureForm("mm", 2)),
        ("relative_volume_difference", "%", FigureForm("%", 1)),
    ],
)
def test_u8_shares_are_in_percent_and_nothing_else(metric, unit, form):
    assert figure_form(Column(metric, unit), Settings(percent=True)) == form
    assert figure_form(Column(metric, unit), Settings()).factor == 1


def test_u8_the_table_says_so_in_its_head(made):
    text = "\n".join(piped(made, percent=True))
    assert "[%]" in text
    assert "62.5 +/- 26.5" in text
    assert "-62.5" in text
    assert "1.500" in text  # cross entropy is no share
    assert "[%]" not in "\n".join(piped(made))


def test_u8_the_page_shows_percent_and_keeps_the_number(made):
    file = io.StringIO()
    show_report(made, "html", file, Settings(percent=True))
    table = next(t for t in Page(file.getvalue()).of("classes") if t.metric == "dice")
    mean = table.column("mean")[0]
    assert (mean.text, mean.exact) == ("62.5", "0.625")
    assert "dice %" in " ".join(file.getvalue().replace("</bdi>", "").split()).replace(
        '<span class="unit">', ""
    )


@pytest.mark.parametrize("form", MACHINES)
def test_u8_machines_read_what_they_read_before(made, form):
    assert form in REPORTS
    texts = []
    for percent in (False, True):
        file = io.StringIO()
        show_report(made, form, file, Settings(percent=percent))
        texts.append(file.getvalue())
    assert texts[0] == texts[1]


def test_u8_a_badge_is_for_people(made):
    file = io.StringIO()
    show_report(made, "badge", file, Settings(percent=True))
    assert json.loads(file.getvalue())["message"] == "62.5 %"
