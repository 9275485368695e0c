"""Two runs case by case: for each class and metric the values that belong together.

    this run      the other     becomes
    number        number        a pair
    number        both empty    a pair: the other is charged the best value, nothing was to be found
    both empty    number        the same, the other way round
    none          number        lost: a missed organ, a class that was not scored, an infinite cost
    one side      both empty    lost: an organ where none is
    number        none          no pair; nothing was there to lose
    none          none          no pair; nothing changed

Of a metric that is better nearer to zero, the distances from zero are compared.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from segeval.metrics.registry import Definition, resolve_metric
from segeval.request.grammar import parse_metric
from segeval.runtime.arrays import Floats
from segeval.runtime.frozen import frozen
from segeval.scorecard.card import CaseResult, Row
from segeval.scorecard.empty_class_policy import ONE_SIDED_REASONS
from segeval.scorecard.row_index import ClassOrder, index_rows
from segeval.scorecard.value_statistics import BADNESS

BOTH_EMPTY = "both_empty"
ANOTHER_UNIT = "another unit"
NO_ROW = Row("", "", "", math.nan, "", "not_scored")


@frozen
class PairKey:
    """What is paired: a class, a metric, and the unit of its values."""

    class_: str
    metric: str
    unit: str = ""


@dataclass(slots=True)
class Pairs:
    """The values of a column in two runs, over the cases that both scored.

    mine, theirs  float64 (cases,), nan where there is no pair
    lost          place of a case -> why this run has no value where the other has one
    charged       pairs in which one side is charged the best value
    gained        cases in which the other run has no value where this one has
    """

    definition: Definition
    mine: Floats
    theirs: Floats
    lost: dict[int, str] = field(default_factory=dict)
    charged: int = 0
    gained: int = 0

    @property
    def difference(self) -> Floats:
        """This run minus the other, (cases,); of distances from zero where that is better."""
        if self.definition.better == "zero":
            return np.abs(self.mine) - np.abs(self.theirs)
        return self.mine - self.theirs

    @property
    def worse(self) -> float:
        """The sign of a difference for the worse."""
        return -1.0 if self.definition.better == "higher" else 1.0


class SharedCases:
    """The cases that several runs all scored, in the order of the first; read when asked for.

    names  of the cases
    """

    def __init__(self, *runs: Sequence[CaseResult]) -> None:
        self._runs = runs
        each = [index_rows(run).places for run in runs]
        self.names = [name for name in each[0] if all(name in own for own in each[1:])]
        self._places = [np.array([own[name] for name in self.names], int) for own in each]

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[tuple[CaseResult, ...]]:
        for places in zip(*self._places, strict=True):
            yield tuple(run[int(k)] for run, k in zip(self._runs, places, strict=True))

    def inside(self, group: str) -> Any:
        """Whether the first run has each case in a group, bool (cases,)."""
        return index_rows(self._runs[0]).inside(group)[self._places[0]]

    def units(self) -> Any:
        """What is drawn together: a number for each patient, else for each case; int (cases,)."""
        counted = index_rows(self._runs[0])
        chosen = np.zeros(len(counted), bool)
        chosen[self._places[0]] = True
        return counted.units(chosen)


def metrics_with_better(metrics: Iterable[str]) -> dict[str, Definition]:
    """The metrics that have a better side."""
    known = {text: resolve_metric(parse_metric(text))[1] for text in metrics}
    return {text: definition for text, definition in known.items() if definition.better}


def pair_rows(
    cases: SharedCases | Sequence[tuple[CaseResult, ...]],
    metrics: Mapping[str, Definition],
    accept: bool = False,
) -> dict[PairKey, Pairs]:
    """The pairs of every class and metric that has any, or has lost any, in the order of a table.

    accept  a value that is undefined because one side alone is empty is no loss
    """
    found: dict[PairKey, Pairs] = {}
    gained: Counter[PairKey] = Counter()
    classes = ClassOrder()
    for place, both in enumerate(cases):
        for case in both:
            classes.add(case)
        for class_, metric, rows in _row_pairs(both, metrics):
            outcome = _outcome(rows, metrics[metric], accept)
            if not isinstance(outcome, tuple):
                back = _outcome(rows[::-1], metrics[metric], accept)
                gained[PairKey(class_, metric, _pair_unit(rows[::-1]))] += isinstance(back, str)
            if outcome is None:
                continue
            name = PairKey(class_, metric, _pair_unit(rows))
            if name not in found:
                empty = np.full((2, len(cases)), np.nan)
                found[name] = Pairs(metrics[metric], empty[0], empty[1])
            _add_outcome(found[name], place, outcome, rows)
    for name, pairs in found.items():
        pairs.gained = gained[name]
    order = {c: k for k, c in enumerate(classes.found)}
    asked = list(metrics)
    return dict(sorted(found.items(), key=lambda n: (order[n[0].class_], asked.index(n[0].metric))))


def _row_pairs(
    both: tuple[CaseResult, ...], metrics: Mapping[str, Definition]
) -> Iterator[tuple[str, str, tuple[Row, Row]]]:
    """The rows that belong together; where a side has none, why it has none."""
    mine, theirs = ({(r.class_, r.metric): r for r in case.rows} for case in both)
    for class_, metric in dict.fromkeys([*mine, *theirs]):
        if metric in metrics:
            a, b = (
                own.get((class_, metric)) or own.get((class_, "")) or NO_ROW
                for own in (mine, theirs)
            )
            yield class_, metric, (a, b)


def _outcome(
    rows: tuple[Row, Row], definition: Definition, accept: bool
) -> tuple[float, float] | str | None:
    """A pair of numbers, why this run has none, or None where there is nothing to pair."""
    mine, theirs = rows
    pair = charge_empty_sides([row.value for row in rows], [row.reason for row in rows], definition)
    if all(map(math.isfinite, pair)):
        units = {row.unit for row in rows if math.isfinite(row.value)}
        return ANOTHER_UNIT if len(units) > 1 else (pair[0], pair[1])
    if math.isinf(mine.value):
        bad = BADNESS[definition.better]
        worse = not math.isnan(pair[1]) and bad(mine.value) > bad(pair[1])
        return "infinite" if worse else None
    one_sided = math.isnan(mine.value) and mine.reason in ONE_SIDED_REASONS
    if math.isfinite(theirs.value):
        return None if accept and one_sided else mine.reason or mine.status
    if one_sided and theirs.reason == BOTH_EMPTY and not accept:
        return mine.reason
    return None


def charge_empty_sides(
    values: Sequence[float], reasons: Sequence[str], definition: Definition
) -> list[float]:
    """Values of one case in several runs: both sides empty is the best where another has a number.

    Only a metric whose best value is finite charges it.
    """
    if all(map(math.isnan, values)):
        return list(values)
    return [
        best_value(definition) if math.isnan(v) and why == BOTH_EMPTY else v
        for v, why in zip(values, reasons, strict=True)
    ]


def best_value(definition: Definition) -> float:
    """The best value of a metric; nan where it has no finite one."""
    low, high = definition.bounds
    value = {"higher": high, "lower": low, "zero": 0.0}[definition.better]
    return value if math.isfinite(value) else math.nan


def _pair_unit(rows: tuple[Row, Row]) -> str:
    """The unit of a number, else of what stands in its place."""
    sure = [row.unit for row in rows if not math.isnan(row.value)]
    return next(iter([*sure, *(row.unit for row in rows if row.unit)]), "")


def _add_outcome(
    pairs: Pairs, place: int, outcome: tuple[float, float] | str, rows: tuple[Row, Row]
) -> None:
    if isinstance(outcome, str):
        pairs.lost[place] = outcome
        return
    pairs.mine[place], pairs.theirs[place] = outcome
    pairs.charged += any(math.isnan(row.value) for row in rows)
