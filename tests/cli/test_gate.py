"""`segeval gate` and the exit status of the whole, through the real door."""

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import replace

import build
import numpy as np
import pytest
from cards import NAN, card, case, not_scored, row, unscored

from segeval.scorecard.card import CaseResult
from segeval.scorecard.results import load_results, result_lines

R = np.random.default_rng(0)
BASE = R.uniform(0.7, 0.95, 20)


def results(path, values, missing="error", more=(), **parts):
    """A result file of {class: values}; more cases may follow."""
    cases = [
        case(f"c{i}", {name: {"dice": float(v[i])} for name, v in values.items()})
        for i in range(len(BASE))
    ]
    fields = {"metrics": {"dice": "dice"}, "missing": missing, "numbers": 1, **parts}
    path.write_text("".join(result_lines(replace(card([*cases, *more]), fields=fields))))
    return path.name


def picture(path, radius):
    """A round label in a picture."""
    path.parent.mkdir(exist_ok=True)
    build.png(path, build.ball(radius=radius)[5])


@pytest.fixture
def files(here):
    """base.json, same.json, worse.json in the working directory."""
    results(here / "base.json", {"liver": BASE, "spleen": BASE})
    results(here / "same.json", {"liver": BASE, "spleen": BASE})
    results(here / "worse.json", {"liver": BASE - 0.05, "spleen": BASE})
    return here


def test_rules_on_a_result_file(segeval, files):
    mean = BASE.mean()
    done = segeval("gate", "base.json", "--gate", "l*/dice=0.8", "--gate", "overall/dice.worst=0.9")
    first, second, last = done.out.splitlines()
    assert first == f"PASS liver/dice {mean:.3g} >= 0.8 (n=20)"
    assert second.startswith("FAIL overall/dice.worst 0.7")
    assert last == "gates: 1 of 2 missed"
    assert (done.status, done.err) == (1, "")


def test_rules_of_a_settings_file_and_of_a_class(segeval, files):
    (files / "segeval.toml").write_text(
        '[gates]\n"liver/dice" = 0.5\n[baseline]\nfile = "base.json"\ntolerance = { dice = 0.06 }\n'
    )
    done = segeval("gate", "worse.json")
    assert [line.split()[:2] for line in done.out.splitlines()] == [
        ["PASS", "liver/dice"], ["PASS", "liver/dice"], ["PASS", "spleen/dice"],
        ["gates:", "0"],
    ]  # fmt: skip
    assert done.status == 0
    (files / "segeval.toml").write_text('[baseline]\nfille = "base.json"\n')
    done = segeval("gate", "worse.json")
    assert (done.status, "segeval.toml:2" in done.err, "did you mean file" in done.err) == (
        2,
        True,
        True,
    )


def test_a_baseline_in_pyproject(segeval, files):
    (files / "pyproject.toml").write_text('[tool.segeval.baseline]\nfile = "base.json"\n')
    assert segeval("gate", "worse.json").status == 1


@pytest.mark.parametrize("policy", ["any", "regression", "noninferior"])
def test_an_unchanged_model_passes(segeval, files, policy):
    done = segeval("gate", "same.json", "--baseline", "base.json", "--policy", policy)
    assert (done.status, done.out.count("PASS")) == (0, 2)
    assert f"0 [0, 0], tolerance 0, {policy} (n=20)" in done.out


def test_a_worse_one_fails_and_exit_zero_reports_it(segeval, files):
    done = segeval("gate", "worse.json", "--baseline", "base.json")
    assert done.status == 1
    assert done.out.startswith("FAIL liver/dice")
    assert segeval("gate", "worse.json", "--baseline", "base.json", "--exit-zero").status == 0


def test_a_bound_needs_no_other_option(segeval, files):
    done = segeval("gate", "base.json", "--gate", "liver/dice.bound=0.5", "--format", "json")
    (verdict,) = json.loads(done.out)["gates"]
    assert BASE.mean() - 0.06 < verdict["value"] < BASE.mean()


