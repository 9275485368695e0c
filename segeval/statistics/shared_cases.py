"""The cases that several runs all scored, and what each run has for them, a column at a time.

A run keeps the numbers of a class and a metric with the places of their cases, so that runs of very
many cases are compared without reading their cases again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.frozen import frozen
from segeval.scorecard.card import CaseResult, Row
from segeval.scorecard.row_index import index_rows
from segeval.scorecard.row_kinds import ClassOrder, RowKind

NO_ROW = Row("", "", "", math.nan, "", "not_scored")


@frozen
class ColumnCells:
    """What a run has for a class and a metric.

    values  float64 (cases,), nan where there is no number
    kind    int (cases,), what the row of each case is; -1 where there is none
    kinds   what rows there are
    asked   bool (cases,), whether the row is of the metric, and not of a class that was not scored
    """

    values: Floats
    kind: Counted
    kinds: tuple[RowKind, ...]
    asked: Mask

    @property
    def units(self) -> tuple[str, ...]:
        """The units of its numbers."""
        return tuple(dict.fromkeys(kind.unit for kind in self.kinds if kind.number))

    def unit_of_numbers(self) -> Any:
        """The unit of each case's number, an object array (cases,); "" where there is none."""
        return self._of_kinds([kind.unit for kind in self.kinds])

    def has_reason(self, reason: str) -> Mask:
        """Whether the row of each case has a reason, bool (cases,)."""
        found: Mask = self._of_kinds([kind.reason for kind in self.kinds]) == reason
        return found

    def _of_kinds(self, words: Sequence[str]) -> Any:
        return np.array([*words, ""], object)[self.kind]  # -1 is the last

    def row(self, place: int) -> Row:
        """The row of a case; why there is none, where there is none."""
        if self.kind[place] < 0:
            return NO_ROW
        kind = self.kinds[self.kind[place]]
        value = float(self.values[place])
        return Row("", kind.class_, kind.metric, value, kind.unit, kind.status, kind.reason)


class SharedCases:
    """The cases that several runs all scored, in the order of the first; read when asked for.

    names  of the cases
    """

    def __init__(self, *runs: Sequence[CaseResult]) -> None:
        self._runs = runs
        self._indexes = [index_rows(run) for run in runs]
        each = [index.places for index in self._indexes]
        self.names = list(each[0])
        for own in each[1:]:
            if own.keys() != each[0].keys():
                self.names = [name for name in self.names if name in own]
        self._places = [np.fromiter(map(own.__getitem__, self.names), int) for own in each]
        self._columns = [index.columns() for index in self._indexes]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return len(self._runs)

    def __iter__(self) -> Iterator[tuple[CaseResult, ...]]:
        for places in zip(*self._places, strict=True):
            yield tuple(run[int(k)] for run, k in zip(self._runs, places, strict=True))

    def inside(self, group: str) -> Any:
        """Whether the first run has each case in a group, bool (cases,)."""
        return self._indexes[0].inside(group)[self._places[0]]

    def units(self) -> Any:
        """What is drawn together: a number for each patient, else for each case; int (cases,)."""
        counted = self._indexes[0]
        chosen = np.zeros(len(counted), bool)
        chosen[self._places[0]] = True
        return counted.units(chosen)

    def columns(self, metrics: Iterable[str]) -> list[tuple[str, str]]:
        """Each class with each of some metrics that a run has for it, in the order of a table."""
        order = ClassOrder()
        for index in self._indexes:
            order.add_classes(tuple(index.order))
        known = {column for own in self._columns for column in own}
        asked = list(metrics)
        return [(c, metric) for c in order.found for metric in asked if (c, metric) in known]

    def cells(self, run: int, class_: str, metric: str) -> ColumnCells:
        """What a run has for a class and a metric in each of the cases.

        run  the number of the run
        """
        values, kind = np.full(len(self), np.nan), np.full(len(self), -1)
        asked = np.zeros(len(self), bool)
        own: Mapping[Any, Any] = self._columns[run]
        here = np.full(len(self._indexes[run]), -1)
        here[self._places[run]] = np.arange(len(self))
        kinds: list[RowKind] = []
        for name in ("", metric):  # a row of the metric stands before one of the whole class
            for known, rows in own.get((class_, name), ()):
                places = here[rows.places()]
                inside = places >= 0
                kind[places[inside]] = len(kinds)
                asked[places[inside]] = bool(name)
                if known.number:
                    values[places[inside]] = rows.numbers()[1][inside]
                kinds.append(known)
        return ColumnCells(values, kind, tuple(kinds), asked)
