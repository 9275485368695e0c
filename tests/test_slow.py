"""The program's numbers are those of the slow and obvious way: the short form of
`benchmarks/slow_cases.py`."""

import importlib.util
import math
from pathlib import Path

import numpy as np
import pytest
import slow

ROOT = Path(__file__).resolve().parents[1]
SPEC = importlib.util.spec_from_file_location("slow_cases", ROOT / "benchmarks" / "slow_cases.py")
cases = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(cases)


@pytest.mark.parametrize("seed", range(4))
def test_numbers_are_those_of_the_obvious_way(seed):
    compared, wrong = cases.try_cases(24, 100 + seed)
    assert wrong == []
    assert len(compared) > 65
    assert min(compared.values()) >= 6


def test_a_difference_is_seen(monkeypatch):
    monkeypatch.setattr(slow, "share", lambda part, whole: part / whole + 1e-6 if whole else 0.0)
    _, wrong = cases.try_cases(4, 0)
    assert any("dice" in line for line in wrong)


def test_what_is_missing_is_a_difference():
    assert not cases.agree(math.inf, math.nan, 1e-9)
    assert cases.agree(math.nan, math.nan, 1e-9)
    assert not cases.agree(0.5, 0.5 + 1e-8, 1e-9)


def test_the_slow_way_by_hand():
    ring = {(z, y) for z in range(3) for y in range(3)} - {(1, 1)}
    assert slow.betti(ring, (3, 3), full=True) == (1, 1, 0, 0)
    assert slow.betti({(0, 0), (1, 1)}, (2, 2), full=False) == (2, 0, 0, 2)
    shell = {tuple(map(int, v)) for v in np.argwhere(np.ones((3, 3, 3)))} - {(1, 1, 1)}
    assert slow.betti(shell, (3, 3, 3), full=True) == (1, 0, 1, 2)
    assert slow.border(shell) == sorted(shell)
    assert slow.percentile([0.0, 1.0, 4.0], 75) == 2.5
    assert slow.most_pairs([[0, 1], [0]]) == 2
