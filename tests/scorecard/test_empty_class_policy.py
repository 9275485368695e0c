"""The one table for empty masks and for numbers that are none."""

import math

import pytest

from segeval.request.grammar import parse_charge, parse_metric
from segeval.scorecard.empty_class_policy import absence_reason, apply_empty_policy, matching_charge

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("truth", "pred", "reason"),
    [(0, 0, "both_empty"), (0, 3, "gt_empty"), (3, 0, "pred_empty"), (3, 3, "")],
)
def test_presence(truth, pred, reason):
    assert absence_reason(truth, pred) == reason


@pytest.mark.parametrize(
    ("value", "reason", "undefined", "want"),
    [
        (0.5, "", "exclude", (0.5, "ok", "")),
        (0.0, "pred_empty", "exclude", (0.0, "ok", "pred_empty")),
        (NAN, "pred_empty", "exclude", (NAN, "undefined", "pred_empty")),
        (NAN, "", "exclude", (NAN, "undefined", "no_value")),
        (INF, "", "exclude", (INF, "undefined", "infinite")),
        (NAN, "pred_empty", "worst", (0.0, "ok", "pred_empty")),
        (NAN, "gt_empty", "worst", (0.0, "ok", "gt_empty")),
        (NAN, "both_empty", "worst", (NAN, "undefined", "both_empty")),
        (NAN, "no_probabilities", "worst", (NAN, "undefined", "no_probabilities")),
    ],
)
def test_judged(value, reason, undefined, want):
    got = apply_empty_policy(value, reason, 0.0, undefined)
    assert got[0] == pytest.approx(want[0], nan_ok=True)
    assert got[1:] == want[1:]


def test_a_metric_without_a_worst_value_charges_nothing():
    value, status, reason = apply_empty_policy(NAN, "pred_empty", NAN, "worst")
    assert math.isnan(value)
    assert (status, reason) == ("undefined", "pred_empty")


def test_a_mean_over_slices_is_charged_for_those_of_one_side():
    assert apply_empty_policy(3.0, "one_sided_slices", 7.0, "exclude") == (
        3.0,
        "ok",
        "one_sided_slices",
    )
    assert apply_empty_policy(3.0, "one_sided_slices", 7.0, "worst") == (
        7.0,
        "ok",
        "one_sided_slices",
    )


CHARGES = [parse_charge(f"{rule}mm") for rule in ("hd.pred_empty=1", "hd95.pred_empty=2")]


@pytest.mark.parametrize(
    ("metric", "reason", "want"),
    [
        ("hd", "pred_empty", 1),
        ("hd:as=medpy", "class_absent", 1),  # a file that is not there is an empty prediction
        ("hd95", "pred_empty", 2),  # both fit, the last one counts
        ("hd95:as=medpy", "pred_empty", 2),
        ("hd95", "gt_empty", None),
        ("masd", "pred_empty", None),
    ],
)
def test_the_last_charge_that_fits(metric, reason, want):
    found = matching_charge(parse_metric(metric), reason, CHARGES)
    assert (found.value.number if found else None) == want
