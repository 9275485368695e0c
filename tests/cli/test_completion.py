"""Completion: the code for the shells, and what they are offered."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_code(segeval, shell):
    ran = segeval("completion", shell)
    assert (ran.status, ran.err) == (0, "")
    assert f"_SEGEVAL_COMPLETE={shell}_complete" in ran.out


def test_a_shell_that_is_not_known(segeval):
    assert segeval("completion", "tcsh").status == 2


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("segeval sc", ["score"]),
        ("segeval score --gt-k", ["--gt-kind"]),
        ("segeval score -m precis", ["precision"]),
        ("segeval score -m dice,precis", ["dice,precision"]),
        ("segeval score --kind l", ["labels", "logits"]),
        ("segeval score --preset sem", ["semantic"]),
        ("segeval metrics precis", ["precision"]),
    ],
)
def test_what_bash_is_offered(here, words, offered):
    asked = {
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
        "_SEGEVAL_COMPLETE": "bash_complete",
    }
    ran = subprocess.run(
        [sys.executable, "-m", "segeval"],
        env=os.environ | asked,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split(",", 1)[1] for line in ran.stdout.splitlines()] == offered