def test_verdicts_in_every_form(segeval, files):
    base = ("gate", "worse.json", "--baseline", "base.json", "--format")
    rows = list(csv.DictReader(io.StringIO(segeval(*base, "csv").out)))
    assert [(r["class"], r["passed"], r["policy"]) for r in rows] == [
        ("liver", "no", "regression"), ("spleen", "yes", "regression"),
    ]  # fmt: skip
    assert float(rows[0]["difference"]) == pytest.approx(-0.05)
    content = json.loads(segeval(*base, "json").out)
    assert (content["passed"], content["gates"][0]["against"]["adjust"]) == (False, "max")
    assert (
        segeval(*base, "markdown").out.splitlines()[2].startswith("| FAIL | baseline | liver/dice")
    )
    assert segeval(*base, "none").out == ""
    assert segeval(*base, "tsv").status == 2


def test_files_hold_the_verdicts(segeval, files):
    segeval("gate", "worse.json", "--baseline", "base.json", "-o", "judged.json")
    judged = load_results(files / "judged.json")
    assert [v["passed"] for v in judged.gates] == [False, True]
    assert judged.cases == load_results(files / "worse.json").cases


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "nothing to judge by"),
        (["--baseline", "none.json"], "cannot be read"),
        (["--gate", "dise=0.8"], "did you mean"),
        (["--gate", "dice=0.8", "--ci", "95"], "not in (0, 1)"),
        (["--baseline", "other.json"], "threshold: none, 0.6"),
        (["--baseline", "base.json", "--policy", "some"], "is none of"),
    ],
)
def test_requests_that_make_no_sense(segeval, files, arguments, said):
    results(files / "other.json", {"liver": BASE}, threshold=0.6)
    done = segeval("gate", "base.json", *arguments)
    assert (done.status, said in done.err, done.out) == (2, True, "")


def test_a_missing_case_is_no_pass(segeval, files):
    results(
        files / "more.json",
        {"liver": BASE, "spleen": BASE},
        more=[case("x", {"liver": {"dice": 1.0}})],
    )
    done = segeval("gate", "base.json", "--baseline", "more.json")
    assert (done.status, done.out.count("PASS")) == (3, 2)
    assert "error: 1 case not in this run: x" in done.err
    assert (
        segeval("gate", "base.json", "--baseline", "more.json", "--allow-different-cases").status
        == 0
    )


def test_a_case_that_was_not_scored_is_3_unless_the_run_accepted_it(segeval, files):
    for missing, status in (("error", 3), ("skip", 0)):
        results(files / "r.json", {"liver": BASE}, missing, [unscored("lost")])
        assert segeval("gate", "r.json", "--gate", "dice=0.5").status == status
    results(files / "r.json", {"liver": BASE}, more=[unscored("lost", "internal_error")])
    assert segeval("gate", "r.json", "--gate", "dice=0.99").status == 5


def test_pooled_is_made_of_the_tallies(segeval, here):
    picture(here / "p" / "a.png", 3)
    picture(here / "g" / "a.png", 4)
    picture(here / "p" / "b.png", 2)
    picture(here / "g" / "b.png", 4)
    segeval("score", "p", "g", "-m", "dice", "-o", "r.json", "--format", "none")
    scored = load_results(here / "r.json")
    wanted = {c: made["dice"].pooled for c, made in scored.summary[""].items()}
    (here / "r.json").write_text("".join(result_lines(replace(scored, summary={"": {}}))))
    name = next(iter(wanted))
    done = segeval("gate", "r.json", "--gate", f"{name}/dice.pooled=0.1", "--format", "json")
    assert json.loads(done.out)["gates"][0]["value"] == wanted[name]


def test_a_missed_organ_fails_unless_the_undefined_was_asked_for(segeval, here):
    lost = CaseResult("c0", "p", "g", (row("c0", "liver", "precision", NAN, "", "pred_empty"),))
    made = card([lost, case("c1", {"liver": {"precision": 0.9}})])
    (here / "r.json").write_text(
        "".join(result_lines(replace(made, fields={"metrics": {}, "numbers": 1})))
    )
    assert segeval("gate", "r.json", "--gate", "precision=0.5").status == 1
    done = segeval("gate", "r.json", "--gate", "precision=0.5", "--undefined", "exclude")
    assert done.status == 0


