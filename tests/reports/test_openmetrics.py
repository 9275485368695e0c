"""CLI-J3: OpenMetrics text, read by the parser of prometheus_client."""

import math
import shlex

import pytest
from cards import card, case, cases, two, unscored
from judged import judged, written
from prometheus_client.openmetrics.parser import text_string_to_metric_families


def samples(made, **choices):
    """(name, labels) -> value."""
    text = written(made, "openmetrics", **choices)
    assert text.endswith("# EOF\n")
    families = list(text_string_to_metric_families(text))
    found = {}
    for family in families:
        assert (family.type, bool(family.documentation)) == ("gauge", True)
        for s in family.samples:
            key = s.name, tuple(sorted(s.labels.items()))
            assert key not in found
            found[key] = s.value
    return found


def test_the_line_of_the_convention():
    made = card(cases("dice", a={"Brainstem": 0.9}, b={"Brainstem": 0.84}))
    lines = written(made, "openmetrics").splitlines()
    assert 'segeval_dice_mean{class="Brainstem"} 0.87' in lines


def test_every_aggregate_has_its_counts():
    lost = unscored("c")
    results = cases("dice", a={"liver": 0.9}, b={"liver": math.nan})
    found = samples(card([*results, lost]))
    liver = (("class", "liver"),)
    assert found["segeval_dice_mean", liver] == 0.9
    assert found["segeval_dice_cases", liver] == 1
    assert found["segeval_dice_undefined", liver] == 1
    assert found["segeval_dice_missing", liver] == 1
    assert found["segeval_cases", ()] == 3
    assert found["segeval_cases_unscored", ()] == 1


def test_a_unit_is_a_label():
    key = "segeval_volume_difference_mean", (("class", "liver"), ("unit", "ml"))
    assert samples(card(two()))[key] == 11  # (12 + 10) / 2


def test_what_is_undefined_has_no_sample_and_infinity_has_one():
    made = card([case("a", {"x": {"ce": math.nan}, "y": {"ce": math.inf}})])
    found = samples(made)
    assert [name for name, labels in found if dict(labels).get("class") == "x"] == [
        "segeval_ce_cases",
        "segeval_ce_undefined",
        "segeval_ce_missing",
    ]
    assert found["segeval_ce_worst", (("class", "y"),)] == math.inf


def test_a_name_that_does_not_fit_is_a_label():
    made = card([case("a", {"x": {"fbeta@2": 0.5, "fbeta@0.5": 0.25}})])
    found = samples(made)
    assert found["segeval_fbeta_2_mean", (("class", "x"), ("metric", "fbeta@2"))] == 0.5
    assert found["segeval_fbeta_0_5_mean", (("class", "x"), ("metric", "fbeta@0.5"))] == 0.25


def test_groups_are_labels():
    results = [case("a", {"x": {"dice": 0.5}}, group="north")]
    assert ("segeval_dice_mean", (("class", "x"), ("group", "north"))) in samples(card(results))


def test_verdicts_are_samples():
    made = judged(cases("dice", a={"x": 0.5, "y": 0.9}), "dice=0.8", "dice=0.8")
    found = samples(made)
    assert found["segeval_gate_passed", (("class", "x"), ("gate", "dice=0.8"))] == 0
    assert found["segeval_gate_passed", (("class", "y"), ("gate", "dice=0.8"))] == 1


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", "a,b} 1", "two words", "é"])
def test_any_name_is_read_back(name):
    found = samples(card(cases("dice", a={name: 0.5})))
    values = {dict(labels)["class"] for key, labels in found if key == "segeval_dice_mean"}
    assert values == {
        name.replace("\n", "\\n"),
        "overall",
    }  # a control character is shown, not sent


def test_gitlab_reads_it():
    # GitLab takes what follows a `#` for a comment and cuts the rest as a shell does.
    made = judged(cases("dice", a={"two words": 0.5}), "dice=0.8")
    for line in written(made, "openmetrics").splitlines():
        words = shlex.split(line.partition("#")[0])
        assert words == [] or (len(words) == 2 and math.isfinite(float(words[1])))
