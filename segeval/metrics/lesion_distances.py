"""How far the surfaces of each lesion are from those of the predictions of its own.

A missed lesion has no distance, is 0 in `lesion_nsd`, and 374 mm in the convention of BraTS 2023.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from segeval.kernels.conventions import (
    CONVENTIONS,
    Both,
    area_within,
    distance_percentile,
    join_directions,
    mean_distance,
)
from segeval.kernels.label_runs import LabelRuns
from segeval.kernels.run_overlaps import distinct_numbers
from segeval.metrics.cells import LENGTHS
from segeval.metrics.lesion_fit import (
    FOUND,
    HIT,
    OF_BRATS,
    OF_PANOPTICA,
    OWN,
    Partners,
    explain_unmatched,
    partners_of_panoptica,
    read_share,
)
from segeval.metrics.panoptic import mean_of
from segeval.metrics.registry import SHARE, UPWARDS, Option, Values, metric
from segeval.request.grammar import Quantity
from segeval.tallies.case_instances import CaseInstances

PENALTY = 374.0  # mm: the HD95 of a missed or a spurious lesion of BraTS 2023
MESH, CORNERS, BORDER = (CONVENTIONS[name] for name in ("mesh", "deepmind", "panoptica"))

SURFACE: dict[str, Any] = {"of": "instance_surfaces", "better": "lower", "bounds": UPWARDS}
LENGTH: dict[str, Any] = SURFACE | {"unit": "length"}


def matched_runs(
    t: CaseInstances, place: int, partners: Partners, connectivity: str
) -> Iterator[tuple[Any, LabelRuns, LabelRuns]]:
    """Every lesion that has a prediction: a key, its runs, and those of its predictions."""
    (table,) = t.tables(place, connectivity)
    sides = [t.side(place, which, connectivity) for which in (0, 1)]
    pairs = partners.pairs(table)
    names = [np.searchsorted(side.ids, ids) for side, ids in zip(sides, table.ids, strict=True)]
    for one in distinct_numbers(pairs.one):
        own = pairs.other[pairs.one == one]
        called = tuple(table.ids[1][own].tolist())
        key = (place, connectivity, int(table.ids[0][one]), called)
        yield key, sides[0].take_runs([int(names[0][one])]), sides[1].take_runs(names[1][own])


def mean_distances(
    t: CaseInstances,
    partners: Partners,
    connectivity: str,
    elements: str,
    of: Callable[[Both], float],
) -> Values:
    """The mean over the lesions with a prediction of a number of the distances of each."""

    def number(place: int) -> float:
        found = matched_runs(t, place, partners, connectivity)
        both = [t.measure(place, *lesion, elements) for lesion in found]
        if place in t.over:
            return np.nan
        return mean_of(np.array([of(pair) for pair in both if pair is not None]))

    numbers = np.array([number(p) for p in range(len(t.classes))], np.float64)
    diagonal = float(np.linalg.norm(np.multiply(t.grid.shape, t.grid.steps)))
    worst = np.full(len(numbers), diagonal)
    why = explain_unmatched(t, numbers, connectivity)
    return Values(numbers, unit=t.unit, worst=worst, beside=why)


def largest_of_both(both: Both) -> float:
    """The largest distance in either direction."""
    return max(one.farthest for one in both)


def larger_95(both: Both) -> float:
    """The larger of the 95th percentiles of both directions, by area."""
    return max(distance_percentile(one, 0.95, MESH) for one in both)


def pooled_95(both: Both) -> float:
    """The 95th percentile of both directions together, interpolated."""
    return distance_percentile(join_directions(both), 0.95, BORDER)


def mean_of_means(both: Both) -> float:
    """The mean of the mean distances of both directions."""
    return sum(mean_distance(one) for one in both) / 2


def register_distance(
    name: str, own: Callable[[Both], float], panopticas: Callable[[Both], float], doc: str
) -> None:
    """Register a mean over lesions of a surface distance, ours and panoptica's."""

    def ours(
        t: CaseInstances, at: Quantity | None, tie: str, hit: str, connectivity: str
    ) -> Values:
        partners = Partners(at, tie=tie, hit=hit)
        return mean_distances(t, partners, connectivity, MESH.elements, own)

    def theirs(t: CaseInstances, at: Quantity, connectivity: str, **rule: str) -> Values:
        partners = partners_of_panoptica(at, **rule)
        return mean_distances(t, partners, connectivity, BORDER.elements, panopticas)

    ours.__doc__ = theirs.__doc__ = doc
    metric(name, origin="overlap", options=OWN, **HIT, **LENGTH)(ours)
    metric(name, origin="panoptica", options=OF_PANOPTICA, **FOUND, **LENGTH)(theirs)


