"""Intervals of the means of a summary: what another sample of patients could have given.

Cases of one patient are drawn together; a group has resamples of its own cases.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from segeval.runtime.arrays import Floats
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import replace
from segeval.scorecard.card import OVERALL, WHOLE, CaseResult, Statistic, Summary
from segeval.scorecard.row_index import RowIndex, index_rows
from segeval.scorecard.summary import metric_columns
from segeval.scorecard.summary_columns import Column
from segeval.statistics.bootstrap import bca_intervals, overall_interval, sum_by_unit

LEVEL = 0.95
StatisticsByClass = Mapping[str, Mapping[str, Statistic]]
ReadOnlySummary = Mapping[str, StatisticsByClass]


def check_level(level: float | None) -> float:
    """The level, by default 0.95. Raises RequestError for one that is none."""
    if level is None:
        return LEVEL
    if not 0 < level < 1:
        raise RequestError(f"--ci {level:g} is not in (0, 1)", help="write --ci 0.95")
    return level


def add_intervals(
    summary: ReadOnlySummary,
    cases: Sequence[CaseResult],
    metrics: Sequence[str],
    level: float = LEVEL,
    seed: int = 0,
) -> Summary:
    """The summary with an interval beside each mean; None where there are no values."""
    found, heads = index_rows(cases), metric_columns(cases, metrics)
    made = Summary()
    for group, of_class in summary.items():
        made[group] = {class_: dict(of_metric) for class_, of_metric in of_class.items()}
        for head in heads:
            for class_, ends in _column_intervals(
                head, of_class, found, group, level, seed
            ).items():
                held = made[group][class_]
                held[head.name] = replace(held[head.name], interval=ends)
    return made


def _column_intervals(  # noqa: PLR0913 - what an interval hangs on
    head: Column, of_class: StatisticsByClass, found: RowIndex, group: str, level: float, seed: int
) -> dict[str, tuple[float, float]]:
    """The interval of each class that has a mean, and that of `overall`."""
    names = [c for c, made in of_class.items() if head.name in made and made[head.name].n]
    classes = [c for c in names if c not in (WHOLE, OVERALL)]
    own = [*classes, WHOLE] if WHOLE in names else classes
    if not own:
        return {}
    inside = found.inside(group)
    sample = sum_by_unit(column_values(found, head, own)[inside], found.units(inside))
    low, high = bca_intervals(sample, level, seed)
    ends = {c: (float(a), float(b)) for c, a, b in zip(own, low, high, strict=True)}
    if OVERALL in names and classes:
        some = slice(0, len(classes))
        ends[OVERALL] = overall_interval(sample.picked(some), level, seed)
    return {c: both for c, both in ends.items() if not any(map(math.isnan, both))}


def column_values(found: RowIndex, head: Column, classes: Sequence[str]) -> Floats:
    """The finite values of a column, (cases, classes); nan where there is none."""
    place = {name: k for k, name in enumerate(classes)}
    made = np.full((len(found), len(classes)), np.nan)
    for kind, rows in found.kinds.items():
        if kind.class_ in place and kind.number and head.counts(kind):
            cases, numbers = rows.numbers()
            finite = np.isfinite(numbers)
            made[cases[finite], place[kind.class_]] = numbers[finite]
    return made
