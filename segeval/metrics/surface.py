"""How far two surfaces are from each other, from the distances of each one's elements.

    hd     largest distance                           Hausdorff, Grundzüge der Mengenlehre, 1914
    hd95   95 % of the surface is no farther          Huttenlocher et al., IEEE TPAMI 15(9), 1993
    masd   mean of the two mean distances             Beneš, Zitová, J. Microsc. 257(1), 2015
    assd   mean distance over both surfaces           Heimann et al., IEEE TMI 28(8), 2009
    nsd    share of both surfaces within a tolerance  Nikolov et al., JMIR 23(7):e26151, 2021

A distance from or to an empty mask is undefined; a share is what its formula says. What an element
is and how directions are summed up is the convention, the option `as`: `kernels/conventions.py`.

With `by=slice` every plane of the first axis is a picture of its own, and the number is the mean
over those that have the class. Where one side alone has it a share is 0, and a distance undefined:
such a slice is in no mean, and the reason `one_sided_slices` stands beside the number.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from segeval.kernels.conventions import (
    CONVENTIONS,
    NO_DISTANCES,
    Convention,
    area_within,
    combine_directions,
    distance_percentile,
    join_directions,
    mean_distance,
    measure_distances,
)
from segeval.kernels.distances import DirectedDistances
from segeval.metrics.registry import SHARE, UPWARDS, Option, Values, metric
from segeval.tallies.surface import MaskCrop, Surfaces

BY = Option("case", ("case", "slice"))
Both = tuple[DirectedDistances, DirectedDistances]


def surface_metric(name: str, *conventions: str, **facts: Any) -> Callable[..., Any]:
    """Register a function of surfaces once for each convention that has a number of that name."""

    def register(function: Callable[..., Values]) -> Callable[..., Values]:
        for word in conventions:
            bound = _bind_convention(function, CONVENTIONS[word])
            metric(name, of="surface", origin=word, options={"by": BY}, **facts)(bound)
        return function

    return register


def _bind_convention(
    function: Callable[..., Values], convention: Convention
) -> Callable[..., Values]:
    @wraps(function)
    def asked(s: Surfaces, **given: Any) -> Values:
        if convention.elements == "subvoxel" and s.fields is None:
            return Values(np.full(len(s.targets), np.nan), reason="no_probabilities")
        return function(s, convention, **given)  # `by`, and `at` where the metric has one

    return asked


def conventions_with(field: str) -> list[str]:
    """The conventions that have a number."""
    return [word for word, convention in CONVENTIONS.items() if getattr(convention, field)]


def class_distances(
    s: Surfaces, place: int, convention: Convention, by: str
) -> tuple[Both | float, ...]:
    """The distances of a class or of its slices; the image's diagonal where a side is empty."""

    how = convention.elements

    def measure(crop: MaskCrop) -> Both:
        if how == "subvoxel" and crop.field is None:
            return NO_DISTANCES, NO_DISTANCES
        return measure_distances(how, crop.truth, crop.pred, crop.spacing, crop.edges, crop.field)

    return s.measured(place, how, measure, by == "slice", how == "subvoxel")


def number_of_each_class(
    s: Surfaces, convention: Convention, by: str, of: Callable[[Both], float]
) -> Values:
    """A number of the distances of every class, nan where a side is empty.

    A missed class, or slice, is charged the diagonal of its image.
    """
    found, worst, beside = [], [], []
    for place in range(len(s.targets)):
        parts = class_distances(s, place, convention, by)
        known = [of(part) for part in parts if not isinstance(part, float)]
        lost = [part for part in parts if isinstance(part, float)]
        found.append(mean_or_nan(known))
        worst.append(mean_or_nan([*known, *lost]))
        beside.append(_lost_slices_reason(known, lost))
    return Values(np.array(found), unit=s.unit, worst=np.array(worst), beside=tuple(beside))


def _lost_slices_reason(known: list[float], lost: list[float]) -> str:
    """What is beside a number where the class is on both sides."""
    if known and np.isnan(known).any():
        return "no_surface"
    return "one_sided_slices" if known and lost else ""


def mean_or_nan(numbers: list[float]) -> float:
    """Their mean; nan without any."""
    return float(np.mean(numbers)) if numbers else np.nan


@surface_metric("hd", *CONVENTIONS, better="lower", unit="length", at=("%",), bounds=UPWARDS)
def hd(s: Surfaces, convention: Convention, at: float | None, by: str = "case") -> Values:
    """Hausdorff distance: the farthest that either surface is from the other, or a percentile.

    formula  max over both directions of the largest distance; hd95: of the distance that 95 % of
             the surface do not exceed
    points   mesh looks at the middles and corners of its triangles, meshmetrics at middles alone
    empty    undefined
    mirror   relaxed and meshmetrics cut a flat cell along one diagonal: of masks that are mirrored
             they give another number, up to 0.02 mm (nsd: 0.02) on shapes of 15 voxels of 1 mm;
             every other convention gives the same
    source   Huttenlocher et al., IEEE TPAMI 15(9), 1993
    """
    if at is None or at == 100:
        return number_of_each_class(s, convention, by, lambda b: max(b[0].farthest, b[1].farthest))
    if not convention.percentile:
        return Values(np.full(len(s.targets), np.nan), reason="no_percentile", unit=s.unit)

    def directed(both: Both) -> float:
        if convention.percentile == "pooled":
            return distance_percentile(join_directions(both), at / 100, convention)
        one, other = (distance_percentile(d, at / 100, convention) for d in both)
        return combine_directions(convention.percentile, one, other)

    return number_of_each_class(s, convention, by, directed)


