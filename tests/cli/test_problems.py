"""Cases that were not scored: their errors, and the exit status that they make."""

from types import SimpleNamespace

import pytest

from segeval.cli.problems import exit_status, report_problems
from segeval.request.settings import Settings
from segeval.scorecard.card import CaseResult, Scorecard

MISSED = SimpleNamespace(passed=False)
PASSED = SimpleNamespace(passed=True)


def case(status="ok", name="case_1", message="broken"):
    error = None if status == "ok" else {"message": message, "facts": ["pred 1"], "help": "try"}
    return CaseResult(name, "p.nii", "g.nii", status=status, error=error)


def card(*statuses):
    cases = tuple(case(status, f"case_{i}") for i, status in enumerate(statuses))
    return Scorecard(cases, (), "", {}, {})


@pytest.mark.parametrize(
    ("statuses", "verdicts", "errors", "settings", "status"),
    [
        (["ok"], [], 0, {}, 0),
        (["ok"], [PASSED], 0, {}, 0),
        (["ok"], [PASSED, MISSED], 0, {}, 1),
        (["ok"], [MISSED], 0, {"exit_zero": True}, 0),
        (["ok", "unreadable"], [], 0, {}, 3),
        (["ok", "unreadable"], [MISSED], 0, {}, 3),
        (["unreadable"], [MISSED], 0, {"exit_zero": True}, 3),
        (["unreadable", "internal_error"], [MISSED], 0, {}, 5),
        (["missing_prediction"], [], 0, {}, 3),
        (["missing_prediction"], [], 0, {"missing": "skip"}, 0),
        (["missing_prediction", "unreadable"], [], 0, {"missing": "skip"}, 3),
        (["ok"], [MISSED], 1, {}, 3),
    ],
)
def test_exit_status(statuses, verdicts, errors, settings, status):
    assert exit_status(card(*statuses), verdicts, errors, Settings(**settings)) == status


def test_an_error_has_the_case_the_facts_and_help(capsys):
    report_problems(card("ok", "unreadable"), Settings())
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == ["error: case_1: broken", "  pred 1", "  help: try"]


def test_errors_are_coloured_where_that_is_wanted(capsys):  # H4
    report_problems(card("unreadable"), Settings(color="always"))
    err = capsys.readouterr().err
    assert "\x1b[31m\x1b[1merror:\x1b[0m case_0: broken" in err
    report_problems(card("unreadable"), Settings())
    assert capsys.readouterr().err == "error: case_0: broken\n  pred 1\n  help: try\n"


def test_accepted_cases_are_no_errors(capsys):
    report_problems(card("missing_prediction"), Settings(missing="skip"))
    assert capsys.readouterr().err == ""
