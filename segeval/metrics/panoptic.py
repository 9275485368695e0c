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

from collections.abc import Callable
from textwrap import dedent
from typing import Any

import numpy as np

from segeval.kernels.instance_matching import RULES
from segeval.kernels.overlaps import SCORES
from segeval.metrics.panoptic_conventions import CONVENTIONS, SAYS, PanopticConvention
from segeval.metrics.registry import SHARE, Option, Values, metric
from segeval.metrics.segments import Segments, as_fraction, count_segments, sum_segments
from segeval.runtime.frozen import replace
from segeval.tallies.case_instances import CaseInstances
from segeval.tallies.instance_sides import AUTO, PANOPTICA
from segeval.tallies.instance_tables import UNION, InstanceTables

EPSILON = 1e-6
HALF = "50%"
CONNECTIVITY = Option(AUTO, (AUTO, PANOPTICA, "26", "18", "6", "8", "4"))
Tables = CaseInstances | InstanceTables


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


BY_ORDER = "of equal scores the lower ids go first, below 50 %"


def explain(word: str, doc: str) -> str:
    """The documentation of a part of panoptic quality in a convention."""
    convention, (union, left_out, averaged, source) = CONVENTIONS[word], SAYS[word]
    head, _, fields = dedent("    " + doc).partition("\n\n")
    formula = [line for line in fields.splitlines() if line and not line.startswith("source")]
    sign = ">" if convention.tie == "miss" else ">="
    rule = "" if convention.match == "greedy" else "match=greedy, many, merge: "
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
            f"renaming {rule}{BY_ORDER}",
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