def test_an_infinite_value_fails_a_mean(segeval, here):
    made = card([case("a", {"liver": {"ce": float("inf")}}), case("b", {"liver": {"ce": 0.1}})])
    (here / "r.json").write_text(
        "".join(result_lines(replace(made, fields={"metrics": {}, "numbers": 1})))
    )
    done = segeval("gate", "r.json", "--gate", "ce=0.5")
    assert (done.status, done.out) == (
        1,
        "FAIL liver/ce: infinite in 1 case; worst inf in a\ngates: 1 of 1 missed\n",
    )


def test_score_judges_by_a_baseline_and_refuses_it_before_it_scores(segeval, here):
    for name in "ab":
        picture(here / "p" / f"{name}.png", 3)
        picture(here / "g" / f"{name}.png", 4)
    common = ("score", "p", "g", "-m", "dice", "--format", "none")
    assert segeval(*common, "-o", "base.json").status == 0
    done = segeval(*common, "--baseline", "base.json")
    assert (done.status, "PASS" in done.err, "W-few-cases" in done.err) == (0, True, True)
    picture(here / "p" / "b.png", 1)
    assert segeval(*common, "--baseline", "base.json", "--policy", "any").status == 1
    done = segeval(*common, "--baseline", "base.json", "--threshold", "0.6", "-o", "new.json")
    assert (done.status, "threshold: 0.6, 0.5" in done.err) == (2, True)
    assert not (here / "new.json").exists()


def test_intervals_stand_beside_the_means(segeval, here):
    for k, name in enumerate("abcd"):
        picture(here / "p" / f"{name}.png", 1 + k)
        picture(here / "g" / f"{name}.png", 4)
    done = segeval("score", "p", "g", "-m", "dice", "--ci", "0.9", "-o", "r.json")
    assert "mean +/- sd [90 % interval] over the cases" in done.out
    made = load_results(here / "r.json")
    for of_metric in made.summary[""].values():
        low, high = of_metric["dice"].interval
        assert low < of_metric["dice"].mean < high
        assert f"[{low:.3f}, {high:.3f}]" in done.out
    assert "|ci:0.9|seed:0|" in made.signature
    segeval("score", "p", "g", "-m", "dice", "--ci", "0.9", "--seed", "4", "-o", "s.json")
    assert "|ci:0.9|seed:4|" in load_results(here / "s.json").signature
    assert load_results(here / "s.json").cases == made.cases


CRASH = """
from dataclasses import replace
from segeval.metrics.registry import KNOWN, find_metric
def broken(*_, **__):
    raise ZeroDivisionError("a bug")
KNOWN["dice"] = replace(find_metric("dice"), compute=broken)
from segeval.__main__ import run
run()
"""


def command(here, *arguments, code=""):
    """The real command, in a process of its own."""
    start = ["-c", code] if code else ["-m", "segeval"]
    call = [sys.executable, *start, *arguments]
    return subprocess.run(call, cwd=here, capture_output=True, text=True)


def test_the_table_of_exit_statuses(here):
    for name in "ab":
        picture(here / "p" / f"{name}.png", 3)
        picture(here / "g" / f"{name}.png", 4)
    picture(here / "half" / "a.png", 3)
    (here / "empty").mkdir()
    score = ("score", "p", "g", "-m", "dice")
    assert command(here, *score, "--gate", "dice=0.1", "-o", "r.json").returncode == 0
    table = {
        ("gate", "r.json", "--gate", "dice=0.1"): 0,
        ("gate", "r.json", "--baseline", "r.json"): 0,
        (*score, "--gate", "dice=0.99"): 1,
        ("gate", "r.json", "--gate", "dice=0.99"): 1,
        ("gate", "r.json", "--gate", "kidney/dice=0.1"): 1,
        ("gate", "r.json", "--gate", "dice"): 2,
        ("gate", "none.json", "--gate", "dice=0.99"): 2,
        ("gate", "--gate", "dice=0.99"): 2,
        ("compare", "r.json"): 2,
        ("score", "half", "g", "--gate", "dice=0.99"): 3,
        ("score", "empty", "g", "--gate", "dice=0.99"): 4,
        ("score", "empty", "empty", "--gate", "dice=0.99"): 4,
    }
    found = {call: command(here, *call).returncode for call in table}
    assert found == table
    crashed = command(here, *score, "--gate", "dice=0.1", code=CRASH)
    assert (crashed.returncode, "ZeroDivisionError" in crashed.stderr) == (5, True)


