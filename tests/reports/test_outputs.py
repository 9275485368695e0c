"""[FORMAT:]PATH, and files that are written whole or not at all."""

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cards import card, cases

from segeval.reports import REPORTS, SUFFIXES, outputs
from segeval.reports.outputs import Output, parse_output, replace_file, save_report, show_report
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError

CARD = card(cases("dice", a={"liver": 0.9}))
TEXTS = [form for form in REPORTS if form != "parquet"]


@pytest.mark.parametrize(
    ("text", "form", "path"),
    [
        ("results.csv", "csv", "results.csv"),
        ("out/Results.JSON", "json", "out/Results.JSON"),
        ("cases.jsonl", "jsonl", "cases.jsonl"),
        ("table.md", "markdown", "table.md"),
        ("table.txt", "table", "table.txt"),
        ("rows.tsv", "tsv", "rows.tsv"),
        ("tests.xml", "junit", "tests.xml"),
        ("gitlab-quality:q.json", "gitlab-quality", "q.json"),
        ("csv:rows.txt", "csv", "rows.txt"),
        ("json:odd:name", "json", "odd:name"),
        ("./csv:rows.json", "json", "csv:rows.json"),
    ],
)
def test_the_form_is_the_prefix_or_the_suffix(text, form, path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert parse_output(text) == Output(form, Path(path))


@pytest.mark.parametrize(("text", "form"), [("-", ""), ("csv:-", "csv")])
def test_a_dash_is_stdout(text, form):
    assert parse_output(text) == Output(form, None)


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("results.jsn", "did you mean .json"),
        ("results.xyz", "known: .csv"),
        ("results", "csv:results"),
        ("jsn:results", "did you mean json"),
        ("yaml:results", "known: table"),
    ],
)
def test_an_unknown_form_is_refused_with_the_nearest(text, help, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RequestError) as problem:
        parse_output(text)
    assert help in problem.value.help
    assert text in problem.value.message


def test_a_folder_is_no_output(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(RequestError, match="is a folder"):
        parse_output(str(tmp_path / "a.csv"))


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(RequestError, match="is a file"):
        parse_output(str(tmp_path / "a" / "b.csv"))


def test_a_folder_that_may_not_be_written_to(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(RequestError, match="may not be written"):
        parse_output(str(tmp_path / "new" / "b.csv"))


def test_check_makes_nothing(tmp_path):
    parse_output(str(tmp_path / "new" / "b.csv"))
    assert not list(tmp_path.iterdir())


def test_saving_makes_the_folder_and_replaces_the_file(tmp_path):
    path = tmp_path / "new" / "b.csv"
    for _ in range(2):
        save_report(CARD, str(path), Settings())
        assert path.read_text("utf-8").startswith("case,class,metric")
    assert os.listdir(path.parent) == ["b.csv"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "b.csv"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replace_file(path) as file:
        file.write(f"half{1 // 0}")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["b.csv"]


def test_a_full_disk_is_a_request_error(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outputs, "show_report", full)
    with pytest.raises(RequestError, match="No space left"):
        save_report(CARD, str(tmp_path / "a.csv"), Settings())
    assert not list(tmp_path.iterdir())


def test_a_link_stays_a_link(tmp_path):
    goal, link = tmp_path / "goal.csv", tmp_path / "link.csv"
    goal.write_text("old")
    link.symlink_to(goal)
    save_report(CARD, str(link), Settings())
    assert link.is_symlink()
    assert goal.read_text() != "old"


def test_what_is_no_file_keeps_its_name(tmp_path):
    save_report(CARD, "csv:/dev/null", Settings())
    assert not Path("/dev/null").is_file()
    assert Path("/dev/null").exists()


def test_a_file_has_the_usual_rights(tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("")
    save_report(CARD, str(tmp_path / "a.csv"), Settings())
    assert (tmp_path / "a.csv").stat().st_mode == plain.stat().st_mode


def test_stdout_has_the_form_of_the_settings(capsys):
    save_report(CARD, "-", replace(Settings(), format="json"))
    assert json.loads(capsys.readouterr().out)["schema"] == "segeval.results/2"


def test_the_form_none_is_nothing():
    file = io.StringIO()
    show_report(CARD, "none", file, Settings())
    assert file.getvalue() == ""


@pytest.mark.parametrize("form", TEXTS)
def test_every_form_ends_with_a_whole_line(form):
    file = io.StringIO()
    show_report(CARD, form, file, Settings())
    assert file.getvalue().endswith("\n")
    assert "\r" not in file.getvalue()


@pytest.mark.parametrize("form", TEXTS)
def test_every_form_writes_a_scorecard_without_cases(form):
    file = io.StringIO()
    show_report(card([], "dice"), form, file, Settings())
    names_metrics = ("table", "markdown", "json", "openmetrics", "badge", "html", "latex")
    if not form.startswith("instances"):  # their columns have names of their own
        assert ("dice" in file.getvalue()) == (form in names_metrics)


def test_every_suffix_has_a_report():
    assert set(SUFFIXES.values()) <= set(REPORTS)


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "jsonl", "markdown", "table"])
def test_no_form_pays_for_a_terminal_in_a_pipe(form):
    code = (
        "import sys; from importlib import import_module; from cards import card, cases;"
        "from segeval.reports.outputs import show_report;"
        "from segeval.request.settings import Settings;"
        f"show_report(card(cases('dice', a=dict(x=.5))), '{form}', open('/dev/null', 'w'),"
        "Settings());"
        "sys.exit('rich' in sys.modules)"
    )
    tests = Path(__file__).parents[1]
    path = os.pathsep.join([str(tests), str(tests.parent)])
    environment = {**os.environ, "PYTHONPATH": path} | {"FORCE_COLOR": ""}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0
