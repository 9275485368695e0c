"""The JSON form: strict, valid by the schema that ships, and read back as it was written."""

import json
import math
from dataclasses import replace
from importlib.resources import files

import pytest
from cards import NAN, card, cases, row, unscored
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from whole_card import everything, written

from segeval.gates.verdict import BaselineComparison, Verdict
from segeval.reports.outputs import save_report
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.scorecard.card import CaseResult, Row
from segeval.scorecard.case_json import case_from_json, case_to_json
from segeval.scorecard.results import (
    SCHEMA,
    card_from_json,
    load_results,
    result_lines,
)

VALIDATOR = Draft202012Validator(
    json.loads(files("segeval").joinpath("data/results.schema.json").read_text("utf-8"))
)


def test_what_is_written_is_valid():
    VALIDATOR.validate(written(everything()))


def test_a_scorecard_reads_back_as_itself():
    made = everything()
    assert card_from_json(written(made)) == made


def test_a_case_stands_on_one_line():
    text = "".join(result_lines(everything())).splitlines()
    own = [line for line in text if line.startswith('{"case": ')]
    assert len(own) == 2
    assert json.loads(own[0].rstrip(","))["case"] == "CT_001"


def test_a_plain_value_is_a_number_and_any_other_an_object():
    kept = case_to_json(everything().cases[0])
    assert kept["units"] == {"volume_difference": "ml"}
    assert kept["values"] == {
        "liver": {"dice": 0.30000000000000004, "volume_difference": -2.5},
        "spleen": {
            "dice": {"value": 0.0, "status": "ok", "reason": "pred_empty"},
            "volume_difference": {
                "value": None,
                "status": "undefined",
                "reason": "no_spacing",
                "unit": "",
            },
        },
        "all": {"ce": {"value": None, "status": "undefined", "reason": "infinite"}},
        "tumour": {"status": "not_annotated", "reason": ""},
    }


def test_what_is_empty_is_left_out():
    assert case_to_json(CaseResult("a", "p", "t")) == {
        "case": "a",
        "pred": "p",
        "gt": "t",
        "status": "ok",
    }


def test_a_null_statistic_says_why():
    made = card(cases("gt_volume", "ml", a={"liver": 5.0}))
    kept = written(made)["summary"][""]["liver"]["gt_volume"]
    assert kept["mean"] == 5.0
    assert (kept["sd"], kept["worst"]) == (None, None)
    assert kept["reasons"] == {
        "sd": "one_value",
        "worst": "no_better_side",
        "best": "no_better_side",
        "pooled": "not_pooled",
    }


def test_an_infinite_statistic_comes_back():
    made = card(cases("false_positive_volume", "ml", a={"x": math.inf}, b={"x": 1.0}))
    assert card_from_json(written(made)).summary[""]["x"]["false_positive_volume"].worst == math.inf


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_an_infinite_value_keeps_its_sign(value):
    (made,) = cases("dice", a={"x": value})
    assert case_from_json(json.loads(json.dumps(case_to_json(made), allow_nan=False))) == made


def test_a_verdict_of_this_run_is_written_by_its_fields():
    missed = Verdict("dice=0.9", "liver", "dice", "mean", math.nan, 0.9, "higher", 0, False)
    against = BaselineComparison("any", 0.9, -0.1, math.nan, math.nan, 0.95, "none", 0.01)
    worse = replace(missed, gate="baseline", value=0.8, against=against)
    made = replace(everything(), gates=(missed, worse))
    rule, baseline = written(made)["gates"]
    assert (rule["class"], rule["value"], rule["passed"]) == ("liver", None, False)
    assert "against" not in rule
    assert baseline["against"] == {
        "policy": "any", "baseline": 0.9, "difference": -0.1, "low": None, "high": None,
        "level": 0.95, "adjust": "none", "tolerance": 0.01,
    }  # fmt: skip
    VALIDATOR.validate(written(made))
    assert written(card_from_json(written(made)))["gates"] == [rule, baseline]


def test_no_trace_of_a_bug_reaches_a_file():
    made = card([replace(unscored("a", "internal_error"), trace="Traceback at /home/x")])
    assert "Traceback" not in "".join(result_lines(made))


def test_names_that_are_no_valid_text_survive():
    made = card(cases("dice", **{"K\udcfcnzel": {"Hüfte": 0.5}}))
    text = "".join(result_lines(made)).encode("ascii")
    assert card_from_json(json.loads(text)) == made


@pytest.mark.parametrize("content", [[], {}, {"schema": "segeval.results/3"}, "text", None])
def test_another_file_is_refused(content):
    with pytest.raises(RequestError, match="not a result file"):
        card_from_json(content)


@pytest.mark.parametrize("key", ["cases", "summary", "signature", "metrics", "notes"])
def test_a_damaged_file_is_refused(key):
    content = written(everything())
    del content[key]
    with pytest.raises(RequestError, match="damaged"):
        card_from_json(content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda c: c.update(date="today"),
        lambda c: c.update(schema="segeval.results/1"),
        lambda c: c.pop("signature"),
        lambda c: c["tool"].update(host="here"),
        lambda c: c["cases"][0].update(seconds=1.5),
        lambda c: c["cases"][0].pop("status"),
        lambda c: c["cases"][0]["values"]["liver"].update(dice="0.9"),
        lambda c: c["cases"][0]["values"]["liver"].update(dice=None),
        lambda c: c["cases"][0]["values"]["all"]["ce"].update(reason=""),
        lambda c: c["cases"][0]["values"]["tumour"].update(value=0.5),
        lambda c: c["cases"][1]["error"].update(trace="…"),
        lambda c: c["summary"].pop(""),
        lambda c: c["summary"][""]["liver"]["dice"].pop("n_missing"),
        lambda c: c["summary"][""]["liver"]["dice"].update(n=1.5),
        lambda c: c["notes"].append({"code": "no code", "text": "", "where": ""}),
        lambda c: c["gates"].append({"gate": "dice=0.9"}),
    ],
)
def test_the_schema_refuses(damage):
    content = written(everything())
    damage(content)
    assert list(VALIDATOR.iter_errors(content))


