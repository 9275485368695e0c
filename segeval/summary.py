"""Aggregates: what a metric of a class comes to over the cases.

    mean, median, sd  of the finite values; sd with n - 1, nan for one value
    worst, best       by the metric's better side, infinite values included; nan for a size
    pooled            the metric of the kept tallies of all cases, added up
    overall           the unweighted mean over classes of each of these; `all` is no class

Everything is in the order of the cases as given, whatever order they were finished in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from segeval.frozen import frozen, replace
from segeval.grammar import Metric
from segeval.metrics.registry import resolve
from segeval.scorecard import OVERALL, UNCOUNTED, WHOLE, CaseResult, Row, Statistic

Pool = Callable[[Sequence[Mapping[str, Any]], Metric], Mapping[str, float]]
Summary = dict[str, dict[str, dict[str, Statistic]]]
BADNESS: Mapping[str, Callable[[float], float]] = {
    "higher": lambda value: -value,
    "lower": lambda value: value,
    "zero": abs,
}


@frozen
class Column:
    """A metric in one unit: values of two units are never averaged, nor put under one head.

    unit   "" for a ratio
    mixed  the run has the metric in several units, so the name says which
    """

    metric: str
    unit: str = ""
    mixed: bool = False

    @property
    def name(self) -> str:
        """Its key in the summary: the metric's text, with the unit where there are several."""
        return f"{self.metric} [{self.unit or 'no unit'}]" if self.mixed else self.metric

    def holds(self, row: Row) -> bool:
        """Whether the row stands in this column; one that has neither number nor unit, in all."""
        if row.metric != self.metric:
            return False
        return not self.mixed or row.unit == self.unit or (not row.unit and math.isnan(row.value))


class Sample:
    """The values of a column for one class, with their cases."""

    def __init__(self, missing: int = 0) -> None:
        self.met = False  # whether any row was
        self.values: list[tuple[float, str]] = []
        self.undefined = 0
        self.missing = missing

    def add(self, row: Row) -> None:
        """Count a row: a number, an undefined value, or a class that was not scored."""
        self.met = True
        if not math.isnan(row.value):
            self.values.append((row.value, row.case))
        elif row.status in ("ok", "undefined"):
            self.undefined += 1
        elif row.status not in UNCOUNTED:
            self.missing += 1


def summarise(
    results: Sequence[CaseResult], metrics: Sequence[Metric], pool: Pool | None = None
) -> Summary:
    """Make the summary: group ("" is all cases) -> class -> column -> Statistic.

    metrics  as they were asked for, in the order of the columns
    pool     kept tallies of the cases and a metric -> value of every class; None: no pooled values
    """
    named = {str(metric): metric for metric in metrics}
    heads = columns(results, tuple(named))
    cells = _cells(results, heads)
    groups = dict.fromkeys(["", *(case.group for case in results)])
    summary: Summary = {}
    for group in groups:
        cases = [case for case in results if group in ("", case.group)]
        samples = _samples(cases, cells)
        pooled = {h.name: _pooled(cases, h, named[h.metric], pool) for h in heads}
        of_class: dict[str, dict[str, Statistic]] = {}
        for (class_, head), sample in samples.items():
            better = resolve(named[head.metric])[1].better
            value = pooled[head.name].get(class_, math.nan)
            made = replace(statistic(sample, better), pooled=value, unit=head.unit)
            of_class.setdefault(class_, {})[head.name] = made
        if mean := _overall(of_class):
            of_class[OVERALL] = mean
        summary[group] = of_class
    return summary


def columns(results: Iterable[CaseResult], metrics: Sequence[str]) -> list[Column]:
    """A column for each metric, in the order asked for; one a unit where it has several."""
    units: dict[str, dict[str, bool]] = {metric: {} for metric in metrics}
    for case in results:
        for row in case.rows:
            if row.metric in units:
                number = not math.isnan(row.value)
                units[row.metric][row.unit] = units[row.metric].get(row.unit, False) or number
    heads = []
    for metric, found in units.items():
        sure = [unit for unit, number in found.items() if number]
        kept = sure or [unit for unit in found if unit][:1] or [""]
        heads += [Column(metric, unit, len(kept) > 1) for unit in kept]
    return heads


def class_order(results: Iterable[CaseResult]) -> list[str]:
    """The classes of all cases; one that is new comes after the one that it follows in its case.

    `all` is the last. So cases that lack a class do not disturb the order of the others.
    """
    order: list[str] = []
    seen: set[str] = set()
    for case in results:
        before = ""
        for class_ in dict.fromkeys(row.class_ for row in case.rows if row.class_):
            if class_ not in seen:
                order.insert(order.index(before) + 1 if before else 0, class_)
                seen.add(class_)
            before = class_
    return sorted(order, key=lambda class_: class_ == WHOLE)


Cell = tuple[str, Column]


