"""Aggregates: what a metric of a class comes to over the cases.

    mean, median, sd  of the finite values; sd with n - 1, nan for one value
    worst, best       by the metric's better side, infinite values included; nan for a size
    pooled            the metric of the kept tallies of all cases, added up
    overall           over classes: mean and pooled are the unweighted means of the classes'; sd,
                      median, worst and best are those of the cases, of the mean of each case over
                      its scored classes. `all`, `things` and `stuff` are no classes

Everything is in the order of the cases as given, whatever order they were finished in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from segeval.metrics.registry import resolve_metric
from segeval.request.grammar import Metric, parse_metric
from segeval.runtime.frozen import replace
from segeval.scorecard.card import (
    GROUPS,
    OVERALL,
    UNCOUNTED,
    WHOLE,
    CasePools,
    CaseResult,
    Statistic,
    Summary,
)
from segeval.scorecard.row_index import RowIndex, index_rows
from segeval.scorecard.summary_columns import Column, ColumnSample
from segeval.scorecard.value_statistics import mean_value, sample_statistic, value_statistics

ROUNDING = 1e-12  # relative; what two sums of the same numbers may differ by


def summarise_results(
    results: Sequence[CaseResult], metrics: Sequence[Metric], pools: CasePools | None = None
) -> Summary:
    """Make the summary: group ("" is all cases) -> class -> column -> Statistic.

    metrics  as they were asked for, in the order of the columns
    pools    the tallies of the cases, added up; None: no pooled values
    """
    named = {str(metric): metric for metric in metrics}
    found = index_rows(results)
    heads = metric_columns(results, tuple(named))
    cells = _cells(found, heads)
    asked = {head.name: named[head.metric] for head in heads}
    summary = Summary()
    for group in dict.fromkeys(["", *found.groups]):
        scored = (found.groups[group] if group else len(found)) - found.lost_of(group)
        samples = _samples(found, group, cells)
        pooled = {h.name: _pooled_values(results, group, h, named[h.metric], pools) for h in heads}
        counts = {h.name: _instance_counts(group, named[h.metric], pools) for h in heads}
        of_class: dict[str, dict[str, Statistic]] = {}
        for (class_, head), sample in samples.items():
            definition = resolve_metric(named[head.metric])[1]
            better = definition.better
            value = pooled[head.name].get(class_, math.nan)
            own = counts[head.name].get(class_)
            made = replace(
                sample_statistic(sample, better, found.names),
                pooled=value,
                unit=head.unit,
                counts=own,
            )
            if definition.one and math.isfinite(value):
                made = replace(made, n=scored)  # all of them were pooled
            of_class.setdefault(class_, {})[head.name] = made
        of_class = _with_pooled_classes(of_class, pooled, heads, found.names)
        if over := _overall_statistics(of_class, samples, asked, found.names, scored):
            of_class[OVERALL] = over
        summary[group] = of_class
    return average_groups(summary, heads, asked)


def average_groups(
    summary: Summary, heads: Sequence[Column], asked: Mapping[str, Metric]
) -> Summary:
    """The same, with means of whole cases over their groups where a convention has them.

    PanNuke averages over the images of a tissue, then over tissues (INSTANCES-P5).
    """
    groups = [of_class[WHOLE] for group, of_class in summary.items() if group and WHOLE in of_class]
    for head in heads:
        whole = summary[""].get(WHOLE, {})
        if not (groups and head.name in whole and resolve_metric(asked[head.name])[1].grouped):
            continue
        means = [own[head.name].mean for own in groups if head.name in own]
        known = [mean for mean in means if math.isfinite(mean)]
        if known:
            whole[head.name] = replace(whole[head.name], mean=sum(known) / len(known))
    return summary


def _with_pooled_classes(
    of_class: dict[str, dict[str, Statistic]],
    pooled: Mapping[str, Mapping[str, float]],
    heads: Sequence[Column],
    names: Sequence[str],
) -> dict[str, dict[str, Statistic]]:
    """The same with the classes of numbers of the data set, of which no case has a row."""
    made = dict(of_class)
    none = sample_statistic(ColumnSample(), "", names)
    for head in heads:
        if not resolve_metric(parse_metric(head.metric))[1].one:
            continue
        for class_, value in pooled[head.name].items():
            if head.name not in made.get(class_, {}):
                own = {
                    **made.get(class_, {}),
                    head.name: replace(none, pooled=value, unit=head.unit),
                }
                made[class_] = {h.name: own[h.name] for h in heads if h.name in own}
    whole = {WHOLE: made.pop(WHOLE)} if WHOLE in made else {}
    return made | whole


def metric_columns(results: Sequence[CaseResult], metrics: Sequence[str]) -> list[Column]:
    """A column for each metric, in the order asked for; one a unit where it has several."""
    units: dict[str, dict[str, bool]] = {metric: {} for metric in metrics}
    for kind in index_rows(results).kinds:
        if kind.metric in units:
            of_metric = units[kind.metric]
            of_metric[kind.unit] = of_metric.get(kind.unit, False) or kind.number
    heads = []
    for metric, found in units.items():
        sure = [unit for unit, number in found.items() if number]
        kept = sure or [unit for unit in found if unit][:1] or [""]
        heads += [Column(metric, unit, len(kept) > 1) for unit in kept]
    return heads


SummaryCell = tuple[str, Column]


def _cells(found: RowIndex, heads: Sequence[Column]) -> list[SummaryCell]:
    """The class and column of every value that was asked for anywhere, in order.

    A class of which no case could be scored is waited for in the columns of the other classes.
    """
    seen = {(kind.class_, kind.metric) for kind in found.kinds}
    wide = {metric for class_, metric in seen if class_ != WHOLE and metric}
    failed = {k.class_ for k in found.kinds if not k.metric and k.status not in UNCOUNTED}
    return [
        (class_, head)
        for class_ in found.order
        for head in heads
        if (class_, head.metric) in seen or (class_ in failed and head.metric in wide)
    ]


def _samples(
    found: RowIndex, group: str, cells: Sequence[SummaryCell]
) -> dict[SummaryCell, ColumnSample]:
    """The samples of a group: of the classes it has, or of all when some case was not scored."""
    lost = found.lost_of(group)
    samples = {cell: ColumnSample(missing=lost) for cell in cells}
    homes: dict[tuple[str, str], list[tuple[Column, ColumnSample]]] = {}
    for (class_, head), sample in samples.items():
        homes.setdefault((class_, head.metric), []).append((head, sample))
        homes.setdefault((class_, ""), []).append((head, sample))  # a row without metric is in all
    for kind, rows in found.of(group):
        for head, sample in homes.get((kind.class_, kind.metric), ()) if kind.scored else ():
            if not kind.metric or head.counts(kind):
                sample.add(kind, rows)
    return {cell: sample for cell, sample in samples.items() if lost or sample.met}


def _instance_counts(
    group: str, metric: Metric, pools: CasePools | None
) -> Mapping[str, Mapping[str, Any]]:
    """The counts beside a metric of instances, by class; nothing of any other."""
    if pools is None or not resolve_metric(metric)[1].of.startswith("instance"):
        return {}
    return pools[group].counts(metric)


def _pooled_values(
    cases: Sequence[CaseResult], group: str, head: Column, metric: Metric, pools: CasePools | None
) -> Mapping[str, float]:
    """The pooled value of each class, over the cases that have the column's unit."""
    if pools is None:
        return {}
    if not head.mixed:
        return pools[group](metric)
    own = (case for case in cases if group in ("", case.group) and any(map(head.holds, case.rows)))
    return pools.of_some(own)(metric)


