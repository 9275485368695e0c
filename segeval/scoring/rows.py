"""Finished tallies to the rows of a case."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from sys import intern
from typing import Any

import numpy as np

from segeval.metrics.registry import Definition, Values, evaluate_metric
from segeval.pairing.cases import Case
from segeval.request.grammar import Metric
from segeval.runtime.frozen import replace
from segeval.scorecard.card import POOLED, Row
from segeval.scorecard.empty_class_policy import absence_reason, apply_empty_policy, matching_charge
from segeval.scoring.case_classes import CaseClasses
from segeval.scoring.finish_tallies import FinishedTallies, kind_of, values_without_result
from segeval.scoring.no_room import OVER_BUDGET
from segeval.scoring.pass_plan import Job, TallyRequest
from segeval.tallies.counts import Counts


def make_rows(case: Case, finished: FinishedTallies, resolved: CaseClasses, job: Job) -> list[Row]:
    """Every metric of every class, then those of the whole case, then what was not annotated."""
    names = [t.name for t in resolved.targets]
    reasons = absent_sides(finished.counts, resolved)
    each: list[list[Row]] = []
    whole: list[Row] = []
    for metric, definition in job.metrics:
        value = metric_values(metric, definition, finished)
        if value.whole is not None:
            whole.append(make_row(case, "all", metric, definition, value, value.whole, "", job))
        for name, number in value.groups.items():
            whole.append(make_row(case, name, metric, definition, value, number, "", job))
        if value.reason == POOLED and value.whole is not None:
            continue  # a case has no number, and its classes may be many: one row says it
        if value.classes is not None:
            numbers = class_numbers(value.classes, metric, definition, finished, len(names))
            told = zip(names, reasons, numbers, strict=True)
            each.append(list(metric_rows(case, metric, definition, value, told, finished, job)))
    skipped = [
        Row(case.id, name, "", np.nan, "", "not_annotated", "", case.group)
        for name in resolved.skipped
    ]
    failed = [
        Row(case.id, name, "", np.nan, "", fault.status, "", case.group)
        for name, fault in resolved.faults.items()
    ]
    by_class = (one for of_class in zip(*each, strict=True) for one in of_class)
    return [*by_class, *whole, *failed, *skipped]


def absent_sides(counts: Counts | None, resolved: CaseClasses) -> list[str]:
    """Which side of each class is empty, as a reason; "" where neither is."""
    if counts is None:
        return []
    pairs = zip(resolved.targets, counts.truth.tolist(), counts.pred.tolist(), strict=True)
    return [
        "class_absent" if t.name in resolved.absent and p == 0 and n else absence_reason(n, p)
        for t, n, p in pairs
    ]


def metric_rows(  # noqa: PLR0913 - what a row is made of
    case: Case,
    metric: Metric,
    definition: Definition,
    value: Values,
    told: Iterable[tuple[str, str, float]],
    finished: FinishedTallies,
    job: Job,
) -> Iterator[Row]:
    """The rows of one metric, a class each.

    told  name of the class, why it is missing, and its number
    """
    text, unit = intern(str(metric)), value.unit or definition.unit
    for place, (name, reason, number) in enumerate(told):
        if not (reason or value.beside) and math.isfinite(number):  # nothing more to be said
            yield Row(case.id, name, text, number, unit, "ok", "", case.group)
            continue
        own = value.beside[place] if value.beside else ""
        if math.isnan(number) and lacks_room(finished, metric, definition, name):
            own = OVER_BUDGET
        beside = own or reason if math.isnan(number) else reason or own
        worst = np.nan if value.worst is None else float(value.worst[place])
        yield make_row(case, name, metric, definition, value, number, beside, job, worst)


def lacks_room(
    finished: FinishedTallies, metric: Metric, definition: Definition, class_: str
) -> bool:
    """Whether a class was not measured because that would take more than `--max-memory`."""
    name = definition.tally(metric)
    over, result = kind_of(name).over, finished.results.get(name)
    if name in finished.no_room:
        return True
    if over is None or result is None:
        return False
    return class_ in over(result, TallyRequest(name, ((metric, definition),)))


def metric_values(metric: Metric, definition: Definition, finished: FinishedTallies) -> Values:
    """What a metric says of the case. KeyError where its tally was not made."""
    if metric in finished.known:
        return finished.known[metric]
    name = definition.tally(metric)
    if (left := finished.no_room.get(name)) is not None:
        return forget_numbers(evaluate_metric(metric, definition, left.empty))
    tally = finished.results[name]
    if tally is None:
        return values_without_result(kind_of(name), len(finished.channels))
    if definition.one:
        if getattr(tally, "says_nothing", False):  # of one case, and of no class of it
            return Values(whole=math.nan, reason=POOLED)
        nothing = evaluate_metric(metric, definition, tally.emptied())
        return replace(nothing, reason=nothing.reason or POOLED)
    return evaluate_metric(metric, definition, tally)


def forget_numbers(value: Values) -> Values:
    """The same values for want of memory: none was measured."""
    return Values(
        None if value.classes is None else np.full(len(value.classes), np.nan),
        None if value.whole is None else np.nan,
        OVER_BUDGET,
        value.unit,
        groups=dict.fromkeys(value.groups, np.nan),
    )


def class_numbers(
    values: Sequence[float] | np.ndarray[Any, Any],
    metric: Metric,
    definition: Definition,
    finished: FinishedTallies,
    many: int,
) -> list[float]:
    """The number of each class; RuntimeError where a metric gives more or fewer."""
    held: list[float] = np.asarray(values, np.float64).tolist()
    name = definition.tally(metric)
    if kind_of(name).by == "channel" and finished.results[name] is not None:
        return [held[place] if place >= 0 else math.nan for place in finished.channels]
    if len(held) != many:
        raise RuntimeError(f"{metric} gave {len(held)} values for {many} classes")
    return held


def make_row(  # noqa: PLR0913 - the parts of a row
    case: Case,
    class_: str,
    metric: Metric,
    definition: Definition,
    value: Values,
    number: float,
    reason: str,
    job: Job,
    worst: float = np.nan,
) -> Row:
    """One number, or why there is none.

    worst  what is charged where the metric itself has no worst value
    """
    settings = job.settings
    unit = value.unit or definition.unit
    why = reason if math.isfinite(number) or not value.reason else value.reason
    if why == POOLED:
        return Row(case.id, class_, intern(str(metric)), np.nan, unit, POOLED, POOLED, case.group)
    if why == OVER_BUDGET:
        return Row(case.id, class_, intern(str(metric)), np.nan, unit, OVER_BUDGET, "", case.group)
    if (charge := matching_charge(metric, why, settings.charges)) is not None:
        number = np.nan if charge.value is None else charge.value.number
        number, status, reason = apply_empty_policy(number, why, np.nan, settings.undefined)
    else:
        own = definition.worst
        worst = own if math.isfinite(own) else worst
        number, status, reason = apply_empty_policy(number, why, worst, settings.undefined)
    return Row(case.id, class_, intern(str(metric)), number, unit, status, reason, case.group)
