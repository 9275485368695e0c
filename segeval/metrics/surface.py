"""How far two surfaces are from each other, from the distances of each one's elements.

    hd     largest distance                           Hausdorff, Grundzüge der Mengenlehre, 1914
    hd95   95 % of the surface is no farther          Huttenlocher et al., IEEE TPAMI 15(9), 1993
    masd   mean of the two mean distances             Beneš, Zitová, J. Microsc. 257(1), 2015
    assd   mean distance over both surfaces           Heimann et al., IEEE TMI 28(8), 2009
    nsd    share of both surfaces within a tolerance  Nikolov et al., JMIR 23(7):e26151, 2021
    biou   IoU of the shells inside both surfaces     Podobnik, Vrtovec, arXiv:2509.05670, 2025
    apl    contour that has to be drawn again         Vaassen et al., PhIRO 13, 2020

A distance from or to an empty mask is undefined; a share is what its formula says. What an element
is and how directions are summed up is the convention, the option `as`: `kernels/conventions.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from segeval.arrays import Floats, Mask
from segeval.kernels.conventions import (
    CONVENTIONS,
    Convention,
    combined,
    mean,
    measured,
    percentile,
    pooled,
    within,
)
from segeval.kernels.distances import Directed, Surface, own_depth
from segeval.kernels.planes import added_length, added_pixels, rim
from segeval.metrics.registry import Values, metric
from segeval.tallies.surface import Crop, Surfaces

UPWARDS = (0.0, float("inf"))
SHARE = (0.0, 1.0)
RIM = 0.02  # width of the rim of `boundary_iou`, as a share of the image's diagonal
Both = tuple[Directed, Directed]


def surface_metric(name: str, *conventions: str, **facts: Any) -> Callable[..., Any]:
    """Register a function of surfaces once for each convention that has a number of that name."""

    def register(function: Callable[..., Values]) -> Callable[..., Values]:
        for word in conventions:
            metric(name, of="surface", origin=word, **facts)(_bound(function, CONVENTIONS[word]))
        return function

    return register


def _bound(function: Callable[..., Values], convention: Convention) -> Callable[..., Values]:
    @wraps(function)
    def asked(s: Surfaces, **quantity: float | None) -> Values:
        return function(s, convention, **quantity)  # `at`, where the metric has one

    return asked


def having(field: str) -> list[str]:
    """The conventions that have a number."""
    return [word for word, convention in CONVENTIONS.items() if getattr(convention, field)]


def distances(s: Surfaces, place: int, convention: Convention) -> Both | None:
    """The distances of a class; None where a side is empty."""

    def measure(crop: Crop) -> Both:
        return measured(convention.elements, crop.truth, crop.pred, crop.spacing, crop.edges)

    return s.measured(place, convention.elements, measure)


def each(s: Surfaces, convention: Convention, of: Callable[[Both], float]) -> Floats:
    """A number of the distances of every class, nan where a side is empty."""
    found = np.full(len(s.targets), np.nan)
    for place in range(len(found)):
        if (both := distances(s, place, convention)) is not None:
            found[place] = of(both)
    return found


@surface_metric("hd", *CONVENTIONS, better="lower", unit="length", at=("%",), bounds=UPWARDS)
def hd(s: Surfaces, convention: Convention, at: float | None) -> Values:
    """Hausdorff distance: the farthest that either surface is from the other, or a percentile.

    formula  max over both directions of the largest distance; hd95: of the distance that 95 % of
             the surface do not exceed
    empty    undefined
    source   Huttenlocher et al., IEEE TPAMI 15(9), 1993
    """
    if at is None or at == 100:
        return Values(each(s, convention, lambda b: max(b[0].farthest, b[1].farthest)), unit=s.unit)
    if not convention.percentile:
        return Values(np.full(len(s.targets), np.nan), reason="no_percentile", unit=s.unit)

    def directed(both: Both) -> float:
        if convention.percentile == "pooled":
            return percentile(pooled(both), at / 100, convention)
        one, other = (percentile(d, at / 100, convention) for d in both)
        return combined(convention.percentile, one, other)

    return Values(each(s, convention, directed), unit=s.unit)


@surface_metric("masd", *having("masd"), better="lower", unit="length", bounds=UPWARDS)
def masd(s: Surfaces, convention: Convention) -> Values:
    """Mean average surface distance: the mean of the two mean distances.

    formula  (mean of d(gt, pred) + mean of d(pred, gt)) / 2, means over the area
    empty    undefined
    source   Beneš, Zitová, J. Microsc. 257(1), 2015
    """
    found = each(s, convention, lambda b: combined(convention.masd, mean(b[0]), mean(b[1])))
    return Values(found, unit=s.unit)


@surface_metric("assd", *having("assd"), better="lower", unit="length", bounds=UPWARDS)
def assd(s: Surfaces, convention: Convention) -> Values:
    """Average symmetric surface distance: the mean distance over both surfaces together.

    formula  (integral of d(gt, pred) + integral of d(pred, gt)) / (area of both)
    empty    undefined
    source   Heimann et al., IEEE TMI 28(8), 2009
    """
    if convention.assd == "mean":
        return Values(each(s, convention, lambda b: (mean(b[0]) + mean(b[1])) / 2), unit=s.unit)
    return Values(each(s, convention, lambda b: mean(pooled(b))), unit=s.unit)


@surface_metric("asd_gt_to_pred", *CONVENTIONS, better="lower", unit="length", bounds=UPWARDS)
def asd_gt_to_pred(s: Surfaces, convention: Convention) -> Values:
    """Mean distance of the ground truth's surface from the prediction's.

    formula  mean of d(gt, pred) over the area of the ground truth's surface
    empty    undefined
    source   Heimann et al., IEEE TMI 28(8), 2009
    """
    return Values(each(s, convention, lambda b: mean(b[0])), unit=s.unit)


@surface_metric("asd_pred_to_gt", *CONVENTIONS, better="lower", unit="length", bounds=UPWARDS)
def asd_pred_to_gt(s: Surfaces, convention: Convention) -> Values:
    """Mean distance of the prediction's surface from the ground truth's.

    formula  mean of d(pred, gt) over the area of the prediction's surface
    empty    undefined
    source   Heimann et al., IEEE TMI 28(8), 2009
    """
    return Values(each(s, convention, lambda b: mean(b[1])), unit=s.unit)


@surface_metric("nsd", *having("nsd"), better="higher", at=("mm", "px"), bounds=SHARE)
def nsd(s: Surfaces, convention: Convention, at: float | None) -> Values:
    """Normalised surface distance, or surface Dice: the share of both surfaces near the other.

    formula  (area of gt within tau of pred + area of pred within tau of gt) / (area of both)
    empty    both empty: undefined; one empty: 0
    source   Nikolov et al., J. Med. Internet Res. 23(7):e26151, 2021
    """
    found = np.full(len(s.targets), np.nan)
    for place in range(len(found)):
        tolerance = s.tolerances[place] if at is None else at
        if np.isfinite(tolerance):
            found[place] = _near(s, place, convention, tolerance)
    missing = at is None and not np.isfinite(s.tolerances).all()
    return Values(found, reason="no_tolerance" if missing else "")


def _near(s: Surfaces, place: int, convention: Convention, tolerance: float) -> float:
    both = distances(s, place, convention)
    if both is None:
        return np.nan if s.crop(place) is None else 0.0
    near = [within(one, tolerance) for one in both]
    area = [float(one.sizes.sum()) for one in both]
    if convention.nsd == "mean":
        return (near[0] / area[0] + near[1] / area[1]) / 2
    return sum(near) / sum(area)


def overlapping(s: Surfaces, shell: Callable[[Crop], list[Mask]]) -> Floats:
    """The IoU of what a function makes of both masks of every class; 0/0 is nan."""
    found = np.full(len(s.targets), np.nan)
    for place in range(len(found)):
        if (crop := s.crop(place)) is not None:
            truth, pred = shell(crop)
            union = int((truth | pred).sum())
            found[place] = (truth & pred).sum() / union if union else np.nan
    return found


@metric("biou", of="surface", better="higher", at=("mm", "px"), bounds=SHARE)
def biou(s: Surfaces, at: float | None) -> Values:
    """Boundary IoU by distance: the overlap of the shells inside both surfaces.

    formula  IoU of the voxels of each mask that are less than d from its own surface
    empty    both empty: undefined; one empty: 0
    source   Podobnik, Vrtovec, arXiv:2509.05670, 2025
    """
    if at is None:
        return Values(np.full(len(s.targets), np.nan), reason="no_tolerance")

    def shells(crop: Crop) -> list[Mask]:
        sides = (crop.truth, crop.pred)
        return [own_depth(Surface(m, crop.spacing), m, at) if m.any() else m for m in sides]

    return Values(overlapping(s, shells))


@metric("boundary_iou", of="surface", better="higher", bounds=SHARE)
def boundary_iou(s: Surfaces) -> Values:
    """Boundary IoU of a picture: the overlap of the rims of both masks, 2 % of the diagonal wide.

    formula  IoU of what round(0.02 diagonal) erosions by 3 x 3 pixels take away, one at least
    empty    both empty: undefined; one empty: 0
    source   Cheng et al., CVPR 2021
    """
    if not s.flat:
        return Values(np.full(len(s.targets), np.nan), reason="not_a_picture")

    def rims(crop: Crop) -> list[Mask]:
        width = max(1, round(RIM * float(np.linalg.norm(crop.shape))))
        return [rim(mask, width) for mask in (crop.truth, crop.pred)]

    return Values(overlapping(s, rims))


def to_draw(s: Surfaces, at: float | None, amount: Callable[..., float]) -> Floats:
    """How much contour of every class has to be drawn again; nan without a ground truth."""
    found = np.full(len(s.targets), np.nan)
    for place in range(len(found)):
        crop = s.crop(place)
        if crop is not None and crop.truth.any():
            found[place] = amount(crop.truth, crop.pred, crop.spacing, at or 0.0)
    return found


@metric("apl", of="surface", better="lower", unit="length", at=("mm", "px"), bounds=UPWARDS)
def apl(s: Surfaces, at: float | None) -> Values:
    """Added path length: the reference contour that is not on the predicted one, plane by plane.

    formula  length of the ground truth's contours farther than tau from the prediction's
    empty    prediction empty: the whole contour; ground truth empty: undefined
    source   Vaassen et al., Phys. Imaging Radiat. Oncol. 13, 2020
    """
    return Values(to_draw(s, at, added_length), unit=s.unit)


@metric("apl_px", of="surface", better="lower", unit="px", at=("mm", "px"), bounds=UPWARDS)
def apl_px(s: Surfaces, at: float | None) -> Values:
    """Added path length in pixels: contour pixels of the reference that are not the prediction's.

    formula  contour pixels of the ground truth farther than tau from the prediction's, all planes
    empty    prediction empty: the whole contour; ground truth empty: undefined
    source   Vaassen et al., Phys. Imaging Radiat. Oncol. 13, 2020
    """
    return Values(to_draw(s, at, added_pixels), unit="px")
