"""Messages: folded between words on a terminal, one line in a pipe."""

import sys

import pytest
from terminals import Stream

from segeval.cli.messages import fold_line, print_message

LONG = "warning: PAT001: " + "a word and another " * 8 + "/a/path/that/is/longer/than/a/line" * 3


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_terminal_gets_lines_that_break_between_words(monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    lines = fold_line(LONG, Stream()).split("\n")
    assert len(lines) > 1
    assert all(len(line) <= width for line in lines if "/a/path" not in line)
    assert all(line.startswith("  ") for line in lines[1:])
    assert " ".join(" ".join(lines).split()) == LONG


def test_a_pipe_gets_one_line(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert fold_line(LONG, Stream(terminal=False)) == LONG


def test_facts_stay_set_in(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    lines = fold_line("  help: " + "some words that go on " * 4, Stream()).split("\n")
    assert lines[0].startswith("  help: some")
    assert all(line.startswith("    ") for line in lines[1:])


def test_the_word_keeps_its_style(monkeypatch):
    stream = Stream()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("COLUMNS", "60")
    print_message("FAIL " + "long words " * 12, color=True, styles={"FAIL": {"fg": "red"}})
    assert stream.getvalue().startswith("\x1b[31mFAIL\x1b[0m long words")
