"""`segeval score`: the flow around scoring, with a scorecard that is made up."""

import json
from dataclasses import replace

import pytest

from segeval.pairing.cases import Pairing
from segeval.request.grammar import parse_metric
from segeval.runtime.errors import Note, NothingToScore, RequestError
from segeval.scorecard.card import CaseResult, Row, Scorecard
from segeval.scorecard.result_store import FinishedCase
from segeval.scorecard.summary import summarise_results


def result(name, dice, status="ok"):
    row = (
        Row(name, "liver", "dice", dice) if status == "ok" else Row(name, "", "", dice, "", status)
    )
    error = None if status == "ok" else {"message": "broken", "help": "mend"}
    return CaseResult(name, f"{name}.png", f"{name}.png", (row,), status, error, classes=("liver",))


@pytest.fixture
def scored(monkeypatch):
    """Make `score_paths` answer with these results; gives what it was asked."""
    from segeval.api import run

    asked = {}

    def prepare(*results, notes=(), fails=None):
        def score_paths(pred, truth, settings, watch=None, journal="", baseline=None):
            asked.update(pred=pred, truth=truth, settings=settings, journal=journal)
            watch.paired(Pairing((), "paired 2 of 2 cases by file stem"))
            watch.total = len(results)
            for done, one in enumerate(results, 1):
                watch.scored(FinishedCase.of(one), done, len(results))
            if fails is not None:
                raise fails
            summary = summarise_results(results, [parse_metric("dice")])
            return Scorecard(results, ("dice",), "dice|numbers:1", {}, summary, notes=notes)

        monkeypatch.setattr(run, "score_paths", score_paths)
        return asked

    return prepare


def test_the_result_is_on_stdout_and_the_rest_on_stderr(segeval, scored):
    scored(result("a", 0.9), result("b", 0.9), notes=(Note("W-x", "odd", "a"),))
    ran = segeval("score", "pred", "gt", "--format", "csv", "--gate", "dice=0.85")
    assert ran.status == 0
    assert ran.out.splitlines()[0] == "case,class,metric,value,unit,status,reason,group"
    assert ran.err.splitlines() == [
        "paired 2 of 2 cases by file stem",
        "warning: a: odd [W-x]",
        "PASS liver/dice 0.9 >= 0.85 (n=2)",
        "gates: 0 of 1 missed",
    ]


def test_a_missed_gate_is_1_and_is_said_with_enough_digits(segeval, scored):
    scored(result("a", 0.84999999))
    ran = segeval("score", "pred", "gt", "--format", "none", "--gate", "dice=0.85")
    assert (ran.status, ran.out) == (1, "")
    assert "FAIL liver/dice 0.84999999 < 0.85 (n=1)" in ran.err
    exit_zero = segeval("score", "p", "g", "--format", "none", "--gate", "dice=0.85", "--exit-zero")
    assert exit_zero.status == 0
    assert "FAIL" in exit_zero.err


def test_quiet_keeps_verdicts_and_errors(segeval, scored):
    scored(result("a", 0.9), result("b", 0.0, "unreadable"), notes=(Note("W-x", "odd"),))
    ran = segeval("score", "pred", "gt", "-q", "--format", "none", "--gate", "dice=0.8")
    assert ran.status == 3
    assert ran.err.splitlines() == [
        "error: b: broken",
        "  help: mend",
        "PASS liver/dice 0.9 >= 0.8 (n=1)",
        "gates: 0 of 1 missed, 1 case not scored in full",
    ]


def test_a_warning_can_be_an_error(segeval, scored):  # E5
    scored(result("a", 0.9), notes=(Note("W-same-file", "odd"),))
    ran = segeval("score", "p", "g", "--format", "none", "--error", "W-same-file")
    assert ran.status == 3
    ran = segeval("score", "p", "g", "--format", "none", "--error", "W-sam-file")
    assert ran.status == 2
    assert "did you mean W-same-file" in ran.err


def test_a_bug_in_a_case_is_5_and_its_traceback_is_in_the_log(segeval, scored, here):
    bug = replace(result("b", 0.0, "internal_error"), trace="Traceback\n  line 3")
    scored(result("a", 0.9), bug, result("c", 0.0, "unreadable"))
    ran = segeval("score", "p", "g", "--format", "none", "--log-file", "log.txt")
    assert ran.status == 5
    assert "line 3" not in ran.err
    assert "line 3" in (here / "log.txt").read_text()


def test_files_are_written_and_the_json_has_the_verdicts(segeval, scored, here):
    asked = scored(result("a", 0.9))
    ran = segeval(
        *("score", "p", "g", "-o", "out/r.json", "-o", "r.csv", "--format", "none"),
        *("--gate", "liver/dice=0.95"),
    )
    assert ran.status == 1
    content = json.loads((here / "out" / "r.json").read_text())
    assert [gate["passed"] for gate in content["gates"]] == [False]
    assert (here / "r.csv").exists()
    assert asked["journal"] == "out/r.json"