def test_rules_of_the_file_and_of_the_option_add_up_account_a35(segeval, files):
    (files / "segeval.toml").write_text(
        '[gates]\n"liver/dice" = 0.99\n[classes.spleen]\ngates = { dice = 0.98 }\n'
    )
    more = segeval("gate", "base.json", "--gate", "liver/dice=0.1")
    assert (more.status, more.out.splitlines()[-1]) == (1, "gates: 2 of 3 missed")
    again = segeval("gate", "base.json", "--gate", "liver/dice=0.99")  # the same rule is one rule
    assert again.out.splitlines()[-1] == "gates: 2 of 2 missed"
    only = segeval("gate", "base.json", "--gate", "liver/dice=0.1", "--only-gates")
    last = "gates: 0 of 1 missed; 2 of segeval.toml left out by --only-gates"
    assert (only.status, only.out.splitlines()[-1]) == (0, last)
    assert segeval("gate", "base.json", "--only-gates").status == 2


def test_a_stricter_bar_beside_a_weaker_one_is_judged_too_account_a35(segeval, files):
    done = segeval("gate", "base.json", "--gate", "dice=0.1", "--gate", "dice=0.99")
    assert (done.status, done.out.splitlines()[-1]) == (1, "gates: 2 of 4 missed")


def test_passes_are_shown_of_few_rules_and_with_v_cli_u5(segeval, files):
    many = [word for bar in range(1, 4) for word in ("--gate", f"dice=0.{bar}")]
    done = segeval("gate", "base.json", *many, "--gate", "dice.worst=0.99")
    lines = done.out.splitlines()
    assert [line.split()[0] for line in lines] == ["FAIL", "FAIL", "gates:"]
    assert lines[-1] == "gates: 2 of 8 missed"
    shown = segeval("gate", "base.json", *many, "-v").out
    assert (shown.count("PASS"), shown.splitlines()[-1]) == (6, "gates: 0 of 6 missed")


def test_the_baseline_is_never_written_over_by_its_own_run_account_a36(segeval, files):
    before = (files / "base.json").read_bytes()
    os.link(files / "base.json", files / "same_file.json")
    for output in ("base.json", "json:./base.json", "same_file.json"):
        done = segeval("gate", "worse.json", "--baseline", "base.json", "-o", output)
        assert (done.status, "would replace the baseline" in done.err) == (2, True)
    assert (files / "base.json").read_bytes() == before


def test_another_ground_truth_is_3_and_nothing_hides_it_account_a36(segeval, files):
    content = json.loads((files / "same.json").read_text())
    content["cases"][3]["gt_voxels"]["liver"] += 1
    (files / "same.json").write_text(json.dumps(content))
    arguments = "gate", "same.json", "--baseline", "base.json"
    done = segeval(*arguments, "--ignore", "W-unknown-truth", "-q")
    assert (done.status, "PASS" in done.out, "error: other_truth: 1 case" in done.err) == (
        3,
        False,
        True,
    )
    assert segeval(*arguments, "--allow-different-truth").status == 0


def test_what_no_gate_has_judged_is_3_account_a34(segeval, files):
    content = json.loads((files / "base.json").read_text())
    aside = {"kind": "file", "side": "gt", "reason": "of no case", "names": ["x.nii"], "number": 1}
    content["inputs"] = {"left_aside": [aside | {"weight": "unknown"}]}
    (files / "r.json").write_text(json.dumps(content))
    done = segeval("gate", "r.json", "--gate", "dice=0.1", "-o", "badge:b.json", "-o", "r.md")
    assert done.status == 3
    assert "error: no gate has judged 1 file of the ground truth of no case (x.nii)" in done.err
    assert done.out.splitlines()[-1] == "gates: 0 of 2 missed, not all was judged"
    assert json.loads((files / "b.json").read_text())["color"] == "orange"
    assert "**ERROR** no gate has judged" in (files / "r.md").read_text()
    content["inputs"] = {"left_aside": [aside | {"weight": "known"}]}
    (files / "r.json").write_text(json.dumps(content))
    assert segeval("gate", "r.json", "--gate", "dice=0.1").status == 0


