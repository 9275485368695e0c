"""CLI-J2: the page of a GitHub build and its annotations."""

import re

import pytest
from cards import case, cases, unscored
from judged import judged

from segeval.reports.github import LIMIT, error_commands, job_summary
from segeval.request.settings import Settings

TWO = cases("dice", a={"liver": 0.9, "spleen": 0.5}, b={"liver": 0.8, "spleen": 0.7})


def test_the_page_has_verdicts_classes_and_the_worst_cases():
    page = job_summary(judged(TWO, "dice=0.8"), Settings())
    title, verdicts, opening, classes, worst, signature = page.strip().split("\n\n")
    assert title == "## segeval: FAIL, 1 of 2 gates missed"
    assert verdicts.splitlines()[2:] == [
        "| **FAIL** | **spleen/dice 0.6 \\< 0.8 (n=2)** |",
        "| PASS | liver/dice 0.85 \\>= 0.8 (n=2) |",
    ]
    assert opening == "2 cases, 2 classes: mean ± sd over the cases"
    assert [line.split(" | ")[0] for line in classes.splitlines()[2:]] == [
        "| liver",
        "| spleen",
        "| **overall**",
    ]
    assert [line.rstrip(" |").split(" | ")[2] for line in worst.splitlines()[2:]] == [
        "0.500",
        "0.700",
        "0.800",
        "0.900",
    ]
    assert signature == "signature: `dice|threshold:0.5|numbers:1`"


def test_ten_cases_are_the_worst():
    many = [case(f"c{i:02}", {"liver": {"dice": i / 20}}) for i in range(20)]
    page = job_summary(judged(many), Settings())
    rows = [line for line in page.splitlines() if line.startswith("| c")][-10:]
    assert [row.split(" | ")[0] for row in rows] == [f"| c{i:02}" for i in range(10)]
    assert page.count("| c1") == 0


def test_unscored_cases_are_on_the_page():
    page = job_summary(
        judged([*TWO, unscored("c", message="```\nno gzip")], "dice=0.1"), Settings()
    )
    assert page.startswith("## segeval: ERROR, 1 case not scored in full\n")
    assert "\n```text\nerror: c: '''\\nno gzip\n```\n" in page


def test_rows_are_cut_until_the_page_fits():
    assert LIMIT == 900 * 1024
    many = judged([case("a", {f"class_{i}": {"dice": 0.5} for i in range(500)})], "dice=0.8")
    whole = job_summary(many, Settings())
    assert "more row" not in whole
    rows = sum(line[:2] == "| " for line in whole.splitlines())
    for limit in (30_000, 15_000, 5_000):
        page = job_summary(many, Settings(), limit)
        assert limit - 200 < len(page.encode()) <= limit
        cut = sum(map(int, re.findall(r"^… (\d+) more rows$", page, re.MULTILINE)))
        assert cut == rows - sum(line[:2] == "| " for line in page.splitlines()) > 0
        assert "signature: " in page


@pytest.mark.parametrize("limit", [-5, 0, 100, 400, 600, 1000, 3000])
def test_there_may_be_little_room(limit):
    page = job_summary(judged(TWO * 9, "dice=0.8"), Settings(), limit)
    assert len(page.encode()) <= max(limit, 0)
    assert page == "" or page.startswith("## segeval: FAIL")


def test_a_missed_gate_is_an_error_command():
    assert error_commands(judged(TWO, "dice=0.8")) == [
        "::error title=segeval dice=0.8::spleen/dice 0.6 < 0.8 (n=2)"
    ]


@pytest.mark.parametrize(("failed", "lines"), [(1, 1), (10, 10), (11, 10), (250, 10)])
def test_ten_commands_at_most_and_the_last_says_how_many_more(failed, lines):
    made = judged([case("a", {f"c{i}": {"dice": 0.5} for i in range(failed)})], "dice=0.8")
    told = error_commands(made)
    assert len(told) == lines
    more = f"::error title=segeval::{failed - 9} more gates were missed"
    assert (told[-1] == more) == (failed > 10)


def test_values_are_escaped():
    made = judged(
        [case("a", {"50%, x:y": {"dice_loss:as=nnunet": 0.9}})], "dice_loss:as=nnunet=0.1"
    )
    (line,) = error_commands(made)
    properties, message = line.removeprefix("::error ").split("::", 1)
    assert properties == "title=segeval dice_loss%3Aas=nnunet=0.1"
    assert message.startswith("50%25, x:y/dice_loss:as=nnunet ")


def test_a_line_break_cannot_begin_a_command_of_its_own():
    made = judged([case("a", {"x\r\n::set-env name=A::b": {"dice": 0.1}})], "dice=0.8")
    (line,) = error_commands(made)
    assert "%0D%0A::set-env" in line
    assert len(line.splitlines()) == 1
