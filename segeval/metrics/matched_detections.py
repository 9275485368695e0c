"""Detections of a data set, each with what it took under a convention: curves are made of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from segeval.kernels.average_precision import NONE, reach_thresholds, take_references
from segeval.kernels.mask_stack import box_overlaps, box_pairs
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.frozen import frozen
from segeval.tallies.detections import (
    COUNTS,
    CROWD,
    DETECTION,
    REFERENCE,
    Detections,
    ImageRows,
    by_image,
)

# Pixels of an instance, closed on both sides: 32^2 is small and medium.
AREAS: Mapping[str, tuple[float, float]] = {
    "all": (0.0, 1e10),
    "small": (0.0, 32.0**2),
    "medium": (32.0**2, 96.0**2),
    "large": (96.0**2, 1e10),
}
LEAST, MOST = np.array(list(AREAS.values())).T[..., None]
LVIS_DETECTIONS = 300  # an image, over all classes
D = {name: at for at, name in enumerate(DETECTION)}
R = {name: at for at, name in enumerate(REFERENCE)}
BOX = slice(-4, None)


@frozen
class MatchRule:
    """How detections take references.

    hit         mask, box or boundary: whose intersection over union
    thresholds  as the decimals that they are
    union       whether all classes are one
    lvis        300 detections an image; classes that nobody looked for in an image are left out
    """

    hit: str
    thresholds: tuple[Fraction, ...]
    union: bool = False
    lvis: bool = False


@frozen
class Matched:
    """The detections of a data set, in the order of images, classes and falling scores.

    class_      int64 (n,)
    score       (n,)
    rank        int64 (n,), its place among those of its image and class
    hit         bool (areas, thresholds, n), whether it took a reference
    counted     bool (areas, thresholds, n), whether it is not left out
    references  int64 (areas, classes), how many there are to find
    """

    class_: Counted
    score: Floats
    rank: Counted
    hit: Mask
    counted: Mask
    references: Counted


def match_data_set(tables: Detections, how: MatchRule) -> Matched:
    """Match every image of a data set."""
    classes = 1 if how.union else len(tables.names)
    parts = [part for row in by_image(tables) for part in of_image(row, how)]
    references = np.zeros((len(AREAS), classes), np.int64)
    for part in parts:
        references[:, part.class_] += part.references
    lanes = (len(AREAS), len(how.thresholds))
    nothing = np.zeros((*lanes, 0), np.bool_)
    many = [len(part.score) for part in parts]
    return Matched(
        np.repeat([part.class_ for part in parts], many).astype(np.int64),
        np.concatenate([np.zeros(0), *(part.score for part in parts)]),
        np.concatenate([np.arange(n) for n in [0, *many]]).astype(np.int64),
        np.concatenate([nothing, *(part.hit for part in parts)], axis=2),
        np.concatenate([nothing, *(part.counted for part in parts)], axis=2),
        references,
    )


@frozen
class ClassMatches:
    """The same of one class in one image."""

    class_: int
    score: Floats
    hit: Mask
    counted: Mask
    references: Counted


def of_image(row: ImageRows, how: MatchRule) -> Iterator[ClassMatches]:
    """Match one image, class by class."""
    order, wanted = detections_in_order(row, how)
    found = row.reference[:, 0].astype(np.int64)
    if how.union:
        sorted_references = np.argsort(found, kind="stable")
        own, found = np.zeros(len(order), np.int64), np.zeros(len(found), np.int64)
    else:
        sorted_references = np.arange(len(found))
        own = row.detection[order, 0].astype(np.int64)
    pairs = pairs_of(row, how)
    for class_ in sorted({*own.tolist(), *found.tolist()}):
        if wanted is not None and class_ not in wanted:
            continue
        references = sorted_references[found[sorted_references] == class_]
        detections = order[own == class_]
        if how.hit != "box":  # what has no mask is no instance
            references = references[row.reference[references, R["size"]] > 0]
            detections = detections[row.detection[detections, D["size"]] > 0]
        yield of_class(row, class_, detections, references, pairs, how)


def detections_in_order(row: ImageRows, how: MatchRule) -> tuple[Counted, set[int] | None]:
    """The detections of an image by falling score; the classes that were looked for, or None."""
    score, class_ = row.detection[:, D["score"]], row.detection[:, 0].astype(np.int64)
    order = np.argsort(class_, kind="stable") if how.union else np.arange(len(score))
    order = order[np.argsort(-score[order], kind="stable")]
    if not how.lvis:
        return order, None
    wanted = {*row.image.negative, *row.reference[:, 0].astype(np.int64).tolist()}
    return order[:LVIS_DETECTIONS], wanted


Pairs = tuple[Counted, Counted, Floats, Mask]


def pairs_of(row: ImageRows, how: MatchRule) -> Pairs:
    """Pairs of an image: detection, reference, IoU, and which thresholds they reach."""
    if how.hit == "box":
        first, second = box_pairs(box_corners(row.detection), box_corners(row.reference))
        shared: Any = box_overlaps(row.detection[:, BOX], row.reference[:, BOX], first, second)
        sizes = [table[:, -2] * table[:, -1] for table in (row.detection, row.reference)]
    else:
        first, second, shared = row.pair[:, 0], row.pair[:, 1], row.pair[:, 2]
        tables = ((row.detection, D), (row.reference, R))
        sizes = [table[:, at["size"]].astype(np.int64) for table, at in tables]
    crowd = row.reference[second, R["kind"]] != COUNTS
    union = sizes[0][first] + np.where(crowd, 0, sizes[1][second] - shared)
    iou = np.divide(shared, union, out=np.zeros(len(first)), where=union > 0)
    reaches = reach_thresholds(shared, union, how.thresholds, tie=True)
    if how.hit == "boundary":
        edges = row.pair[:, 3]
        around = [table[:, at["edge"]].astype(np.int64) for table, at in tables]
        rims = around[0][first] + around[1][second] - edges
        narrow = np.divide(edges, rims, out=np.zeros(len(first)), where=rims > 0)
        iou = np.where(crowd, iou, np.minimum(iou, narrow))
        reaches &= reach_thresholds(edges, rims, how.thresholds, tie=True) | crowd
    return first, second, iou, reaches


def box_corners(table: Floats) -> Floats:
    """Boxes x, y, w, h as x1, y1, x2, y2."""
    box = table[:, BOX]
    return np.concatenate([box[:, :2], box[:, :2] + box[:, 2:]], axis=1)


def of_class(  # noqa: PLR0913 - an image, a class of it, and how
    row: ImageRows,
    class_: int,
    detections: Counted,
    references: Counted,
    pairs: Pairs,
    how: MatchRule,
) -> ClassMatches:
    """Match one class of one image."""
    first, second, iou, reaches = pairs
    to_detection = np.full(len(row.detection), NONE)
    to_detection[detections] = np.arange(len(detections))
    to_reference = np.full(len(row.reference), NONE)
    to_reference[references] = np.arange(len(references))
    d, r = to_detection[first], to_reference[second]
    both = (d >= 0) & (r >= 0)
    shape = len(detections), len(references)
    near, reach = np.zeros(shape), np.zeros((len(how.thresholds), *shape), np.bool_)
    near[d[both], r[both]] = iou[both]
    reach[:, d[both], r[both]] = reaches[:, both]
    crowd = row.reference[references, R["kind"]] == CROWD
    left_out = outside_sizes(row.reference[references, R["area"]])
    left_out |= row.reference[references, R["kind"]] != COUNTS
    taken = take_references(near, reach, crowd, left_out)
    hit = taken != NONE
    not_counted = outside_sizes(row.detection[detections, D["area"]])
    if how.lvis and class_ in row.image.open_ended:
        not_counted[:] = True
    # A detection of a reference that is left out is left out; so is a false one of another size.
    gone = np.broadcast_to(not_counted[:, None], hit.shape).copy()
    area = np.arange(len(AREAS))[:, None, None]
    gone[hit] = left_out[np.broadcast_to(area, hit.shape)[hit], taken[hit]]
    scores = row.detection[detections, D["score"]]
    return ClassMatches(class_, scores, hit, ~gone, (~left_out).sum(axis=1))


def outside_sizes(area: Floats) -> Mask:
    """Which sizes are in none of the ranges.

    returns  bool (areas, n)
    """
    return np.asarray((area < LEAST) | (area > MOST), np.bool_)
