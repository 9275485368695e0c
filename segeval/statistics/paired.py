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
from segeval.scorecard.card import Row
from segeval.scorecard.empty_class_policy import ONE_SIDED_REASONS
from segeval.scorecard.value_statistics import BADNESS
from segeval.statistics.shared_cases import ColumnCells, SharedCases

BOTH_EMPTY = "both_empty"
ANOTHER_UNIT = "another unit"


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


def metrics_with_better(metrics: Iterable[str]) -> dict[str, Definition]:
    """The metrics that have a better side."""
    known = {text: resolve_metric(parse_metric(text))[1] for text in metrics}
    return {text: definition for text, definition in known.items() if definition.better}


def pair_rows(
    cases: SharedCases, metrics: Mapping[str, Definition], accept: bool = False
) -> dict[PairKey, Pairs]:
    """The pairs of every class and metric that has any, or has lost any, in the order of a table.

    cases   those of this run and of the other
    accept  a value that is undefined because one side alone is empty is no loss
    """
    found: dict[PairKey, Pairs] = {}
    for class_, metric in cases.columns(metrics):
        found |= _pair_column(cases, class_, metric, metrics[metric], accept)
    return found


def _pair_column(
    cases: SharedCases, class_: str, metric: str, definition: Definition, accept: bool
) -> dict[PairKey, Pairs]:
    """The pairs of a class and a metric, by unit."""
    found: dict[PairKey, Pairs] = {}
    gained: Counter[PairKey] = Counter()
    cells = [cases.cells(run, class_, metric) for run in (0, 1)]
    for places, rows in alike_pairs(*cells):
        outcome = _outcome(rows, definition, accept)
        if not isinstance(outcome, tuple):
            back = _outcome(rows[::-1], definition, accept)
            name = PairKey(class_, metric, _pair_unit(rows[::-1]))
            gained[name] += len(places) * isinstance(back, str)
        if outcome is None:
            continue
        name = PairKey(class_, metric, _pair_unit(rows))
        if name not in found:
            empty = np.full((2, len(cases)), np.nan)
            found[name] = Pairs(definition, empty[0], empty[1])
        if isinstance(outcome, str):
            found[name].lost.update(dict.fromkeys(places.tolist(), outcome))
        else:
            _add_pairs(found[name], places, cells, outcome)
    for name, pairs in found.items():
        pairs.gained = gained[name]
        pairs.lost = dict(sorted(pairs.lost.items()))
    return found


def _add_pairs(
    pairs: Pairs, places: Any, cells: Sequence[ColumnCells], outcome: tuple[float, float]
) -> None:
    """Add pairs of numbers; a side that has none is charged what it is of the first of them."""
    charged = False
    for own, side, charge in zip(cells, (pairs.mine, pairs.theirs), outcome, strict=True):
        values = own.values[places]
        empty = math.isnan(values[0])
        side[places] = charge if empty else values
        charged = charged or empty
    pairs.charged += len(places) * charged


def alike_pairs(mine: ColumnCells, theirs: ColumnCells) -> Iterator[tuple[Any, tuple[Row, Row]]]:
    """Cases whose rows differ in their finite numbers alone, and the rows of the first of them.

    In the order of the first; a case that has an infinite number stands alone.
    """
    asked = np.flatnonzero(mine.asked | theirs.asked)
    codes = (mine.kind[asked] + 1) * (len(theirs.kinds) + 1) + theirs.kind[asked] + 1
    infinite = np.isinf(mine.values[asked]) | np.isinf(theirs.values[asked])
    codes[infinite] = -1 - np.arange(infinite.sum())
    if len(asked) and (codes == codes[0]).all():  # as most columns are
        yield asked, (mine.row(asked[0]), theirs.row(asked[0]))
        return
    _, first, which = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(which, kind="stable")
    groups = np.split(asked[order], np.cumsum(np.bincount(which))[:-1]) if len(asked) else []
    for k in np.argsort(first).tolist():
        place = groups[k][0]
        yield groups[k], (mine.row(place), theirs.row(place))


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
