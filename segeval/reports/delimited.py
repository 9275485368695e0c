"""CSV: one row a number, or with `--wide` one row a case and class.

A number has all its digits; where there is none the cell is empty and the reason says why, and an
infinite value is the word `inf`. A case or class that was not scored is one row without metric.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import IO

from segeval.reports.csv_cells import CsvWriter
from segeval.request.settings import Settings
from segeval.scorecard.card import CaseResult, Row, Scorecard
from segeval.scorecard.summary import metric_columns
from segeval.scorecard.summary_columns import Column

HEADER = ("case", "class", "metric", "value", "unit", "status", "reason", "group")


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the rows, separated by commas."""
    write_rows(card, file, settings, ",")


def write_rows(card: Scorecard, file: IO[str], settings: Settings, delimiter: str) -> None:
    """Write the rows in the form that the settings ask for."""
    out = CsvWriter(file, settings, delimiter)
    out.write_rows(wide_rows(card) if settings.wide else long_rows(card))


def long_rows(card: Scorecard) -> Iterator[Sequence[str]]:
    """The rows as they are."""
    yield HEADER
    for case in card.cases:
        for r in rows_of_case(case):
            value = shortest_number(r.value)
            yield r.case, r.class_, r.metric, value, r.unit, r.status, r.reason, r.group


def wide_rows(card: Scorecard) -> Iterator[Sequence[str]]:
    """A column for each metric, with the unit in its head."""
    heads = metric_columns(card.cases, card.metrics)
    yield "case", "class", *(head_text(head) for head in heads), "status", "reason", "group"
    for case in card.cases:
        of_class: dict[str, list[Row]] = {}
        for row in rows_of_case(case):
            of_class.setdefault(row.class_, []).append(row)
        for class_, rows in of_class.items():
            cells = [_csv_cell(head, rows) for head in heads]
            reasons = dict.fromkeys(row.reason for row in rows if row.reason)
            status = next((row.status for row in rows if row.status != "ok"), "ok")
            yield case.case, class_, *cells, status, ";".join(reasons), case.group


def head_text(head: Column) -> str:
    """The name of a column with its unit: `volume_difference [ml]`."""
    return f"{head.metric} [{head.unit}]" if head.unit else head.metric


def _csv_cell(head: Column, rows: Sequence[Row]) -> str:
    return next((shortest_number(row.value) for row in rows if head.holds(row)), "")


def rows_of_case(case: CaseResult) -> Iterator[Row]:
    """The rows of a case; of one that has none, what became of it."""
    if case.rows:
        yield from case.rows
    else:
        yield Row(case.case, "", "", math.nan, "", case.status, "", case.group)


def shortest_number(value: float) -> str:
    """The shortest text that reads back as the same number; nothing for nan."""
    return "" if math.isnan(value) else repr(float(value))
