"""Rule E1: error, facts, help; at most five of a kind, then a count."""

from cards import card, cases, unscored

from segeval.reports.problems import describe_problems
from segeval.request.settings import Settings

WRONG = {
    "message": "different grids",
    "where": "p/a.nii.gz",
    "facts": ["pred 4x4", "gt 5x5"],
    "help": "add --resample gt",
}


def test_the_form_of_an_error():
    made = card([unscored("a", "geometry_mismatch", **WRONG)])
    assert describe_problems(made, Settings()) == [
        "error: a: different grids",
        "  in p/a.nii.gz",
        "  pred 4x4",
        "  gt 5x5",
        "  help: add --resample gt",
    ]


def test_five_of_a_kind_then_a_count_and_the_help_once():
    many = [unscored(f"c{i}", message="no prediction", help="add it") for i in range(7)]
    lines = describe_problems(card([*cases("dice", a={"x": 1.0}), *many]), Settings())
    assert lines == [
        *(f"error: c{i}: no prediction" for i in range(5)),
        "error: 2 more cases: missing_prediction",
        "  help: add it",
    ]


def test_kinds_stand_together():
    made = card([unscored("a", "unreadable"), unscored("b"), unscored("c", "unreadable")])
    words = [line.split(": ")[1:] for line in describe_problems(made, Settings())]
    assert words == [["a", "unreadable"], ["c", "unreadable"], ["b", "missing prediction"]]


def test_a_case_that_may_be_missing_is_no_error():
    made = card([unscored("a"), unscored("b", "unreadable")])
    assert describe_problems(made, Settings(missing="skip")) == ["error: b: unreadable"]


def test_nothing_is_wrong():
    assert describe_problems(card(cases("dice", a={"x": 1.0})), Settings()) == []
