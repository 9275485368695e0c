"""The terms of focal losses."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from segeval.kernels.entropy import (
    EPSILON,
    focal_factor,
    log_allowing_zero,
)
from segeval.kernels.softmax import sigmoid, softplus
from segeval.kernels.sums import weighted_sum
from segeval.runtime.arrays import Floats
from segeval.runtime.frozen import frozen

if TYPE_CHECKING:
    from segeval.tallies.slab import ScoreSlab


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
