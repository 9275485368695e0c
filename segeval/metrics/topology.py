"""Topology: whether a prediction is connected as the ground truth is.

Tp share of the predicted skeleton inside the ground truth, Ts of the ground truth's skeleton inside
the prediction; b0, b1, b2 components, loops and cavities; chi Euler number.

    cldice                2 Tp Ts / (Tp + Ts)     Shit et al., CVPR 2021
    skeleton_precision    Tp
    skeleton_recall       Ts
    skeleton_length_difference   length of the predicted skeleton less the ground truth's
    betti0_error …        |b0(pred) - b0(gt)|     Hu et al., NeurIPS 2019, of the whole mask
    euler_error           |chi(pred) - chi(gt)|

A volume is three-dimensional. With `by=slice` every plane of the first axis is a picture of its
own, and the number is the mean over those that have the class.

Skeletons are thinned by scikit-image: Zhang and Suen in the plane, Lee in space. Thinning depends
on the order of the axes: `order=xyz` gives what programs get that take NIfTI arrays from nibabel.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from segeval.kernels.topology import (
    FACES,
    FULL,
    LEE,
    betti_numbers,
    euler_number,
    skeleton,
    skeleton_length,
)
from segeval.metrics.registry import SHARE, UPWARDS, Option, Values, metric
from segeval.runtime.arrays import Mask
from segeval.tallies.surface import MaskCrop, Surfaces

BY = Option("case", ("case", "slice"))
AUTO = "auto"  # Zhang in the plane, Lee in space
THINNING = {
    "by": BY,
    "order": Option("zyx", ("zyx", "xyz")),
    "skeleton": Option(AUTO, (AUTO, LEE)),
}
CONNECTIVITY = {"26": FULL, "8": FULL, "6": FACES, "4": FACES}  # of the mask, space and plane
TOUCHING = {"by": BY, "connectivity": Option(AUTO, (AUTO, *CONNECTIVITY))}
NO_SKELETON = "no_skeleton"  # why a class has no number: thinning left nothing of its masks
NO_CAVITIES = "is_a_picture"  # a picture has none
THINNED, COUNTED = "skeleton", "components"  # what they take: names of `COSTS`
Of = Callable[[Any], float]


def average(numbers: list[float]) -> float:
    """Their mean, those left out that are undefined; nan without any."""
    known = [number for number in numbers if not math.isnan(number)]
    return float(np.mean(known)) if known else math.nan


def topology_values(  # noqa: PLR0913 - what is kept, computed and asked
    s: Surfaces,
    what: str,
    compute: Callable[[MaskCrop], Any],
    of: Of,
    empty: float,
    by: str,
    cost: str,
    lacks: str = NO_SKELETON,
) -> Values:
    """A number of every class: of its one part, or the mean over its slices.

    what     the name under which what is computed is kept
    compute  of a part, what several metrics need
    of       the metric's number of it
    empty    the number of a class that neither side has
    cost     what computing takes: a name of `COSTS`
    lacks    why a class that is there has no number (ACCOUNT-A29)
    """
    found, beside = [], []
    for place in range(len(s.targets)):
        sliced = by == "slice"
        if not s.has_room(place, cost, sliced):
            found.append(math.nan)
            beside.append("")
            continue
        parts = s.of_parts(place, what, compute, sliced)
        found.append(average([of(part) for part in parts]) if parts else empty)
        without = bool(parts) and math.isnan(found[-1]) and is_on_both_sides(s, place)
        beside.append(lacks if without else "")
    return Values(np.array(found, np.float64), beside=tuple(beside))


def is_on_both_sides(s: Surfaces, place: int) -> bool:
    """Whether both sides have a voxel of a class, so that its absence is no reason."""
    crop = s.crop(place)
    return crop is not None and bool(crop.truth.any()) and bool(crop.pred.any())


def skeleton_share(part: Mask, of: Mask) -> float:
    """The share of a skeleton that lies in a mask; nan where there is no skeleton."""
    whole = int(part.sum())
    return int((part & of).sum()) / whole if whole else math.nan


def skeletons(  # noqa: PLR0913 - the options of every metric of skeletons
    s: Surfaces, of: Of, empty: float, by: str, order: str, rule: str
) -> Values:
    """A number of the skeletons of every class: of (Tp, Ts, length of truth, of prediction)."""

    def compute(crop: MaskCrop) -> tuple[float, float, float, float]:
        thin = [
            skeleton(mask, "" if rule == AUTO else rule, order) for mask in (crop.truth, crop.pred)
        ]
        lengths = [skeleton_length(one, crop.spacing) for one in thin]
        return (
            skeleton_share(thin[1], crop.truth),
            skeleton_share(thin[0], crop.pred),
            lengths[0],
            lengths[1],
        )

    return topology_values(s, f"skeleton {order} {rule}", compute, of, empty, by, THINNED)


def skeleton_harmonic_mean(measured: tuple[float, ...]) -> float:
    """2 Tp Ts / (Tp + Ts): 0 where either is 0 or one side has no skeleton."""
    tp, ts = measured[:2]
    if math.isnan(tp) and math.isnan(ts):
        return math.nan
    return 2 * tp * ts / (tp + ts) if tp > 0 and ts > 0 else 0.0


def skeleton_metric(name: str, **facts: Any) -> Callable[..., Any]:
    """Register a metric of skeletons."""
    return metric(name, of="surface", options=THINNING, library="scikit-image", **facts)


@skeleton_metric("cldice", better="higher", bounds=SHARE, origin="metrics-reloaded")
@skeleton_metric("cldice", better="higher", bounds=SHARE, origin="panoptica")
@skeleton_metric("cldice", better="higher", bounds=SHARE, origin="cldice")
def cldice(s: Surfaces, by: str, order: str, skeleton: str) -> Values:
    """Centre-line Dice: how far each side's skeleton lies inside the other's mask.

    formula  2 Tp Ts / (Tp + Ts)
    empty    both empty: undefined; one empty: 0; skeletons that miss the masks: 0
    mirror   thinning takes voxels in an order: of masks that are mirrored or turned it gives
             another skeleton, and another number
    source   Shit et al., CVPR 2021; its own code, panoptica and MetricsReloaded give one number
    """
    return skeletons(s, skeleton_harmonic_mean, math.nan, by, order, skeleton)


@skeleton_metric("skeleton_precision", better="higher", bounds=SHARE)
def skeleton_precision(s: Surfaces, by: str, order: str, skeleton: str) -> Values:
    """Share of the predicted skeleton inside the ground truth.

    formula  |skeleton(pred) and gt| / |skeleton(pred)|
    empty    prediction empty: undefined; ground truth empty: 0
    mirror   thinning takes voxels in an order: of masks that are mirrored or turned it gives
             another skeleton, and another number
    source   Shit et al., CVPR 2021
    """
    return skeletons(s, lambda m: float(m[0]), math.nan, by, order, skeleton)


@skeleton_metric("skeleton_recall", better="higher", bounds=SHARE)
def skeleton_recall(s: Surfaces, by: str, order: str, skeleton: str) -> Values:
    """Share of the ground truth's skeleton inside the prediction.

    formula  |skeleton(gt) and pred| / |skeleton(gt)|
    empty    ground truth empty: undefined; prediction empty: 0
    mirror   thinning takes voxels in an order: of masks that are mirrored or turned it gives
             another skeleton, and another number
    source   Shit et al., CVPR 2021
    """
    return skeletons(s, lambda m: float(m[1]), math.nan, by, order, skeleton)


@skeleton_metric("skeleton_length_difference", better="zero", unit="length")
def skeleton_length_difference(s: Surfaces, by: str, order: str, skeleton: str) -> Values:
    """Length of the predicted skeleton less that of the ground truth's.

    formula  length: the distances of all pairs of skeleton voxels that touch, summed; junctions
             count their small triangles, so it is rough
    empty    both empty: 0; one empty: the other side's length, with its sign
    mirror   thinning takes voxels in an order: of masks that are mirrored or turned it gives
             another skeleton, and another number
    source   of this program
    """
    found = skeletons(s, lambda m: float(m[3] - m[2]), 0.0, by, order, skeleton)
    return Values(found.classes, unit=s.unit)


def neighbours_of(s: Surfaces, connectivity: str) -> str:
    """How voxels of a mask touch: as the metric says, else as the run (`--connectivity`) does.

    18 neighbours have no pair for the background, and are read as 26.
    """
    word = s.connectivity if connectivity == AUTO else connectivity
    return CONNECTIVITY.get(word, FULL)


def betti_error(s: Surfaces, number: int, by: str, connectivity: str) -> Values:
    """|b(pred) - b(gt)| of every class; undefined where masks of this dimension have no such."""
    touching = neighbours_of(s, connectivity)

    def compute(crop: MaskCrop) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return betti_numbers(crop.truth, touching), betti_numbers(crop.pred, touching)

    def difference(both: tuple[tuple[int, ...], tuple[int, ...]]) -> float:
        truth, pred = both
        return float(abs(pred[number] - truth[number])) if number < len(truth) else math.nan

    flat = s.flat or by == "slice"
    empty = math.nan if flat and number == 2 else 0.0
    what = f"betti {touching}"
    return topology_values(s, what, compute, difference, empty, by, COUNTED, NO_CAVITIES)


@metric("betti0_error", of="surface", better="lower", bounds=UPWARDS, options=TOUCHING)
def betti0_error(s: Surfaces, by: str, connectivity: str) -> Values:
    """By how many the connected components of both sides differ.

    formula  |b0(pred) - b0(gt)|; connectivity=26: 26 neighbours (8 in the plane) and 6 (4) for
             the background; connectivity=6: the reverse; auto: as --connectivity has it
    empty    both empty: 0; one empty: the components of the other side
    source   Hu et al., NeurIPS 2019, of the whole mask and not of patches
    """
    return betti_error(s, 0, by, connectivity)


@metric("betti1_error", of="surface", better="lower", bounds=UPWARDS, options=TOUCHING)
def betti1_error(s: Surfaces, by: str, connectivity: str) -> Values:
    """By how many the loops of both sides differ; in a picture, the holes.

    formula  |b1(pred) - b1(gt)|, b1 = b0 + b2 - Euler number
    empty    both empty: 0; one empty: the loops of the other side
    source   Hu et al., NeurIPS 2019, of the whole mask and not of patches
    """
    return betti_error(s, 1, by, connectivity)


@metric("betti2_error", of="surface", better="lower", bounds=UPWARDS, options=TOUCHING)
def betti2_error(s: Surfaces, by: str, connectivity: str) -> Values:
    """By how many the cavities of both sides differ; a picture has none.

    formula  |b2(pred) - b2(gt)|, b2: components of the background without the outer one
    empty    both empty: 0; one empty: the cavities of the other side; a picture: undefined
    source   Hu et al., NeurIPS 2019, of the whole mask and not of patches
    """
    return betti_error(s, 2, by, connectivity)


@metric("euler_error", of="surface", better="lower", bounds=UPWARDS, options=TOUCHING)
def euler_error(s: Surfaces, by: str, connectivity: str) -> Values:
    """By how many the Euler numbers of both sides differ.

    formula  |chi(pred) - chi(gt)|, chi = components - loops + cavities
    empty    both empty: 0; one empty: that of the other side, without its sign
    source   Kong and Rosenfeld, Comput. Vis. Graph. Image Process. 48(3), 1989
    """
    touching = neighbours_of(s, connectivity)

    def compute(crop: MaskCrop) -> float:
        return float(abs(euler_number(crop.pred, touching) - euler_number(crop.truth, touching)))

    return topology_values(s, f"euler {touching}", compute, float, 0.0, by, COUNTED)
