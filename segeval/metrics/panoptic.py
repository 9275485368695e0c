"""Panoptic quality: which segments are each other's, and how well they fit.

    pq  sum of IoU over TP / (TP + FP/2 + FN/2) = sq * rq     Kirillov et al., CVPR 2019
    sq  sum of IoU over TP / TP
    rq  TP / (TP + FP/2 + FN/2)

TP are pairs of one class whose score is over the threshold, FP and FN the segments without one.
What is left out of them, whether `=` counts and what is added to a divisor is the convention, `as`:

    as                tie   match        void left out of     FP left out        divisors
    coco              miss  -            the prediction       void + crowd > 1/2
    deeplab2          miss  -            the prediction       void > 1/2
    torchmetrics      miss  -            both sides           void > 1/2; FN too
    hovernet          miss  optimal-sum                                          sq: TP + 1e-6
    pannuke           miss  optimal-sum                       no reference: all  sq: TP + 1e-6
    monai             miss  optimal-sum                                          1e-6 in each
    stardist          hit   optimal
    panoptica         hit   greedy
    metrics-reloaded  miss  greedy

A class is the ratio of sums over all its segments; `all`, `things` and `stuff` are means over the
classes that either side has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from textwrap import dedent
from typing import Any

import numpy as np

from segeval.kernels.instance_matching import (
    RULES,
    SCORES,
    Matching,
    match_ids,
    match_instances,
    union_scores,
)
from segeval.metrics.registry import Option, Values, metric
from segeval.runtime.arrays import Counted
from segeval.runtime.frozen import frozen, replace
from segeval.tallies.case_instances import CaseInstances
from segeval.tallies.instance_sides import AUTO, PANOPTICA
from segeval.tallies.instance_table import InstanceTable
from segeval.tallies.instance_tables import UNION, InstanceTables

SHARE = (0.0, 1.0)
EPSILON = 1e-6
HALF = "50%"
CONNECTIVITY = Option(AUTO, (AUTO, PANOPTICA, "26", "18", "6", "8", "4"))
Tables = CaseInstances | InstanceTables


@frozen
class PanopticConvention:
    """Whose panoptic quality.

    tie           hit or miss: whether `=` counts
    match         the rule where pairs are not unique
    both_voids    void of the prediction is left out of the union and of FN
    void, crowd   a prediction with more than half in them is no FP
    divisors      what is added 1e-6 to: "", sq, all
    needs_truth   an image without references of a class has no FP of it
    connectivity  of components
    """

    tie: str = "miss"
    match: str = "optimal"
    both_voids: bool = False
    void: bool = False
    crowd: bool = False
    divisors: str = ""
    needs_truth: bool = False
    connectivity: str = AUTO


CONVENTIONS = {
    "coco": PanopticConvention(void=True, crowd=True),
    "deeplab2": PanopticConvention(void=True),
    "torchmetrics": PanopticConvention(void=True, both_voids=True),
    "hovernet": PanopticConvention(match="optimal-sum", divisors="sq"),
    "pannuke": PanopticConvention(match="optimal-sum", divisors="sq", needs_truth=True),
    "monai": PanopticConvention(match="optimal-sum", divisors="all"),
    "stardist": PanopticConvention(tie="hit"),
    "panoptica": PanopticConvention(tie="hit", match="greedy", connectivity=PANOPTICA),
    "metrics-reloaded": PanopticConvention(match="greedy"),
}
PLAIN = "a + b - n, of all voxels"
# What each says of itself: the union of a pair, FP and FN that are left out, the mean, and whose.
SAYS = {
    "coco": (
        "a + b - n, without the part of the prediction in void",
        "FP with more than half in void and the crowd of its class; crowds are no FN",
        "over classes that either side has; counts are those of the data set (pooled)",
        "panopticapi; Kirillov et al., CVPR 2019",
    ),
    "deeplab2": (
        "as coco",
        "FP with more than half in void; over a crowd it is one",
        "as coco",
        "deeplab2; Kirillov et al., CVPR 2019",
    ),
    "torchmetrics": (
        "a + b - n, without what either has in void of the other",
        "FP with more than half in void; FN with more than half under predicted void",
        "as coco; stuff=modified: sum of every IoU over the references (Porzi et al., CVPR 2019)",
        "torchmetrics",
    ),
    "hovernet": (PLAIN, "none", "sq has TP + 1e-6 below", "Graham et al., MedIA 58, 2019"),
    "pannuke": (
        PLAIN,
        "all of a class in an image without references of it",
        "over classes, then images, tissues (mPQ); classes=union is bPQ; sq has TP + 1e-6 below",
        "Gamper et al., arXiv 2003.10778",
    ),
    "monai": (PLAIN, "none", "1e-6 is added to each divisor", "MONAI compute_panoptic_quality"),
    "stardist": (PLAIN, "none", "of one class; images or pooled", "Weigert et al., WACV 2020"),
    "panoptica": (
        PLAIN,
        "none; parts of one reference (match=many, merge) are one prediction",
        "each class alone; components have 26 neighbours, in pictures 4",
        "Kofler et al., arXiv 2312.02608",
    ),
    "metrics-reloaded": (
        PLAIN,
        "none",
        "each class alone; sq of nothing is 0",
        "Maier-Hein et al., Nat. Methods 21, 2024",
    ),
}


@frozen
class Segments:
    """What was matched of a class.

    ious, dices  sums over the pairs
    tp, fp, fn   counts
    """

    ious: float = 0.0
    dices: float = 0.0
    tp: int = 0
    fp: int = 0
    fn: int = 0

    @property
    def some(self) -> bool:
        """Whether there is anything on either side."""
        return self.tp + self.fp + self.fn > 0

    @property
    def halves(self) -> float:
        """TP + FP/2 + FN/2."""
        return self.tp + self.fp / 2 + self.fn / 2


def sum_segments(many: Iterable[Segments]) -> Segments:
    """What was matched in several cases."""
    found = list(many)
    return Segments(
        sum(s.ious for s in found),
        sum(s.dices for s in found),
        sum(s.tp for s in found),
        sum(s.fp for s in found),
        sum(s.fn for s in found),
    )


def as_fraction(percent: float) -> Fraction:
    """A threshold in per cent as the decimal that was written: 60 is 3/5."""
    return Fraction(repr(float(percent))) / 100


def match_table(
    table: InstanceTable, rule: str, hit: str, threshold: Fraction, tie: str
) -> Matching:
    """The pairs of a table."""
    if rule == "id":
        return match_ids(*table.ids)
    rule = {"optimal-panoptica": "bipartite"}.get(rule, rule)
    return match_instances(table.overlaps, rule, hit, threshold, tie == "hit")


def count_segments(  # noqa: PLR0913 - a rule
    table: InstanceTable,
    convention: PanopticConvention,
    threshold: Fraction,
    match: str,
    tie: str,
    hit: str,
    modified: bool = False,
) -> Segments:
    """What of a class is matched in a case.

    modified  stuff is the sum of every IoU over the number of references (Porzi et al., CVPR 2019)
    """
    o = table.overlaps
    if convention.needs_truth and not len(o.truth):
        return Segments()
    if convention.both_voids:
        o = replace(o, truth=o.truth - table.under)
        table = replace(table, overlaps=o)
    if modified and table.stuff:
        every = o.shared / (o.truth[o.one] + o.pred[o.other] - o.shared)
        return Segments(float(every.sum()), tp=len(o.truth))
    if convention.connectivity == PANOPTICA and match == "optimal":
        match = "bipartite"
    pairs = match_table(table, match, hit, threshold, tie)
    _, n, a, b = union_scores(o, pairs)
    ious, dices = n / (a + b - n), 2 * n / (a + b)
    return Segments(
        float(ious.sum()),
        float(dices.sum()),
        len(n),
        _spurious(table, convention, pairs.other),
        _missed(table, convention, pairs.one),
    )


def _spurious(table: InstanceTable, convention: PanopticConvention, matched: Counted) -> int:
    """Predictions without a partner that count."""
    free = np.ones(len(table.overlaps.pred), bool)
    free[matched] = False
    hidden = table.void * convention.void + table.crowd * convention.crowd
    whole = table.overlaps.pred + table.void
    return int((free & (2 * hidden <= whole)).sum())


def _missed(table: InstanceTable, convention: PanopticConvention, matched: Counted) -> int:
    """References without a partner that count."""
    free = np.ones(len(table.overlaps.truth), bool)
    free[matched] = False
    if convention.both_voids:
        free &= 2 * table.under <= table.overlaps.truth + table.under
    return int(free.sum())


def quality(s: Segments, divisors: str, part: str) -> float:
    """The quality of a class; nan where neither side has any."""
    if not s.some:
        return np.nan
    more = EPSILON if divisors == "all" else 0.0
    rq = s.tp / (s.halves + more)
    if part == "rq":
        return rq
    below = s.tp + (EPSILON if divisors else 0.0)
    sq = s.ious / below if s.tp else 0.0
    if part == "sq":
        return sq
    if part == "pq_dice":
        return s.dices / s.tp * rq if s.tp else 0.0
    return s.ious / (s.halves + more) if divisors == "all" else sq * rq


def measure_quality(  # noqa: PLR0913 - the options of the metric
    t: Tables,
    part: str,
    convention: PanopticConvention,
    at: float,
    match: str,
    tie: str,
    hit: str,
    classes: str,
    connectivity: str,
    stuff: str = "segments",
) -> Values:
    """A part of panoptic quality for every class, and its mean over groups of them."""

    def count(place: int) -> Segments:
        return sum_segments(
            count_segments(table, convention, as_fraction(at), match, tie, hit, stuff == "modified")
            for table in t.tables(place, connectivity, convention.void)
        )

    if classes == "union":
        return Values(whole=quality(count(UNION), convention.divisors, part))
    found = [count(place) for place in range(len(t.classes))]
    numbers = np.array([quality(s, convention.divisors, part) for s in found], np.float64)
    are_stuff = np.array([t.is_stuff(place) for place in range(len(t.classes))], bool)
    groups = {"all": numbers, "things": numbers[~are_stuff], "stuff": numbers[are_stuff]}
    means = {name: mean_of(some) for name, some in groups.items()}
    if classes != "each":
        return Values(whole=means[classes])
    both = {k: v for k, v in means.items() if k != "all"} if are_stuff.any() else {}
    return Values(numbers, means["all"], groups=both)


def mean_of(numbers: Any) -> float:
    """The mean of those that are numbers; nan where none is."""
    known = numbers[np.isfinite(numbers)]
    return float(known.mean()) if len(known) else np.nan


def panoptic_metric(name: str, *conventions: str) -> Callable[..., Any]:
    """Register a part of panoptic quality once for each convention."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        for word in conventions:
            _register(name, word, function)
        return function

    return register


