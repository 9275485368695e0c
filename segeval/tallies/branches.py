"""What the outputs of one network cost: the main one and its other ones, and its weights.

    full        outputs enlarged to the size of the labels
    dropped     labels reduced to the size of each output, those beyond the last class dropped
    half_pixel  labels reduced by that rule of kernels/resample.py
    asymmetric  labels reduced by that one

Of every output the sums are kept that one prediction has (sums.py), the main output first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from segeval.runtime.frozen import field, frozen
from segeval.tallies.sums import Sums

SIZES = ("full", "dropped", "half_pixel", "asymmetric")


@frozen
class Branches:
    """The outputs of a case, or of several that were pooled.

    outputs  by size: the sums of each output
    squares  sum of w^2 over the kernels of the network; None where no weights were given
    reason   why there are no outputs
    """

    outputs: Mapping[str, tuple[Sums, ...]] = field(default_factory=dict)
    squares: float | None = None
    reason: str = ""
    classes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The form in which it is kept with its case."""
        return {
            "outputs": {size: [s.to_json() for s in sums] for size, sums in self.outputs.items()},
            "squares": self.squares,
            "reason": self.reason,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Branches:
        """Read it again."""
        outputs = {
            size: tuple(Sums.from_json(one) for one in sums)
            for size, sums in kept["outputs"].items()
        }
        return cls(outputs, kept["squares"], kept["reason"])

    @staticmethod
    def pool_cases(many: Iterable[Branches]) -> Branches:
        """Several cases as one; the weights are those of one network."""
        kept = list(many)
        outputs = {}
        for size in SIZES:
            rows = [b.outputs.get(size, ()) for b in kept]
            if len({tuple(len(s.classes) for s in row) for row in rows}) == 1 and rows[0]:
                outputs[size] = tuple(Sums.pool_cases(same) for same in zip(*rows, strict=True))
        reasons = (b.reason for b in kept if b.reason)
        return Branches(outputs, kept[0].squares, next(reasons, "" if outputs else "other_outputs"))
