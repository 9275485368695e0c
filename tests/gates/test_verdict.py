"""What a verdict says: the digits that decide, the sign of a difference, the reason of a miss."""

import math
from dataclasses import replace

import pytest

from segeval.gates.verdict import BaselineComparison, Verdict, enough_digits

RULE = Verdict("dice=0.85", "liver", "dice", "mean", 0.8, 0.85, "higher", 42, False)
AGAINST = BaselineComparison("regression", 0.862, -0.031, -0.045, -0.017, 0.95, "max", 0.01)
WORSE = replace(RULE, gate="baseline", value=0.831, bar=0.852, against=AGAINST)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "liver/dice 0.8 < 0.85 (n=42)"),
        ({"value": 0.85, "passed": True}, "liver/dice 0.85 >= 0.85 (n=42)"),
        ({"value": 0.8499999}, "liver/dice 0.8499999 < 0.85 (n=42)"),
        ({"statistic": "worst", "group": "A"}, "liver/dice.worst [A] 0.8 < 0.85 (n=42)"),
        ({"better": "lower", "value": 9, "bar": 5, "unit": "mm"}, "liver/dice 9 > 5 mm (n=42)"),
        ({"better": "zero", "value": -9, "bar": 5}, "liver/dice -9 beyond +-5 (n=42)"),
        ({"reason": "nothing to judge"}, "liver/dice: nothing to judge"),
        ({"reason": "nothing to judge", "class_": ""}, "dice: nothing to judge"),
    ],
)
def test_a_rule_in_words(change, text):
    assert replace(RULE, **change).text == text


def test_a_baseline_in_words():
    assert WORSE.text == (
        "liver/dice 0.831 against 0.862: -0.031 [-0.045, -0.017], tolerance 0.01, regression (n=42)"
    )


def test_a_baseline_shows_which_side_of_the_tolerance_it_is_on():
    close = replace(AGAINST, difference=-0.0100001, low=math.nan, high=math.nan, policy="any")
    assert replace(WORSE, against=close).finding == (
        "0.831 against 0.862: -0.0100001, tolerance 0.01, any (n=42)"
    )


def test_an_improvement_has_its_sign():
    up = replace(AGAINST, difference=0.02, low=0.0, high=0.03)
    assert "+0.02 [0, +0.03]" in replace(WORSE, against=up).text


def test_digits_are_added_until_two_numbers_differ():
    assert enough_digits(0.9, 0.8) == ("0.9", "0.8")
    assert enough_digits(0.85, 0.85) == ("0.85", "0.85")
    assert enough_digits(0.1 + 0.2, 0.3) == ("0.30000000000000004", "0.3")
