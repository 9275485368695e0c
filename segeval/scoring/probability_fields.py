"""Surfaces between voxels: the probabilities around each class, read once more.

Where a class is shows when both sides were read to their end. Only then is it known which box its
field has to be kept in, so the case is read a second time; and again where the boxes of all classes
together are more than may be kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from segeval.runtime.arrays import Probabilities
from segeval.scoring.case_stages import CaseRead
from segeval.scoring.classes_by_value import valued_class_selector
from segeval.scoring.slab_pass import one_pass

if TYPE_CHECKING:
    from segeval.tallies.fields import FieldRequest
    from segeval.tallies.surface import Surfaces

SHARE, VALUE = 4, 4  # part of the budget that fields may take; bytes of a value


class ProbabilityFields:
    """The fields of the classes of a case, by their place; several are read at once."""

    def __init__(self, read: CaseRead) -> None:
        start, settings = read.start, read.start.job.settings
        self._sides, self._plan = (start.truth, start.pred), start.plan
        self._resolved, self._scores = read.resolved, read.passed.scores
        self._threshold, self._budget = settings.threshold, settings.budget // SHARE
        self._kept: dict[int, Probabilities] = {}

    def of(self, surfaces: Surfaces, place: int) -> Probabilities | None:
        """The field of the prediction of a class; None where it has no probabilities."""
        if place not in self._kept:
            wanted = self._group(surfaces, place)
            if place not in wanted:
                return None
            from segeval.tallies.fields import FieldTally

            tally = FieldTally(self._sides[0].volume.geometry.shape, wanted)
            one_pass(*self._sides, self._plan, [tally])
            self._kept = tally.finish()
        return self._kept.get(place)

    def _group(self, surfaces: Surfaces, first: int) -> dict[int, FieldRequest]:
        """The class and those after it, as many as may be kept."""
        found: dict[int, FieldRequest] = {}
        size = 0
        for place in range(first, len(surfaces.targets)):
            want = self._wanted(surfaces, place)
            if want is None:
                continue
            voxels = 1
            for a, b in want.box:
                voxels *= b - a + 2
            size += voxels * VALUE
            if found and size > self._budget:
                break
            found[place] = want
        return found

    def _wanted(self, surfaces: Surfaces, place: int) -> FieldRequest | None:
        from segeval.tallies.fields import FieldRequest

        box, scores, pred = surfaces.box(place), self._scores, self._sides[1]
        if box is None or scores is None:
            return None
        own = pred.named and pred.scores is None
        class_ = self._resolved.classes[place]
        only = len(self._resolved.classes) == 1
        part = surfaces.targets[place].pred if own else valued_class_selector(class_, scores, only)
        known = part.labels if scores.exclusive else part.channel >= 0
        if not known:
            return None
        return FieldRequest(part, scores.exclusive, self._threshold, box)
