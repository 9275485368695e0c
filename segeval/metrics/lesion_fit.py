"""How well each lesion is segmented: means over lesions, each with the predictions of its own.

    as          a lesion's prediction                 missed lesions       spurious ones
    overlap     the union of all that touch it        Dice and NSD 0,      are counted only
                                                      no distance
    panoptica   its one partner, IoU >= 50 %          are not in the mean  are not in the mean
    brats-2023  the union of all that touch its       Dice 0, HD95 374     Dice 0, HD95 374
                dilation

With a quantity (`lesion_hd95@10%`, of lesion_nsd `over=10%`) a lesion has one partner at most.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from segeval.kernels.instance_matching import union_scores
from segeval.kernels.overlaps import SCORES, Matching
from segeval.kernels.run_overlaps import distinct_numbers
from segeval.metrics.cells import LENGTHS, MATCHES, TIE, match_at
from segeval.metrics.panoptic import CONNECTIVITY, HALF, Tables, mean_of
from segeval.metrics.registry import SHARE, UPWARDS, Option, Values, metric
from segeval.request.grammar import Quantity, parse_quantity
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import frozen, replace
from segeval.tallies.instance_sides import PANOPTICA
from segeval.tallies.instance_table import InstanceTable


def read_limit(word: str) -> float:
    """Read a volume in mm3, `50mm3`. ValueError."""
    return float(word.removesuffix("mm3"))


def read_share(word: str) -> Quantity | None:
    """Read a threshold in per cent, or `none`. ValueError."""
    if word == "none":
        return None
    try:
        found = parse_quantity(word)
    except RequestError as problem:
        raise ValueError(problem.message) from problem
    if found.unit != "%" or found.number > 100:
        raise ValueError("a threshold is in per cent, as 10%")
    return found


@frozen
class Partners:
    """Which predictions are those of each lesion.

    at     what a pair has to reach; None: one voxel, and all that touch are a lesion's own
    """

    at: Quantity | None
    match: str = "optimal"
    tie: str = "hit"
    hit: str = "iou"

    def pairs(self, table: InstanceTable) -> Matching:
        """Lesions and their predictions."""
        o = table.overlaps
        if self.at is None:
            return Matching(o.one, o.other)
        return match_at(table, self.at, self.match, self.tie, self.hit)


OWN: dict[str, Any] = {"tie": TIE, "hit": Option("iou", SCORES), "connectivity": CONNECTIVITY}
OF_PANOPTICA: dict[str, Any] = {
    "match": Option("greedy", MATCHES),
    "tie": TIE,
    "hit": Option("iou", SCORES),
    "connectivity": replace(CONNECTIVITY, default=PANOPTICA),
}
OF_BRATS = {"dilation": Option("3", read=int), "limit": Option("50mm3", read=read_limit)}
HIT: dict[str, Any] = {"at": ("%", *LENGTHS), "whole": True}
FOUND: dict[str, Any] = HIT | {"default": HALF}
DICE: dict[str, Any] = {"of": "instances", "better": "higher", "bounds": SHARE}


def lesion_dices(table: InstanceTable, partners: Partners) -> Floats:
    """The Dice of every lesion that has a prediction, with the union of those that are its own."""
    if partners.at is None:
        n, b = table.covered_voxels(0), table.partner_voxels(0)
        some = n > 0
        n, a, b = n[some], table.overlaps.truth[some], b[some]
    else:
        _, n, a, b = union_scores(table.overlaps, partners.pairs(table))
    found: Floats = 2 * n / (a + b)
    return found


@metric("lesion_dice", origin="overlap", options=OWN, **HIT, **DICE)
def lesion_dice(t: Tables, at: Quantity | None, tie: str, hit: str, connectivity: str) -> Values:
    """Mean Dice of the lesions, each with the union of the predictions that touch it.

    A missed lesion is 0 and in the mean; a spurious prediction is counted only.

    formula  mean over lesions of 2 |lesion and its predictions| / (|lesion| + |its predictions|)
    empty    ground truth empty: undefined; prediction empty: 0
    source   Commowick et al., Sci. Rep. 8, 2018
    """
    partners = Partners(at, tie=tie, hit=hit)

    def number(place: int) -> float:
        tables = t.tables(place, connectivity)
        every = sum(len(table.overlaps.truth) for table in tables)
        total = sum(float(lesion_dices(table, partners).sum()) for table in tables)
        return total / every if every else np.nan

    return Values(np.array([number(p) for p in range(len(t.classes))], np.float64))


@metric("lesion_dice", origin="panoptica", options=OF_PANOPTICA, **FOUND, **DICE)
def lesion_dice_of_panoptica(t: Tables, at: Quantity, connectivity: str, **rule: str) -> Values:
    """Mean Dice of the lesions that are matched; panoptica's sq_dsc.

    formula  mean over pairs of 2 n / (a + b); pairs have IoU >= 50 %
    empty    undefined
    source   Kofler et al., arXiv 2312.02608
    """
    partners = partners_of_panoptica(at, **rule)

    def number(place: int) -> float:
        found = [lesion_dices(table, partners) for table in t.tables(place, connectivity)]
        return mean_of(np.concatenate(found)) if found else np.nan

    numbers = np.array([number(p) for p in range(len(t.classes))], np.float64)
    return Values(numbers, beside=explain_unmatched(t, numbers, connectivity))


def partners_of_panoptica(at: Quantity, match: str, tie: str, hit: str) -> Partners:
    """The rule that panoptica has under the name of one."""
    return Partners(at, "bipartite" if match == "optimal" else match, tie, hit)


def explain_unmatched(t: Tables, numbers: Floats, connectivity: str) -> tuple[str, ...]:
    """Why a mean over matched lesions is none where both sides have some."""
    return tuple(
        "nothing_matched" if np.isnan(number) and _both_have(t, place, connectivity) else ""
        for place, number in enumerate(numbers)
    )


def _both_have(t: Tables, place: int, connectivity: str) -> bool:
    """Whether each side has an instance of a class."""
    tables = [table.overlaps for table in t.tables(place, connectivity)]
    return any(len(o.truth) for o in tables) and any(len(o.pred) for o in tables)


@metric("lesion_dice", origin="brats-2023", options=OF_BRATS, **DICE)
def lesion_dice_of_brats(t: Tables, dilation: int, limit: float) -> Values:
    """Lesion-wise Dice of BraTS 2023: missed lesions and false positives are 0 and in the mean.

    Lesions near each other are one (`dilation` steps of the 18-neighbour element); those of `limit`
    or less are left out, but what they took is no false positive. GLI, SSA and PED have 3 and 50
    mm3, MEN 1 and 50, MET 1 and 2.

    formula  sum over lesions of Dice / (lesions + false positives)
    empty    both empty: 1; one empty: 0
    source   BraTS-2023-Metrics; Moawad et al., arXiv 2306.00838
    """

    def number(place: int) -> float:
        total = count = 0.0
        tables = t.dilated(place, dilation, limit)
        for table in tables:
            o = table.overlaps
            total += float((2 * o.shared / (o.truth[o.one] + o.pred[o.other])).sum())
            count += len(o.pred)
        if not tables:
            return np.nan
        return total / count if count else 1.0

    return Values(np.array([number(p) for p in range(len(t.classes))], np.float64))


def pair_numbers(
    t: Tables,
    place: int,
    partners: Partners,
    connectivity: str,
    of: Callable[[InstanceTable, Matching], Floats],
) -> float:
    """The mean over all pairs of a number of each."""
    tables = t.tables(place, connectivity)
    found = [of(table, partners.pairs(table)) for table in tables]
    return mean_of(np.concatenate(found)) if found else np.nan


@metric(
    "lesion_centre_distance",
    of="instances",
    better="lower",
    unit="length",
    bounds=UPWARDS,
    origin="panoptica",
    options=OF_PANOPTICA,
    **FOUND,
)
def lesion_centre_distance(t: Tables, at: Quantity, connectivity: str, **rule: str) -> Values:
    """Mean distance of the centres of mass of the lesions that are matched.

    formula  mean over pairs of |centre of the prediction - centre of the lesion|
    empty    undefined
    source   Kofler et al., arXiv 2312.02608 (panoptica)
    """
    partners = partners_of_panoptica(at, **rule)

    def apart(table: InstanceTable, pairs: Matching) -> Floats:
        owners = distinct_numbers(pairs.one)
        if not len(owners):
            return np.zeros(0)
        parts = [pairs.other[pairs.one == one] for one in owners]
        size, centre = table.overlaps.pred, table.centres[1]
        union = [np.average(centre[own], axis=0, weights=size[own]) for own in parts]
        both = np.array(union) - table.centres[0][owners]
        found: Floats = np.linalg.norm(both, axis=1)
        return found

    every = [x.unit for p in range(len(t.classes)) for x in t.tables(p, connectivity)]
    unit = "mm" if every and every[0] in ("ml", "mm2") else "px"
    found = [pair_numbers(t, p, partners, connectivity, apart) for p in range(len(t.classes))]
    numbers = np.array(found, np.float64)
    return Values(numbers, unit=unit, beside=explain_unmatched(t, numbers, connectivity))


@metric(
    "lesion_relative_volume_difference",
    of="instances",
    better="zero",
    unit="%",
    origin="panoptica",
    options=OF_PANOPTICA,
    **FOUND,
)
def lesion_relative_volume_difference(
    t: Tables, at: Quantity, connectivity: str, **rule: str
) -> Values:
    """Mean over the matched lesions of the signed difference of the volumes, in per cent.

    formula  mean over pairs of 100 (V - R) / R
    empty    undefined
    source   Kofler et al., arXiv 2312.02608 (panoptica)
    """
    partners = partners_of_panoptica(at, **rule)

    def relative(table: InstanceTable, pairs: Matching) -> Floats:
        _, _, a, b = union_scores(table.overlaps, pairs)
        found: Floats = 100 * (b - a) / a
        return found

    found = [pair_numbers(t, p, partners, connectivity, relative) for p in range(len(t.classes))]
    numbers = np.array(found, np.float64)
    return Values(numbers, beside=explain_unmatched(t, numbers, connectivity))
