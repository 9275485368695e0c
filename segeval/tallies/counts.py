"""Voxels of each class, by what both sides say of them; and the table of their labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from segeval.runtime.arrays import Counted, Floats
from segeval.runtime.frozen import frozen
from segeval.tallies.pair_cells import PairCells, sum_pair_cells


@frozen
class Counts:
    """Voxels of each class, by what the two sides say of them.

    classes    names, in the order of the arrays
    table      int64 (classes, 4): both, prediction only, ground truth only, neither
    sizes      the same in `unit`, float64
    unit       ml, mm2, or voxels and px where the grid has no spacing; "" if cases disagree
    voxel      size of one voxel; nan once cases are pooled
    confusion  cells of two label maps; None where classes may overlap
    """

    classes: tuple[str, ...]
    table: Counted
    sizes: Floats
    unit: str
    voxel: float = math.nan
    confusion: PairCells | None = None

    @property
    def tp(self) -> Counted:
        """Voxels of the class on both sides."""
        return self.table[:, 0]

    @property
    def fp(self) -> Counted:
        """Voxels that only the prediction calls the class."""
        return self.table[:, 1]

    @property
    def fn(self) -> Counted:
        """Voxels that only the ground truth calls the class."""
        return self.table[:, 2]

    @property
    def tn(self) -> Counted:
        """Voxels that neither side calls the class."""
        return self.table[:, 3]

    @property
    def truth(self) -> Counted:
        """Voxels of the class in the ground truth."""
        return self.tp + self.fn

    @property
    def pred(self) -> Counted:
        """Voxels of the class in the prediction."""
        return self.tp + self.fp

    def to_json(self) -> dict[str, Any]:
        """The form in which it is kept with its case."""
        kept: dict[str, Any] = {
            "classes": dict(zip(self.classes, self.table.tolist(), strict=True)),
            "unit": self.unit,
            "voxel": self.voxel,
        }
        if self.confusion is not None:
            c = self.confusion
            kept["confusion"] = np.stack([c.truth, c.pred, c.voxels], axis=1).tolist()
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Counts:
        """Read it again."""
        names = tuple(kept["classes"])
        table = np.array(list(kept["classes"].values()), np.int64).reshape(-1, 4)
        cells = kept.get("confusion")
        confusion = None if cells is None else _cells_of_rows(cells)
        voxel = kept["voxel"]
        return cls(names, table, table * voxel, kept["unit"], voxel, confusion)

    @staticmethod
    def pool_cases(many: Iterable[Counts]) -> Counts:
        """The counts of several cases as one; a class is pooled over the cases it is in."""
        kept = list(many)
        names = {
            name: k for k, name in enumerate(dict.fromkeys(n for one in kept for n in one.classes))
        }
        table, sizes = np.zeros((len(names), 4), np.int64), np.zeros((len(names), 4))
        for one in kept:
            rows = [names[name] for name in one.classes]
            table[rows] += one.table
            sizes[rows] += one.sizes
        units = {one.unit for one in kept}
        cells = [one.confusion for one in kept if one.confusion is not None]
        whole = len(cells) == len(
            kept
        )  # classes that may overlap have no table, nor have all cases
        confusion = sum_pair_cells(cells) if cells and whole else None
        return Counts(
            tuple(names),
            table,
            sizes,
            units.pop() if len(units) == 1 else "",
            confusion=confusion,
        )


def _cells_of_rows(rows: Sequence[Sequence[int]]) -> PairCells:
    """Cells as they are kept: label of the truth, label of the prediction, voxels.

    numpy.array takes three times as long for many short lists. Raises ValueError.
    """
    if not set(map(len, rows)) <= {3}:
        raise ValueError("a cell of a confusion matrix has three numbers")
    numbers = np.fromiter(chain.from_iterable(rows), np.int64, 3 * len(rows))
    return PairCells(*numbers.reshape(-1, 3).T)


def counts_of_absent(kept: Mapping[str, Any]) -> list[int]:
    """TP, FP, FN and TN of a class that a case has not: every voxel that counts is a TN.

    kept  the counts of the case, as `Counts.to_json` writes them
    """
    for row in kept.get("classes", {}).values():
        return [0, 0, 0, sum(row)]
    return [0, 0, 0, sum(cell[2] for cell in kept.get("confusion", ()))]
