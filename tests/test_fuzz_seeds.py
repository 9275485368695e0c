"""The inputs that fuzzing found, and good ones cut and changed: the short form of
`benchmarks/fuzz_guided.py`."""

import importlib.util
import random
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def script(name):
    """A module of benchmarks/."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


guided, samples, trees = (script(n) for n in ("fuzz_guided", "fuzz_samples", "fuzz_json"))

FOUND = sorted(path for path in samples.SEEDS.rglob("*") if path.is_file())
SLOW = {"results": 6, "many results": 2, "table": 10, "rows": 10}  # whole commands


def answer(target, data, folder):
    suffix, wrap, act = guided.TARGETS[target]
    path = folder / f"a{suffix}"
    path.write_bytes(wrap(data))
    return guided.judge(act, path)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name} {path.name}")
def test_what_was_found_is_mended(path, tmp_path):
    start = time.monotonic()
    assert answer(path.parent.name, path.read_bytes(), tmp_path) == ""
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("target", guided.TARGETS)
def test_a_seed_is_answered(target, tmp_path):
    for data in samples.seeds_of(target):
        assert answer(target, data, tmp_path) == ""


@pytest.mark.parametrize("target", guided.TARGETS)
def test_what_mutation_makes_of_a_seed_is_an_error_of_its_own(target, tmp_path, capfd):
    chance = random.Random(target)
    seeds = samples.seeds_of(target) or [b"\0" * 64]
    for number in range(SLOW.get(target, 60)):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(data))
            data[place] = chance.choice(
                (0, 1, 127, 128, 255, data[place] ^ 1 << chance.randrange(8))
            )
        data = data[: chance.randint(1, len(data))] if number % 4 == 0 else data
        assert answer(target, bytes(data), tmp_path) == "", bytes(data)


@pytest.mark.parametrize("target", guided.JSON)
def test_what_changed_values_make_of_json_is_an_error_of_its_own(target, tmp_path, capfd):
    for number in range(SLOW.get(target, 40)):
        for data in samples.seeds_of(target):
            made = trees.mutate_json(data, number)
            assert made is not None
            assert answer(target, made, tmp_path) == "", made


def test_a_changed_value_leaves_json():
    data = samples.text(samples.COCO)
    made = {trees.mutate_json(data, seed) for seed in range(50)}
    assert len(made) > 45
    assert all(trees.parse_values(one) is not None for one in made)
    assert trees.mutate_json(b"no JSON", 1) is None


def test_a_journal_gives_its_cases(tmp_path, monkeypatch):
    """The target of journals comes as far as the rows of a case."""
    seen = []
    monkeypatch.setattr("segeval.engines.resume.Journal._same", lambda *_: True)
    for data in samples.journals()[:2]:
        real = guided.PLAIN_CASE
        monkeypatch.setattr(guided, "PLAIN_CASE", "")  # both cases come out of the input
        other = (
            data.replace(b'"case": "a"', b'"case": "b"')
            if b'"case": "a"' in data
            else (data.replace(b'"case": "b"', b'"case": "a"'))
        )
        seen.append(answer("journal", data + other, tmp_path))
        monkeypatch.setattr(guided, "PLAIN_CASE", real)
    assert seen == ["", ""]


def test_a_fault_is_seen(tmp_path):
    def broken(_):
        raise KeyError("x")

    assert guided.judge(broken, tmp_path).startswith("KeyError")
