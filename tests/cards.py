"""Scorecards made of a few numbers, for tests of what is done with finished rows.

cases("dice", a={"liver": 0.9}, b={"liver": 0.7})     two cases, one class, one metric
"""

from __future__ import annotations

import math
import random

from segeval.request.grammar import parse_metric
from segeval.scorecard.card import CaseResult, Row, Scorecard
from segeval.scorecard.row_index import CasesInMemory
from segeval.scorecard.summary import summarise_results

NAN = math.nan  # one object, so that tuples of rows compare equal


def row(case, class_, metric, value, unit="", reason="", group=""):
    """A row whose status follows from its value."""
    if math.isinf(value):
        return Row(case, class_, metric, value, unit, "undefined", "infinite", group)
    if math.isnan(value):
        return Row(case, class_, metric, NAN, unit, "undefined", reason or "both_empty", group)
    return Row(case, class_, metric, value, unit, "ok", reason, group)


def case(name, values, unit="", group="", **more):
    """A case of {class: {metric: value}}."""
    rows = tuple(
        row(name, class_, metric, value, unit, group=group)
        for class_, of_metric in values.items()
        for metric, value in of_metric.items()
    )
    classes = tuple(class_ for class_ in values if class_ != "all")
    return CaseResult(
        name,
        f"{name}.nii.gz",
        f"{name}.nii.gz",
        rows,
        group=group,
        classes=classes,
        **{"gt_voxels": dict.fromkeys(classes, 100)} | more,
    )


def cases(metric, unit="", **values):
    """Cases of one metric: name={class: value}."""
    return [
        case(n, {c: {metric: v} for c, v in of_class.items()}, unit)
        for n, of_class in values.items()
    ]


def unscored(name, status="missing_prediction", group="", **error):
    """A case that was not scored, as scoring makes it."""
    rows = (Row(name, "", "", NAN, "", status, "", group),)
    return CaseResult(name, "", f"{name}.nii.gz", rows, status, error or None, group)


def not_scored(name, class_, status="not_annotated"):
    """The row of a class that was not scored."""
    return Row(name, class_, "", NAN, "", status)


def card(results, *metrics, pools=None, **more):
    """The scorecard of results; without metrics those of the rows."""
    found = dict.fromkeys(r.metric for c in results for r in c.rows if r.metric)
    asked = [parse_metric(text) for text in metrics or found]
    made = summarise_results(results, asked, pools)
    line = "dice|threshold:0.5|numbers:1"
    return Scorecard(
        CasesInMemory(results), tuple(map(str, asked)), line, {"numbers": 1}, made, **more
    )


class Pool:
    """What the cases of a group give together: the values of a metric; no instances."""

    def __init__(self, values):
        self._values = values

    def __call__(self, metric):
        return self._values(metric) if callable(self._values) else self._values

    def counts(self, metric):
        return {}


def two():
    """Two cases of two classes, with a ratio and a volume."""
    return [
        CaseResult(
            name,
            name,
            name,
            tuple(
                row(name, class_, metric, value, unit)
                for class_, of_metric in values.items()
                for metric, unit, value in of_metric
            ),
        )
        for name, values in {
            "CT_1": {
                "liver": [("dice", "", 0.9), ("volume_difference", "ml", 12.0)],
                "spleen": [("dice", "", 0.5), ("volume_difference", "ml", -1.0)],
            },
            "CT_2": {
                "liver": [("dice", "", 0.8), ("volume_difference", "ml", 10.0)],
                "spleen": [("dice", "", 0.7), ("volume_difference", "ml", 1.0)],
            },
        }.items()
    ]


def crowd(count=50, seed=0):
    """Cases with all that there may be in one."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        name, group = f"c{number}", chance.choice(["", "east", "west"])
        if chance.random() < 0.1:
            made.append(unscored(name, group=group))
            continue
        values = {
            class_: {m: chance.choice([0.5, chance.random(), NAN, math.inf]) for m in ("hd", "x")}
            for class_ in chance.sample(["liver", "spleen", "lung"], chance.randint(1, 3))
        }
        made.append(case(name, values, chance.choice(["mm", "px"]), group))
    return made
