"""`segeval.gate` and `segeval.compare` against the commands (CLI-Y3)."""

import json
import subprocess
import sys

import build
import numpy as np
import pytest

import segeval
from segeval.runtime.errors import RequestError

NAMES = [f"p{k}" for k in range(12)]


def looped(shift, names=NAMES, **choices):
    evaluator = segeval.Evaluator(["dice", "hd95"], **{"classes": "1=liver,2=spleen", **choices})
    for seed, name in enumerate(names):
        truth = build.blocks(seed=seed)
        pred = truth.copy()
        pred[:, :, : shift + seed % 2] = 0
        evaluator.add(pred, truth, name, spacing=(3, 1, 1))
    return evaluator.card()


@pytest.fixture(scope="module")
def cards():
    return looped(0), looped(2)


@pytest.fixture(scope="module")
def files(cards, tmp_path_factory):
    root = tmp_path_factory.mktemp("results")
    for name, card in zip(("good", "bad"), cards, strict=True):
        card.save(root / f"{name}.json")
    return root / "good.json", root / "bad.json"


def command(*words):
    call = [sys.executable, "-m", "segeval", *map(str, words)]
    return subprocess.run(call, capture_output=True, text=True, check=False, timeout=120)


RULES = ["dice=0.99", "liver/dice.median=0.01", "spleen/hd95.median=100mm"]


@pytest.mark.parametrize("rules", [RULES, RULES[1:], "dice=0.1"])
def test_rules_give_the_verdicts_of_the_command(files, cards, rules):
    found = segeval.gate(cards[1], rules)
    some = [rules] if isinstance(rules, str) else rules
    words = [word for rule in some for word in ("--gate", rule)]
    done = command("gate", files[1], *words, "--isolated", "-v", "--format", "json")
    kept = json.loads(done.stdout)["gates"]
    assert [v["passed"] for v in kept] == [v.passed for v in found.verdicts]
    assert bool(found) == found.passed == (done.returncode == 0)
    assert found.passed == (rules != RULES)
    assert segeval.gate(files[1], rules).verdicts == found.verdicts
    told = command("gate", files[1], *words, "--isolated", "-v")
    lines = told.stdout.strip().splitlines()
    assert lines[:-1] == str(found).splitlines()[:-1]
    assert lines[-1].startswith(str(found).splitlines()[-1])


def test_a_baseline_gives_the_verdicts_of_the_command(files, cards):
    worse = segeval.gate(cards[1], baseline=cards[0])
    done = command("gate", files[1], "--baseline", files[0], "--isolated", "-v", "--format", "json")
    kept = json.loads(done.stdout)["gates"]
    assert [v["passed"] for v in kept] == [v.passed for v in worse.verdicts]
    assert [v["value"] for v in kept] == [v.value for v in worse.verdicts]
    assert not worse
    assert segeval.gate(cards[0], baseline=files[0])
    lenient = segeval.gate(cards[1], baseline=cards[0], baseline_tolerance=["dice=1", "hd95=100mm"])
    assert lenient.passed


def test_a_case_that_was_not_scored_is_no_pass():
    evaluator = segeval.Evaluator("dice")
    one = np.ones((3, 3), int)
    evaluator.add(one, one, "a")
    evaluator.add(None, one, "b")
    found = segeval.gate(evaluator.card(), "dice=0.5")
    assert found.missed == ()
    assert not found
    assert found.unscored == 1
    assert "1 cases not scored in full" in str(found)
    assert segeval.gate(evaluator.card(), "dice=0.5", missing="skip").passed


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda card: segeval.gate(card), "nothing to judge by"),
        (lambda card: segeval.gate(card, "dcie=0.5"), "dcie"),
        (lambda card: segeval.gate(card, "dice"), "dice"),
        (lambda card: segeval.gate(card, "dice=0.5", policy="worse"), "policy"),
        (lambda card: segeval.gate("nothing.json", "dice=0.5"), "cannot be read"),
        (lambda card: segeval.gate(card, baseline=3), "int is no path"),
        (lambda card: segeval.compare(card), "nothing to compare"),
        (lambda card: segeval.compare(card, 3), "int is no path"),
        (lambda card: segeval.compare(card, card, names=["a"]), "1 names of 2"),
        (lambda card: segeval.compare(card, looped(0, NAMES[:5])), "different cases"),
        (lambda card: segeval.compare(card, looped(0, background=True)), "different settings"),
    ],
)
def test_what_makes_no_sense(cards, call, said):
    with pytest.raises(RequestError) as caught:
        call(cards[0])
    assert said in caught.value.message


def test_models_are_compared_as_by_the_command(files, cards, tmp_path):
    found = segeval.compare(*files)
    done = command("compare", *files, "--isolated", "--format", "json")
    found.save(tmp_path / "compared.json")
    assert json.loads((tmp_path / "compared.json").read_text()) == json.loads(done.stdout)
    assert found.models == ("good", "bad")
    named = segeval.compare(*cards, names=["v1.0", "v1.1"])
    assert named.models == ("v1.0", "v1.1")
    assert named.differences == found.differences
    assert segeval.compare(*cards).models == ("model 1", "model 2")
    table = command("compare", *files, "--isolated", "--format", "table").stdout
    assert str(found).split() == table.split()
    assert "<table>" in found._repr_html_()


def test_three_models_are_ranked(cards):
    found = segeval.compare(*cards, looped(1), names="abc")
    assert {ranking.name.class_ for ranking in found.rankings} >= {"liver", "spleen"}
    assert "ranks, 1 is the best" in str(found)


def test_different_cases_are_compared_where_that_is_said(cards):
    fewer = looped(0, NAMES[:5])
    found = segeval.compare(cards[0], fewer, allow_different_cases=True)
    assert found.cases == 5
