"""REPORT-T9, T10, T18: every class in every metric; its cases as a strip; the same for each
group.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from segeval.reports.html.axes import HUGE, Axis, spanning_far
from segeval.reports.html.charged_values import ChargedColumn
from segeval.reports.html.charts import with_unit
from segeval.reports.html.interval_cells import IntervalCell, interval_cell, lone_patient
from segeval.reports.html.marks import Marks
from segeval.reports.html.shown import (
    Heading,
    Shown,
    label,
    place_of_case,
    place_of_class,
)
from segeval.reports.html.strip_charts import Strip, draw_distribution, draw_strips
from segeval.runtime.arrays import Floats
from segeval.runtime.frozen import frozen
from segeval.scorecard.card import OVERALL, WHOLE, Scorecard, Statistic
from segeval.scorecard.row_index import index_rows

STRONG = (OVERALL,)
NOTHING_CHARGED = ChargedColumn({}, {})
NO_CHARGES: Mapping[str, ChargedColumn] = {}
NO_VALUES: Floats = np.empty(0)


@frozen
class ClassRow:
    """A class in one metric."""

    name: str
    label: str
    place: str
    strong: bool
    n: int
    undefined: int
    missing: int
    charged: int
    mean: Shown
    sd: Shown
    median: Shown
    worst: Shown
    worst_case: str
    pooled: Shown
    interval: IntervalCell
    spark: str


@frozen
class MetricTable:
    """A metric with all its classes, and the chart of every case.

    charged   by which rules values are charged, in words; "" where none is
    of_cases  whether cases have values; else there are those of the data set alone
    """

    heading: Heading
    rows: tuple[ClassRow, ...]
    chart: str
    pooled: bool
    interval: bool
    charged: str
    of_cases: bool
    place: str
    lead: str


Values = dict[tuple[str, str], Floats]


def values_of(card: Scorecard, heads: Sequence[Heading]) -> Values:
    """The finite values of every class and column, float64, in the order of the cases."""
    found: dict[tuple[str, str], list[tuple[Any, Any]]] = {}
    for kind, rows in index_rows(card.cases).kinds.items():
        for head in heads if kind.number else ():
            if head.column.counts(kind):
                places, numbers = rows.numbers()
                known = np.isfinite(numbers)
                part = places[known], numbers[known]
                found.setdefault((kind.class_, head.key), []).append(part)
    values = {}
    for key, parts in found.items():
        places, numbers = map(np.concatenate, zip(*parts, strict=True))
        values[key] = numbers[np.argsort(places)]
    return values


def class_tables(
    card: Scorecard,
    heads: Sequence[Heading],
    values: Values,
    marks: Marks,
    charged: Mapping[str, ChargedColumn] = NO_CHARGES,
) -> list[MetricTable]:
    """A table a metric, in the order of the run.

    values   by class and column, with the places of their cases
    marks    bars of gates, and tolerances
    charged  what was charged in the place of undefined values, by column
    """
    made = [
        _table(k, card, head, values, marks, charged.get(head.key, NOTHING_CHARGED))
        for k, head in enumerate(heads)
    ]
    return [table for table in made if table.rows]


def _table(  # noqa: PLR0913 - what a table hangs on
    number: int,
    card: Scorecard,
    head: Heading,
    values: Values,
    marks: Marks,
    own_charges: ChargedColumn,
) -> MetricTable:
    summary = card.summary.get("", {})
    names = [name for name in summary if head.key in summary[name]]
    if [name for name in names if name not in (OVERALL, WHOLE)] == names[:1]:
        names = [name for name in names if name != OVERALL]  # of one class it says the same
    every = [v for name in names for v in values.get((name, head.key), NO_VALUES).tolist()]
    scale = scale_of_column(every, head)
    rows = []
    for name in names:
        own = values.get((name, head.key), NO_VALUES).tolist()
        spark = draw_distribution(own, scale, f"{label(name)}, {head.name}") if own else ""
        charged = sum(own_charges.by_class.values()) if name == OVERALL else (
            own_charges.by_class.get(name, 0)
        )  # fmt: skip
        rows.append(_row(card, name, head, summary[name][head.key], charged, spark))
    return MetricTable(
        head,
        tuple(rows),
        _chart(head, names, summary, values, marks),
        any(row.pooled.exact for row in rows),
        any(row.interval.low.exact or row.interval.why for row in rows),
        own_charges.text,
        any(row.mean.exact for row in rows) or not any(row.pooled.exact for row in rows),
        f"metric-{number + 1}",
        card.leads if any(row.pooled.exact for row in rows) else "mean",
    )


def _row(  # noqa: PLR0913 - a row, of what
    card: Scorecard, name: str, head: Heading, made: Statistic, charged: int, spark: str
) -> ClassRow:
    low, high = made.interval or (math.nan, math.nan)
    lone = lone_patient(card, name, head.name) if made.interval else ""
    return ClassRow(
        name,
        label(name),
        place_of_class(name),
        name in STRONG,
        made.n,
        made.n_undefined,
        made.n_missing,
        charged,
        head.show(made.mean),
        head.show(made.sd),
        head.show(made.median),
        head.show(made.worst),
        made.worst_case,
        head.show(made.pooled),
        interval_cell(low, high, made.n, head.show, lone),
        spark,
    )


def _chart(
    head: Heading,
    names: Sequence[str],
    summary: Mapping[str, Mapping[str, Statistic]],
    values: Values,
    marks: Marks,
) -> str:
    strips = strips_of(head, names, summary, values, marks)
    if not any(strip.values for strip in strips):
        return ""
    title = f"{head.name}: every case, by class"
    across = with_unit(head.name, head.unit)
    return draw_strips(title, across, strips, bounds=head.definition.bounds)


def scale_of_column(every: Sequence[float], head: Heading) -> Axis | None:
    """The scale of the small distributions of a column, on 0..1; None where all are one."""
    if not every or min(every) == max(every):
        return None
    axis = spanning_far(every, 0.0, 1.0)
    bend = 0.0 if head.bounded else axis.bend
    low, high = max(-HUGE, min(every)), min(HUGE, max(every))
    return Axis(low, high, 0.0, 1.0, bend=bend) if low < high else None


def strips_of(
    head: Heading,
    names: Sequence[str],
    summary: Mapping[str, Mapping[str, Statistic]],
    values: Values,
    marks: Marks,
) -> list[Strip]:
    """What the chart of a metric shows, a class each."""
    strips = []
    for name in names:
        if name == OVERALL:
            continue
        made = summary[name][head.key]
        worst = (made.worst_case, made.worst, f"#{place_of_case(made.worst_case)}")
        strips.append(
            Strip(
                label(name),
                f"#{place_of_class(name)}",
                tuple(values.get((name, head.key), NO_VALUES).tolist()),
                worst,
                bars=marks.bars_of(name, head),
                tolerance=marks.tolerance_of(name, head),
                n_other=made.n_undefined + made.n_missing,
            )
        )
    return strips


def group_tables(card: Scorecard, heads: Sequence[Heading]) -> list[dict[str, Any]]:
    """REPORT-T18: the mean of every class in each group, side by side; a table a metric."""
    groups = [name for name in card.summary if name]
    if len(groups) < 2:
        return []
    tables = []
    for head in heads:
        rows = []
        for name in card.summary.get("", {}):
            cells = [card.summary[g].get(name, {}).get(head.key) for g in groups]
            if any(cells):
                shown = [
                    (head.show(math.nan if c is None else c.mean), 0 if c is None else c.n)
                    for c in cells
                ]
                rows.append({"name": label(name), "link": place_of_class(name), "cells": shown})
        if rows:
            tables.append({"heading": head, "groups": groups, "rows": rows})
    return tables