def _register(name: str, word: str, function: Callable[..., Any]) -> None:
    convention = CONVENTIONS[word]
    options = {
        "match": Option(convention.match, tuple(r for r in RULES if r != "bipartite")),
        "tie": Option(convention.tie, ("hit", "miss")),
        "hit": Option("iou", SCORES),
        "classes": Option("each", ("each", "union", "things", "stuff", "all")),
        "connectivity": replace(CONNECTIVITY, default=convention.connectivity),
    }
    if word == "torchmetrics":
        options["stuff"] = Option("segments", ("segments", "modified"))

    def asked(t: Tables, at: float, **given: Any) -> Values:
        return measure_quality(t, name, convention, at, **given)

    asked.__doc__ = explain(word, function.__doc__ or "")
    facts: dict[str, Any] = {"better": "higher", "bounds": SHARE, "at": ("%",), "default": HALF}
    if word == "pannuke":  # a mean over images, then over tissues
        facts |= {"leads": "mean", "grouped": True}
    metric(name, of="instances", origin=word, options=options, **{"leads": "pooled", **facts})(
        asked
    )


def explain(word: str, doc: str) -> str:
    """The documentation of a part of panoptic quality in a convention."""
    convention, (union, left_out, averaged, source) = CONVENTIONS[word], SAYS[word]
    head, _, fields = dedent("    " + doc).partition("\n\n")
    formula = [line for line in fields.splitlines() if line and not line.startswith("source")]
    sign = ">" if convention.tie == "miss" else ">="
    below = f"; where pairs are not unique: {convention.match}" if convention.match else ""
    return "\n".join(
        [
            f"{head.removesuffix('.')}, as {word}.",
            "",
            *formula,
            f"union    {union}",
            f"ties     IoU {sign} t{below}",
            f"left out {left_out}",
            f"mean     {averaged}",
            f"source   {source}",
        ]
    )


@panoptic_metric("pq", *CONVENTIONS)
def pq() -> None:
    """Panoptic quality: how many segments are found, times how well they fit.

    formula  sum of IoU over TP / (TP + FP/2 + FN/2); TP are pairs of one class
    empty    both empty: undefined; one empty: 0
    source   Kirillov et al., CVPR 2019
    """


@panoptic_metric("sq", *CONVENTIONS)
def sq() -> None:
    """Segmentation quality: the mean IoU of the segments that are found.

    formula  sum of IoU over TP / TP
    empty    both empty: undefined; nothing matched: 0
    source   Kirillov et al., CVPR 2019
    """


@panoptic_metric("rq", *CONVENTIONS)
def rq() -> None:
    """Recognition quality: the F1 of finding segments.

    formula  TP / (TP + FP/2 + FN/2)
    empty    both empty: undefined; one empty: 0
    source   Kirillov et al., CVPR 2019
    """


@panoptic_metric("pq_dice", "panoptica")
def pq_dice() -> None:
    """Panoptic quality with the Dice of the pairs instead of their IoU.

    formula  mean Dice of TP * TP / (TP + FP/2 + FN/2)
    empty    both empty: undefined; one empty: 0
    source   Kofler et al., arXiv 2312.02608
    """
