"""Tallies that are kept with a case in memory become JSON when they are read, and not before."""

import json
import pickle

import numpy as np
import pytest

import segeval
from segeval.metrics.registry import load_all_metrics
from segeval.scoring.tally_kinds import KINDS
from segeval.tallies.counts import Counts

RNG = np.random.default_rng(4)
PRED, GT = RNG.integers(0, 5, (2, 6, 7, 8)).astype(np.uint8)
load_all_metrics()


def test_counts_are_pooled_as_they_were_finished(monkeypatch):
    expected = segeval.score(PRED, GT, metrics=["dice", "miou"]).summary()
    for name in ("to_json", "from_json"):
        monkeypatch.setattr(Counts, name, None)  # would be called
    card = segeval.score(PRED, GT, metrics=["dice", "miou"])
    assert card.summary() == expected
    assert card.summary()["2"]["dice"].pooled == card.summary()["2"]["dice"].mean


def test_they_are_read_as_their_json_form():
    case = segeval.score(PRED, GT, metrics=["dice"]).cases[0]
    held = case.tallies
    assert list(held) == ["counts"]
    assert len(held) == 1
    assert held == json.loads(json.dumps(dict(held)))
    assert held["counts"] is held["counts"]
    assert repr(held) == repr(dict(held))
    again = pickle.loads(pickle.dumps(held))
    assert type(again) is dict
    assert again == held


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.kept_whole])
def test_the_json_form_says_everything(name):
    held = segeval.score(PRED, GT, metrics=["dice", "miou"]).cases[0].tallies.finished[name]
    again = KINDS[name].kept().from_json(held.to_json())
    for field in type(held).__match_args__:
        one, other = getattr(held, field), getattr(again, field)
        assert repr(one) == repr(other), field
