"""What a row says of a class that is missing on one side or on both, and of a number that is none.

    ground truth  prediction   reason       a ratio           a distance, a mean over nothing
    -             -            both_empty   as its formula    undefined
    -             some         gt_empty     as its formula    undefined
    some          -            pred_empty   as its formula    undefined
    some          some                      as its formula    as its formula

A formula that comes to 0/0 gives nan, and nan is `undefined` with the reason; no metric has a rule
of its own. A value that exists keeps its reason beside it: Dice 0 of a missed organ says
`pred_empty`. Under `--undefined worst` a value that is undefined because one side alone is empty is
the worst the metric can give, of a distance the diagonal of the image; both empty stays undefined,
because nothing was missed. A charge (`--charge hd95.pred_empty=374mm`) goes before all of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from segeval.request.grammar import Charge, Metric

ONE_SIDED_REASONS = ("pred_empty", "gt_empty", "class_absent")
ONE_SIDED_SLICES = (
    "one_sided_slices"  # of a mean over slices: those that one side alone has are not in it
)


def absence_reason(truth: int, pred: int) -> str:
    """The reason of a class, from its voxels on both sides; "" where both have some."""
    if truth and pred:
        return ""
    if truth:
        return "pred_empty"
    return "gt_empty" if pred else "both_empty"


def matching_charge(metric: Metric, reason: str, charges: Iterable[Charge]) -> Charge | None:
    """What the request says of a metric where a class is missing: the last charge that fits."""
    reason = "pred_empty" if reason == "class_absent" else reason
    found = [c for c in charges if c.reason == reason and c.holds(metric)]
    return found[-1] if found else None


def apply_empty_policy(
    value: float, reason: str, worst: float, undefined: str
) -> tuple[float, str, str]:
    """What becomes of a value: (value, status, reason).

    reason     why a class is missing, or why the metric gave nan
    worst      the worst value of the metric, nan where it has none; of a mean over slices with
               the worst for those that one side alone has
    undefined  exclude or worst
    """
    if undefined == "worst" and reason == ONE_SIDED_SLICES and math.isfinite(worst):
        return worst, "ok", reason
    if math.isfinite(value):
        return value, "ok", reason
    if math.isinf(value):
        return value, "undefined", "infinite"
    if undefined == "worst" and reason in ONE_SIDED_REASONS and math.isfinite(worst):
        return worst, "ok", reason
    return value, "undefined", reason or "no_value"