@surface_metric("masd", *conventions_with("masd"), better="lower", unit="length", bounds=UPWARDS)
def masd(s: Surfaces, convention: Convention, by: str = "case") -> Values:
    """Mean average surface distance: the mean of the two mean distances.

    formula  (mean of d(gt, pred) + mean of d(pred, gt)) / 2, means over the area
    empty    undefined
    mirror   relaxed and meshmetrics cut a flat cell along one diagonal: of masks that are mirrored
             they give another number, up to 0.02 mm (nsd: 0.02) on shapes of 15 voxels of 1 mm;
             every other convention gives the same
    source   Beneš, Zitová, J. Microsc. 257(1), 2015
    """
    return number_of_each_class(
        s,
        convention,
        by,
        lambda b: combine_directions(convention.masd, mean_distance(b[0]), mean_distance(b[1])),
    )


@surface_metric("assd", *conventions_with("assd"), better="lower", unit="length", bounds=UPWARDS)
def assd(s: Surfaces, convention: Convention, by: str = "case") -> Values:
    """Average symmetric surface distance: the mean distance over both surfaces together.

    formula  (integral of d(gt, pred) + integral of d(pred, gt)) / (area of both)
    empty    undefined
    mirror   relaxed and meshmetrics cut a flat cell along one diagonal: of masks that are mirrored
             they give another number, up to 0.02 mm (nsd: 0.02) on shapes of 15 voxels of 1 mm;
             every other convention gives the same
    source   Heimann et al., IEEE TMI 28(8), 2009
    """
    if convention.assd == "mean":
        return number_of_each_class(
            s, convention, by, lambda b: (mean_distance(b[0]) + mean_distance(b[1])) / 2
        )
    return number_of_each_class(s, convention, by, lambda b: mean_distance(join_directions(b)))


@surface_metric("asd_gt_to_pred", *CONVENTIONS, better="lower", unit="length", bounds=UPWARDS)
def asd_gt_to_pred(s: Surfaces, convention: Convention, by: str = "case") -> Values:
    """Mean distance of the ground truth's surface from the prediction's.

    formula  mean of d(gt, pred) over the area of the ground truth's surface
    empty    undefined
    mirror   relaxed and meshmetrics cut a flat cell along one diagonal: of masks that are mirrored
             they give another number, up to 0.02 mm (nsd: 0.02) on shapes of 15 voxels of 1 mm;
             every other convention gives the same
    source   Heimann et al., IEEE TMI 28(8), 2009
    """
    return number_of_each_class(s, convention, by, lambda b: mean_distance(b[0]))


@surface_metric("asd_pred_to_gt", *CONVENTIONS, better="lower", unit="length", bounds=UPWARDS)
def asd_pred_to_gt(s: Surfaces, convention: Convention, by: str = "case") -> Values:
    """Mean distance of the prediction's surface from the ground truth's.

    formula  mean of d(pred, gt) over the area of the prediction's surface
    empty    undefined
    mirror   relaxed and meshmetrics cut a flat cell along one diagonal: of masks that are mirrored
             they give another number, up to 0.02 mm (nsd: 0.02) on shapes of 15 voxels of 1 mm;
             every other convention gives the same
    source   Heimann et al., IEEE TMI 28(8), 2009
    """
    return number_of_each_class(s, convention, by, lambda b: mean_distance(b[1]))


@surface_metric("nsd", *conventions_with("nsd"), better="higher", at=("mm", "px"), bounds=SHARE)
def nsd(s: Surfaces, convention: Convention, at: float | None, by: str = "case") -> Values:
    """Normalised surface distance, or surface Dice: the share of both surfaces near the other.

    formula  (area of gt within tau of pred + area of pred within tau of gt) / (area of both)
    empty    both empty: undefined; one empty: 0
    ties     a distance that is tau but for rounding (1e-6 mm) is within it; pymeshmetrics rounds
             each as it falls, which is up to 0.04 where flat faces lie exactly tau apart
    mirror   relaxed and meshmetrics cut a flat cell along one diagonal: of masks that are mirrored
             they give another number, up to 0.02 mm (nsd: 0.02) on shapes of 15 voxels of 1 mm;
             every other convention gives the same
    source   Nikolov et al., J. Med. Internet Res. 23(7):e26151, 2021
    """
    tolerances = s.tolerances if at is None else (at,) * len(s.targets)
    found = [
        mean_or_nan(
            [
                _near_area(part, convention, tau)
                for part in class_distances(s, place, convention, by)
            ]
        )
        if np.isfinite(tau)
        else np.nan
        for place, tau in enumerate(tolerances)
    ]
    beside = tuple("" if np.isfinite(tau) else "no_tolerance" for tau in tolerances)
    return Values(np.array(found), beside=beside)


def _near_area(part: Both | float, convention: Convention, tolerance: float) -> float:
    if isinstance(part, float):
        return 0.0
    near = [area_within(one, tolerance) for one in part]
    area = [float(one.sizes.sum()) for one in part]
    if not any(area):
        return np.nan
    if convention.nsd == "mean":
        return (near[0] / area[0] + near[1] / area[1]) / 2
    return sum(near) / sum(area)
