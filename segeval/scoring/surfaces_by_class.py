"""Surface metrics class by class: what is measured of one is let go before the next.

So memory is that of the largest class, whatever their number, and classes can be measured in other
processes. A surface between voxels is measured with all classes at once: their probabilities are
read together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.metrics.registry import Values, evaluate_metric
from segeval.request.grammar import Metric
from segeval.scoring.pass_plan import RequestedMetric

if TYPE_CHECKING:
    from segeval.tallies.surface import Surfaces

ParallelMap = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]  # as `map` is called
ClassTask = tuple["Surfaces", tuple[RequestedMetric, ...]]

FEW = 1 << 20  # runs of a case whose borders are measured before another process has started
TRIANGLES = ("mesh", "relaxed", "meshmetrics")  # take so many times as long
TIMES = 8


def score_surfaces_by_class(
    surfaces: Surfaces, metrics: Sequence[RequestedMetric], share: ParallelMap = map
) -> dict[Metric, Values]:
    """The values of the surface metrics of a case.

    share  calls a function with every task and gives the results in their order
    """
    asked = tuple((m, d) for m, d in metrics if d.origin != "subvoxel")
    sizes = [surfaces.size(place) for place in range(len(surfaces.targets))]
    if len(sizes) < 2 or not asked:
        return {}
    order = sorted(range(len(sizes)), key=lambda place: -sizes[place])  # the longest work first
    tasks = ((surfaces.only(place), asked) for place in order)
    work = sum(sizes) * (TIMES if any(d.origin in TRIANGLES for _, d in asked) else 1)
    each = {}
    for place, (values, over) in zip(
        order, (share if work >= FEW else map)(measure_class, tasks), strict=True
    ):
        each[place] = values
        if over:
            surfaces.over[place] = over
    return {
        metric: join_class_values([each[place][number] for place in range(len(sizes))])
        for number, (metric, _) in enumerate(asked)
    }


def measure_class(task: ClassTask) -> tuple[list[Values], int]:
    """The values of one class, and what it would take where there is no room for it."""
    surfaces, asked = task
    values = [evaluate_metric(metric, definition, surfaces) for metric, definition in asked]
    return values, max(surfaces.over.values(), default=0)


def join_class_values(each: Sequence[Values]) -> Values:
    """The values of several classes, one after another."""
    worst = [value.worst for value in each if value.worst is not None]
    return Values(
        np.concatenate([value.classes for value in each if value.classes is not None]),
        reason=next((value.reason for value in each if value.reason), ""),
        unit=next((value.unit for value in each if value.unit), ""),
        worst=np.concatenate(worst) if worst else None,
        beside=tuple(reason for value in each for reason in value.beside),
    )
