"""The entry point: whatever happens becomes one status of a short list."""

import os
import subprocess
import sys

import click
import pytest

from segeval import __main__ as door
from segeval.errors import CaseError, NothingToScore, RequestError


def raising(monkeypatch, problem):
    def fail(_arguments):
        raise problem

    monkeypatch.setattr(door, "_status", fail)


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (RequestError("no"), 2),
        (CaseError("no"), 3),
        (NothingToScore("no"), 4),
        (ZeroDivisionError("no"), 5),
        (MemoryError(), 5),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (click.UsageError("no"), 2),
        (BrokenPipeError(), 0),
    ],
)
def test_what_is_raised_and_what_is_answered(monkeypatch, capfd, problem, status):
    monkeypatch.setattr(door, "_close_pipe", lambda: None)
    raising(monkeypatch, problem)
    assert door.answer(["score"]) == status
    assert capfd.readouterr().out == ""


def test_a_bug_is_one_line_and_a_request_to_report_it(monkeypatch, capfd):
    raising(monkeypatch, ZeroDivisionError("1\n/ 0"))
    door.answer(["score"])
    error, help = capfd.readouterr().err.splitlines()
    assert error == "error: ZeroDivisionError: 1 / 0"
    assert "a bug: please report, -vv shows the traceback" in help


def test_an_error_is_shown_with_facts_and_help(monkeypatch, capfd):
    raising(monkeypatch, RequestError("wrong", where="x", facts=("pred 1", "gt 2"), help="try"))
    door.answer(["score"])
    assert capfd.readouterr().err.splitlines() == [
        "error: x: wrong",
        "  pred 1",
        "  gt 2",
        "  help: try",
    ]


def test_a_reader_that_leaves_ends_it_quietly():
    out, pipe = os.pipe()
    os.close(out)
    ran = subprocess.run(
        [sys.executable, "-m", "segeval", "metrics"],
        stdout=pipe,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(pipe)
    assert (ran.returncode, ran.stderr) == (0, b"")
