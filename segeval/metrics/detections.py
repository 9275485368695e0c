"""Scored instances: average precision and recall of detections over a data set.

    ap            area under precision over recall, mean over IoU 50 … 95 %   Lin et al., ECCV 2014
    ar            share of the references found, mean over the same thresholds
    boundary_ap   ap of min(mask IoU, boundary IoU)                    Cheng et al., CVPR 2021

The number of `all` is the mean over the classes that have references. These are numbers of a data
set, not of an image: `pooled` is their one statistic. What decides a match, and what is left out,
is the convention (`as`): kernels/average_precision.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from segeval.kernels.average_precision import (
    TEN,
    last_recall,
    precision_at_recalls,
    reach_thresholds,
    unique_score_precision,
)
from segeval.metrics.matched_detections import AREAS, D, Matched, MatchRule, R, match_data_set
from segeval.metrics.registry import SHARE, Option, Values, metric
from segeval.runtime.arrays import Floats
from segeval.tallies.detections import COUNTS, Detections, ImageRows, by_image

SMALLEST = 100  # pixels of a reference that counts in Cityscapes
GROUPS = {"rare": "r", "common": "c", "frequent": "f"}
OF_DATA_SET: Any = {
    "better": "higher",
    "at": ("%",),
    "bounds": SHARE,
    "leads": "pooled",
    "one": True,
}
AREA = Option("all", tuple(AREAS))


def count_from_one(word: str) -> int:
    """A number of detections, from 1 on."""
    if not word.isdecimal() or not int(word):
        raise ValueError("a whole number from 1 on")
    return int(word)


def thresholds_of(at: float | None) -> tuple[Fraction, ...]:
    """The threshold that was written, as the decimal that it is; without one, the ten of COCO."""
    return TEN if at is None else (Fraction(str(at)) / 100,)


def detection_needs(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """What the tally keeps beyond pairs of one class: pairs of any, and boundaries."""
    union = ("union",) if arguments.get("classes") == "union" else ()
    return ("boundary", *union) if arguments.get("hit", "boundary") == "boundary" else union


Curve = Callable[[Floats, Any, Any, int], Floats]


def detection_values(
    tables: Detections, how: MatchRule, area: str, most: int, curve: Curve
) -> Values:
    """A number of the detections of each class, and its mean over the classes with references.

    most   detections an image and class, of the highest scores
    curve  the number at each threshold, from scores, hits, which count, and how many there are
    """
    if not tables.scored:
        return Values(np.full(len(tables.names), np.nan), np.nan, reason="no_scores")
    # One of the ten thresholds is matched with the others, for they are mostly asked for together.
    among = TEN if set(how.thresholds) <= set(TEN) else how.thresholds
    every = MatchRule(how.hit, among, how.union, how.lvis)
    key = (how.hit, among, how.union, how.lvis)
    m: Matched = tables.kept(key, lambda: match_data_set(tables, every))
    lanes = [among.index(t) for t in how.thresholds]
    lane = list(AREAS).index(area)
    found = np.full(m.references.shape[1], np.nan)
    best = m.rank < most
    hits, counts = m.hit[lane][lanes], m.counted[lane][lanes]
    for class_ in np.flatnonzero(m.references[lane]).tolist():
        own = np.flatnonzero(best & (m.class_ == class_))
        many = int(m.references[lane, class_])
        found[class_] = np.mean(curve(m.score[own], hits[:, own], counts[:, own], many))
    mean = float(np.mean(found[~np.isnan(found)])) if (~np.isnan(found)).any() else math.nan
    return Values(None if how.union else found, mean)


def mean_precision(scores: Floats, hit: Any, counted: Any, references: int) -> Floats:
    """Mean of the precision at 101 recalls."""
    return np.asarray(precision_at_recalls(scores, hit, counted, references).mean(axis=1))


def recall_of_all(scores: Floats, hit: Any, counted: Any, references: int) -> Floats:
    """Recall where every detection is taken."""
    return last_recall(hit, counted, references)


COCO: Mapping[str, Option] = {
    "area": AREA,
    "classes": Option("each", ("each", "union")),
    "hit": Option("mask", ("mask", "box", "boundary")),
    "max": Option("100", (), count_from_one),
}
LVIS: Mapping[str, Option] = {"area": AREA, "group": Option("all", ("all", *GROUPS.values()))}


@metric("ap", of="detections", **OF_DATA_SET, options=COCO,
        origin="coco", needs=detection_needs)  # fmt: skip
def ap(  # noqa: PLR0913 - the options of the metric
    s: Detections, at: float | None, area: str, classes: str, hit: str, max: int
) -> Values:
    """Average precision of scored instances, as COCO computes it.

    formula  precision, non-increasing from the right, at 101 recalls; mean over IoU 50, 55 … 95 %
             and classes; at most `max` detections an image and class; `area` small up to 32^2 px,
             medium to 96^2, large from there: the reference's by its `area` field
    empty    a class without references: undefined; no detections: 0
    source   Lin et al., ECCV 2014; pycocotools 2.0.11
    """
    how = MatchRule(hit, thresholds_of(at), classes == "union")
    return detection_values(s, how, area, max, mean_precision)


@metric("ap", of="detections", **OF_DATA_SET, options=LVIS,
        origin="lvis")  # fmt: skip
def ap_lvis(s: Detections, at: float | None, area: str, group: str) -> Values:
    """Average precision of scored instances where not every class was looked for in every image.

    formula  as COCO's; at most 300 detections an image over all classes; a class counts in an image
             that has it or names it absent; false detections of a class that is not annotated to
             the end are left out; group=r, c, f: mean over rare, common, frequent classes
    empty    a class without references: undefined
    source   Gupta et al., CVPR 2019; lvis 0.5.3
    """
    how = MatchRule("mask", thresholds_of(at), lvis=True)
    return of_group(s, detection_values(s, how, area, 1 << 62, mean_precision), group)


def of_group(s: Detections, values: Values, group: str) -> Values:
    """The mean over the classes of a group alone."""
    if group == "all" or values.classes is None:
        return values
    inside = np.array([name == group for name in s.groups], np.bool_)
    known = values.classes[inside & ~np.isnan(values.classes)]
    mean = float(known.mean()) if len(known) else math.nan
    return Values(np.where(inside, values.classes, np.nan), mean, values.reason)


@metric("ar", of="detections", **OF_DATA_SET, options=COCO,
        origin="coco", needs=detection_needs)  # fmt: skip
def ar(  # noqa: PLR0913 - the options of the metric
    s: Detections, at: float | None, area: str, classes: str, hit: str, max: int
) -> Values:
    """Average recall of scored instances: the share found by the best detections of each image.

    formula  references found by at most `max` detections an image and class / references; mean over
             IoU >= 50, 55 … 95 % and classes
    empty    a class without references: undefined; no detections: 0
    source   Lin et al., ECCV 2014; pycocotools 2.0.11
    """
    how = MatchRule(hit, thresholds_of(at), classes == "union")
    return detection_values(s, how, area, max, recall_of_all)


@metric("ar", of="detections", **OF_DATA_SET, options=LVIS,
        origin="lvis")  # fmt: skip
def ar_lvis(s: Detections, at: float | None, area: str, group: str) -> Values:
    """Average recall of scored instances where not every class was looked for in every image.

    formula  as `ap:as=lvis`, the share of the references found by 300 detections an image
    empty    a class without references: undefined
    source   Gupta et al., CVPR 2019; lvis 0.5.3
    """
    how = MatchRule("mask", thresholds_of(at), lvis=True)
    return of_group(s, detection_values(s, how, area, 1 << 62, recall_of_all), group)


BOUNDARY = {key: option for key, option in COCO.items() if key != "hit"}


@metric("boundary_ap", of="detections", **OF_DATA_SET, options=BOUNDARY,
        needs=detection_needs)  # fmt: skip
def boundary_ap(s: Detections, at: float | None, area: str, classes: str, max: int) -> Values:
    """Average precision of scored instances, by the smaller of mask IoU and boundary IoU.

    formula  as `ap` with IoU := min(mask IoU, IoU of the boundaries); a boundary is what lies
             within 2 % of the image's diagonal of the mask's outside; crowds by the mask alone
    empty    a class without references: undefined; no detections: 0
    source   Cheng et al., CVPR 2021; faster-coco-eval 1.8.0
    """
    how = MatchRule("boundary", thresholds_of(at), classes == "union")
    return detection_values(s, how, area, max, mean_precision)


@metric("ap", of="detections", **OF_DATA_SET, origin="cityscapes")
def ap_cityscapes(s: Detections, at: float | None) -> Values:
    """Average precision of scored instances, as Cityscapes computes it.

    formula  IoU > t; references under 100 px, regions without instances and void are left out: a
             false detection is dropped if more than t of it lies in them, or if it is above t with
             one; a second detection of a reference is false, the higher score stays
    empty    a class without references: undefined; without detections: 0
    source   Cordts et al., CVPR 2016; cityscapesScripts 2.3.0
    """
    if not s.scored:
        return Values(np.full(len(s.names), np.nan), np.nan, reason="no_scores")
    rows = by_image(s)
    found = np.array([cityscapes_class(rows, c, thresholds_of(at)) for c in range(len(s.names))])
    known = found[~np.isnan(found)] if len(found) else found
    return Values(found, float(known.mean()) if len(known) else math.nan)


def cityscapes_class(rows: list[ImageRows], class_: int, thresholds: tuple[Fraction, ...]) -> float:
    """The mean over thresholds of a class; nan without references."""
    parts = [cityscapes_image(row, class_, thresholds) for row in rows]
    if not any(parts_of[0] for parts_of in parts):
        return math.nan
    each = []
    for lane in range(len(thresholds)):
        scores = np.concatenate([part[1][lane][0] for part in parts])
        hit = np.concatenate([part[1][lane][1] for part in parts])
        missed = sum(part[1][lane][2] for part in parts)
        each.append(unique_score_precision(scores, hit, missed))
    return float(np.mean(each))


Lane = tuple[Floats, Any, int]


def cityscapes_image(
    row: ImageRows, class_: int, thresholds: tuple[Fraction, ...]
) -> tuple[int, list[Lane]]:
    """References of a class in an image; at each threshold scores, which are hits, and misses."""
    detections = np.flatnonzero(row.detection[:, 0] == class_)
    score = row.detection[:, D["score"]]
    size = row.reference[:, R["size"]].astype(np.int64)
    single = row.reference[:, R["kind"]] == COUNTS
    own = row.reference[:, 0] == class_
    counts = own & single & (size >= SMALLEST)
    d, r, shared = row.pair[:, 0], row.pair[:, 1], row.pair[:, 2]
    mine = own[r] & (row.detection[d, 0] == class_)
    d, r, shared = d[mine], r[mine], shared[mine]
    of_detection = row.detection[:, D["size"]].astype(np.int64)
    above = reach_thresholds(shared, of_detection[d] + size[r] - shared, thresholds, tie=False)
    # A small region without instances is both, and what lies in it is taken twice.
    twice = (~single[r]).astype(np.int64) + (size[r] < SMALLEST)
    ignored = row.detection[:, D["void"]].astype(np.int64)
    ignored = ignored + np.bincount(d, twice * shared, len(ignored)).astype(np.int64)
    lanes = []
    for lane, t in enumerate(thresholds):
        near = above[lane]
        hits, false = [], []
        for one in np.flatnonzero(counts).tolist():
            takers = np.sort(score[d[near & (r == one)]])[::-1]
            hits += takers[:1].tolist()
            false += takers[1:].tolist()
        free = np.setdiff1d(detections, d[near])
        kept = ignored[free] * t.denominator <= t.numerator * of_detection[free]
        false += score[free[kept]].tolist()
        missed = int(counts.sum()) - len(hits)
        scores = np.array([*hits, *false])
        lanes.append((scores, np.arange(len(scores)) < len(hits), missed))
    return int(counts.sum()), lanes
