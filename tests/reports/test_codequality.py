"""CLI-J3: GitLab's code quality report, against what GitLab documents of it."""

import json

import jsonschema
from cards import cases, unscored
from judged import judged, written

# https://docs.gitlab.com/ci/testing/code_quality/ "Code quality report format"
DOCUMENTED = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^[^./]"},  # relative, without ./
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"const": 1}},
                    },
                },
            },
        },
    },
}


def findings(made, **choices):
    content = json.loads(written(made, "gitlab-quality", **choices))
    jsonschema.validate(content, DOCUMENTED)
    prints = [finding["fingerprint"] for finding in content]
    assert len(set(prints)) == len(prints)
    return content


def liver(*values):
    return cases("dice", **{f"c{i}": {"liver": value} for i, value in enumerate(values)})


def test_a_missed_gate_is_a_finding():
    (one,) = findings(judged(liver(0.5, 0.7), "dice=0.8", "dice=0.1", place="segeval.toml"))
    assert one["description"] == "liver: dice 0.6 < 0.8 (n=2)"
    assert (one["check_name"], one["severity"]) == ("segeval.dice", "major")
    assert one["location"] == {"path": "segeval.toml", "lines": {"begin": 1}}


def test_a_fingerprint_outlives_other_values():
    one, *_ = findings(judged(liver(0.5, 0.7), "dice=0.8"))
    other, *_ = findings(judged(liver(0.4, 0.2), "dice=0.9"))
    assert one["fingerprint"] == other["fingerprint"]
    assert one["description"] != other["description"]


def test_an_unscored_case_is_a_worse_finding():
    lost = unscored("c", "unreadable", message="no gzip")
    gate, case = findings(judged([*liver(0.5), lost], "dice=0.8"))
    assert gate["check_name"] == "segeval.dice"
    assert (case["description"], case["check_name"], case["severity"]) == (
        "c: no gzip",
        "segeval.unreadable",
        "critical",
    )


def test_nothing_wrong_is_an_empty_list():
    assert written(judged(liver(0.9), "dice=0.8"), "gitlab-quality") == "[]\n"


def test_a_case_without_prediction_is_none_where_that_is_accepted():
    made = judged([*liver(0.9), unscored("c")], "dice=0.8")
    assert len(findings(made)) == 1
    assert findings(made, missing="skip") == []
