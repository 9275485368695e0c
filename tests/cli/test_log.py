"""The debug log: to a file, to stderr under -vv, and nowhere else."""

import pytest

from segeval.cli.log import DebugLog
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError


def test_a_log_that_is_not_open_writes_nothing(capsys):
    DebugLog().line("x")
    assert capsys.readouterr() == ("", "")


def test_lines_have_seconds(here, capsys):
    log = DebugLog()
    log.open(Settings(log_file="logs/run.txt", verbose=2))
    log.line("first")
    log.trace(ValueError("boom"))
    log.close()
    text = (here / "logs" / "run.txt").read_text()
    assert capsys.readouterr() == ("", text)
    first, *rest = text.splitlines()
    assert float(first.split()[0]) >= 0
    assert first.endswith(" first")
    assert rest[-1].endswith("ValueError: boom")


def test_one_v_is_no_debug_log(capsys):
    log = DebugLog()
    log.open(Settings(verbose=1))
    log.line("x")
    assert capsys.readouterr().err == ""


def test_a_log_that_cannot_be_written(here):
    (here / "file").write_text("")
    with pytest.raises(RequestError, match="cannot write the log"):
        DebugLog().open(Settings(log_file="file/log.txt"))
