"""What stands around the numbers."""

from cards import card, case, cases, unscored
from terminals import piped


def test_whole_cases_stand_apart():
    values = {"road": {"iou": 0.5}, "all": {"miou": 0.25, "pixel_accuracy": 0.75}}
    text = "\n".join(piped(card([case("a", values)])))
    assert "whole case      value\n--------------  -----\nmiou            0.250" in text
    text = "\n".join(piped(card([case("a", values), case("b", values)])))
    assert "miou            2  0.250 +/- 0.000  0.250  a" in text


def test_groups():
    results = [case(n, {"x": {"dice": 0.5}}, group=g) for n, g in [("a", "east"), ("b", "west")]]
    assert {"group east: 1 case", "group west: 1 case"} <= set(piped(card(results)))


def test_nothing_was_scored():
    made = card([unscored("a", message="there is no prediction"), unscored("b")])
    lines = piped(made)
    assert lines[0] == "2 cases, none scored"
    assert "error: a: there is no prediction" in lines
    assert piped(card([unscored("a")]))[0] == "case a: not scored"


def test_cases_that_may_be_missing_are_counted():
    made = card([*cases("dice", a={"x": 0.5}), unscored("b")])
    lines = piped(made, missing="skip")
    assert "left out: 1 case without a prediction" in lines
    assert not any(line.startswith("error") for line in lines)
