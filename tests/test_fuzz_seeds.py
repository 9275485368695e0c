"""The inputs that fuzzing found, and good ones cut and changed: the short form of
`benchmarks/fuzz_guided.py`."""

import importlib.util
import random
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SPEC = importlib.util.spec_from_file_location("guided", ROOT / "benchmarks" / "fuzz_guided.py")
guided = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(guided)

FOUND = sorted(path for path in guided.SEEDS.rglob("*") if path.is_file())
SLOW = {"results": 6, "table": 10, "rows": 10}  # whole commands


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
    for data in guided.seeds_of(target):
        assert answer(target, data, tmp_path) == ""


@pytest.mark.parametrize("target", guided.TARGETS)
def test_what_mutation_makes_of_a_seed_is_an_error_of_its_own(target, tmp_path, capfd):
    chance = random.Random(target)
    seeds = guided.seeds_of(target) or [b"\0" * 64]
    for number in range(SLOW.get(target, 60)):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(data))
            data[place] = chance.choice(
                (0, 1, 127, 128, 255, data[place] ^ 1 << chance.randrange(8))
            )
        data = data[: chance.randint(1, len(data))] if number % 4 == 0 else data
        assert answer(target, bytes(data), tmp_path) == "", bytes(data)


def test_a_fault_is_seen(tmp_path):
    def broken(_):
        raise KeyError("x")

    assert guided.judge(broken, tmp_path).startswith("KeyError")
