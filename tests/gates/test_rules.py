"""Bars: which side is better, what a miss looks like, and that nothing passes by emptiness."""

import math
from dataclasses import replace

import pytest

from segeval.gates.rules import check_gate, resolve_gate
from segeval.request.grammar import parse_gate
from segeval.runtime.errors import RequestError
from segeval.scorecard.card import CaseResult, Row, Scorecard, Statistic


def statistic(mean, unit="", n=3):
    return Statistic(mean, mean, 0.1, mean - 0.1, mean + 0.1, mean, n, 0, 0, "c1", unit)


def card(rows=(), groups=("",), **values):
    """A scorecard with means by class: liver={"dice": 0.8}."""
    of_class = {
        name: {metric: statistic(*value) for metric, value in metrics.items()}
        for name, metrics in values.items()
    }
    cases = (CaseResult("c1", "p", "g", tuple(rows)),)
    return Scorecard(cases, ("dice",), "", {}, dict.fromkeys(groups, of_class))


def verdicts(rule, scores, accept=False):
    return check_gate(parse_gate(rule), scores, accept)


SCORES = card(
    liver={"dice": (0.9,), "volume_difference": (-4.0, "ml")},
    spleen={"dice": (0.8,), "volume_difference": (3.0, "ml")},
    overall={"dice": (0.85,), "volume_difference": (-0.5, "ml")},
    all={"miou": (0.7,)},
)


@pytest.mark.parametrize(
    ("rule", "passed"),
    [
        ("dice=0.8", {"liver": True, "spleen": True}),
        ("dice=0.85", {"liver": True, "spleen": False}),
        ("liver/dice=0.9", {"liver": True}),  # the bar itself passes
        ("liver/dice.worst=0.85", {"liver": False}),
        ("liver/dice=90%", {"liver": True}),
        ("s*/dice=0.8", {"spleen": True}),
        ("overall/dice=0.85", {"overall": True}),
        ("overall/dice=0.86", {"overall": False}),
        ("miou=0.7", {"all": True}),
        ("volume_difference=3.5ml", {"liver": False, "spleen": True}),  # nearer to zero is better
        ("absolute_volume_difference=1", {"": False}),  # not computed
    ],
)
def test_verdicts(rule, passed):
    assert {v.class_: v.passed for v in verdicts(rule, SCORES)} == passed


@pytest.mark.parametrize("rule", ["kidney/dice=0.1", "k*/dice=0.1", "iou=0.1"])
def test_a_rule_that_matches_nothing_is_missed(rule):
    (verdict,) = verdicts(rule, SCORES)
    assert not verdict.passed
    assert "nothing to judge" in verdict.text


def test_a_misspelt_class_is_answered_with_the_nearest():
    (verdict,) = verdicts("livr/dice=0.1", SCORES)
    assert verdict.text.endswith("nothing to judge, did you mean liver?")


def test_a_class_with_only_undefined_values_is_missed():
    (verdict,) = verdicts("dice=0.1", card(liver={"dice": (math.nan,)}))
    assert not verdict.passed


def undefined(reason):
    return [Row("c1", "liver", "precision", math.nan, "", "undefined", reason)]


@pytest.mark.parametrize(
    ("reason", "accept", "passed"),
    [
        ("pred_empty", False, False),
        ("gt_empty", False, False),
        ("pred_empty", True, True),
        ("both_empty", False, True),
    ],
)
@pytest.mark.parametrize("class_", ["liver", "overall"])
def test_a_missed_organ_never_passes_by_being_undefined(reason, accept, passed, class_):
    scores = card(undefined(reason), liver={"precision": (0.9,)}, overall={"precision": (0.9,)})
    (verdict,) = verdicts(f"{class_}/precision=0.5", scores, accept)
    assert verdict.passed is passed


def test_every_group_must_pass():
    scores = card(groups=("", "a", "b"), liver={"dice": (0.9,)})
    all_grouped = replace(scores, cases=(replace(scores.cases[0], group="a"),))
    judged = [(v.group, v.passed) for v in verdicts("dice=0.8", all_grouped)]
    assert judged == [("a", True), ("b", True)]


