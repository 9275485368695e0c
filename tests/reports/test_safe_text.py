"""Names that would steer a terminal, forge a line or be computed: shown as text in every form."""

import csv
import io
import json
import os

import pytest
from cards import card, case, unscored
from terminals import Stream

from segeval.reports import REPORTS
from segeval.reports.csv_cells import CsvWriter, is_number
from segeval.reports.outputs import replace_file, show_report
from segeval.request.settings import Settings
from segeval.runtime.errors import CaseError, Note
from segeval.runtime.safe_text import clean_name

NAMES = {
    "a terminal's escape": "\x1b]0;owned\x07\x1b[31mred",
    "a forged line": "x\nPASS dice: 1.000",
    "a byte that is no text": "caf\udce9",
    "right to left": "\u202egnp.exe",
    "markup": "<script>alert(1)</script>",
    "a formula": "=HYPERLINK(1)",
    "no break, no width": "a\u00a0b\u200bc",
    "C1 control": "\x9b31mred",
}
# Machines read these: their own escapes or quotes hold a name as it is.
EXACT = ("csv", "tsv", "json", "jsonl", "summary", "instances", "instances-json", "gitlab-quality")
odd = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)


def made(name):
    """A scorecard whose case, class, patient and fault are called so."""
    fine = case(name, {name: {"dice": 0.5}, "b": {"dice": 0.25}}, patient=name, group=name)
    wrong = unscored(f"{name}2", message=f"no prediction {name}", where=name, facts=[name])
    return card([fine, wrong], notes=(Note("W-x", f"of {name}", name),))


def written(name, form, path):
    """The bytes of a form."""
    with replace_file(path) as file:
        show_report(made(name), form, file, Settings(worst=2))
    return path.read_bytes()


@odd
@pytest.mark.parametrize("form", [form for form in REPORTS if form != "parquet"])
def test_every_form_is_utf8_and_nothing_in_it_steers(form, name, tmp_path):
    text = written(name, form, tmp_path / "out").decode("utf-8")
    assert "\udce9" not in text
    steering = {c for c in text if not c.isprintable()} - {"\n"}
    if form == "html":
        steering -= {"\u202f"}  # between our thousands
        assert "<script>alert" not in text
    if form in ("csv", "tsv", "instances"):
        steering -= set(name) | {"\t"}
    assert steering == set()


@odd
@pytest.mark.parametrize("form", [*EXACT, "table", "markdown", "junit"])
def test_a_terminal_shows_names_as_text(form, name):
    stream = Stream()
    show_report(made(name), form, stream, Settings(worst=2, color="never"))
    text = stream.getvalue()
    assert {c for c in text if not c.isprintable()} <= {"\n", "\t"}
    assert not any(line.startswith("PASS dice: 1.000") for line in text.splitlines())


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_csv_gives_names_back_as_they_are(delimiter, tmp_path):
    form = "csv" if delimiter == "," else "tsv"
    for name in NAMES.values():
        text = written(name, form, tmp_path / "out").decode("utf-8")
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        told = clean_name(name) if "\udce9" in name else name
        assert rows[1][:2] == [told, told]


def test_a_byte_of_a_name_has_a_visible_escape(tmp_path):
    assert clean_name("caf\udce9") == r"caf\xe9"
    assert r"caf\xe9" in written("caf\udce9", "csv", tmp_path / "out").decode()


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-cmd|x", "'-cmd|x"), ("+A1", "'+A1"),
        ("\tx", "'\tx"), ("-2.5", "-2.5"), ("-inf", "-inf"), ("1e-07", "1e-07"), ("liver", "liver"),
    ],
)  # fmt: skip
def test_safe_csv_keeps_a_spreadsheet_from_computing(cell, shown):
    file = io.StringIO()
    CsvWriter(file, Settings(safe_csv=True)).write_rows([(cell, -2.5, None)])
    assert next(csv.reader(io.StringIO(file.getvalue()))) == [shown, "-2.5", ""]
    plain = io.StringIO()
    CsvWriter(plain, Settings()).write_rows([(cell, -2.5, None)])
    assert next(csv.reader(io.StringIO(plain.getvalue())))[0] == cell


def test_numbers_are_numbers():
    assert is_number("-0.5")
    assert not is_number("=0.5")


def test_names_that_are_no_text_stay_apart():
    assert clean_name("\udcfe") != clean_name("\udcff")
    assert os.fsencode("\udcff") == b"\xff"


def test_json_gives_names_back_as_they_are(tmp_path):
    for name in NAMES.values():
        content = json.loads(written(name, "json", tmp_path / "out.json"))
        assert content["cases"][0]["case"] == name


def test_lines_of_an_error_hold_what_they_are_of():
    lines = CaseError("a\nb", where="c\x1b").lines()
    assert [clean_name(line) for line in lines] == [r"error: c\x1b: a\nb"]