register_distance(
    "lesion_hd",
    largest_of_both,
    largest_of_both,
    """Mean Hausdorff distance of the lesions that have a prediction.

    formula  mean over lesions of the largest distance between both surfaces
    empty    undefined
    source   Commowick et al., Sci. Rep. 8, 2018
    """,
)
register_distance(
    "lesion_hd95",
    larger_95,
    pooled_95,
    """Mean HD95 of the lesions that have a prediction, each with the union of its own.

    formula  mean over lesions of the distance that 95 % of both surfaces do not exceed
    empty    undefined
    source   Commowick et al., Sci. Rep. 8, 2018; Kofler et al., arXiv 2312.02608 (panoptica)
    """,
)
register_distance(
    "lesion_assd",
    lambda both: mean_distance(join_directions(both)),
    mean_of_means,
    """Mean average symmetric surface distance of the lesions that have a prediction.

    formula  mean over lesions of the mean distance over both surfaces
    empty    undefined
    source   Kofler et al., arXiv 2312.02608 (panoptica)
    """,
)


@metric("lesion_hd95", origin="brats-2023", options=OF_BRATS, **LENGTH)
def lesion_hd95_of_brats(t: CaseInstances, dilation: int, limit: float) -> Values:
    """Lesion-wise HD95 of BraTS 2023: missed lesions and false positives are 374 mm.

    formula  (sum over lesions of HD95 + 374 a false positive) / (lesions + false positives)
    empty    both empty: 0; one empty: 374
    source   BraTS-2023-Metrics; Moawad et al., arXiv 2306.00838
    """

    def number(place: int) -> float:
        joined = t.join_lesions(place, dilation, limit)
        count = len(joined.table.overlaps.pred)
        total = PENALTY * (count - len(joined.kept))
        for lesion, own in zip(joined.kept, joined.parts, strict=True):
            key = ("brats-2023", place, dilation, limit, int(lesion))
            runs = joined.truth.take_runs([lesion]), joined.pred.take_runs(own)
            both = t.measure(place, key, *runs, CORNERS.elements)
            if place in t.over:
                return np.nan
            total += (
                PENALTY
                if both is None
                else max(distance_percentile(d, 0.95, CORNERS) for d in both)
            )
        return total / count if count else 0.0

    return Values(np.array([number(p) for p in range(len(t.classes))], np.float64), unit=t.unit)


@metric(
    "lesion_nsd",
    of="instance_surfaces",
    better="higher",
    bounds=SHARE,
    at=LENGTHS,
    needs_at=True,
    options=OWN | {"over": Option("none", read=read_share)},
)
def lesion_nsd(  # noqa: PLR0913 - the options of the metric
    t: CaseInstances,
    at: float,
    over: Quantity | None,
    tie: str,
    hit: str,
    connectivity: str,
) -> Values:
    """Mean normalised surface distance of the lesions; a missed lesion is 0 and in the mean.

    formula  mean over lesions of the share of both surfaces within the tolerance of the other
    empty    ground truth empty: undefined; prediction empty: 0
    source   Nikolov et al., J. Med. Internet Res. 23(7):e26151, 2021
    """
    partners = Partners(over, tie=tie, hit=hit)

    def near(both: Both | None) -> float:
        if both is None:
            return 0.0
        area = sum(float(one.sizes.sum()) for one in both)
        return sum(area_within(one, at) for one in both) / area if area else 0.0

    def number(place: int) -> float:
        (table,) = t.tables(place, connectivity)
        found = matched_runs(t, place, partners, connectivity)
        total = sum(near(t.measure(place, *lesion, MESH.elements)) for lesion in found)
        if place in t.over:
            return np.nan
        return total / len(table.overlaps.truth) if len(table.overlaps.truth) else np.nan

    return Values(np.array([number(p) for p in range(len(t.classes))], np.float64))
