"""The scored instances of a case: both sides as runs, in the classes of the run, as tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from segeval.runtime.arrays import Mask
from segeval.runtime.errors import CaseError
from segeval.scoring.case_stages import CaseRead
from segeval.scoring.listed_instances import Value, image_void, names_of_values, places_of_values
from segeval.scoring.pass_plan import TallyRequest
from segeval.tallies.detections import (
    COUNTS,
    CROWD,
    Detections,
    DetectionTally,
    ImageFacts,
    ScoredClasses,
    SideMasks,
)
from segeval.volume.instance_masks import InstanceMasks


def finish_detections(read: CaseRead, request: TallyRequest) -> Detections | None:
    """The tables of a case; None where a side has no instances. Raises CaseError."""
    sides = read.start.truth.volume, read.start.pred.volume
    if sides[0].instances is None:
        return None
    truth = sides[0].instances()
    if sides[1].instances is None:  # a label map: nothing in it has a score
        return unscored_tables([target.name for target in read.resolved.targets])
    pred = sides[1].instances()
    if truth.masks.shape != pred.masks.shape:
        raise CaseError(
            f"instances of {pred.masks.shape} in an image of {truth.masks.shape}",
            help="instances are not resampled; give both sides of one size",
            status="geometry_mismatch",
        )
    names = [target.name for target in read.resolved.targets]
    called = names_of_values(sides[0], read.start.job.classes)
    ignored = read.start.job.classes.ignore
    place = {name: at for at, name in enumerate(names)}
    number: dict[str, int] = {}
    groups: dict[str, str] = {}
    for value, name in called.items():
        if isinstance(value, int):
            number.setdefault(name, value)
        groups.setdefault(name, truth.groups.get(value, ""))
    classes = ScoredClasses(
        tuple(names),
        tuple(number.get(name, at) for at, name in enumerate(names)),
        tuple(groups.get(name, "") for name in names),
    )
    tally = DetectionTally(classes, "union" in request.pieces, "boundary" in request.pieces)
    lists = [
        tuple(place[n] for v in values if (n := called.get(v, str(v))) in place)
        for values in (truth.negative, truth.open_ended)
    ]
    void = image_void(truth, ignored)
    targets = read.resolved.targets
    parts = [t.truth for t in targets], [t.pred for t in targets]
    return tally.finish(
        ImageFacts(truth.order, 0, 0, 0, *lists),
        scored_side(truth, places_of_values(sides[0], truth, parts[0]), ignored),
        scored_side(pred, places_of_values(sides[1], pred, parts[1])),
        void,
    )


def unscored_tables(names: list[str]) -> Detections:
    """No table: the prediction has no scores."""
    numbers = tuple(range(len(names)))
    empty = [np.zeros((0, len(columns))) for columns in Detections.columns]
    return Detections(
        tuple(names), numbers, ("",) * len(names), (),
        empty[0], empty[1], empty[2].astype(np.int64), False,
    )  # fmt: skip


def scored_side(
    side: InstanceMasks, places: Mapping[Value, int], ignored: int | None = None
) -> SideMasks:
    """The instances of the classes that are scored; those without a mask and box are none.

    places  of each value its class
    """
    class_ = np.array([places.get(value, -1) for value in side.values], np.int64)
    boxes = side.corners()
    there: Mask = (side.masks.areas > 0) | (boxes[:, 2:] > 0).all(axis=1)
    taken = np.array([value == ignored for value in side.values], np.bool_)
    kept = np.flatnonzero((class_ >= 0) & there & ~taken)
    return SideMasks(
        side.masks.some(kept),
        class_[kept],
        side.sizes()[kept],
        boxes[kept],
        np.where(side.crowd[kept], CROWD, COUNTS),
        side.scores[kept],
    )
