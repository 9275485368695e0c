import math

import pytest
from cards import card, case, not_scored, unscored

from segeval.scorecard.card import CaseResult, Row


def test_a_case_with_values_is_scored():
    assert case("a", {"liver": {"dice": 0.9}}).scored


@pytest.mark.parametrize("status", ["missing_prediction", "unreadable", "internal_error"])
def test_a_case_without_values_is_not(status):
    assert not unscored("a", status).scored


def test_a_case_of_which_no_class_was_annotated_lacks_nothing():
    assert CaseResult("a", "a.png", "a.png", (not_scored("a", "liver"),)).scored


def test_a_missing_case_that_was_charged_the_worst_is_scored():
    rows = (Row("a", "liver", "dice", 0.0, "", "ok", "pred_empty"),)
    assert CaseResult("a", "", "a.png", rows, "missing_prediction").scored


def test_a_row_of_a_class_that_was_not_scored_has_neither_metric_nor_value():
    row = not_scored("a", "liver")
    assert row.metric == ""
    assert math.isnan(row.value)


def test_a_card_prints_its_means_and_what_is_not_in_them():
    shown = card([case("a", {"liver": {"dice": 0.5}}), unscored("b", "unreadable")])
    assert str(shown).splitlines() == [
        "         dice",
        "liver    0.5",
        "overall  0.5",
        "b: not scored, unreadable",
    ]
    assert repr(shown) == "<Scorecard of 2 cases: dice>"
    assert [row.class_ for row in shown.rows] == ["liver", ""]
