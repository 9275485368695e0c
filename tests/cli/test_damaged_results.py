"""Damaged result files end in status 2, with the place; no command calls them a bug."""

import copy
import json
import random

import numpy as np
import pytest
from PIL import Image

WRONG = (None, True, -1, 1.5, "?", [], {}, ["x", 1, 2, 3], {"x": 1}, 1e308, [[]])
COMMANDS = (
    ("gate", "x.json", "--gate", "dice=0.5", "--gate", "dice.pooled=0.5"),
    ("merge", "x.json", "--format", "none"),
    ("compare", "x.json", "r.json"),
    ("gate", "r.json", "--baseline", "x.json"),
)


@pytest.fixture
def results(segeval, here):
    """The content of a file of three pictures, with tallies and an unscored case."""
    chance = np.random.default_rng(0)
    for name in "abc":
        for side in ("p", "g"):
            (here / side).mkdir(exist_ok=True)
            picture = Image.fromarray(chance.integers(0, 3, (12, 12)).astype(np.uint8))
            if (side, name) != ("p", "c"):
                picture.save(here / side / f"{name}.png")
    segeval(
        "score", "p", "g", "-m", "dice,miou,volume_difference", "-o", "r.json", "--format", "none"
    )
    return json.loads((here / "r.json").read_text())


def places(value, path=()):
    yield path
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value if isinstance(value, list) else ())
    )
    for key, part in items:
        yield from places(part, (*path, key))


def damaged(content, chance):
    made = copy.deepcopy(content)
    path = chance.choice([p for p in places(content) if p])
    home = made
    for key in path[:-1]:
        home = home[key]
    if chance.random() < 0.7:
        home[path[-1]] = chance.choice(WRONG)
    else:
        del home[path[-1]]
    return path, made


@pytest.mark.parametrize("seed", range(12))
def test_no_damage_is_called_a_bug(segeval, results, here, seed):
    chance = random.Random(seed)
    for _ in range(10):
        path, content = damaged(results, chance)
        (here / "x.json").write_text(json.dumps(content))
        for command in COMMANDS:
            done = segeval(*command)
            assert done.status != 5, (command, path, done.err)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"schema": NaN}', "\\xff", "5", "null"])
def test_what_is_no_result_file_is_2(segeval, results, here, text):
    (here / "x.json").write_text(text)
    for command in COMMANDS:
        done = segeval(*command)
        assert (done.status, "x.json" in done.err) == (2, True), (command, done.err)


def test_a_case_that_is_there_twice_is_refused(segeval, results, here):
    text = (here / "r.json").read_text().splitlines(keepends=True)
    at = next(k for k, line in enumerate(text) if line.startswith('{"case"'))
    (here / "x.json").write_text("".join([*text[: at + 1], text[at], *text[at + 1 :]]))
    done = segeval("gate", "x.json", "--gate", "dice=0.1")
    assert (done.status, "is there twice" in done.err) == (2, True)


@pytest.mark.parametrize(
    "words", [*COMMANDS, ("show", "x.json"), ("report", "x.json", "-o", "x.html")]
)
def test_a_metric_that_is_none_is_damage_of_the_file_for_every_command(
    segeval, here, results, words
):
    results["metrics"][1] = "miou@"
    (here / "x.json").write_text(json.dumps(results))
    done = segeval(*words)
    assert done.status == 2
    assert "x.json: damaged result file: metrics[1]: 'miou@' is no metric" in done.err
