"""A tally of lesions, as someone would add one: an example for tests, in no registry of its own.

What would be `tallies/lesions.py`, the entry in `scoring/tally_kinds.py`, and `metrics/lesions.py`.
A lesion is a connected component of a class, joined through corners.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from segeval.metrics import registry
from segeval.metrics.registry import Values
from segeval.runtime.frozen import field, frozen
from segeval.scoring.tally_kind import TallyKind
from segeval.scoring.tally_kinds import KINDS
from segeval.tallies.class_masks import class_masks

LABEL = 2  # bytes of a label that is kept, on each side


# tallies/lesions.py


@frozen
class Lesions:
    """The lesions of each class: in the ground truth, hit by the prediction, in the prediction."""

    classes: tuple[str, ...]
    table: np.ndarray
    over: dict[str, int] = field(default_factory=dict)

    def to_json(self):
        """The form in which it is kept with its case, without classes that were not counted."""
        rows = zip(self.classes, self.table, strict=True)
        return {"classes": {c: row.tolist() for c, row in rows if c not in self.over}}

    @classmethod
    def from_json(cls, kept):
        """Read it again."""
        return cls(tuple(kept["classes"]), np.array(list(kept["classes"].values())).reshape(-1, 3))

    @staticmethod
    def pool_cases(many):
        """The lesions of several cases; a class is pooled over the cases it is in."""
        rows = {}
        for one in many:
            for name, row in zip(one.classes, one.table, strict=True):
                rows[name] = rows.get(name, 0) + row
        return Lesions(tuple(rows), np.array(list(rows.values())).reshape(-1, 3))


class LesionTally:
    """Keeps the labels of both sides; nothing where that is more than there is room for."""

    def __init__(self, shape, room):
        self._shape, self._room = shape, room
        self._kept = ({}, {})

    @property
    def size(self):
        """Bytes of one channel on both sides."""
        return 2 * LABEL * int(np.prod(self._shape))

    def update(self, block):
        """Keep a slab of every channel that is in it."""
        if self.size > self._room:
            return
        for kept, side in zip(self._kept, (block.truth, block.pred), strict=True):
            for channel, labels in side.items():
                whole = kept.setdefault(channel, np.zeros(int(np.prod(self._shape)), np.uint16))
                whole[block.start : block.start + block.size] = labels

    def finish(self, classes):
        """The lesions of the classes."""
        names = tuple(target.name for target in classes.targets)
        if self.size > self._room:
            nothing = np.full((len(names), 3), np.nan)
            return Lesions(names, nothing, dict.fromkeys(names, self.size))
        masks = [class_masks(*self._kept, target, classes.ignored) for target in classes.targets]
        rows = [count_lesions(*(m.reshape(self._shape) for m in pair)) for pair in masks]
        return Lesions(names, np.array(rows, float).reshape(-1, 3))


def count_lesions(truth, pred):
    """Lesions of the ground truth, those that the prediction touches, lesions of the prediction."""
    everywhere = np.ones((3,) * truth.ndim)
    found, many = ndimage.label(truth, everywhere)
    hit = np.unique(found[pred & truth])
    return many, len(hit), ndimage.label(pred, everywhere)[1]


# Its entry in scoring/tally_kinds.py


def _begin_lesions(start, _):
    return LesionTally(start.grid.shape, start.job.room)


def _finish_lesions(tally, read, _):
    return tally.finish(read.classes)


def _lesions_over_budget(lesions, _):
    return lesions.over


ENTRY = TallyKind(
    "lesions",
    "class",
    begin=_begin_lesions,
    finish=_finish_lesions,
    kept=lambda: Lesions,
    over=_lesions_over_budget,
)


# metrics/lesions.py


def lump_recall(lesions: Lesions) -> Values:
    """Share of the lesions that the prediction touches."""
    with np.errstate(invalid="ignore"):
        return Values(lesions.table[:, 1] / lesions.table[:, 0])


def lump_difference(lesions: Lesions) -> Values:
    """How many lesions more the prediction has."""
    return Values(lesions.table[:, 2] - lesions.table[:, 0])


def register(monkeypatch: Any) -> None:
    """Make the tally and its metrics known to one test."""
    monkeypatch.setitem(KINDS, ENTRY.name, ENTRY)
    monkeypatch.setattr(registry, "KNOWN", dict(registry.load_all_metrics()))
    share = registry.metric("lump_recall", of="lesions", better="higher", bounds=(0.0, 1.0))
    share(lump_recall)
    registry.metric("lump_difference", of="lesions", better="zero")(lump_difference)
