"""A part of a loss that is added up voxel by voxel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from segeval.kernels.entropy import Cost
from segeval.kernels.sums import weighted_sum
from segeval.runtime.arrays import Floats

if TYPE_CHECKING:
    from segeval.tallies.slab import ScoreSlab


class LossTerm(Protocol):
    """Totals that a slab adds to."""

    KIND: ClassVar[str]
    AXES: ClassVar[int]

    def shape(self, channels: int) -> tuple[int, ...]:
        """The shape of the totals."""

    def of(self, slab: ScoreSlab) -> Floats:
        """The totals of a slab."""


def term_key(piece: LossTerm) -> str:
    """The piece in the JSON: its kind and its parameters."""
    values = [str(getattr(piece, name)) for name in piece.__dataclass_fields__]  # type: ignore[attr-defined]
    return ":".join([piece.KIND, *values])


def total_of_parts(of: Callable[[ScoreSlab], Floats], slab: ScoreSlab) -> Floats:
    """The totals of a slab from those of its parts, for what works on all channels at once."""
    totals: Floats = np.sum([of(part) for part in slab.parts()], axis=0)
    return totals


def invert_reference(g: Any) -> Any:
    """1 - g of masks and of shares."""
    return ~g if g.dtype == np.bool_ else 1 - g


def sum_both_sides(x: Floats, g: Any, slab: ScoreSlab, true: Cost, false: Cost) -> list[float]:
    """The sum of one function where g is 1 and of another where it is 0."""
    if not slab.soft:
        sides = (true, g), (false, ~g)
        return [weighted_sum(cost(x[m]), slab.weights(m)) for cost, m in sides]
    return [float((true(x) * g).sum()), float((false(x) * (1 - g)).sum())]
