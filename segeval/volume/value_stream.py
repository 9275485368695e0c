"""What numbers mean: labels, probabilities or logits (docs/formats.md, section kinds).

A file does not say. Integers are labels, floats in [0, 1] are probabilities, and a float map of
whole numbers may be either; which it is shows only when its last value has been read. So the kind
is found while the values stream: a map of 0 and 1 gives the same masks read either way, and the
first value that tells decides. No value is read twice for it.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from segeval.request.settings import Settings
from segeval.runtime.arrays import Labels
from segeval.runtime.errors import Note
from segeval.runtime.frozen import field, frozen
from segeval.volume.value_kinds import StoredValues
from segeval.volume.volume import Volume


@frozen
class ValueKind:
    """What a side turned out to hold.

    kind       labels, prob or logits
    exclusive  the label of a voxel is one of a map, or the largest of its channels; channel 0 holds
               it; else each channel is a mask of its own
    onehot     the channels are masks of which every voxel has one: channel i is label i
    """

    kind: str
    exclusive: bool
    channels: int
    onehot: bool = False
    notes: tuple[Note, ...] = ()


@frozen
class SideSlab:
    """The next values of one side; arrays that the next read may overwrite.

    labels  by channel, flat uint8 or uint16
    scores  (channels, n) probabilities; None where the side holds labels
    logits  (channels, n) before activation; None where the file holds probabilities
    best    (n,) the largest value in the file of channels that exclude each other, else None
    codes   (n,) uint8 that `of_codes` makes all of these of; they are then not made yet
    ids     (n,) ids of instances of channel 0, where its labels are the classes that they stand for
    single  scores stand for float32: the file stores that, or integers, which networks never give
    """

    labels: dict[int, Labels] = field(default_factory=dict)
    scores: StoredValues | None = None
    logits: StoredValues | None = None
    best: StoredValues | None = None
    codes: Labels | None = None
    ids: Labels | None = None
    single: bool = False


class ValueStream(Protocol):
    """One side of a case, read slab by slab.

    channels  of scores; 0: it holds labels
    """

    channels: int

    def read(self, count: int) -> SideSlab:
        """The next voxels. Raises ReadError."""

    def finish(self) -> ValueKind:
        """What it was, after the last voxel. Raises ReadError."""


@frozen
class ReadAs:
    """What a side is asked to be.

    kind         auto, labels, prob or logits
    independent  each channel is a class of its own
    ignored      label values that are left out, so that masks may hold them beside 0 and 1
    frames       the other side has as many channels, so both may be series of frames
    """

    kind: str
    activation: str = "auto"
    threshold: float = 0.5
    independent: bool = False
    ignored: tuple[int, ...] = ()
    frames: bool = False


def read_pred_as(volume: Volume, settings: Settings, regions: bool, frames: bool = False) -> ReadAs:
    """How the prediction is to be read, from the request and from what the file says of itself.

    frames  the other side has as many channels
    """
    kind, activation = settings.kind, settings.activation
    activated = activation in ("softmax", "sigmoid")
    if kind == "auto" and (volume.logits or activated) and can_hold_scores(volume):
        kind = "logits"
    if kind == "prob" and activated:
        kind = "logits"
    independent = regions or bool(volume.segments) or activation in ("sigmoid", "none")
    return ReadAs(kind, activation, settings.threshold, independent, settings.ignore_label, frames)


def read_truth_as(settings: Settings, independent: bool, frames: bool = False) -> ReadAs:
    """How the ground truth is to be read.

    independent  each channel is a class of its own
    frames       the other side has as many channels
    """
    prob = settings.gt_kind == "prob"
    activation = "none" if prob else "auto"
    own_classes = prob and independent
    ignored = settings.ignore_label
    return ReadAs(settings.gt_kind, activation, settings.threshold, own_classes, ignored, frames)


def can_hold_scores(volume: Volume) -> bool:
    """Whether the values may be something else than integers."""
    return any(v.dtype.kind == "f" or v.scaled for v in volume.channels)


def may_hold_probabilities(volume: Volume, wanted: ReadAs) -> bool:
    """Whether the side may turn out to hold probabilities; one without a file does not."""
    if wanted.kind == "labels" or volume.coding is not None:
        return False
    if wanted.kind == "auto" and not can_hold_scores(volume):
        return False
    return any(v.source is not None for v in volume.channels)


def holds_byte_codes(volume: Volume, wanted: ReadAs) -> bool:
    """Whether the side is one map of probabilities in 8 bits, of which there are 256 at most."""
    one = volume.channels[0]
    coded = one.dtype == np.uint8 and not one.scaled and one.source is not None
    return len(volume.channels) == 1 and wanted.kind == "prob" and coded
