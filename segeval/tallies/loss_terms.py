"""What losses need beyond the sums that every case keeps; each is added up only when asked for.

A piece is a value: two metrics that need the same one share it. It knows its key in the JSON, the
shape of its totals, and how a slab adds to them. Its first `AXES` axes are channels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from segeval.kernels.bins import bin_edges, bin_index, reliability_bins
from segeval.kernels.entropy import (
    EPSILON,
    Cost,
    binary_costs,
    floor_logs,
    focal_factor,
    least_log,
    log_allowing_zero,
)
from segeval.kernels.softmax import sigmoid, softplus
from segeval.kernels.sums import joint_sums, weighted_sum
from segeval.runtime.arrays import Floats, Mask
from segeval.runtime.frozen import frozen

if TYPE_CHECKING:
    from segeval.tallies.slab import ScoreSlab

SINGLE_BYTES = 4
# The least number that float32 rounds to 1: half way to the one before it.
NEARLY_SURE = 1 - float(np.finfo(np.float32).epsneg) / 2
KERAS_FLOORS = (
    "shares",
    "whole",
)  # floors of Keras, which changes probabilities before the logarithm


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
            rows.append(_sum_both_sides(x, g, slab, true, false))
        return np.array(rows)


def invert_reference(g: Any) -> Any:
    """1 - g of masks and of shares."""
    return ~g if g.dtype == np.bool_ else 1 - g


def _sum_both_sides(x: Floats, g: Any, slab: ScoreSlab, true: Cost, false: Cost) -> list[float]:
    """The sum of one function where g is 1 and of another where it is 0."""
    if not slab.soft:
        sides = (true, g), (false, ~g)
        return [weighted_sum(cost(x[m]), slab.weights(m)) for cost, m in sides]
    return [float((true(x) * g).sum()), float((false(x) * (1 - g)).sum())]


@frozen
class FocalTerm:
    """Focal loss of each class by itself: cost and factor where the reference is 1, and 0.

    floor      logits, or keras: probabilities in [1e-7, 1 - 1e-7]
    threshold  of the reduced focal loss; 0: none
    """

    KIND: ClassVar[str] = "focal"
    AXES: ClassVar[int] = 1
    floor: str
    gamma: float
    threshold: float = 0.0

    def shape(self, channels: int) -> tuple[int, ...]:
        """Cost and factor where the reference is 1, cost and factor where it is 0."""
        return channels, 4

    def of(self, slab: ScoreSlab) -> Floats:
        """The totals of a slab; nan where only logits would do."""
        values = slab.p if self.floor == "keras" or not slab.whole else slab.z
        if values is None or slab.soft:
            return np.full(self.shape(len(slab.p)), np.nan)
        if self.floor != "keras" and slab.z is not None:
            values = slab.z
        logits = values is slab.z
        rows = []
        for channel, x in enumerate(values):
            mask = slab.reference(channel).astype(bool)
            sides = (mask, 1), (~mask, -1)
            both = (self._sums(x[m], sign, logits, slab.weights(m)) for m, sign in sides)
            rows.append([value for side in both for value in side])
        return np.array(rows)

    def _sums(
        self, x: Floats, sign: int, logits: bool, weight: Floats | None
    ) -> tuple[float, float]:
        """Cost and factor of values whose reference is 1 (sign 1) or 0 (sign -1)."""
        if logits:
            pt, cost = sigmoid(sign * x), softplus(-sign * x)
        else:
            p = x.astype(np.float64)
            if self.floor == "keras":
                p = np.clip(p, EPSILON, 1 - EPSILON)
            pt = p if sign > 0 else 1 - p
            cost = -log_allowing_zero(pt)
        factor = focal_factor(pt, self.gamma, self.threshold or None)
        return weighted_sum(factor * cost, weight), weighted_sum(factor, weight)


@frozen
class FocalCrossEntropyTerm:
    """Focal cross-entropy, sum of -(1 - p)^gamma log p of each reference class.

    floor       none, or whole: the clipping of Keras
    foreground  shares among the classes without the background, which costs nothing
    """

    KIND: ClassVar[str] = "focal_ce"
    AXES: ClassVar[int] = 1
    floor: str
    gamma: float
    foreground: bool = False

    def shape(self, channels: int) -> tuple[int, ...]:
        """One sum a class."""
        return (channels,)

    def of(self, slab: ScoreSlab) -> Floats:
        """The totals of a slab."""
        if not slab.whole or slab.soft:
            return np.full(self.shape(len(slab.p)), np.nan)
        if self.foreground:
            logs = slab.log_foreground
        else:
            logs = slab.log_kept(self.floor) if self.floor else slab.log_reference
        factor = focal_factor(np.exp(logs), self.gamma)
        cost = np.where(factor > 0, -logs * factor, 0.0)
        return slab.labels.sum(cost)


@frozen
class LabelBinsTerm:
    """Reliability bins of the predicted label: its probability, right where it is the reference.

    rule  whose edges, see kernels/bins.py
    """

    KIND: ClassVar[str] = "bins"
    AXES: ClassVar[int] = 0
    bins: int
    rule: str

    @property
    def count(self) -> int:
        """Bins that may hold something."""
        return self.bins + (self.rule == "torchmetrics")

    def shape(self, channels: int) -> tuple[int, ...]:
        """Voxels, sum of confidence and hits of each bin."""
        return self.count, 3

    def of(self, slab: ScoreSlab) -> Floats:
        """The totals of a slab; nan where the channels do not exclude each other."""
        if not slab.whole:
            return np.full(self.shape(0), np.nan)
        return self.filled(slab.confidence, slab.pred[0] == slab.truth)

    def filled(self, confidence: Floats, hit: Mask, weight: Floats | None = None) -> Floats:
        """The bins of some voxels; MONAI has every confidence in float32."""
        if self.rule != "torchmetrics":
            confidence = confidence.astype(np.float32)
        edges = bin_edges(self.bins, self.rule, confidence.dtype)
        index = bin_index(confidence, edges, self.rule)
        if self.rule == "torchmetrics" and confidence.dtype.itemsize > SINGLE_BYTES:
            index[confidence >= NEARLY_SURE] = self.bins  # what float32 rounds to 1, as it does
        return reliability_bins(confidence, hit, index, self.count, weight)


@frozen
class ClassBinsTerm:
    """Reliability bins of each class: its own probability, right where the voxel is the class.

    always  also where the channels exclude each other, and `Bins` speaks of all of them
    """

    KIND: ClassVar[str] = "class_bins"
    AXES: ClassVar[int] = 1
    bins: int
    rule: str
    always: bool = True

    def shape(self, channels: int) -> tuple[int, ...]:
        """Voxels, sum of confidence and hits of each bin of each class."""
        return channels, *LabelBinsTerm(self.bins, self.rule).shape(0)

    def of(self, slab: ScoreSlab) -> Floats:
        """The totals of a slab."""
        bins = LabelBinsTerm(self.bins, self.rule)
        if slab.whole and not self.always:
            return np.full(self.shape(len(slab.p)), np.nan)
        masks = [slab.reference(channel) >= 0.5 for channel in range(len(slab.p))]
        pairs = zip(slab.p, masks, strict=True)
        return np.stack([bins.filled(p, mask, slab.weight) for p, mask in pairs])


AXES: Mapping[str, int] = {
    piece.KIND: piece.AXES
    for piece in (
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
}
