"""Reliability bins: how sure the prediction is, and how often it is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from segeval.kernels.bins import bin_edges, bin_index, reliability_bins
from segeval.runtime.arrays import Floats, Mask, Raw
from segeval.runtime.frozen import frozen

if TYPE_CHECKING:
    from segeval.tallies.slab import ScoreSlab
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
        return self.filled(slab.confidence, slab.pred[0] == slab.truth, slab.single)

    def filled(
        self, confidence: Floats, hit: Mask, single: bool, weight: Floats | None = None
    ) -> Floats:
        """The bins of some voxels; MONAI has every confidence in float32.

        single  the confidences stand for float32 numbers
        """
        shown = confidence if self.rule == "torchmetrics" else confidence.astype(np.float32)
        index = self._index(confidence, single)
        return reliability_bins(shown, hit, index, self.count, weight)

    def _index(self, confidence: Floats, single: bool) -> Raw:
        """The bin of each: that of its float32 number, whatever type a file stores it in.

        Only a number that is none of float32's, out of a file of float64, has the edges of float64,
        as it has in torchmetrics; and one that float32 rounds to 1 has the bin of 1.
        """
        rounded = confidence.astype(np.float32, copy=False)
        index = bin_index(rounded, bin_edges(self.bins, self.rule, rounded.dtype), self.rule)
        if single or self.rule != "torchmetrics":
            return index
        few = np.flatnonzero((rounded != confidence) & (confidence < NEARLY_SURE))
        if len(few):
            double = bin_edges(self.bins, self.rule, confidence.dtype)
            index[few] = bin_index(confidence[few], double, self.rule)
        return index


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
        return np.stack([bins.filled(p, mask, slab.single, slab.weight) for p, mask in pairs])
