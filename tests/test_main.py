"""The entry point: whatever happens becomes one status of a short list."""

import os
import subprocess
import sys

import click
import pytest

from segeval.cli import entry as door
from segeval.runtime.errors import CaseError, NothingToScore, RequestError


def raising(monkeypatch, problem):
    def fail(_arguments):
        raise problem

    monkeypatch.setattr(door, "_run_command", fail)


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (RequestError("no"), 2),
        (CaseError("no"), 3),
        (NothingToScore("no"), 4),
        (ZeroDivisionError("no"), 5),
        (MemoryError(), 2),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (click.UsageError("no"), 2),
    ],
)
def test_what_is_raised_and_what_is_answered(monkeypatch, capfd, problem, status):
    raising(monkeypatch, problem)
    assert door.run_command_line(["score"]) == status
    assert capfd.readouterr().out == ""


def test_a_bug_is_one_line_and_a_request_to_report_it(monkeypatch, capfd):
    raising(monkeypatch, ZeroDivisionError("1\n/ 0"))
    door.run_command_line(["score"])
    error, help = capfd.readouterr().err.splitlines()
    assert error == "error: ZeroDivisionError: 1 / 0"
    assert "a bug: please report, -vv shows the traceback" in help


def test_an_error_is_shown_with_facts_and_help(monkeypatch, capfd):
    raising(monkeypatch, RequestError("wrong", where="x", facts=("pred 1", "gt 2"), help="try"))
    door.run_command_line(["score"])
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


def program(code, *arguments, **streams):
    ran = [sys.executable, "-c", code, *arguments]
    return subprocess.run(ran, stderr=subprocess.PIPE, check=False, text=True, **streams)


RUN = "from segeval.__main__ import run; run()"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_x4_a_full_stdout_is_an_output_that_cannot_be_written():
    with open("/dev/full", "w") as full:
        ran = program(RUN, "metrics", stdout=full)
    assert (ran.returncode, ran.stderr) == (
        2,
        "error: stdout cannot be written (No space left on device)\n",
    )


CLOSED = "error: stdout cannot be written (it is closed)\n"


@pytest.mark.parametrize(("stream", "status", "said"), [(1, 2, CLOSED), (2, 0, "")])
def test_x2_a_stream_that_is_closed_is_no_missed_gate(stream, status, said):
    again = "os.execv(sys.executable, [sys.executable, '-m', 'segeval', 'metrics'])"
    code = f"import os, sys; os.close({stream}); {again}"
    ran = program(code, stdout=subprocess.DEVNULL)
    assert (ran.returncode, ran.stderr) == (status, said)


def test_e1_the_help_of_a_usage_error_is_that_of_its_command(capfd):
    assert door.run_command_line(["score", "--threshold"]) == 2
    assert "help: segeval score --help" in capfd.readouterr().err
