"""The statistic `pooled`: the tallies of all cases are added before the metric is computed.

It is the data set's ECE, the micro Dice, the field's mIoU; a mean over cases is another number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from segeval.grammar import Metric
from segeval.metrics.registry import arguments, resolve

# Module of segeval.tallies, which is the tally's name in the JSON of a case -> its finished value.
POOLED = {
    "counts": "Counts",
    "sums": "Sums",
    "polygons": "Solids",
    "rois": "RoiSums",
    "branches": "Branches",
}


class Pool:
    """Pooled values; the merged tallies of the last cases are kept, since every metric asks."""

    def __init__(self) -> None:
        self._key: tuple[int, ...] = ()
        self._merged: dict[str, Any] = {}

    def __call__(self, tallies: Sequence[Mapping[str, Any]], metric: Metric) -> dict[str, float]:
        """The value of each class over all cases; `all` for a value of whole cases.

        tallies  of each case by name, in their JSON form
        """
        key = tuple(map(id, tallies))
        if key != self._key:
            self._key, self._merged = key, {}
        metric, definition = resolve(metric)
        name = definition.tally(metric)
        if name not in self._merged:
            self._merged[name] = _merged(name, tallies)
        tally = self._merged[name]
        if tally is None:
            return {}
        value = definition.compute(tally, **arguments(metric, definition))
        each = {} if value.classes is None else dict(zip(tally.classes, value.classes, strict=True))
        if value.whole is not None:
            each["all"] = value.whole
        return {name: float(number) for name, number in each.items()}


def _merged(name: str, tallies: Sequence[Mapping[str, Any]]) -> Any:
    """The tallies of all cases as one; None where no case has it."""
    of = name.partition(":")[0]
    if of not in POOLED or not any(name in tally for tally in tallies):
        return None
    module: Any = import_module(f"segeval.tallies.{of}")
    finished = getattr(module, POOLED[of])
    return module.pooled(finished.from_json(tally[name]) for tally in tallies if name in tally)
