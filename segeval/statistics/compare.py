"""Models over the same cases: paired differences of each to the first, and ranks of them all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from segeval.metrics.registry import Definition
from segeval.runtime.arrays import Floats
from segeval.runtime.frozen import frozen, replace
from segeval.scorecard.card import Scorecard
from segeval.statistics.bootstrap import (
    LARGE,
    ROUNDING,
    bca_intervals,
    draw_units,
    resample_means,
    sum_by_unit,
)
from segeval.statistics.hypothesis_tests import (
    adjust_holm,
    friedman_test,
    signed_rank_p,
    tied_ranks,
)
from segeval.statistics.paired import (
    BOTH_EMPTY,
    PairKey,
    Pairs,
    best_value,
    metrics_with_better,
    pair_rows,
)
from segeval.statistics.shared_cases import SharedCases

MOST_MOVED = 3  # cases that are named


@frozen
class Difference:
    """A model against the first, in one class and metric.

    n              cases in which both have a value
    lost, gained   cases in which the model alone has none, or alone has one
    first, mean    means over the n cases; of the distances from zero where nearer is better
    difference     mean - first, with its BCa interval
    p, p_holm      Wilcoxon's signed-rank test; adjusted over the classes of the metric
    better, worse  shares of the n cases
    moved          the cases that moved most, with their differences
    patients       how many are behind the n cases; a case without a patient is one of its own
    """

    model: int
    name: PairKey
    n: int
    lost: int
    gained: int
    first: float
    mean: float
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    better: float
    worse: float
    moved: tuple[tuple[str, float], ...]
    patients: int


@frozen
class Ranking:
    """All models in one class and metric; a number for each of them.

    n                cases in which all have a value
    means            of the values, with their signs
    sizes            what is ranked: of the distances from zero where nearer is better, else means
    mean_rank        of the ranks in each case, 1 is the best
    rank_of_means    the rank of its mean
    low, high        of the rank of means in the resamples; nan of one patient
    first            the share of resamples in which its mean is the best; nan of one patient
    statistic, p     Friedman's test; nan for two models
    """

    name: PairKey
    n: int
    means: tuple[float, ...]
    sizes: tuple[float, ...]
    mean_rank: tuple[float, ...]
    rank_of_means: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    first: tuple[float, ...]
    statistic: float
    p: float


def shared_metrics(cards: Sequence[Scorecard]) -> dict[str, Definition]:
    """The metrics that all runs have and that have a better side, in the order of the first."""
    return metrics_with_better(
        t for t in cards[0].metrics if all(t in card.metrics for card in cards)
    )


def model_differences(cards: Sequence[Scorecard], level: float, seed: int) -> list[Difference]:
    """Each model after the first against it, in every class and metric that both have."""
    metrics = shared_metrics(cards)
    made = []
    for model, card in enumerate(cards[1:], 1):
        cases = SharedCases(card.cases, cards[0].cases)
        columns = pair_rows(cases, metrics)
        found = list(_column_differences(model, columns, cases, level, seed))
        for metric in metrics:
            places = [k for k, one in enumerate(found) if one.name.metric == metric]
            adjusted = adjust_holm([found[k].p for k in places])
            for k, p in zip(places, adjusted, strict=True):
                found[k] = replace(found[k], p_holm=p)
        made += found
    return made


def _column_differences(
    model: int,
    columns: Mapping[PairKey, Pairs],
    cases: SharedCases,
    level: float,
    seed: int,
) -> Iterator[Difference]:
    if not columns:
        return
    values = np.stack([pairs.difference for pairs in columns.values()], axis=1)
    drawn = cases.units()
    low, high = bca_intervals(sum_by_unit(values, drawn), level, seed)
    for (name, pairs), a, b in zip(columns.items(), low, high, strict=True):
        difference = pairs.difference
        known = np.flatnonzero(np.isfinite(difference))
        patients = int(np.count_nonzero(np.bincount(drawn[known])))
        ends = (float(a), float(b)) if patients > 1 else (math.nan, math.nan)
        mine, theirs = _paired_values(pairs, known)
        apart = mine - theirs
        scale = np.abs([mine, theirs]).max(initial=0.0)
        apart[np.abs(apart) <= ROUNDING * scale] = 0.0
        most = known[np.argsort(-np.abs(difference[known]), kind="stable")[:MOST_MOVED]]
        yield Difference(
            model,
            name,
            len(known),
            len(pairs.lost),
            pairs.gained,
            _model_mean(theirs),
            _model_mean(mine),
            _model_mean(apart),
            *ends,
            signed_rank_p(apart),
            math.nan,
            _model_mean(apart * pairs.worse < 0),
            _model_mean(apart * pairs.worse > 0),
            tuple((cases.names[k], float(difference[k])) for k in most.tolist()),
            patients,
        )


def _paired_values(pairs: Pairs, known: Any) -> tuple[Floats, Floats]:
    """Both sides of the pairs; distances from zero where nearer is better."""
    size: Callable[[Any], Any] = np.abs if pairs.definition.better == "zero" else np.array
    return size(pairs.mine[known]), size(pairs.theirs[known])


def _model_mean(values: Any) -> float:
    return math.fsum(values.tolist()) / len(values) if len(values) else math.nan


def model_rankings(cards: Sequence[Scorecard], level: float, seed: int) -> list[Ranking]:
    """All models, in every class and metric in which all have values."""
    metrics = shared_metrics(cards)
    cases = SharedCases(*(card.cases for card in cards))
    drawn = cases.units()
    return [
        _rank_models(name, values, drawn[places], metrics[name.metric], level, seed)
        for class_, metric in cases.columns(metrics)
        for name, places, values in _complete_values(cases, class_, metric, metrics[metric])
    ]


def _complete_values(
    cases: SharedCases, class_: str, metric: str, definition: Definition
) -> Iterator[tuple[PairKey, Any, Floats]]:
    """Cases in which all runs have a value, in the same unit, and the values, (cases, runs)."""
    cells = [cases.cells(run, class_, metric) for run in range(cases.runs)]
    values = np.stack([own.values for own in cells], axis=1)
    unknown = np.isnan(values)
    empty = unknown & np.stack([own.has_reason(BOTH_EMPTY) for own in cells], axis=1)
    values[empty & ~unknown.all(axis=1, keepdims=True)] = best_value(definition)
    complete = np.isfinite(values).all(axis=1) & np.all([own.asked for own in cells], axis=0)
    units = [own.unit_of_numbers() for own in cells]
    for unit in dict.fromkeys(one for own in cells for one in own.units):
        same = [(own == unit) | gone for own, gone in zip(units, unknown.T, strict=True)]
        places = np.flatnonzero(complete & np.all(same, axis=0))
        if len(places):
            yield PairKey(class_, metric, unit), places, values[places]


def _rank_models(  # noqa: PLR0913 - the parts of one ranking
    name: PairKey, values: Floats, drawn: Any, definition: Definition, level: float, seed: int
) -> Ranking:
    """values (cases, models); drawn (cases,), the unit of each case"""
    bad = _badness(values, definition)
    sizes = np.abs(values) if definition.better == "zero" else values
    each, mean = tied_ranks(np.round(bad, 12)), bad.mean(axis=0)
    sample = sum_by_unit(bad, np.cumsum(np.bincount(drawn) > 0)[drawn] - 1)
    if len(sample.totals) > LARGE:
        means = resample_means(sample, seed)
    else:
        draws = draw_units(len(sample.totals), seed)
        means = np.concatenate([(c @ sample.totals) / (c @ sample.sizes) for c in draws])
    again = tied_ranks(np.round(means, 12))
    if len(sample.totals) < 2:  # of one patient nothing can be drawn
        again[...] = math.nan
    tail = (1 - level) / 2
    statistic, p = friedman_test(np.round(bad, 12)) if values.shape[1] > 2 else (math.nan, math.nan)
    return Ranking(
        name,
        len(values),
        tuple(values.mean(axis=0).tolist()),
        tuple(sizes.mean(axis=0).tolist()),
        tuple(each.mean(axis=0).tolist()),
        tuple(tied_ranks(np.round(mean, 12)).tolist()),
        tuple(np.quantile(again, tail, axis=0).tolist()),
        tuple(np.quantile(again, 1 - tail, axis=0).tolist()),
        tuple(_share_first(again).tolist()),
        statistic,
        p,
    )


def _share_first(ranks: Floats) -> Floats:
    """The share of rows in which each column is the least, (models,); nan where they are nan."""
    first = np.where(np.isnan(ranks), math.nan, ranks == ranks.min(axis=1, keepdims=True))
    made: Floats = first.mean(axis=0)
    return made


def _badness(values: Floats, definition: Definition) -> Floats:
    """Larger is worse, (cases, models)."""
    made: Floats = np.array(values, np.float64)
    if definition.better == "zero":
        return np.abs(made)
    return -made if definition.better == "higher" else made
