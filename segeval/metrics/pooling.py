"""The statistic `pooled`: the tallies of all cases are added before the metric is computed.

It is the data set's ECE, the micro Dice, the field's mIoU; a mean over cases is another number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from segeval.grammar import Metric
from segeval.metrics.registry import arguments, resolve
from segeval.tallies import counts

# Name of a tally in the JSON of a case -> how it is read, and how several become one.
POOLED: dict[str, tuple[Callable[[Mapping[str, Any]], Any], Callable[[Sequence[Any]], Any]]] = {
    "counts": (counts.Counts.from_json, counts.pooled),
}


def pooled(
    tallies: Sequence[Mapping[str, Any]], metrics: Sequence[Metric]
) -> dict[str, dict[str, float]]:
    """Pooled values: metric -> class -> value, `all` for values of whole cases.

    tallies  of each case by name, in their JSON form
    """
    merged = {name: _merged(name, tallies) for name in POOLED}
    values: dict[str, dict[str, float]] = {}
    for metric in metrics:
        _, definition = resolve(metric)
        tally = merged.get(definition.of)
        if tally is None:
            continue
        value = definition.compute(tally, **arguments(metric, definition))
        each = {} if value.classes is None else dict(zip(tally.classes, value.classes, strict=True))
        if value.whole is not None:
            each["all"] = value.whole
        values[str(metric)] = {name: float(number) for name, number in each.items()}
    return values


def _merged(name: str, tallies: Sequence[Mapping[str, Any]]) -> Any:
    """The tallies of all cases as one; None where no case has it."""
    read, join = POOLED[name]
    kept = [read(tally[name]) for tally in tallies if name in tally]
    return join(kept) if kept else None
