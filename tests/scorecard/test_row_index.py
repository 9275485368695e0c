"""What many cases come to is counted once, and the same as by looking at every row."""

import math
import time
from collections import Counter

import pytest
from cards import case, cases, crowd, unscored
from hypothesis import given
from hypothesis import strategies as st

from segeval.runtime.errors import Note
from segeval.scorecard import row_index as module
from segeval.scorecard.row_index import (
    CasesInMemory,
    ClassOrder,
    RowIndex,
    index_rows,
    noteworthy_cases,
)


def every(results):
    return [(place, one, row) for place, one in enumerate(results) for row in one.rows]


@pytest.mark.parametrize("chunk", [1, 7, 512])
@pytest.mark.parametrize("seed", range(3))
def test_kinds_hold_every_row_and_every_number(monkeypatch, chunk, seed):
    monkeypatch.setattr(module, "CHUNK", chunk)
    results = crowd(seed=seed)
    found = RowIndex(results)
    kinds = Counter()
    numbers = set()
    for kind, rows in found.kinds.items():
        key = (kind.group, kind.class_, kind.metric, kind.unit, kind.status, kind.reason)
        kinds[key] += rows.count
        places, values = rows.numbers()
        assert list(places) == sorted(places)
        numbers |= {(int(p), *key[1:3], float(v)) for p, v in zip(places, values, strict=True)}
    rows = every(results)
    assert kinds == Counter(
        (one.group, r.class_, r.metric, r.unit, r.status, r.reason) for _, one, r in rows
    )
    assert numbers == {
        (place, r.class_, r.metric, r.value) for place, _, r in rows if not math.isnan(r.value)
    }


def test_what_is_counted_of_cases():
    results = [
        *cases("dice", a={"x": 0.5}),
        unscored("b", group="east"),
        unscored("c", "unreadable"),
        case("d", {"x": {"dice": 0.5}}, notes=(Note("N-x", "odd"),)),
        case("e", {}, facts={"faults": {"x": {"status": "unreadable", "message": "cut"}}}),
    ]
    found = RowIndex(results)
    assert (len(found), found.scored, found.faulty) == (5, 3, 1)
    assert found.groups == {"": 4, "east": 1}
    assert found.lost == {("east", "missing_prediction"): 1, ("", "unreadable"): 1}
    assert [found.lost_of(group) for group in ("", "east", "west")] == [2, 1, 0]
    assert found.statuses["ok"] == 3
    assert [one.case for one in noteworthy_cases(CasesInMemory(results))] == ["b", "c", "d", "e"]
    assert found.inside("east").tolist() == [False, True, False, False, False]
    assert found.inside("").all()


def test_cases_of_a_patient_are_one_unit_numbered_as_they_are_met():
    patients = ["p", "", "q", "p", "q", ""]
    results = [case(f"c{k}", {"x": {"dice": 0.5}}, patient=p) for k, p in enumerate(patients)]
    found = RowIndex(results)
    assert found.units(found.inside("")).tolist() == [0, 1, 2, 0, 2, 3]
    some = found.inside("")
    some[:2] = False
    assert found.units(some).tolist() == [0, 1, 0, 2]  # q, p, q, alone


def test_a_row_without_class_is_in_no_order():
    values = {"b": {"x": 0.5, "all": 1.0}, "c": {"w": 0.5, "x": 1.0}}
    found = RowIndex([unscored("a"), *cases("dice", **values)])
    assert found.order == ["w", "x", "all"]


def test_cases_in_memory_are_counted_once():
    held = CasesInMemory(crowd(3))
    assert index_rows(held) is index_rows(held)
    assert index_rows(tuple(held)).names == ["c0", "c1", "c2"]


NAMES = st.lists(st.lists(st.sampled_from([*"abcdef", "all"]), max_size=5, unique=True), max_size=6)


@given(NAMES)
def test_a_new_class_comes_after_the_one_that_it_follows(cases):
    order, plain = ClassOrder(), []
    for classes in cases:
        order.add_classes(tuple(classes))
        for place, class_ in enumerate(classes):
            if class_ not in plain:
                plain.insert(plain.index(classes[place - 1]) + 1 if place else 0, class_)
    assert order.found == sorted(plain, key=lambda class_: class_ == "all")


def test_very_many_classes_take_no_longer_each():
    start = time.process_time()
    order = ClassOrder()
    order.add_classes(tuple(map(str, range(200_000))))
    assert len(order.found) == 200_000
    assert time.process_time() - start < 10  # by looking through all of them, some minutes


def test_undefined_rows_of_a_class_and_metric_are_those_among_all():
    found = RowIndex(crowd())
    undefined = [(kind, rows) for kind, rows in found.kinds.items() if kind.status == "undefined"]
    assert undefined
    for name in {kind.class_ for kind in found.kinds} | {"overall"}:
        for metric in {kind.metric for kind in found.kinds}:
            own = [
                (kind, rows) for kind, rows in undefined
                if kind.metric == metric and name in ("overall", kind.class_)
            ]  # fmt: skip
            assert list(found.undefined(name, metric)) == own
    assert found.undefined("overall", "no metric") == ()
