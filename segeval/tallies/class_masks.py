"""Where a class is, in the labels of a slab or in a list of labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from segeval.classes.class_list import LabelSelector, ScoredClass
from segeval.runtime.arrays import Counted, Labels, Mask


def single_label(part: LabelSelector) -> int | None:
    """The label of a class that is one label; None of any other."""
    return next(iter(part.labels)) if part.labels is not None and len(part.labels) == 1 else None


def class_masks(
    truth: Mapping[int, Labels],
    pred: Mapping[int, Labels],
    target: ScoredClass,
    ignored: int | None,
) -> tuple[Mask, Mask]:
    """Where each side has a class; a voxel whose ground truth is ignored is in neither mask.

    truth, pred  labels of each channel as a slab holds them, all of one shape
    target       the class in these label values (StoredClasses)
    """
    sides = []
    for labels, part in ((truth, target.truth), (pred, target.pred)):
        shape = next(iter((labels or truth).values())).shape
        own = labels.get(part.channel)
        sides.append(np.zeros(shape, bool) if own is None else labels_inside(own, part))
    held = truth.get(target.truth.channel)
    if ignored is not None and held is not None:
        sides = [mask & (held != ignored) for mask in sides]
    return sides[0], sides[1]


def labels_inside(labels: Counted | Labels, part: LabelSelector) -> Mask:
    """Which labels belong to the class."""
    found: Mask = labels != 0 if part.labels is None else np.isin(labels, sorted(part.labels))
    return found
