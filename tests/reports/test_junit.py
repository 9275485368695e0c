"""CLI-J1: JUnit XML as a reader of it sees it."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from cards import card, case, cases, unscored
from judged import judged, written
from junitparser import Error, Failure, JUnitXml, Skipped

from segeval.gates.verdict import BaselineComparison, Verdict
from segeval.reports import junit
from segeval.scorecard.card import CaseResult, Row

TWO = cases("dice", a={"liver": 0.9, "spleen": 0.5}, b={"liver": 0.8, "spleen": 0.7})


def suites(made, **choices):
    """Suite -> (classname, name) -> what became of it, read by junitparser."""
    found = {}
    for suite in JUnitXml.fromstring(written(made, "junit", **choices).encode()):
        assert suite.tests == len(list(suite))
        assert suite.failures == sum(isinstance(r, Failure) for c in suite for r in c.result)
        assert suite.errors == sum(isinstance(r, Error) for c in suite for r in c.result)
        assert suite.skipped == sum(isinstance(r, Skipped) for c in suite for r in c.result)
        found[suite.name] = {
            (c.classname, c.name): (type(r).__name__, r.message)
            if (r := next(iter(c.result), None))
            else ""
            for c in suite
        }
    return found


def test_a_gate_is_a_suite_and_a_class_is_a_test():
    # means: liver 0.85, spleen 0.6
    assert suites(judged(TWO, "dice=0.8", "overall/dice=0.9")) == {
        "dice=0.8": {
            ("segeval.dice", "liver"): "",
            ("segeval.dice", "spleen"): ("Failure", "dice 0.6 < 0.8 (n=2)"),
        },
        "overall/dice=0.9": {
            ("segeval.overall/dice", "overall"): ("Failure", "dice 0.725 < 0.9 (n=4)"),
        },
    }


def test_a_rule_on_every_case_is_a_test_a_case_and_class():
    odd = case("c", {"liver": {"dice": float("nan")}, "spleen": {"dice": 0.9}})
    assert suites(judged([*TWO, odd], "liver/dice.worst=0.85")) == {
        "liver/dice.worst=0.85": {
            ("segeval.liver/dice.worst", "a/liver"): "",
            ("segeval.liver/dice.worst", "b/liver"): ("Failure", "dice 0.8 < 0.85 (n=1)"),
            ("segeval.liver/dice.worst", "c/liver"): ("Skipped", "dice: both_empty"),
        }
    }


def test_the_worst_of_overall_is_no_rule_on_cases():
    made = suites(judged(TWO, "overall/dice.worst=0.1"))
    assert list(made["overall/dice.worst=0.1"]) == [("segeval.overall/dice.worst", "overall")]


def test_a_group_is_named_and_its_cases_are_its_own():
    grouped = [
        case("a", {"liver": {"dice": 0.9}}, group="north"),
        case("b", {"liver": {"dice": 0.5}}, group="south"),
    ]
    assert suites(judged(grouped, "dice=0.8"))["dice=0.8"] == {
        ("segeval.dice", "liver [north]"): "",
        ("segeval.dice", "liver [south]"): ("Failure", "dice [south] 0.5 < 0.8 (n=1)"),
    }
    assert list(suites(judged(grouped, "dice.worst=0.1"))["dice.worst=0.1"]) == [
        ("segeval.dice.worst", "a/liver"),
        ("segeval.dice.worst", "b/liver"),
    ]


def test_a_rule_without_anything_to_judge_fails():
    assert suites(judged(TWO, "hart/dice=0.8"))["hart/dice=0.8"] == {
        ("segeval.hart/dice", "hart"): ("Failure", "dice: nothing to judge"),
    }


def test_an_unscored_case_is_an_error():
    lost = unscored("c", message="the prediction is missing", help="look for it")
    made = suites(judged([*TWO, lost], "dice=0.1"))
    assert made["cases"] == {
        ("segeval.cases", "a"): "",
        ("segeval.cases", "b"): "",
        ("segeval.cases", "c"): ("Error", "the prediction is missing"),
    }
    accepted = suites(judged([*TWO, lost], "dice=0.1"), missing="skip")
    assert list(accepted) == ["dice=0.1"]


def test_a_class_that_could_not_be_scored_is_an_error():
    fault = {"status": "partial", "message": "a contour is bent", "facts": [], "help": ""}
    row = Row("a", "liver", "dice", 0.9)
    odd = CaseResult("a", "a", "a", (row,), facts={"faults": {"lung": fault}})
    made = suites(judged([odd], "dice=0.1"))
    assert made["cases"]["segeval.cases", "a/lung"] == ("Error", "a contour is bent")


def test_without_gates_the_cases_are_the_tests():
    assert suites(judged(TWO)) == {
        "cases": {("segeval.cases", "a"): "", ("segeval.cases", "b"): ""}
    }


def test_too_many_tests_are_per_class(monkeypatch):
    made = judged(TWO, "dice.worst=0.6")
    assert len(suites(made)["dice.worst=0.6"]) == 4
    monkeypatch.setattr(junit, "MOST", 3)
    assert suites(made)["dice.worst=0.6"] == {
        ("segeval.dice.worst", "liver"): "",
        ("segeval.dice.worst", "spleen"): ("Failure", "dice.worst 0.5 < 0.6 (n=2)"),
    }


def test_too_many_unscored_cases_are_counted(monkeypatch):
    monkeypatch.setattr(junit, "MOST", 5)
    made = suites(judged([*TWO, *(unscored(f"x{i}") for i in range(9))], "dice=0.1"))
    assert sum(map(len, made.values())) == 5
    assert made["cases"]["segeval.cases", "9 more tests"] == ("Error", "9 of them not scored")


def test_the_limit_is_that_of_the_convention():
    many = [case(f"c{i:04}", {"a": {"dice": 0.5}, "b": {"dice": 0.4}}) for i in range(2501)]
    assert len(suites(judged(many, "dice.worst=0.4"))["dice.worst=0.4"]) == 2
    assert len(suites(judged(many[:2500], "dice.worst=0.4"))["dice.worst=0.4"]) == 5000


@pytest.mark.parametrize("name", ["<b>&\"'", "\x1b[31m", "a\x00b", "\udcff", "]]>", "é\n漢"])
def test_any_name_makes_good_xml(name):
    made = judged([case(name, {name: {"dice": 0.1}})], "dice.worst=0.5")
    text = written(made, "junit")
    (test,) = ElementTree.fromstring(text.encode()).iter("testcase")
    assert test.get("name")
    assert (name in test.get("name")) == (name.isprintable())


def test_the_signature_is_in_the_file():
    text = written(judged(TWO, "dice=0.8"), "junit")
    (suite,) = JUnitXml.fromstring(text.encode())
    assert [(p.name, p.value) for p in suite.properties()] == [
        ("signature", "dice|threshold:0.5|numbers:1")
    ]


def test_the_baseline_is_one_gate_for_all_metrics():
    # 0.85 against 0.9 and 0.6 against 0.6
    verdicts = [
        Verdict(
            *("baseline", class_, "dice", "mean", value, 0.0, "higher", 2, passed),
            against=BaselineComparison(
                "regression", 0.9, value - 0.9, -0.06, -0.04, 0.95, "max", 0.01
            ),
        )
        for class_, value, passed in (("liver", 0.85, False), ("spleen", 0.95, True))
    ]
    assert suites(replace(card(TWO), gates=tuple(verdicts))) == {
        "baseline": {
            ("segeval.baseline", "liver/dice"): (
                "Failure",
                "dice 0.85 against 0.9: -0.05 [-0.06, -0.04], tolerance 0.01, regression (n=2)",
            ),
            ("segeval.baseline", "spleen/dice"): "",
        }
    }
