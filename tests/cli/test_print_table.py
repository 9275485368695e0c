"""Tables: plain in a pipe and never cut."""

import io

import pytest

from segeval.cli.print_table import plain_text_lines, print_rows


def test_columns_are_as_wide_as_their_content():
    assert plain_text_lines(["a", "long"], [["xyz", ""], ["", "1"]]) == [
        "a    long",
        "---  ----",
        "xyz",
        "     1",
    ]


def test_a_pipe_gets_every_word(capsys):
    word = "x" * 500
    print_rows(["name"], [[word]])
    assert word in capsys.readouterr().out.splitlines()


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.mark.parametrize(("color", "styled"), [("never", False), ("always", True)])
def test_a_terminal_gets_a_table(here, monkeypatch, color, styled):
    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("TERM", "xterm")
    print_rows(["name"], [["[red]liver[/]"]], color)
    assert "[red]liver[/]" in screen.getvalue()  # names are text and no markup
    assert ("\x1b" in screen.getvalue()) is styled
