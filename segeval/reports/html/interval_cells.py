"""Intervals as the page shows them: blank with the reason where one case or patient is behind them.

Resamples of one unit are all alike, so its interval is a point that says nothing; of fewer than ten
it is too narrow, which is a warning (`W-few-cases`) beside the table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

from segeval.gates.baseline_notes import FEW_CASES, few_cases_note
from segeval.reports.html.shown import Shown
from segeval.runtime.errors import Note
from segeval.runtime.frozen import frozen
from segeval.scorecard.card import OVERALL, Scorecard
from segeval.scorecard.row_index import index_rows

BLANK = Shown("")


@frozen
class IntervalCell:
    """Both ends, or why there are none.

    why  in words; "" where the ends stand, or where none was asked for
    """

    low: Shown = BLANK
    high: Shown = BLANK
    why: str = ""


def interval_cell(
    low: float, high: float, n: int, show: Callable[[float], Shown], lone: str = ""
) -> IntervalCell:
    """The cell of an interval.

    n     values behind it
    show  an end as text
    lone  why it is of one unit, though of several values; "" where it is not
    """
    if math.isnan(low) or math.isnan(high):
        return IntervalCell()
    why = "one case has none" if n == 1 else lone
    return IntervalCell(why=why) if why else IntervalCell(show(low), show(high))


def lone_patient(card: Scorecard, class_: str, metric: str, group: str = "") -> str:
    """Why the mean of several cases has no interval: all of them are of one patient; else "".

    class_  `overall` is that of all classes
    """
    found = index_rows(card.cases)
    units = found.units(slice(None))
    if len(set(units.tolist())) == len(units):
        return ""
    inside = found.inside(group) if group else np.ones(len(found), bool)
    drawn: set[int] = set()
    for kind, rows in found.kinds.items():
        if kind.number and kind.metric == metric and class_ in (kind.class_, OVERALL):
            places, numbers = rows.numbers()
            here = places[np.isfinite(numbers) & inside[places]]
            drawn |= set(units[here].tolist())
    return "one patient has none" if len(drawn) == 1 else ""


def few_cases_text(counts: Iterable[tuple[str, int]]) -> str:
    """The warning that intervals are of few cases, of two at least; "" where none is.

    counts  what each interval is of, and of how many cases
    """
    few = {name: n for name, n in counts if 1 < n < FEW_CASES}
    return few_cases_note(few, "").text if few else ""


def few_cases_of(card: Scorecard) -> list[Note]:
    """The warning of a run that has intervals of few cases, its own and those to its baseline."""
    own = [
        (f"{class_}/{metric}", made.n)
        for class_, of_metric in card.summary.get("", {}).items()
        for metric, made in of_metric.items()
        if made.interval and class_ != OVERALL
    ]
    own += [(v.name, v.n) for v in card.gates if v.against and math.isfinite(v.against.low)]
    text = few_cases_text(own)
    return [Note("W-few-cases", text)] if text else []