def test_the_schema_is_one():
    Draft202012Validator.check_schema(VALIDATOR.schema)
    assert VALIDATOR.schema["$id"] == SCHEMA


# Properties

names = st.text(min_size=1, max_size=6)
words = st.sampled_from(["", "ml", "mm", "%"])
reasons = st.sampled_from(["both_empty", "pred_empty", "no_tolerance"])
metric_names = st.sampled_from(["dice", "iou", "volume_difference", "fbeta@2", "gt_volume"])
numbers = st.one_of(st.floats(-1e9, 1e9), st.sampled_from([math.inf, -math.inf, NAN, -0.0, 5e-324]))


@st.composite
def results(draw):
    name, group = draw(names), draw(st.sampled_from(["", "east"]))
    rows = []
    for class_ in draw(st.lists(names, unique=True, max_size=3)):
        if draw(st.booleans()) and draw(st.booleans()):
            rows.append(Row(name, class_, "", NAN, "", "not_annotated", "", group))
            continue
        for metric in draw(st.lists(metric_names, unique=True, min_size=1, max_size=3)):
            value, unit = draw(numbers), draw(words)
            rows.append(row(name, class_, metric, value, unit, draw(reasons), group))
    return CaseResult(name, draw(names), draw(names), tuple(rows), group=group)


@settings(max_examples=60, deadline=None)
@given(st.lists(results(), max_size=4, unique_by=lambda r: r.case))
def test_any_scorecard_reads_back_as_itself(made):
    whole = card(made, "dice", "iou", "volume_difference", "fbeta@2", "gt_volume")
    content = written(whole)
    VALIDATOR.validate(content)
    assert card_from_json(content) == whole


def test_a_file_that_another_tool_wrote_again_reads_alike(tmp_path):
    written_here, again = tmp_path / "a.json", tmp_path / "b.json"
    written_here.write_text("".join(result_lines(everything())))
    again.write_text(json.dumps(json.loads(written_here.read_text()), indent=2))
    ours, theirs = load_results(written_here), load_results(again)
    assert written(ours) == written(theirs) == written(everything())
    assert "".join(result_lines(theirs)) == written_here.read_text()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.99])
def test_a_file_that_is_cut_is_refused(tmp_path, share):
    path = tmp_path / "a.json"
    text = "".join(result_lines(everything()))
    path.write_text(text[: int(share * len(text))])
    with pytest.raises(RequestError, match="no JSON") as problem:
        load_results(path)
    assert problem.value.where == str(path)


def test_a_case_that_lacks_something_is_refused(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("".join(result_lines(everything())).replace('"status": "ok", ', "", 1))
    with pytest.raises(RequestError, match="damaged result file"):
        load_results(path)


def test_overall_of_a_file_of_the_version_before_is_made_anew_account_a26():
    made = card(cases("dice", a={"x": 0.9, "y": 0.3}, b={"x": 0.5, "y": 0.5}))
    content = written(made) | {"schema": "segeval.results/1"}
    del content["leads"], content["id"]
    content["summary"][""]["overall"]["dice"] |= {"sd": 9.0, "worst": 0.4, "pooled": 0.25}
    read = card_from_json(content).summary[""]
    assert read["x"] == made.summary[""]["x"]
    overall = read["overall"]["dice"]
    assert (overall.worst, overall.worst_case, overall.pooled) == (0.5, "b", 0.25)
    assert overall.sd == made.summary[""]["overall"]["dice"].sd


def test_the_id_follows_the_signature():
    made = everything()
    other = replace(made, signature=made.signature + "|undefined:worst")
    assert written(made)["id"] != written(other)["id"]


@pytest.mark.parametrize("indent", [None, 1])
def test_a_case_that_stands_twice_is_damage(tmp_path, indent):
    text = "".join(result_lines(card(cases("dice", a={"x": 0.5}, b={"x": 0.7}))))
    lines = text.splitlines(keepends=True)
    (place,) = (k for k, line in enumerate(lines) if '"case": "a"' in line)
    path = tmp_path / "r.json"
    twice = "".join([*lines[: place + 1], lines[place], *lines[place + 1 :]])
    path.write_text(twice if indent is None else json.dumps(json.loads(twice), indent=indent))
    with pytest.raises(RequestError, match="a is there twice"):
        load_results(path)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "tsv", "parquet"])
def test_what_is_written_for_other_programs_is_no_result_file_and_says_so(tmp_path, suffix):
    """The parser's own words said that a byte was no UTF-8, or that a line followed."""
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"r.{suffix}"
    save_report(card(cases("dice", a={"liver": 0.9})), str(path), Settings())
    with pytest.raises(RequestError, match="holds the numbers of a run and not") as problem:
        load_results(path)
    assert "-o results.json" in problem.value.help
