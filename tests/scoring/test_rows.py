"""Finished tallies to the rows of a case."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from runs import settings

from segeval.api.request_checks import requested_metrics
from segeval.classes.class_list import ClassDef, ClassList, LabelSelector, ScoredClass
from segeval.metrics.registry import Definition, Values, resolve_metric
from segeval.pairing.cases import Case, CaseFiles
from segeval.request.grammar import parse_metric
from segeval.scoring.case_classes import CaseClasses
from segeval.scoring.finish_tallies import FinishedTallies
from segeval.scoring.pass_plan import Job
from segeval.scoring.rows import class_numbers, make_rows
from segeval.tallies.counts import Counts

CASE = Case("c", None, CaseFiles(Path(), {"": Path("g")}), group="site A")


def job(*metrics, **choices):
    chosen = settings(*metrics, **choices)
    return Job(chosen, ClassList(), requested_metrics(chosen))


def resolved(*names, **more):
    targets = tuple(ScoredClass(n, LabelSelector(0), LabelSelector(0)) for n in names)
    return CaseClasses(targets, tuple(map(ClassDef, names)), **more)


def finished(*table, unit="ml", voxel=0.5):
    """Rows of tp, fp, fn, tn."""
    counted = np.array(table, np.int64).reshape(-1, 4)
    names = tuple("abcdef"[: len(counted)])
    made = Counts(names, counted, counted * voxel, unit, voxel)
    results = {"counts": made, "sums": None}
    return FinishedTallies(made, results, (-1,) * len(counted))


def test_class_by_class_then_the_whole_case_then_what_was_not_annotated():
    made = make_rows(
        CASE, finished((6, 2, 4, 8), (1, 0, 0, 19)), resolved("a", "b", skipped=("x",)),
        job("miou", "dice", "iou"),
    )  # fmt: skip
    assert [(r.class_, r.metric) for r in made] == [
        ("a", "dice"), ("a", "iou"), ("b", "dice"), ("b", "iou"), ("all", "miou"), ("x", ""),
    ]  # fmt: skip
    assert made[0].value == 12 / 18
    assert made[4].value == pytest.approx((0.5 + 1) / 2)
    assert (made[5].status, math.isnan(made[5].value)) == ("not_annotated", True)
    assert {r.group for r in made} == {"site A"}


@pytest.mark.parametrize(
    ("table", "absent", "value", "status", "reason"),
    [
        ((1, 1, 1, 1), False, 0.5, "ok", ""),
        ((0, 0, 3, 1), False, 0.0, "ok", "pred_empty"),
        ((0, 0, 3, 1), True, 0.0, "ok", "class_absent"),
        ((0, 3, 0, 1), False, 0.0, "ok", "gt_empty"),
        ((0, 0, 0, 4), False, math.nan, "undefined", "both_empty"),
        ((0, 0, 0, 4), True, math.nan, "undefined", "both_empty"),
    ],
)
def test_what_a_row_says_of_an_empty_class(table, absent, value, status, reason):  # I2, R2
    known = resolved("a", absent=frozenset("a" if absent else ""))
    (row,) = make_rows(CASE, finished(table), known, job("dice"))
    assert (row.status, row.reason) == (status, reason)
    assert row.value == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize(
    ("table", "value", "status"),
    [((0, 0, 3, 1), 0.0, "ok"), ((0, 0, 0, 4), math.nan, "undefined")],
)
def test_an_undefined_value_as_the_worst(table, value, status):  # R4
    (row,) = make_rows(CASE, finished(table), resolved("a"), job("precision", undefined="worst"))
    assert row.status == status
    assert row.value == pytest.approx(value, nan_ok=True)


def test_a_value_without_a_worst_stays_undefined():
    (row,) = make_rows(
        CASE, finished((0, 2, 0, 1)), resolved("a"),
        job("relative_volume_difference", undefined="worst"),
    )  # fmt: skip
    assert (row.status, row.reason) == ("undefined", "gt_empty")


@pytest.mark.parametrize("unit", ["ml", "mm2", "voxels", "px"])
def test_the_unit_is_that_of_the_grid(unit):  # G7
    made = make_rows(
        CASE, finished((1, 0, 0, 1), unit=unit), resolved("a"), job("gt_volume", "dice")
    )
    assert [r.unit for r in made] == [unit, ""]


def test_losses_without_probabilities_say_so():  # R2
    made = make_rows(CASE, finished((1, 0, 0, 1)), resolved("a"), job("ce"))
    assert [(r.class_, r.status, r.reason) for r in made] == [
        ("a", "undefined", "no_probabilities")
    ]


def test_a_tally_of_scores_goes_by_channel():
    values, made = np.array([9.0, 1.0, 2.0]), finished((1, 0, 0, 1), (1, 0, 0, 1), (1, 0, 0, 1))
    made = replace(made, results={**made.results, "sums": "sums"}, channels=(2, 1, -1))
    of_sums = class_numbers(values, *resolve_metric(parse_metric("ce")), made, 3)
    assert of_sums[:2] == [2.0, 1.0]
    assert math.isnan(of_sums[2])
    assert class_numbers(values, *resolve_metric(parse_metric("dice")), made, 3) == [9.0, 1.0, 2.0]


def test_a_metric_with_more_or_fewer_values_than_classes_is_a_bug():
    with pytest.raises(RuntimeError, match="dice gave 2 values for 3 classes"):
        class_numbers(
            np.array([9.0, 1.0]), *resolve_metric(parse_metric("dice")), finished((1, 0, 0, 1)), 3
        )


def test_an_infinite_value_is_undefined_and_keeps_its_sign():
    def infinite(n):
        return Values(np.full(len(n.tp), -np.inf))

    asked = requested_metrics(settings("dice"))[0][0]
    made = Job(
        settings("dice"),
        ClassList(),
        ((asked, Definition("dice", "counts", infinite, options={})),),
    )
    (row,) = make_rows(CASE, finished((1, 1, 1, 1)), resolved("a"), made)
    assert (row.value, row.status, row.reason) == (-math.inf, "undefined", "infinite")
