"""The table as a person sees it, in a pipe and on a terminal."""

import re
import sys
from dataclasses import replace

import pytest
from cards import NAN, card, case, cases, row, two, unscored
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from terminals import Stream, piped

from segeval.reports import table
from segeval.request.settings import Settings

ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


def shown(made, **choices):
    stream = Stream()
    table.write(made, stream, Settings(**choices))
    return stream.getvalue()


# Pipes and terminals

names = st.text("abcdefg_ 肝é", min_size=1, max_size=60)


@settings(max_examples=50, deadline=None)
@given(st.lists(names, min_size=1, max_size=4, unique=True), names)
def test_a_pipe_is_never_folded_or_cut(classes, name):
    made = card([case(n, {c: {"dice": 0.5} for c in classes}) for n in (name, "other")])
    lines = piped(made)
    for class_ in classes:
        assert any(line.startswith(class_.rstrip()) for line in lines)
    assert "".join(lines).count("…") == 0
    assert sum(line.endswith(name.rstrip()) for line in lines) >= len(classes)


def test_a_pipe_has_neither_colour_nor_rules():
    text = "\n".join(piped(card(two())))
    assert text.isascii()
    assert "\x1b" not in text


def test_a_terminal_has_both():
    text = shown(card(two()))
    assert "\x1b[1m" in text
    assert "───" in text
    assert "±" in text


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_nothing_is_wider_than_the_terminal(width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    long = [f"vertebrae_{i}_and_a_long_name_behind_it" for i in range(50)]
    values = {c: dict.fromkeys(("dice", "iou", "precision", "recall"), 0.5) for c in long}
    text = ANSI.sub("", shown(card([case(f"case_{i}", values) for i in range(3)])))
    rows = [line for line in text.splitlines() if "0.500" in line or "───" in line]
    assert max(map(cell_len, rows)) <= width
    assert "…" not in text


def test_a_terminal_says_what_it_has_no_room_for(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert "--worst 1" in shown(card(two()))
    monkeypatch.setenv("COLUMNS", "100")
    assert "--worst 1" not in shown(card(two()))


def test_no_color_is_no_style(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    text = shown(card([*two(), unscored("c", message="lost")]))
    assert "\x1b" not in text
    assert "───" in text
    assert "error: c: lost" in text


def test_a_terminal_that_draws_nothing_gets_the_plain_table(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert shown(card(two())).splitlines() == piped(card(two()), worst=None)


def test_colour_in_a_pipe_is_not_folded(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    stream = Stream(terminal=False)
    table.write(card(two()), stream, Settings(color="always"))
    assert "\x1b[1m" in stream.getvalue()
    assert "in case" in stream.getvalue()


def test_the_signature_is_one_line_for_a_program(monkeypatch):
    made = replace(card(two()), signature="dice|" + "x" * 300)
    assert made.signature in ANSI.sub("", shown(made))


def test_the_short_signature_is_folded_between_words_cli_u4(monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    short = "dice, volumetric_similarity | classes 6 | numbers:2 | id 3f9a1c2e"
    lines = ANSI.sub("", shown(replace(card(two()), signature=short))).splitlines()
    at = next(k for k, line in enumerate(lines) if line.startswith("signature:"))
    assert [len(line) <= 50 for line in lines[at : at + 2]] == [True, True]
    assert " ".join(" ".join(lines[at : at + 2]).split()) == f"signature: {short}"


def test_a_name_cannot_steer_the_terminal():
    made = card(cases("dice", **{"a\x1b[2J": {"x\x07": 0.5}, "b": {"x\x07": 0.9}}))
    assert not any("\x1b" in line or "\x07" in line for line in piped(made, per_case=True))


def test_no_terminal_is_so_narrow_that_a_number_is_cut(monkeypatch):  # H2
    monkeypatch.setenv("COLUMNS", "20")
    lines = ANSI.sub(
        "", shown(card(cases("dice", a={"liver": 0.9}, b={"liver": 0.812})))
    ).splitlines()
    assert any(line.endswith("0.856 ± 0.062") for line in lines)


def test_stdout_leaves_the_errors_to_stderr(capsys):  # H1
    made = card([*two(), unscored("c", message="broken")])
    table.write(made, sys.stdout, Settings())
    assert "broken" not in capsys.readouterr().out
    assert "error: c: broken" in piped(made)


def test_a_metric_that_no_case_can_have_is_no_column():
    made = card(
        [
            case("a", {"x": {"iou": 0.5}, "y": {"iou": 0.25}}),
            case("b", {"x": {"iou": 0.75}, "y": {"iou": 0.25}}),
        ]
    )
    lacking = [
        replace(
            c, rows=(*c.rows, *(row(c.case, k, "ce", NAN, reason="no_probabilities") for k in "xy"))
        )
        for c in made.cases
    ]
    lines = piped(card(lacking, "iou", "ce"))
    head = next(line for line in lines if line.startswith("class"))
    assert head.split() == ["class", "n", "iou", "iou", "in", "case"]
    assert "not in the table: ce, no_probabilities in every case" in lines
    alone = piped(card(lacking, "ce"))
    assert "ce" in next(line for line in alone if line.startswith("class")).split()


def test_a_metric_of_classes_that_are_all_empty_is_a_column():
    made = card(
        [case("a", {"x": {"iou": 0.5, "dice": NAN}}), case("b", {"x": {"iou": 0.5, "dice": NAN}})]
    )
    head = next(line for line in piped(made) if line.startswith("class"))
    assert "dice" in head.split()
