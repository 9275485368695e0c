"""Mean, median, deviation, worst and best of the values of a column."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from segeval.runtime.frozen import frozen
from segeval.scorecard.card import (
    Statistic,
)
from segeval.scorecard.row_index import RowIndex
from segeval.scorecard.summary_columns import Column, ColumnSample

BADNESS: Mapping[str, Callable[[Any], Any]] = {  # of a number, or of an array
    "higher": lambda value: -value,
    "lower": lambda value: value,
    "zero": abs,
}


def sample_statistic(sample: ColumnSample, better: str, names: Sequence[str]) -> Statistic:
    """The statistics of one sample.

    better  `higher`, `lower`, `zero` (nearer to zero), "" for a size, which has no worst
    names   of the cases, by their places
    """
    return value_statistics(*sample.numbers(), better, names, (sample.undefined, sample.missing))


def value_statistics(
    places: Any, values: Any, better: str, names: Sequence[str], none: tuple[int, int] = (0, 0)
) -> Statistic:
    """Mean, median, deviation, worst and best of some values.

    places, values  of cases, (n,), and their numbers, float64 (n,)
    better          as of `sample_statistic`
    names           of the cases, by their places
    none            how many more are undefined, and missing
    """
    finite = [value for value in values.tolist() if math.isfinite(value)]
    average = mean_value(finite)
    worst, case, best = math.nan, "", math.nan
    if better and len(values):
        bad = BADNESS[better](values)
        at = good = 0
        if len(values) > 1:
            at, good = first_place(places, bad == bad.max()), first_place(places, bad == bad.min())
        worst, case, best = float(values[at]), names[places[at]], float(values[good])
    return Statistic(
        mean=average,
        median=median_value(finite),
        sd=standard_deviation(finite, average),
        worst=worst,
        best=best,
        pooled=math.nan,
        n=len(finite),
        n_undefined=len(values) - len(finite) + none[0],
        n_missing=none[1],
        worst_case=case,
    )


@frozen
class CaseValue:
    """One number, where a report names it."""

    case: str
    class_: str
    value: float
    reason: str


def worst_values(
    found: RowIndex, head: Column, better: str, most: int, class_: str = ""
) -> list[CaseValue]:
    """The worst values of a column, of one class or of all; of equal ones the first cases'."""
    import numpy as np

    order = {name: k for k, name in enumerate(found.order)}
    worst = []
    for kind, rows in found.kinds.items():
        if kind.number and head.counts(kind) and class_ in ("", kind.class_):
            places, values = rows.numbers()
            bad = BADNESS[better](values)
            for k in np.lexsort((places, -bad))[:most]:
                at = int(places[k])
                value = CaseValue(found.names[at], kind.class_, float(values[k]), kind.reason)
                worst.append((-float(bad[k]), at, order[kind.class_], value))
    return [value for *_, value in sorted(worst, key=lambda one: one[:3])[:most]]


def first_place(places: Any, among: Any) -> int:
    """Of some values, where the one of the first case stands."""
    import numpy as np

    some = np.flatnonzero(among)
    return int(some[places[some].argmin()])


def mean_value(values: Sequence[float]) -> float:
    """The mean, rounded once; infinite if a value is, nan of nothing and of both infinities."""
    infinite = {value for value in values if math.isinf(value)}
    if not values or len(infinite) > 1:
        return math.nan
    return infinite.pop() if infinite else math.fsum(values) / len(values)


def median_value(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two in the middle; nan of nothing."""
    half, order = len(values) // 2, sorted(values)
    return order[half] if len(values) % 2 else mean_value(order[half - 1 : half + 1])


def standard_deviation(values: Sequence[float], average: float) -> float:
    """The sample's standard deviation (n - 1); nan for fewer than two values."""
    if len(values) < 2:
        return math.nan
    gaps = [value - average for value in values]
    return math.sqrt(math.fsum(gap * gap for gap in gaps) / (len(values) - 1))
