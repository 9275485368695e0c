"""Reliability bins: how sure the prediction is, and how often it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from segeval.kernels.bins import bin_edges, bin_index, reliability_bins
from segeval.runtime.arrays import Floats, Mask
from segeval.runtime.frozen import frozen

if TYPE_CHECKING:
    from segeval.tallies.slab import ScoreSlab
SINGLE_BYTES = 4
# The least number that float32 rounds to 1: half way to the one before it.
NEARLY_SURE = 1 - float(np.finfo(np.float32).epsneg) / 2


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
