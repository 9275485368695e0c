"""Splits and merges: references in several parts, predictions that hold several references."""

from __future__ import annotations

from typing import Any

import numpy as np

from segeval.kernels.run_overlaps import sum_each
from segeval.metrics.cells import cell_values
from segeval.metrics.panoptic import CONNECTIVITY, Tables
from segeval.metrics.registry import UPWARDS, Values, metric
from segeval.tallies.instance_table import InstanceTable

COUNT: dict[str, Any] = {
    "of": "instances",
    "better": "lower",
    "bounds": UPWARDS,
    "options": {"connectivity": CONNECTIVITY},
}


@metric("splits", **COUNT)
def splits(t: Tables, connectivity: str) -> Values:
    """References that the prediction has in two or more parts.

    formula  a part is a prediction more than half inside the reference
    empty    0
    source   our own definition
    """

    def number(place: int) -> float:
        tables = t.tables(place, connectivity)
        return float(sum(count_in_parts(table, 0) for table in tables)) if tables else np.nan

    return cell_values(t, number)


@metric("merges", **COUNT)
def merges(t: Tables, connectivity: str) -> Values:
    """Predictions that hold two or more references.

    formula  a reference is in a prediction that has more than half of it
    empty    0
    source   our own definition
    """

    def number(place: int) -> float:
        tables = t.tables(place, connectivity)
        return float(sum(count_in_parts(table, 1) for table in tables)) if tables else np.nan

    return cell_values(t, number)


def count_in_parts(table: InstanceTable, side: int) -> int:
    """Instances of a side (0 the reference) with two or more parts on the other."""
    o = table.overlaps
    if side == 0:
        inside = 2 * o.shared > o.pred[o.other]
        owner, size = o.one[inside], len(o.truth)
    else:
        inside = 2 * o.shared > o.truth[o.one]
        owner, size = o.other[inside], len(o.pred)
    return int((sum_each(owner, np.ones(len(owner), np.int64), size) >= 2).sum())
