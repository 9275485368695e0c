"""What the outputs of one network cost: the main one and its auxiliary ones, and its weights.

    full   outputs enlarged to the size of the labels
    small  labels reduced to the size of each output, those beyond the last class dropped

Costs are cross-entropies by the label of the reference, the main output first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

import numpy as np

from segeval.arrays import Floats
from segeval.frozen import frozen

SIZES = ("full", "small")


@frozen
class Branches:
    """Costs of the outputs of a case, or of several that were pooled.

    costs    by size, (outputs, channels): sum of -log p_y over the voxels of each label
    voxels   by size, the same: how many there are
    squares  sum of w^2 over the kernels of the network; None where no weights were given
    reason   why there are no costs
    """

    costs: Mapping[str, Floats] = field(default_factory=dict)
    voxels: Mapping[str, Floats] = field(default_factory=dict)
    squares: float | None = None
    reason: str = ""
    classes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The form in which it is kept with its case."""
        return {
            "costs": {size: kept.tolist() for size, kept in self.costs.items()},
            "voxels": {size: kept.tolist() for size, kept in self.voxels.items()},
            "squares": self.squares,
            "reason": self.reason,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Branches:
        """Read it again."""
        tables = [
            {size: np.array(rows, np.float64) for size, rows in kept[name].items()}
            for name in ("costs", "voxels")
        ]
        return cls(tables[0], tables[1], kept["squares"], kept["reason"])


def pooled(many: Iterable[Branches]) -> Branches:
    """Several cases as one; the weights are those of one network."""
    kept = list(many)
    sizes = [size for size in SIZES if all(size in b.costs for b in kept)]
    alike = [s for s in sizes if len({b.costs[s].shape for b in kept}) == 1]
    return Branches(
        {size: added([b.costs[size] for b in kept]) for size in alike},
        {size: added([b.voxels[size] for b in kept]) for size in alike},
        kept[0].squares,
        next((b.reason for b in kept if b.reason), "" if alike else "other_outputs"),
    )


def added(tables: Sequence[Floats]) -> Floats:
    """The sum of tables of one shape."""
    total: Floats = np.sum(tables, axis=0)
    return total
