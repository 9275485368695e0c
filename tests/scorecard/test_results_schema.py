"""The checker is as strict as a full JSON Schema validator, and says where."""

import copy
import json
import random
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator
from whole_card import everything, written

from segeval.scorecard.results_schema import compile_schema, find_results_problem

VALIDATOR = Draft202012Validator(
    json.loads(files("segeval").joinpath("data/results.schema.json").read_text("utf-8"))
)
WRONG = (None, True, -1, 1.5, "?", [], {}, [1], {"x": 1}, "1/2")


def places(value, path=()):
    """Every place in JSON values."""
    yield path
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value if isinstance(value, list) else ())
    )
    for key, part in items:
        yield from places(part, (*path, key))


def damage(content, chance):
    """The content with one place changed, left out, or something added."""
    path = chance.choice([p for p in places(content) if p])
    made = copy.deepcopy(content)
    home = made
    for key in path[:-1]:
        home = home[key]
    how = chance.random()
    if how < 0.6:
        home[path[-1]] = chance.choice(WRONG)
    elif how < 0.8:
        del home[path[-1]]
    elif isinstance(home, dict):
        home["more"] = chance.choice(WRONG)
    return made


def test_a_whole_file_has_no_problem():
    assert find_results_problem(written(everything())) == ""


@pytest.mark.parametrize("seed", range(20))
def test_it_finds_what_a_full_validator_finds_and_nothing_else(seed):
    chance, whole = random.Random(seed), written(everything())
    for _ in range(40):
        content = damage(whole, chance)
        problem = find_results_problem(content)
        assert bool(problem) == bool(list(VALIDATOR.iter_errors(content))), problem


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: c.update(shard="1/2"), "shard: 1/2 is no object"),
        (lambda c: c["cases"][0].update(case=1e9), "cases[0].case: 1000000000.0 is no string"),
        (lambda c: c["cases"][1].pop("status"), "cases[1].status: is missing"),
        (lambda c: c["cases"][0].update(seconds=1), "cases[0].seconds: is not known"),
        (
            lambda c: c["cases"][0]["gt_voxels"].update(liver=-1),
            "cases[0].gt_voxels.liver: -1 is below 0",
        ),
        (
            lambda c: c["cases"][0]["values"]["liver"].update(dice="x"),
            "cases[0].values.liver.dice: x is no number",
        ),
    ],
)
def test_the_place_is_named(change, said):
    content = written(everything())
    content["cases"][0]["gt_voxels"] = {"liver": 3}
    change(content)
    assert find_results_problem(content) == said


def test_a_word_of_the_schema_that_is_not_checked_is_a_bug():
    with pytest.raises(LookupError, match="dependentRequired"):
        compile_schema({"type": "object", "dependentRequired": {}}, {})


@pytest.mark.parametrize(
    ("items", "unique"),
    [
        (["a", "b"], True),
        (["a", "b", "a"], False),
        ([[1], [2]], True),
        ([[1], ["1"], [1]], False),
        ([1, 1.0], True),  # written otherwise
        ([1, 1], False),
        ([{}, []], True),
        (["a", [], "a"], False),
    ],
)
def test_items_that_stand_twice(items, unique):
    problem = compile_schema({"type": "array", "uniqueItems": True}, {}).find_problem(items)
    assert problem == (None if unique else ((), f"{json.dumps(items)} has an item twice"))


TALLIES = [
    (lambda t: t["counts"].update(confusion=[[0, 1]]), "counts.confusion[0]"),
    (lambda t: t["counts"]["classes"].update(liver=[1, 2, 3, "4"]), "counts.classes.liver[3]"),
    (lambda t: t["counts"].pop("voxel"), "counts.voxel: is missing"),
    (lambda t: t.update({"sums:scores": {}}), "sums:scores.classes: is missing"),
    (
        lambda t: t.update(instances={"liver": {"26": [{"truth": 1}]}}),
        "liver.26[0].pred: is missing",
    ),
    (lambda t: t.update(polygons={"classes": {"a": [1.0] * 5}}), "has fewer than 6 items"),
    (lambda t: t.update(candidates={"a": [[[], [], [], [], []]]}), "has fewer than 6 items"),
    (lambda t: t["counts"]["classes"].update(a=[2**63, 0, 0, 0]), "is not below"),
]


@pytest.mark.parametrize(("change", "said"), TALLIES)
def test_tallies_are_held_to_the_schema(change, said):
    content = written(everything())
    case = next(case for case in content["cases"] if "counts" in case.get("tallies", {}))
    case["tallies"]["counts"].setdefault("confusion", [])
    assert find_results_problem(content) == ""
    change(case["tallies"])
    assert said in find_results_problem(content)


def test_a_tally_of_another_version_is_no_problem():
    content = written(everything())
    content["cases"][0]["tallies"] = {"a later kind": {"of": "anything"}}
    assert find_results_problem(content) == ""
