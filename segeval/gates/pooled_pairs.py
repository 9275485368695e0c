"""Pooled values of two runs, with a share of each case, so that they are compared like means
(ACCOUNT-A27).

A pooled value is no mean of cases, but its jackknife has one pseudo-value for each unit: so many
times the value as there are units, less one time fewer the value without the unit. The mean of the
pseudo-values is the value but for its bias, and their differences are resampled like those of cases
(Tukey, Ann. Math. Stat. 29, 1958; Miller, Biometrika 61(1), 1974).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from segeval.metrics.registry import Definition, leading_statistic, resolve_metric
from segeval.request.grammar import Metric, parse_metric
from segeval.runtime.arrays import Floats
from segeval.runtime.frozen import frozen
from segeval.scoring.pooling import (
    can_be_pooled,
    parse_pooled_tallies,
    pooled_values,
    report_damaged_tallies,
    result_type,
)
from segeval.statistics.shared_cases import SharedCases

MOST = 1000  # units apart; more are taken together


@frozen
class PooledPair:
    """The pooled values of both runs and the pseudo-values of the cases, nan where there is none.

    mine, theirs      the values
    shares, others    float64 (cases,), of this run and of the other
    """

    mine: float
    theirs: float
    shares: Floats
    others: Floats


def leads_pooled(text: str, leads: str) -> bool:
    """Whether the baseline rule of a metric is about its pooled value."""
    metric, definition = resolve_metric(parse_metric(text))
    return leading_statistic(text, leads) == "pooled" and can_be_pooled(metric, definition)


def pair_pooled(cases: SharedCases, text: str, inside: Any) -> dict[str, PooledPair]:
    """The pooled values of each class over some cases; {} where a run does not hold its tallies.

    inside  bool (cases,), those that are pooled
    """
    metric, definition = resolve_metric(parse_metric(text))
    name = definition.tally(metric)
    units = _blocks(cases.units(), inside)
    tallies = _unit_tallies(cases, name, units)
    if tallies is None:
        return {}
    first = [int(np.flatnonzero(units == unit)[0]) for unit in range(len(tallies[0]))]
    sides = [_pseudo_values(own, name, metric, definition) for own in tallies]
    made = {}
    for class_ in [c for c in sides[0] if c in sides[1]]:
        spread = np.full((2, len(cases)), np.nan)
        for row, side in zip(spread, sides, strict=True):
            row[first] = side[class_][1]
        made[class_] = PooledPair(sides[0][class_][0], sides[1][class_][0], spread[0], spread[1])
    return made


def _blocks(units: Any, inside: Any) -> Any:
    """The number of what is left out together of each case, -1 outside; int (cases,)."""
    blocks = np.full(len(units), -1)
    known, place = np.unique(units[inside], return_inverse=True)
    blocks[inside] = place * min(len(known), MOST) // max(len(known), 1)
    return blocks


def _unit_tallies(cases: SharedCases, name: str, units: Any) -> tuple[list[Any], list[Any]] | None:
    """The tallies of both runs by unit; None where a case has none."""
    many = int(units.max(initial=-1)) + 1
    sides: tuple[list[Any], list[Any]] = ([None] * many, [None] * many)
    for unit, both in zip(units.tolist(), cases, strict=True):
        for side, case in zip(sides, both, strict=True) if unit >= 0 else ():
            if name not in case.tallies:
                return None
            with report_damaged_tallies(case.case):
                one = parse_pooled_tallies({name: case.tallies[name]})[name]
                side[unit] = _join(name, side[unit], one)
    return sides if many else None


def _join(name: str, one: Any, other: Any) -> Any:
    """Two tallies as one; either may be nothing."""
    if one is None or other is None:
        return one or other
    return result_type(name).pool_cases([one, other])


def _pseudo_values(
    tallies: Sequence[Any], name: str, metric: Metric, definition: Definition
) -> Mapping[str, tuple[float, Floats]]:
    """The value of each class, and its pseudo-values (units,)."""
    whole = _sized(pooled_values(_total(name, tallies), metric, definition), definition)
    many = len(tallies)
    without = np.full((len(whole), many), np.nan)
    for place, rest in enumerate(_leave_one_out(name, tallies)):
        found = {} if rest is None else pooled_values(rest, metric, definition)
        sized = _sized(found, definition)
        without[:, place] = [sized.get(class_, math.nan) for class_ in whole]
    return {
        class_: (value, many * value - (many - 1) * own if many > 1 else np.array([value]))
        for (class_, value), own in zip(whole.items(), without, strict=True)
    }


def _sized(values: Mapping[str, float], definition: Definition) -> dict[str, float]:
    """Values; of a metric that is better nearer to zero, their distances from it."""
    zero = definition.better == "zero"
    return {class_: abs(value) if zero else value for class_, value in values.items()}


def _total(name: str, tallies: Sequence[Any]) -> Any:
    total = None
    for one in tallies:
        total = _join(name, total, one)
    return total


def _leave_one_out(name: str, tallies: Sequence[Any]) -> Iterator[Any]:
    """The sum of all tallies but each in turn."""
    after = [None]
    for one in reversed(tallies[1:]):
        after.append(_join(name, one, after[-1]))
    before = None
    for one, rest in zip(tallies, reversed(after), strict=True):
        yield _join(name, before, rest)
        before = _join(name, before, one)