def _cells(results: Sequence[CaseResult], heads: Sequence[Column]) -> list[Cell]:
    """The class and column of every value that was asked for anywhere, in order.

    A class of which no case could be scored is waited for in the columns of the other classes.
    """
    seen = {(row.class_, row.metric) for case in results for row in case.rows}
    wide = {metric for class_, metric in seen if class_ != WHOLE and metric}
    failed = {
        row.class_
        for case in results
        for row in case.rows
        if not row.metric and row.status not in UNCOUNTED
    }
    return [
        (class_, head)
        for class_ in class_order(results)
        for head in heads
        if (class_, head.metric) in seen or (class_ in failed and head.metric in wide)
    ]


def _samples(cases: Sequence[CaseResult], cells: Sequence[Cell]) -> dict[Cell, Sample]:
    """The samples of a group: of the classes it has, or of all when some case was not scored."""
    lost = sum(not case.scored for case in cases)
    samples = {cell: Sample(missing=lost) for cell in cells}
    homes: dict[tuple[str, str], list[tuple[Column, Sample]]] = {}
    for (class_, head), sample in samples.items():
        homes.setdefault((class_, head.metric), []).append((head, sample))
        homes.setdefault((class_, ""), []).append((head, sample))  # a row without metric is in all
    for row in _rows(cases):
        for head, sample in homes.get((row.class_, row.metric), ()):
            if not row.metric or head.holds(row):
                sample.add(row)
    return {cell: sample for cell, sample in samples.items() if lost or sample.met}


def _rows(cases: Iterable[CaseResult]) -> Iterator[Row]:
    for case in cases:
        if case.scored:
            yield from case.rows


def statistic(sample: Sample, better: str) -> Statistic:
    """The statistics of one sample.

    better  `higher`, `lower`, `zero` (nearer to zero), "" for a size, which has no worst
    """
    finite = [value for value, _ in sample.values if math.isfinite(value)]
    average = mean(finite)
    worst, case, best = math.nan, "", math.nan
    if better and sample.values:
        bad = BADNESS[better]
        worst, case = max(sample.values, key=lambda pair: bad(pair[0]))
        best, _ = min(sample.values, key=lambda pair: bad(pair[0]))
    return Statistic(
        mean=average,
        median=median(finite),
        sd=deviation(finite, average),
        worst=worst,
        best=best,
        pooled=math.nan,
        n=len(finite),
        n_undefined=sample.undefined + len(sample.values) - len(finite),
        n_missing=sample.missing,
        worst_case=case,
    )


def mean(values: Sequence[float]) -> float:
    """The mean, rounded once; infinite if a value is, nan of nothing and of both infinities."""
    infinite = {value for value in values if math.isinf(value)}
    if not values or len(infinite) > 1:
        return math.nan
    return infinite.pop() if infinite else math.fsum(values) / len(values)


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two in the middle; nan of nothing."""
    half, order = len(values) // 2, sorted(values)
    return order[half] if len(values) % 2 else mean(order[half - 1 : half + 1])


def deviation(values: Sequence[float], average: float) -> float:
    """The sample's standard deviation (n - 1); nan for fewer than two values."""
    if len(values) < 2:
        return math.nan
    gaps = [value - average for value in values]
    return math.sqrt(math.fsum(gap * gap for gap in gaps) / (len(values) - 1))


def _pooled(
    cases: Sequence[CaseResult], head: Column, metric: Metric, pool: Pool | None
) -> Mapping[str, float]:
    """The pooled value of each class, over the cases that have the column's unit."""
    if pool is None:
        return {}
    if head.mixed:
        cases = [case for case in cases if any(map(head.holds, case.rows))]
    kept = [case.tallies for case in cases if case.tallies]
    return pool(kept, metric) if kept else {}


def _overall(of_class: Mapping[str, Mapping[str, Statistic]]) -> dict[str, Statistic]:
    """The unweighted mean over classes of each statistic; the counts are sums."""
    many: dict[str, list[Statistic]] = {}
    for class_, of_column in of_class.items():
        for name, made in of_column.items() if class_ != WHOLE else ():
            many.setdefault(name, []).append(made)
    return {name: _mean_of(made) for name, made in many.items()}


def _mean_of(made: Sequence[Statistic]) -> Statistic:
    def over(values: Iterable[float]) -> float:
        return mean([value for value in values if not math.isnan(value)])

    return Statistic(
        mean=over(one.mean for one in made),
        median=over(one.median for one in made),
        sd=over(one.sd for one in made),
        worst=over(one.worst for one in made),
        best=over(one.best for one in made),
        pooled=over(one.pooled for one in made),
        n=sum(one.n for one in made),
        n_undefined=sum(one.n_undefined for one in made),
        n_missing=sum(one.n_missing for one in made),
        unit=made[0].unit,
    )
