"""Options of lesion metrics: ranges of volumes, and how much has to be shared."""

from __future__ import annotations

from typing import Any

import numpy as np

from segeval.request.grammar import parse_quantity
from segeval.runtime.arrays import Mask
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import frozen
from segeval.tallies.instance_table import InstanceTable

TRUTH, PRED = 0, 1  # the sides of a table


@frozen
class LesionSizes:
    """A range of volumes, half open.

    low, high  in `unit`: ml, or px where they are voxels; the last range has no end
    """

    low: float = 0.0
    high: float = float("inf")
    unit: str = ""

    def holds(self, table: InstanceTable) -> Mask:
        """Which references lie in it."""
        scale = 1.0 if self.unit in ("px", "") else table.voxel
        size = table.overlaps.truth * scale
        found: Mask = (size >= self.low) & (size < self.high)
        return found


def read_sizes(word: str) -> LesionSizes | None:
    """Read a range of sizes, `0.1ml-1ml` or `10ml-`; `all` is no range. ValueError."""
    if word == "all":
        return None
    low, dash, high = word.partition("-")
    try:
        ends = [parse_quantity(end) if end else None for end in (low, high)]
    except RequestError as problem:
        raise ValueError(problem.message) from problem
    units = {end.unit for end in ends if end is not None}
    if not dash or len(units) != 1 or not units <= {"ml", "px"}:
        raise ValueError("a range of sizes is 0.1ml-1ml or 10px-")
    below, above = ends
    return LesionSizes(
        below.number if below else 0.0, above.number if above else float("inf"), units.pop()
    )


@frozen
class LeastOverlap:
    """How much has to be shared: voxels, mm3, or a ratio of the reference."""

    number: float
    unit: str

    def voxels(self, size: Any, voxel: float) -> Any:
        """In voxels, of lesions of some size; halves are rounded to even.

        voxel  mm3
        """
        if self.unit == "ratio":
            return np.round(np.asarray(size) * self.number)
        return np.round(self.number / voxel) if self.unit == "mm3" else self.number


def read_overlap(word: str) -> LeastOverlap:
    """Read `3px`, `10mm3`, `20%` or `0.2`. ValueError."""
    for unit, scale, of in (("px", 1, "px"), ("mm3", 1, "mm3"), ("%", 100, "ratio")):
        if word.endswith(unit):
            return LeastOverlap(float(word.removesuffix(unit)) / scale, of)
    return LeastOverlap(float(word), "ratio")
