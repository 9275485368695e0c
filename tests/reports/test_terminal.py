"""Rule H4: who decides about colour, and in which order."""

import pytest
from terminals import Stream

from segeval.reports.terminal import can_draw, make_console, uses_colour


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_a_terminal_is_coloured_and_a_pipe_is_not():
    assert uses_colour(Stream(), "auto")
    assert not uses_colour(Stream(terminal=False), "auto")


@pytest.mark.parametrize(
    ("environment", "terminal", "wish", "expected"),
    [
        ({"NO_COLOR": "1"}, True, "auto", False),
        ({"NO_COLOR": ""}, True, "auto", True),
        ({"TERM": "dumb"}, True, "auto", False),
        ({"FORCE_COLOR": "1"}, False, "auto", True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, "auto", False),
        ({"NO_COLOR": "1"}, False, "always", True),
        ({}, True, "never", False),
    ],
)
def test_colour(environment, terminal, wish, expected, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert uses_colour(Stream(terminal), wish) is expected


def test_a_terminal_that_shows_ascii_only_gets_ascii():
    assert can_draw(Stream())
    assert not can_draw(Stream(encoding="latin-1"))
    assert not can_draw(Stream(terminal=False))


def test_without_colour_there_is_no_style_at_all(monkeypatch):
    from rich.text import Text

    monkeypatch.setenv("NO_COLOR", "1")
    stream = Stream()
    make_console(stream, "auto").print(Text("bold", "bold red"))
    assert stream.getvalue() == "bold\n"


def test_a_pipe_has_room_for_everything(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    assert make_console(Stream(terminal=False), "always").width > 10_000
