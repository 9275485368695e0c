"""What the k-th mask of each region of interest (RoI) costs: the loss of a mask head.

A RoI lies on no grid, so a case comes whole: `update` takes all its RoIs and instances at once.
Kept is, for each convention, the sum over RoIs of the mean cost of a cell, and how many they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from segeval.kernels.entropy import binary_costs
from segeval.kernels.rois import count_mask_cells, match_boxes, roi_target, select_maps
from segeval.kernels.softmax import sigmoid
from segeval.runtime.arrays import Floats
from segeval.runtime.frozen import frozen
from segeval.volume.instances import Instances, RoiMasks

RULES = ("detectron2", "torchvision", "matterport")
CELLS_RULE = "detectron2"  # whose targets are cut, and which counts their cells


@frozen
class RoiSums:
    """The costs of a case, or of several that were pooled.

    costs      by convention: (sum of the mean cost of each RoI, number of RoIs)
    given      RoIs whose instance the file says
    matched    RoIs whose instance is the one of the best box
    unmatched  RoIs without an instance, which have no target and no cost
    cells      of the targets of detectron2: all, inside, false positives, false negatives
    """

    costs: Mapping[str, tuple[float, int]]
    given: int = 0
    matched: int = 0
    unmatched: int = 0
    cells: tuple[int, int, int, int] = (0, 0, 0, 0)

    @property
    def classes(self) -> tuple[str, ...]:
        """No class: the loss is one number for the whole case."""
        return ()

    def to_json(self) -> dict[str, Any]:
        """The form in which it is kept with its case; what is not finite is a word."""
        finite = {rule: s if np.isfinite(s) else str(s) for rule, (s, _) in self.costs.items()}
        return {
            "costs": {rule: [finite[rule], n] for rule, (_, n) in self.costs.items()},
            "cells": list(self.cells),
            "given": self.given,
            "matched": self.matched,
            "unmatched": self.unmatched,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> RoiSums:
        """Read it again."""
        costs = {rule: (float(total), int(n)) for rule, (total, n) in kept["costs"].items()}
        total, inside, fp, fn = map(int, kept["cells"])
        counted = kept["given"], kept["matched"], kept["unmatched"]
        return cls(costs, *counted, (total, inside, fp, fn))

    @staticmethod
    def pool_cases(many: Iterable[RoiSums]) -> RoiSums:
        """The costs of several cases as one: every RoI counts the same, whatever its image."""
        many = list(many)
        shared = set.intersection(*(set(one.costs) for one in many))
        costs = {
            rule: (sum(one.costs[rule][0] for one in many), sum(one.costs[rule][1] for one in many))
            for rule in sorted(shared)
        }
        total, inside, fp, fn = map(sum, zip(*(one.cells for one in many), strict=True))
        return RoiSums(
            costs,
            sum(one.given for one in many),
            sum(one.matched for one in many),
            sum(one.unmatched for one in many),
            (total, inside, fp, fn),
        )


class RoiTally:
    """Adds up what the RoIs of a case cost under some conventions."""

    def __init__(self, rules: Iterable[str]) -> None:
        self._sums = RoiSums(dict.fromkeys(rules, (0.0, 0)))

    def update(self, rois: RoiMasks, instances: Instances) -> None:
        """Add the RoIs of an image."""
        which = match_rois(rois, instances)
        of_one = which >= 0
        given = 0 if rois.gt_index is None else int(of_one.sum())
        made = {rule: sum_roi_costs(rois, instances, which, rule) for rule in self._sums.costs}
        costs = {rule: (total, count) for rule, (total, count, _) in made.items()}
        cells = made[CELLS_RULE][2] if CELLS_RULE in made else (0, 0, 0, 0)
        new = RoiSums(costs, given, int(of_one.sum()) - given, int((~of_one).sum()), cells)
        self._sums = RoiSums.pool_cases([self._sums, new])

    def finish(self) -> RoiSums:
        """The costs."""
        return self._sums


def match_rois(rois: RoiMasks, instances: Instances) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The instance of each RoI, -1 of none: as the file says, else by its box."""
    if rois.gt_index is not None:
        return rois.gt_index.astype(np.int64)
    return match_boxes(rois.boxes, instances.boxes)


def sum_roi_costs(
    rois: RoiMasks, instances: Instances, which: Any, rule: str
) -> tuple[float, int, tuple[int, int, int, int]]:
    """The mean cost of each RoI with an instance, added up; how many there are; and their cells."""
    kept = which >= 0
    if rule == "matterport":
        kept = kept & (rois.labels > 0)
    places = np.flatnonzero(kept)
    if not len(places):
        return 0.0, 0, (0, 0, 0, 0)
    logits = select_maps(rois.logits[places], rois.labels[places]).astype(np.float64)
    goal = roi_targets(rois.boxes[places], which[places], instances, logits.shape[-1], rule)
    return float(roi_costs(logits, goal, rule).sum()), len(places), count_mask_cells(logits, goal)


def roi_targets(boxes: Floats, which: Any, instances: Instances, m: int, rule: str) -> Floats:
    """The target of each RoI; the mask of an instance is made once."""
    made = np.empty((len(boxes), m, m))
    for one in np.unique(which).tolist():
        mask = instances.masks[one]()
        for place in np.flatnonzero(which == one).tolist():
            made[place] = roi_target(mask, boxes[place].tolist(), m, rule)
    return made


def roi_costs(logits: Floats, goal: Floats, rule: str) -> Floats:
    """Binary cross-entropy of each RoI, the mean over its cells.

    logits, goal  (R, m, m)
    """
    clipped = rule == "matterport"  # Keras, on probabilities
    values = sigmoid(logits) if clipped else logits
    true, false = binary_costs("keras" if clipped else "torch", not clipped, 0.0)
    mean: Floats = (goal * true(values) + (1 - goal) * false(values)).mean(axis=(1, 2))
    return mean