def test_a_case_without_a_group_is_judged_with_all_cases():
    scores = card(groups=("", "a"), liver={"dice": (0.9,)})
    assert [v.group for v in verdicts("dice=0.8", scores)] == ["", "a"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("gt_volume=3ml", "no better side"),
        ("dice=3mm", "not measured in mm"),
        ("volume_difference=3mm", "not measured in mm"),
        ("dise=0.8", "did you mean"),
        ("ece=5", "write ece=5%"),
        ("liver/ece.worst=5", "write liver/ece.worst=5%"),
        ("dice=-0.1", "every value meets it, for dice is 0 to 1"),
        ("mcc=-1.5", "mcc is -1 to 1"),
        ("ece=120%", "every value meets it"),
        ("dice=-5%", "every value meets it"),
    ],
)
def test_rules_that_make_no_sense(rule, said):
    with pytest.raises(RequestError) as caught:
        resolve_gate(parse_gate(rule))
    assert said in "\n".join(caught.value.lines())


@pytest.mark.parametrize(
    "rule", ["dice=0", "dice=1", "dice=85%", "dice=5", "ece=1", "ece=5%", "mcc=-1", "hd95=1e6mm"]
)
def test_a_bar_that_a_value_can_miss_is_a_rule(rule):
    assert resolve_gate(parse_gate(rule))


def test_a_bar_in_a_unit_that_the_values_do_not_have_is_missed():
    (verdict,) = verdicts("volume_difference=3ml", card(liver={"volume_difference": (1, "px")}))
    assert not verdict.passed
    assert "measured in px" in verdict.text


POOLED = card(road={"iou": (0.7,), "hd95": (3.0, "mm")})


def pooled(leads):
    """A scorecard whose pooled value, 0.9, is another than its mean, 0.7."""
    made = {
        class_: {metric: replace(one, pooled=0.9) for metric, one in of_metric.items()}
        for class_, of_metric in POOLED.summary[""].items()
    }
    return replace(POOLED, summary={"": made}, leads=leads)


@pytest.mark.parametrize(
    ("leads", "rule", "text"),
    [
        ("mean", "iou=0.8", "road/iou 0.7 < 0.8 (n=3)"),
        ("mean", "iou.mean=0.8", "road/iou 0.7 < 0.8 (n=3)"),
        ("mean", "iou.pooled=0.8", "road/iou.pooled 0.9 >= 0.8 (n=3)"),
        ("pooled", "iou=0.8", "road/iou.pooled 0.9 >= 0.8 (n=3)"),
        ("pooled", "iou.mean=0.8", "road/iou.mean 0.7 < 0.8 (n=3)"),
        ("pooled", "hd95=4mm", "road/hd95.mean 3 <= 4 mm (n=3)"),  # it cannot be pooled
    ],
)
def test_a_rule_without_statistic_means_what_the_table_leads_with_account_a27(leads, rule, text):
    (verdict,) = verdicts(rule, pooled(leads))
    assert verdict.text == text


def test_a_metric_can_lead_with_its_pooled_value_account_a27(monkeypatch):
    from segeval.metrics import registry

    own = replace(registry.find_metric("iou"), leads="pooled")
    monkeypatch.setitem(registry.KNOWN, "iou", own)
    (verdict,) = verdicts("iou=0.8", pooled("mean"))
    assert verdict.text == "road/iou.pooled 0.9 >= 0.8 (n=3)"
    monkeypatch.setitem(registry.KNOWN, "iou", replace(own, one=True))
    with pytest.raises(RequestError, match="one value over all cases") as problem:
        verdicts("iou.mean=0.8", pooled("mean"))
    assert problem.value.help == "write iou=0.8"


def test_a_missed_rule_names_the_worst_case_cli_u5():
    (verdict,) = verdicts("liver/dice=0.95", SCORES)
    assert verdict.line == "liver/dice 0.9 < 0.95 (n=3); worst 0.8 in c1"
    (verdict,) = verdicts("liver/dice=0.9", SCORES)
    assert verdict.line == "liver/dice 0.9 >= 0.9 (n=3)"


def test_a_missed_organ_is_named_with_its_case_cli_u5():
    (verdict,) = verdicts(
        "precision=0.5", card(undefined("pred_empty"), liver={"precision": (0.9,)})
    )
    assert verdict.line == (
        "liver/precision: undefined in 1 case, c1, where one side alone is empty"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-4.0, "-4 beyond +-3.5 ml"),
        (3.0, "3 within +-3.5 ml"),
        (-3.50001, "-3.50001 beyond +-3.5 ml"),
    ],
)
def test_the_sign_of_a_difference_is_that_of_the_table_cli_u5(value, text):
    scores = card(liver={"volume_difference": (value, "ml")})
    (verdict,) = verdicts("volume_difference=3.5ml", scores)
    assert verdict.text == f"liver/volume_difference {text} (n=3)"
