"""CLI-J4: a badge is the JSON of shields.io's endpoint."""

import json
import math
from dataclasses import replace

import pytest
from cards import case, cases, unscored
from judged import judged, written

GOOD = cases("dice", a={"liver": 0.9, "spleen": 0.8}, b={"liver": 0.7, "spleen": 0.6})
LOST = [*GOOD, unscored("c")]


@pytest.mark.parametrize(
    ("results", "rules", "message", "color"),
    [
        (GOOD, [], "0.750", "blue"),
        (GOOD, ["dice=0.7"], "0.750", "brightgreen"),
        (GOOD, ["dice=0.75"], "0.750, 1 of 2 gates missed", "red"),
        (LOST, ["dice=0.7"], "0.750, 1 case not scored in full", "orange"),
        (LOST, ["dice=0.75"], "0.750, 1 case not scored in full, 1 gate missed", "orange"),
        (cases("dice", a={"x": math.nan}), [], "-", "lightgrey"),
    ],
)
def test_the_mean_over_classes_in_the_colour_of_the_verdict(results, rules, message, color):
    assert json.loads(written(judged(results, *rules), "badge")) == {
        "schemaVersion": 1,
        "label": "dice",
        "message": message,
        "color": color,
    }


def test_one_class_and_a_unit():
    made = judged(cases("volume_difference", "ml", a={"liver": 12.5}))
    badge = json.loads(written(made, "badge"))
    assert (badge["label"], badge["message"]) == ("volume_difference", "12.50 ml")


def test_a_number_of_the_whole_case():
    made = judged(
        [
            case(
                "a",
                {"x": {"dice": 0.1}, "all": {"miou": 0.5}},
            )
        ]
    )
    made = replace(made, metrics=("miou", "dice"))
    assert json.loads(written(made, "badge"))["message"] == "0.500"


def test_nothing_was_scored():
    badge = json.loads(written(judged([unscored("a")]), "badge"))
    assert (badge["message"], badge["color"]) == ("-, 1 case not scored in full", "orange")
