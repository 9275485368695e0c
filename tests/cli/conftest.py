"""The command line through its door, without a new process."""

import json
import os
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from segeval.cli.entry import run_command_line
from segeval.cli.log import LOG
from segeval.scorecard.results_schema import find_results_problem


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
        check_written_results([str(argument) for argument in arguments])
        return Answer(status, *capsys.readouterr())

    return run


def check_written_results(arguments):
    """Every result file that a command leaves behind is one that all commands read."""
    for option, path in pairwise(arguments):
        if option not in ("-o", "--output") or not path.endswith(".json"):
            continue
        written = Path(path.removeprefix("json:"))
        if written.is_file() and written.stat().st_size:
            content = json.loads(written.read_text("utf-8"))
            if str(content.get("schema", "")).startswith("segeval.results/"):
                assert find_results_problem(content) == "", (path, arguments)