def test_every_form_that_people_read_holds_the_verdicts_cli_u5(segeval, files):
    written = ("r.md", "table:r.txt", "r.jsonl")
    segeval("gate", "base.json", "--gate", "dice=0.99", *(w for o in written for w in ("-o", o)))
    assert "- **FAIL** liver/dice" in (files / "r.md").read_text()
    assert "gates: 2 of 2 missed" in (files / "r.md").read_text()
    assert "FAIL liver/dice" in (files / "r.txt").read_text()
    last = json.loads((files / "r.jsonl").read_text().splitlines()[-1])
    assert [verdict["passed"] for verdict in last["gates"]] == [False, False]


@pytest.mark.parametrize(("missing", "status"), [("error", 3), ("skip", 0)])
def test_a_name_that_was_not_found_is_3_unless_that_is_accepted_account_a30(
    segeval, files, missing, status
):
    fault = {"status": "name_not_found", "message": "the prediction has no 'Heart'", "help": "map"}
    lost = replace(
        case("x", {"liver": {"dice": 0.9}}),
        rows=(
            *case("x", {"liver": {"dice": 0.9}}).rows,
            not_scored("x", "Heart", "name_not_found"),
        ),
        facts={"faults": {"Heart": fault}},
    )
    results(files / "r.json", {"liver": BASE}, missing, [lost])
    done = segeval("gate", "r.json", "--gate", "liver/dice=0.5")
    assert (done.status, "the prediction has no 'Heart'" in done.err) == (status, status == 3)


def test_a_selection_may_pass_and_the_closing_line_says_so_account_a34(segeval, here):
    truth = np.zeros((20, 20), np.uint8)
    for label in range(1, 6):
        truth[label * 3 : label * 3 + 2, 4:12] = label
    for side, moved in (("p", 1), ("g", 0)):
        (here / side).mkdir()
        for name in ("anna", "bert"):
            np.save(here / side / f"{name}.npy", np.roll(truth, moved, 1))
    gate = "--gate", "dice=0.1", "--format", "none"
    done = segeval("score", "p", "g", "-m", "dice", "--classes", "1,2", *gate)
    assert (done.status, done.err.splitlines()[-1]) == (
        0,
        "gates: 0 of 2 missed, 2 of 5 classes, by --classes",
    )
    done = segeval("score", "p", "g", "-m", "dice", *gate)
    assert done.err.splitlines()[-1] == "gates: 0 of 5 missed"


def test_a_summary_of_nnunet_is_a_baseline_and_warned_of_cli_u10(segeval, files):
    measured = {"Dice": 0.9, "IoU": 0.8, "TP": 80, "FN": 20, "FP": 0}
    cases = [
        {"prediction_file": f"p/c{k}.nii.gz", "metrics": {"liver": measured}} for k in range(20)
    ]
    (files / "summary.json").write_text(json.dumps({"metric_per_case": cases}))
    done = segeval("gate", "base.json", "--baseline", "summary.json", "--policy", "any")
    assert (done.status, "W-foreign-settings" in done.err) == (1, True)
    assert "FAIL liver/dice" in done.out
    done = segeval("compare", "base.json", "summary.json")
    assert (done.status, "W-foreign-settings" in done.err) == (0, True)


@pytest.mark.parametrize("form", ["csv", "json", "markdown", "none"])
def test_the_closing_line_stands_beside_every_form_cli_u5(segeval, files, form):
    done = segeval("gate", "base.json", "--gate", "dice=0.99", "--format", form)
    assert done.err.splitlines()[-1] == "gates: 2 of 2 missed"
    assert "gates:" not in done.out


def test_a_shard_with_gates_says_who_judges(segeval, here):
    for name in "ab":
        picture(here / "p" / f"{name}.png", 3)
        picture(here / "g" / f"{name}.png", 4)
    ran = segeval("score", "p", "g", "-m", "dice", "--shard", "1/1", "--gate", "dice=0.99")
    assert (ran.status, "segeval merge judges" in ran.err) == (0, True)
    assert "segeval merge" not in segeval("score", "p", "g", "-m", "dice", "--shard", "1/1").err
