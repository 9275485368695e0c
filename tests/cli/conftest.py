"""The command line through its door, without a new process."""

import os
from dataclasses import dataclass

import pytest

from segeval.cli.entry import run_command_line
from segeval.cli.log import LOG


@dataclass
class Answer:
    """What a command left behind."""

    status: int
    out: str
    err: str


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working directory without settings, and an environment without any."""
    for name in [name for name in os.environ if "SEGEVAL" in name]:
        monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "CI", "GITHUB_ACTIONS", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def segeval(here, capsys):
    """Run `segeval …`."""

    def run(*arguments):
        capsys.readouterr()
        status = run_command_line([str(argument) for argument in arguments])
        LOG.close()
        return Answer(status, *capsys.readouterr())

    return run
