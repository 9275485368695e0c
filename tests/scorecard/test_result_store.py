"""Finished cases on disk: in the order of their names, counted as they come, and the same again."""

import json
import pickle
import random

import pytest
from cards import case, crowd, unscored

from segeval.runtime import spill
from segeval.scorecard.case_json import case_to_json, strict_json
from segeval.scorecard.result_store import FinishedCase, ResultStore, case_texts
from segeval.scorecard.row_index import CasesInMemory, RowIndex


def spooled(results, order=None):
    spool = ResultStore(one.case for one in results)
    for one in order or results:
        done = FinishedCase.of(one)
        spool.add(done.case, done.text)
    return spool


@pytest.mark.parametrize("seed", range(3))
def test_the_order_in_which_cases_finish_makes_no_difference(monkeypatch, seed):
    monkeypatch.setattr(spill, "KEPT", 500)  # on disk from the first case on
    results = crowd(seed=seed)
    mixed = random.Random(seed).sample(results, len(results))
    spool = spooled(results, mixed)
    assert list(case_texts(spool)) == list(case_texts(CasesInMemory(results)))
    assert [case_to_json(one) for one in spool] == [case_to_json(one) for one in results]
    assert list(spool.census.kinds) == list(RowIndex(results).kinds)
    assert spool.census.names == [one.case for one in results]


def test_it_is_a_sequence_of_cases():
    results = [case("a", {"x": {"dice": 0.5}}), unscored("b"), case("c", {"x": {"dice": 0.25}})]
    spool = spooled(results)
    assert (len(spool), spool[0].case, spool[-1].case) == (3, "a", "c")
    assert [one.case for one in spool[1:]] == ["b", "c"]
    assert spool == spooled(results)
    assert spool != spooled(results[:2])
    again = pickle.loads(pickle.dumps(spool))
    assert isinstance(again, CasesInMemory)
    assert list(case_texts(again)) == list(case_texts(spool))
    with pytest.raises(IndexError):
        spool[3]


def test_cases_are_counted_up_to_the_first_that_is_missing():
    a, b, c = (case(name, {"x": {"dice": 0.5}}) for name in "abc")
    spool = ResultStore("abc")
    for one, counted in ((c, []), (a, ["a"]), (b, ["a", "b", "c"])):
        spool.add(one.case, strict_json(case_to_json(one)))
        assert spool.census.names == counted
    assert spool.came == 3
    assert spool.has("a")
    assert not spool.has("d")


def test_a_finished_case_is_its_text():
    one = unscored("a", message="cut")
    done = FinishedCase.of(one, large=True)
    assert (done.case, done.status, done.rows, done.large) == ("a", one.status, 1, True)
    assert json.loads(done.text) == case_to_json(one)
    assert case_to_json(done.result) == case_to_json(one)


def test_another_process_gets_the_text_alone():
    done = FinishedCase.of(unscored("a", message="cut"))
    sent = pickle.loads(pickle.dumps(done))
    assert (sent.text, sent.kept) == (done.text, None)
    one, other = (ResultStore(["a"]) for _ in range(2))
    one.add("a", done.text, done.kept)
    other.add("a", sent.text, sent.kept)
    assert list(one.texts()) == list(other.texts()) == [done.text]
    assert one.census.lost == other.census.lost
