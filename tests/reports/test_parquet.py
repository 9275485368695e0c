"""Parquet holds the rows of the long CSV."""

import csv
import io
import math
from dataclasses import replace

import pytest
from cards import card, case, cases, unscored

from segeval.reports import delimited
from segeval.reports import parquet as parquet_form
from segeval.reports.outputs import parse_output, save_report
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError

MADE = card(
    [
        *cases("dice", a={"x": 0.1 + 0.2, "y": math.nan}, b={"x": math.inf, "y": -math.inf}),
        case("caf\udce9", {"=1": {"dice": 1 / 3}}, group="g"),
        unscored("c"),
    ]
)


def read(path):
    """The rows of a Parquet file as a CSV has them."""
    pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    table = pq.read_table(path)
    rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
    texts = [["" if v is None else v if isinstance(v, str) else repr(v) for v in r] for r in rows]
    return table, [table.column_names, *texts]


def rows_of_csv(made, tmp_path):
    save_report(made, str(tmp_path / "r.csv"), Settings())
    return list(csv.reader(io.StringIO((tmp_path / "r.csv").read_text("utf-8"))))


@pytest.mark.parametrize("group", [1, 2, 1 << 16])
def test_the_rows_are_those_of_the_long_csv(group, tmp_path, monkeypatch):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    monkeypatch.setattr(parquet_form, "GROUP", group)
    save_report(MADE, str(tmp_path / "r.parquet"), Settings())
    table, rows = read(tmp_path / "r.parquet")
    assert rows == rows_of_csv(MADE, tmp_path)
    assert table.schema.metadata[b"signature"].decode() == MADE.signature
    assert table.column("value").null_count == 2  # of the class without a value, and the lost case


def test_no_rows_are_an_empty_table(tmp_path):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    save_report(card([], "dice"), f"parquet:{tmp_path / 'r.bin'}", Settings())
    table, rows = read(tmp_path / "r.bin")
    assert rows == [list(delimited.HEADER)]
    assert str(table.schema.field("value").type) == "double"


def test_the_same_results_are_the_same_bytes_wide_or_safe_or_not(tmp_path):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    for name, settings in (
        ("a", Settings()),
        ("b", replace(Settings(), wide=True, safe_csv=True)),
    ):
        save_report(MADE, str(tmp_path / f"{name}.parquet"), settings)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


@pytest.mark.parametrize("output", ["r.parquet", "parquet:r.bin", "R.PARQUET"])
def test_without_pyarrow_nothing_is_scored(output, monkeypatch):
    monkeypatch.setattr(parquet_form, "find_spec", lambda name: None)
    with pytest.raises(RequestError, match=r"needs pyarrow, which is not installed") as told:
        parse_output(output)
    assert "(the extra segeval-cli[parquet])" in told.value.help
    assert told.value.help.endswith("-o results.csv")


def test_stdout_takes_text_alone():
    with pytest.raises(RequestError, match="no text for stdout"):
        parse_output("parquet:-")
