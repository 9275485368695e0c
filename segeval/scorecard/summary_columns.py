"""The columns of a summary: a metric in one unit, and its values for one class."""

from __future__ import annotations

import math
from typing import Any

from segeval.runtime.frozen import frozen
from segeval.scorecard.card import (
    UNCOUNTED,
    Row,
)
from segeval.scorecard.row_kinds import RowKind, RowValues


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
        return self._takes(row.metric, row.unit, not math.isnan(row.value))

    def counts(self, kind: RowKind) -> bool:
        """The same of all rows of a kind."""
        return self._takes(kind.metric, kind.unit, kind.number)

    def _takes(self, metric: str, unit: str, number: bool) -> bool:
        return metric == self.metric and (
            not self.mixed or unit == self.unit or not (unit or number)
        )


class ColumnSample:
    """The values of a column for one class, by the kinds of their rows."""

    def __init__(self, missing: int = 0) -> None:
        self.met = False  # whether any row was
        self.undefined = 0
        self.missing = missing
        self.kinds: list[RowValues] = []

    def add(self, kind: RowKind, rows: RowValues) -> None:
        """Count rows: numbers, undefined values, or a class that was not scored."""
        self.met = True
        if kind.number:
            self.kinds.append(rows)
        elif kind.status in ("ok", "undefined"):
            self.undefined += rows.count
        elif kind.status not in UNCOUNTED:
            self.missing += rows.count

    def numbers(self) -> tuple[Any, Any]:
        """Places of cases (n,) and values (n,), infinite ones included; in no order."""
        import numpy as np

        if not self.kinds:
            return np.zeros(0, np.uint32), np.zeros(0)
        if len(self.kinds) == 1:
            return self.kinds[0].numbers()
        places, values = zip(*(rows.numbers() for rows in self.kinds), strict=True)
        return np.concatenate(places), np.concatenate(values)
