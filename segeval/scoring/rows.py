"""Finished tallies to the rows of a case."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from sys import intern
from typing import Any

import numpy as np

from segeval.metrics.registry import Definition, Values, computed
from segeval.pairing.cases import Case
from segeval.request.grammar import Metric
from segeval.runtime.frozen import field, frozen, replace
from segeval.scorecard.card import Row
from segeval.scorecard.empty_class_policy import charged, judged, presence
from segeval.scoring.class_resolution import Resolved
from segeval.scoring.pass_plan import Job

OVER_BUDGET = "over_budget"  # a status: nothing was measured, so nothing is undefined


@frozen
class Finished:
    """The tallies of a case.

    tallies   by name
    channels  for each class, its channel in the tallies of scores; -1 where it has none
    known     what metrics say that were asked before
    """

    tallies: Mapping[str, Any]
    channels: tuple[int, ...]
    known: Mapping[Metric, Values] = field(default_factory=dict)

    def having(self, name: str, tally: Any) -> Finished:
        """The same with one more tally."""
        return replace(self, tallies={**self.tallies, name: tally})


def rows(case: Case, finished: Finished, resolved: Resolved, job: Job) -> list[Row]:
    """Every metric of every class, then those of the whole case, then what was not annotated."""
    table = finished.tallies["counts"]
    names = [t.name for t in resolved.targets]
    reasons = [
        "class_absent" if n in resolved.absent and p == 0 and t else presence(int(t), int(p))
        for n, t, p in zip(names, table.truth, table.pred, strict=True)
    ]
    each: list[list[Row]] = []
    whole: list[Row] = []
    for metric, definition in job.metrics:
        value = asked(metric, definition, finished)
        if value.whole is not None:
            whole.append(row(case, "all", metric, definition, value, value.whole, "", job))
        if value.classes is not None:
            numbers = of_classes(value.classes, definition.tally(metric), finished, len(names))
            told = zip(names, reasons, numbers, strict=True)
            each.append(list(column(case, metric, definition, value, told, finished, job)))
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


def column(  # noqa: PLR0913 - what a row is made of
    case: Case,
    metric: Metric,
    definition: Definition,
    value: Values,
    told: Iterable[tuple[str, str, float]],
    finished: Finished,
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
        if lacks_room(finished, definition, place) and math.isnan(number):
            own = OVER_BUDGET
        beside = own or reason if math.isnan(number) else reason or own
        worst = np.nan if value.worst is None else float(value.worst[place])
        yield row(case, name, metric, definition, value, number, beside, job, worst)


def lacks_room(finished: Finished, definition: Definition, place: int) -> bool:
    """Whether a class was not measured because that would take more than `--max-memory`."""
    return definition.of == "surface" and place in finished.tallies["surface"].over


def asked(metric: Metric, definition: Definition, finished: Finished) -> Values:
    """What a metric says of the case."""
    if metric in finished.known:
        return finished.known[metric]
    tally = finished.tallies.get(definition.tally(metric))
    if tally is None and definition.of == "rois":
        return Values(whole=np.nan, reason="no_rois")
    if tally is None:
        nothing = np.full(len(finished.channels), np.nan)
        lacks = "no_contours" if definition.of == "polygons" else "no_probabilities"
        return Values(nothing, reason=lacks)
    return computed(metric, definition, tally)


def of_classes(
    values: Sequence[float] | np.ndarray[Any, Any], tally: str, finished: Finished, many: int
) -> list[float]:
    """The number of each class: tallies of counts go by class, those of scores by channel."""
    held: list[float] = np.asarray(values, np.float64).tolist()
    if tally in ("counts", "polygons", "surface") or tally not in finished.tallies:
        return held[:many]
    return [held[channel] if channel >= 0 else math.nan for channel in finished.channels]


def row(  # noqa: PLR0913 - the parts of a row
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
    if why == OVER_BUDGET:
        return Row(case.id, class_, intern(str(metric)), np.nan, unit, OVER_BUDGET, "", case.group)
    if (charge := charged(metric, why, settings.charges)) is not None:
        number = np.nan if charge.value is None else charge.value.number
        number, status, reason = judged(number, why, np.nan, settings.undefined)
    else:
        own = definition.worst
        worst = own if math.isfinite(own) else worst
        number, status, reason = judged(number, why, worst, settings.undefined)
    return Row(case.id, class_, intern(str(metric)), number, unit, status, reason, case.group)
