"""The counts beside a metric of instances: how many there are, and what became of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from segeval.metrics.cells import match_at
from segeval.metrics.ivadomed_lesions import find_spurious
from segeval.metrics.lesion_options import LeastOverlap
from segeval.metrics.lesions import find_touching
from segeval.metrics.panoptic import Tables
from segeval.metrics.panoptic_conventions import CONVENTIONS
from segeval.metrics.registry import Definition, metric_arguments
from segeval.request.grammar import Metric, Quantity
from segeval.runtime.arrays import Mask
from segeval.runtime.frozen import frozen
from segeval.tallies.instance_table import InstanceTable

HALF = Quantity(50, "%")
LESIONS = "lesion_"


@frozen
class InstanceCounts:
    """The instances of a class over some cases.

    matched         references that are found
    ignored         of either side: wholly in void, or a prediction mostly in void or in a crowd
    smallest_found  volume of the smallest reference that is found, in `unit`; nan without any
    largest_missed  the same of the largest that is not
    """

    references: int = 0
    predictions: int = 0
    matched: int = 0
    missed: int = 0
    spurious: int = 0
    ignored: int = 0
    smallest_found: float = math.nan
    largest_missed: float = math.nan
    unit: str = ""

    def to_json(self) -> dict[str, Any]:
        """The form in which they stand in results; sizes that nothing has are left out."""
        kept = {name: getattr(self, name) for name in NAMES}
        sizes = {name: getattr(self, name) for name in SIZES}
        return kept | {k: v for k, v in sizes.items() if math.isfinite(v)} | {"unit": self.unit}


NAMES = ("references", "predictions", "matched", "missed", "spurious", "ignored")
SIZES = ("smallest_found", "largest_missed")


def count_instances(t: Tables, metric: Metric, definition: Definition) -> dict[str, Any]:
    """The counts of every class under the rule of a metric, as they stand in results."""
    rule = metric_arguments(metric, definition)
    found = {}
    for place, name in enumerate(t.classes):
        tables = tables_of(t, place, definition, rule)
        if tables:  # none where the case was finished without this metric
            found[name] = count_tables(tables, metric, definition, rule).to_json()
    return found


def tables_of(
    t: Tables, place: int, definition: Definition, rule: Mapping[str, Any]
) -> tuple[InstanceTable, ...]:
    """The tables that a metric reads of a class."""
    if definition.origin == "brats-2023":
        return t.dilated(place, rule["dilation"], rule["limit"])
    return t.tables(place, rule["connectivity"], leaves_void_out(definition))


def leaves_void_out(definition: Definition) -> bool:
    """Whether a prediction that is mostly in void is no false positive."""
    return is_panoptic(definition) and CONVENTIONS[definition.origin].void


def is_panoptic(definition: Definition) -> bool:
    """Whether a metric is a part of panoptic quality."""
    return definition.name in ("pq", "sq", "rq", "pq_dice")


def count_tables(
    tables: tuple[InstanceTable, ...],
    metric: Metric,
    definition: Definition,
    rule: Mapping[str, Any],
) -> InstanceCounts:
    """The counts over all cases."""
    counts = dict.fromkeys(NAMES, 0)
    found_sizes, missed_sizes = [], []
    for table in tables:
        found, spurious, predictions = match_rule(table, metric, definition, rule)
        hidden = hidden_predictions(table, definition) & spurious
        counts["references"] += len(found)
        counts["predictions"] += predictions
        counts["matched"] += int(found.sum())
        counts["spurious"] += int((spurious & ~hidden).sum())
        counts["ignored"] += int(hidden.sum()) + sum(table.ignored)
        sizes = table.overlaps.truth * table.voxel
        found_sizes += sizes[found].tolist()
        missed_sizes += sizes[~found].tolist()
    counts["missed"] = counts["references"] - counts["matched"]
    units = {table.unit for table in tables}
    return InstanceCounts(
        **counts,
        smallest_found=min(found_sizes, default=math.nan),
        largest_missed=max(missed_sizes, default=math.nan),
        unit=units.pop() if len(units) == 1 else "",
    )


def hidden_predictions(table: InstanceTable, definition: Definition) -> Mask:
    """Predictions with more than half in void or a crowd, where the convention leaves them out."""
    if not is_panoptic(definition):
        return np.zeros(len(table.overlaps.pred), bool)
    convention = CONVENTIONS[definition.origin]
    hidden = table.void * convention.void + table.crowd * convention.crowd
    found: Mask = 2 * hidden > table.overlaps.pred + table.void
    return found


def match_rule(
    table: InstanceTable, metric: Metric, definition: Definition, rule: Mapping[str, Any]
) -> tuple[Mask, Mask, int]:
    """Which references are found, which predictions are spurious, and how many predictions."""
    o = table.overlaps
    if definition.origin == "brats-2023":  # unions first, then false positives
        spurious = np.arange(len(o.pred)) >= len(o.truth)
        found = o.pred[: len(o.truth)] > 0
        return found, spurious, int(found.sum() + spurious.sum())
    if "overlap" in rule:
        least: LeastOverlap = rule["overlap"]
        voxel = table.voxel * (1000 if table.unit == "ml" else 1)
        hit = table.covered_voxels(0) >= least.voxels(o.truth, voxel)
        return hit, find_spurious(table, least), len(o.pred)
    at = rule.get("at")
    if metric.name.startswith(LESIONS):
        at = rule.get("over", at if isinstance(at, Quantity) else None)
        if at is None or at.unit == "px":
            one, other = find_touching(table, 1 if at is None else at.number)
            return one, ~other, len(o.pred)
    quantity = at if isinstance(at, Quantity) else Quantity(at, "%") if at else HALF
    how = [rule.get(k, d) for k, d in (("match", "optimal"), ("tie", "hit"), ("hit", "iou"))]
    pairs = match_at(table, quantity, *how)
    one, other = np.zeros(len(o.truth), bool), np.ones(len(o.pred), bool)
    one[pairs.one], other[pairs.other] = True, False
    return one, other, len(o.pred) - pairs.parts


def describe_counts(class_: str, counts: Mapping[str, Any]) -> str:
    """One line: `lesion: 42 of 51 found, 6 spurious; smallest found 0.05 ml`."""
    text = f"{class_}: {counts['matched']} of {counts['references']} found"
    text += f", {counts['spurious']} spurious"
    if counts["ignored"]:
        text += f", {counts['ignored']} ignored"
    sizes = [
        f"{name.replace('_', ' ')} {counts[name]:.3g} {counts['unit']}"
        for name in SIZES
        if name in counts
    ]
    return f"{text}; {', '.join(sizes)}" if sizes else text