def _overall_statistics(  # noqa: PLR0913 - what a summary is made of
    of_class: Mapping[str, Mapping[str, Statistic]],
    samples: Mapping[SummaryCell, ColumnSample],
    metrics: Mapping[str, Metric],
    names: Sequence[str],
    scored: int,
) -> dict[str, Statistic]:
    """The line over all classes, by column (ACCOUNT-A26).

    metrics  of the columns, by their names
    names    of the cases, by their places
    scored   how many of the group were
    """
    cells = {(class_, head.name): sample for (class_, head), sample in samples.items()}
    overall = {}
    for name in dict.fromkeys(name for of_column in of_class.values() for name in of_column):
        own = {c: of_column[name] for c, of_column in of_class.items() if name in of_column}
        parts = (WHOLE, *GROUPS) if WHOLE in own else ()  # such a metric has rows of groups
        classes = [class_ for class_ in own if class_ not in parts]
        if classes:
            better = resolve_metric(metrics[name])[1].better
            of_cells = [cells.get((class_, name), ColumnSample()) for class_ in classes]
            means = case_means(of_cells, len(names))
            of_cases = value_statistics(*means, better, names)
            overall[name] = over_classes([own[class_] for class_ in classes], of_cases, scored)
    return overall


def over_classes(made: Sequence[Statistic], of_cases: Statistic, scored: int) -> Statistic:
    """What a column comes to over its classes: means of the classes, spread of the cases.

    made      of each class
    of_cases  of the means of the cases
    scored    cases
    """
    average = mean_value([one.mean for one in made if not math.isnan(one.mean)])
    same = math.isclose(average, of_cases.mean, rel_tol=ROUNDING) or math.isnan(average)
    return replace(
        of_cases,
        mean=average,
        pooled=mean_value([one.pooled for one in made if not math.isnan(one.pooled)]),
        n=sum(one.n for one in made),
        n_undefined=sum(one.n_undefined for one in made),
        n_missing=sum(one.n_missing for one in made),
        unit=made[0].unit,
        mean_of_cases=None if same else of_cases.mean,
        n_cases=of_cases.n,
        n_cases_undefined=scored - of_cases.n,
    )


def case_means(samples: Sequence[ColumnSample], many: int) -> tuple[Any, Any]:
    """The mean of each case over the classes in which it has a finite value; undefined left out.

    samples  of a column, a class each
    many     cases
    returns  places of the cases that have a mean, (n,), and the means, float64 (n,)
    """
    import numpy as np

    total, count = np.zeros(many), np.zeros(many, np.int64)
    for sample in samples:
        places, values = sample.numbers()
        finite = np.isfinite(values)
        total[places[finite]] += values[finite]
        count[places[finite]] += 1
    has = np.flatnonzero(count)
    return has, total[has] / count[has]
