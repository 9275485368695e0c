"""What losses need beyond the sums that every case keeps; each is added up only when asked for.

A piece is a value: two metrics that need the same one share it. It knows its key in the JSON, the
shape of its totals, and how a slab adds to them. Its first `AXES` axes are channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from segeval.kernels.entropy import (
    binary_costs,
    floor_logs,
    least_log,
)
from segeval.kernels.sums import joint_sums, weighted_sum
from segeval.runtime.arrays import Floats
from segeval.runtime.frozen import frozen
from segeval.tallies.loss_term import invert_reference, sum_both_sides, total_of_parts

if TYPE_CHECKING:
    from segeval.tallies.slab import ScoreSlab

KERAS_FLOORS = (
    "shares",
    "whole",
)  # floors of Keras, which changes probabilities before the logarithm


@frozen
class CrossEntropyTerm:
    """Cross-entropy: sum of -g log p, and the voxels at the floor, of each reference class."""

    KIND: ClassVar[str] = "ce"
    AXES: ClassVar[int] = 1
    floor: str = ""

    def shape(self, channels: int) -> tuple[int, ...]:
        """Cost and voxels at the floor."""
        return channels, 2

    def of(self, slab: ScoreSlab) -> Floats:
        """The totals of a slab."""
        if not slab.whole:
            return np.zeros(self.shape(len(slab.p)))
        if slab.soft:
            return total_of_parts(self._of_shares, slab)
        keras = self.floor in KERAS_FLOORS
        logs = slab.log_kept(self.floor) if keras else slab.log_reference
        cost = -(logs if keras else floor_logs(logs, self.floor))
        low: Floats = np.zeros(len(slab.p))
        if self.floor:
            low = slab.labels.sum(slab.log_reference < least_log(self.floor))
        return np.stack([slab.labels.sum(cost), low], axis=1)

    def _of_shares(self, slab: ScoreSlab) -> Floats:
        assert slab.g is not None
        g = slab.g.astype(np.float64)
        logs = (
            slab.logs_kept(self.floor)
            if self.floor in KERAS_FLOORS
            else floor_logs(slab.logs, self.floor)
        )
        cost = np.where(g > 0, -g * logs, 0.0)
        low = g * (slab.logs < least_log(self.floor))
        return np.stack([cost.sum(axis=1), low.sum(axis=1)], axis=1)


@frozen
class LogSumsTerm:
    """Sum of -log p of every class on the voxels of every reference class: label smoothing.

    floor  none, or that of Keras
    """

    KIND: ClassVar[str] = "logs"
    AXES: ClassVar[int] = 2
    floor: str = ""

    def shape(self, channels: int) -> tuple[int, ...]:
        """Reference class, predicted class."""
        return channels, channels

    def of(self, slab: ScoreSlab) -> Floats:
        """The totals of a slab."""
        if not slab.whole:
            return np.zeros(self.shape(len(slab.p)))
        return total_of_parts(self._of_part, slab)

    def _of_part(self, slab: ScoreSlab) -> Floats:
        logs = slab.logs_kept(self.floor) if self.floor else slab.logs
        if slab.soft:
            assert slab.g is not None
            return slab.g.astype(np.float64) @ -logs.T
        return joint_sums(-logs, slab.labels)


@frozen
class JointSumsTerm:
    """Sum of p of every class on the voxels of every reference class: soft confusion."""

    KIND: ClassVar[str] = "joint"
    AXES: ClassVar[int] = 2

    def shape(self, channels: int) -> tuple[int, ...]:
        """Reference class, predicted class."""
        return channels, channels

    def of(self, slab: ScoreSlab) -> Floats:
        """The totals of a slab."""
        if not slab.whole or slab.soft:
            return np.zeros(self.shape(len(slab.p)))
        return joint_sums(slab.p, slab.labels)


@frozen
class HardCountsTerm:
    """Voxels on which both sides have the class, and those of the prediction."""

    KIND: ClassVar[str] = "hard"
    AXES: ClassVar[int] = 1

    def shape(self, channels: int) -> tuple[int, ...]:
        """Both, prediction."""
        return channels, 2

    def of(self, slab: ScoreSlab) -> Floats:
        """The totals of a slab."""
        rows = []
        for channel in range(len(slab.p)):
            mask = slab.pred[0] == channel if slab.whole else slab.pred[channel] != 0
            truth = slab.reference(channel)
            both = weighted_sum(truth * mask, slab.weight)
            rows.append([both, weighted_sum(mask, slab.weight)])
        return np.array(rows)


@frozen
class BinaryCrossEntropyTerm:
    """Binary cross-entropy of each class: cost where the reference is 1, cost where it is 0.

    crossed  each cost on the other side instead, which label smoothing needs as well
    """

    KIND: ClassVar[str] = "bce"
    AXES: ClassVar[int] = 1
    floor: str = "torch"
    crossed: bool = False

    def shape(self, channels: int) -> tuple[int, ...]:
        """Costs that are due if the reference is 1, and if it is 0."""
        return channels, 2

    def of(self, slab: ScoreSlab) -> Floats:
        """The totals of a slab."""
        eps = float(np.finfo(slab.p.dtype).eps)
        true, false = binary_costs(self.floor, slab.z is not None, eps)
        values = slab.p if slab.z is None else slab.z
        rows = []
        for channel, x in enumerate(values):
            g = slab.reference(channel)
            g = invert_reference(g) if self.crossed else g
            rows.append(sum_both_sides(x, g, slab, true, false))
        return np.array(rows)


@cache
def axes_of_terms() -> Mapping[str, int]:
    """How many axes of its totals are channels, by the kind of a term."""
    from segeval.tallies.calibration_terms import ClassBinsTerm, LabelBinsTerm
    from segeval.tallies.focal_terms import FocalCrossEntropyTerm, FocalTerm

    terms = (
        CrossEntropyTerm,
        LogSumsTerm,
        JointSumsTerm,
        HardCountsTerm,
        BinaryCrossEntropyTerm,
        FocalTerm,
        FocalCrossEntropyTerm,
        LabelBinsTerm,
        ClassBinsTerm,
    )
    return {term.KIND: term.AXES for term in terms}
