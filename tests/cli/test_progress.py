"""Progress: a bar only where a person looks, lines in a log, nothing when silenced."""

import io

import pytest

from segeval.cli import progress
from segeval.cli.progress import HiddenProgress, ProgressBar, ProgressLines, choose_display
from segeval.request.settings import Settings


class Screen(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("settings", "terminal", "ci", "expected"),
    [
        ({}, True, "", ProgressBar),
        ({}, True, "true", ProgressLines),
        ({}, False, "", ProgressLines),
        ({"progress": "bar"}, False, "", ProgressBar),
        ({"progress": "log"}, True, "", ProgressLines),
        ({"progress": "none"}, True, "", HiddenProgress),
        ({"quiet": True}, True, "", HiddenProgress),
    ],
)
def test_which_form(here, monkeypatch, settings, terminal, ci, expected):
    monkeypatch.setenv("FORCE_COLOR", "1")  # draws no bar into a log
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr("sys.stderr", Screen() if terminal else io.StringIO())
    assert type(choose_display(Settings(**settings))) is expected


def test_lines_come_every_tenth(capsys):
    lines = ProgressLines(patience=0)
    for done in range(1, 201):
        lines.step("x", done, 200)
    err = capsys.readouterr().err.splitlines()
    assert len(err) == 10
    assert err[0].startswith("20 of 200 cases (10 %)")


def test_lines_come_every_thirty_seconds(capsys, monkeypatch):
    clock = iter([0.0, 29.0, 31.0, 40.0, 62.0])
    monkeypatch.setattr(progress, "monotonic", lambda: next(clock))
    lines = ProgressLines(patience=0)
    for done in range(1, 5):
        lines.step("x", done, 1000)
    assert [line.split()[0] for line in capsys.readouterr().err.splitlines()] == ["2", "4"]


def test_a_short_run_has_no_lines(capsys):
    lines = ProgressLines()
    for done in range(1, 11):
        lines.step("x", done, 10)
    assert capsys.readouterr().err == ""


def test_a_bar_is_drawn_on_stderr_and_removed(here, monkeypatch):
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    bar = ProgressBar()
    for done in range(1, 4):
        bar.step(f"case_{done}", done, 3)
    bar.close()
    assert "1/3" in screen.getvalue()


def test_a_bar_for_one_case_is_none(here, monkeypatch):
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    bar = ProgressBar()
    bar.step("case", 1, 1)
    bar.close()
    assert screen.getvalue() == ""