def test_what_is_kept_for_resume_is_removed_when_the_output_is_written(segeval, scored, here):
    scored(result("a", 0.9))
    partial = here / "r.json.partial.jsonl"
    partial.write_text("{}")
    segeval("score", "p", "g", "-o", "r.json", "--format", "none")
    assert not partial.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "PRED and GT are needed"),
        (["p"], "PRED and GT are needed"),
        (["p", "g", "--pairs", "x.csv"], "--pairs names the files"),
        (["p", "g", "--resume"], "--resume takes cases"),
        (["p", "g", "-o", "x.unknown"], "x.unknown"),
        (["p", "g", "-o", "file/x.csv"], "cannot be written"),
        (["p", "g", "--jobs", "two"], "--jobs"),
        (["p", "g", "--gate", "dice"], "--gate"),
        (["p", "g", "-c", "nowhere.toml"], "nowhere.toml"),
        (["p", "g", "x"], "unexpected extra argument"),
    ],
)
def test_a_wrong_request_is_2_and_nothing_is_scored(segeval, scored, here, arguments, said):
    (here / "file").write_text("")
    asked = scored(result("a", 0.9))
    ran = segeval("score", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
    assert not asked


@pytest.mark.parametrize(
    ("problem", "status"), [(RequestError("no"), 2), (NothingToScore("no"), 4)]
)
def test_what_the_scoring_refuses(segeval, scored, problem, status):
    scored(fails=problem)
    assert segeval("score", "p", "g").status == status


def test_an_interrupted_run_says_how_far_it_is_and_how_to_go_on(segeval, scored):
    scored(result("a", 0.9), result("b", 0.9), fails=KeyboardInterrupt())
    ran = segeval("score", "p", "g", "-o", "r.json")
    assert (ran.status, ran.out) == (130, "")
    assert ran.err.splitlines()[-1] == ("interrupted: 2 of 2 cases are done; add --resume to go on")


def test_an_uncaught_problem_is_5_with_a_traceback_only_under_vv(segeval, scored):
    scored(fails=ZeroDivisionError("x"))
    ran = segeval("score", "p", "g")
    assert ran.status == 5
    assert "Traceback" not in ran.err
    assert "Traceback" in segeval("score", "p", "g", "-vv").err


def test_settings_come_from_all_doors(segeval, scored, here, monkeypatch):
    asked = scored(result("a", 0.9))
    (here / "segeval.toml").write_text('preset = "semantic"\njobs = 3\n')
    monkeypatch.setenv("SEGEVAL_THRESHOLD", "0.25")
    segeval(
        "score", "p", "g", "-m", "dice,hd95", "-m", "iou", "--format", "none", "--no-background"
    )
    settings = asked["settings"]
    assert [str(metric) for metric in settings.metrics] == ["dice", "hd95", "iou"]
    assert (settings.ignore_label, settings.jobs, settings.threshold) == ((255,), 3, 0.25)
    assert settings.background is False


def test_the_log_has_the_settings_and_the_cases(segeval, scored, here):
    scored(result("a", 0.9))
    ran = segeval("score", "p", "g", "--format", "none", "-j", "2", "--log-file", "log.txt")
    text = (here / "log.txt").read_text()
    assert "jobs = 2, --jobs\n" in text
    assert "a: ok, 1 rows\n" in text
    assert text.splitlines()[-1].endswith(f"exit status {ran.status}")
    assert ran.err == "paired 2 of 2 cases by file stem\n"


def test_a_table_of_cases_needs_no_paths(segeval, scored, here):
    asked = scored(result("a", 0.9))
    assert segeval("score", "--pairs", "x.csv", "--format", "none").status == 0
    assert asked["settings"].pairs == "x.csv"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('metrics = ["dise"]\n', "segeval.toml:1: unknown metric 'dise'"),
        ("[gates]\ndise = 0.8\n", "segeval.toml:1: unknown metric 'dise'"),
        ('digits = 1\nerror = ["W-foo"]\n', "segeval.toml:2: there is no warning 'W-foo'"),
    ],
)
def test_f3_a_wrong_word_in_a_file_is_answered_with_its_line(segeval, here, text, said):
    (here / "segeval.toml").write_text(text)
    ran = segeval("score", "p", "g")
    assert ran.status == 2
    assert said in ran.err


def test_e3_a_misspelt_metric_is_answered_with_its_option(segeval, here):
    ran = segeval("score", "p", "g", "-m", "dise")
    assert ran.err.startswith("error: --metric: unknown metric 'dise'\n  help: did you mean dice,")
