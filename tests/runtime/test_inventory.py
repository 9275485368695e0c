"""The inventory: found = scored + unscored + left aside (ACCOUNT-A1 to A3)."""

from __future__ import annotations

import json
import pickle

from hypothesis import given
from hypothesis import strategies as st

from segeval.runtime.inventory import (
    ASKED,
    KNOWN,
    UNACCOUNTED,
    Inventory,
    current,
    describe,
    keep_inventory,
    on_side,
)


def example() -> Inventory:
    made = Inventory()
    made.add_found("contour", 12, "gt")
    made.add_scored("contour", 9, "gt")
    made.add_unscored("contour", "unreadable", 1, "gt")
    made.set_aside(
        "contour", "outside every slice", ["Heart, z = 3 mm", "Lung, z = 4 mm"], KNOWN, "W-x", "gt"
    )
    return made


def test_account_a1_what_was_found_has_an_end():
    assert not example().missing()  # 12 = 9 + 1 + 2


def test_account_a1_an_item_that_nobody_decided_on_shows_and_is_set_aside():
    made = example()
    made.add_found("contour", 3, "gt")
    assert made.missing() == {("contour", "gt"): 3}
    made.settle()
    assert not made.missing()
    last = made.left_aside[-1]
    assert (last.number, last.reason, last.code) == (3, UNACCOUNTED, "W-unaccounted")


def test_account_a1_an_item_with_two_ends_shows():
    made = example()
    made.add_scored("contour", 1, "gt")
    assert made.missing() == {("contour", "gt"): -1}


def test_a_case_that_was_not_scored_ends_everything_in_it_but_what_was_left_aside():
    made = example()
    made.close("geometry_mismatch")
    assert made.scored.total() == 0
    assert made.unscored["contour", "gt"] == {"geometry_mismatch": 10}
    assert not made.missing()


def test_reports_go_to_the_innermost_inventory_and_nowhere_without_one():
    current().add_found("roi")  # nobody keeps it
    with keep_inventory(Inventory()) as run:
        current().add_found("file")
        with keep_inventory(Inventory()) as case, on_side("gt"):
            current().add_found("file")
        current().add_found("file")
    assert run.found == {("file", ""): 2}
    assert case.found == {("file", "gt"): 1}


def test_a_side_ends_with_its_block():
    with keep_inventory(Inventory()) as kept:
        with on_side("pred"):
            current().add_found("frame")
        current().add_found("frame")
    assert kept.found == {("frame", "pred"): 1, ("frame", ""): 1}


KEYS = st.tuples(st.sampled_from(["file", "plane"]), st.sampled_from(["gt", "pred", ""]))
FEW = st.integers(1, 5)


@st.composite
def inventories(draw) -> Inventory:
    made = Inventory()
    for kind, side in draw(st.lists(KEYS, max_size=4)):
        made.add_found(kind, draw(FEW), side)
        made.add_scored(kind, draw(FEW), side)
        if draw(st.booleans()):
            made.add_unscored(kind, draw(st.sampled_from(["partial", "unreadable"])), 1, side)
        made.set_aside(kind, "named oddly", draw(st.lists(st.text(), max_size=3)), ASKED, "", side)
    return made


@given(inventories())
def test_json_and_pickle_keep_it(made):
    assert Inventory.from_json(json.loads(json.dumps(made.to_json()))) == made
    assert pickle.loads(pickle.dumps(made)) == made
    inputs = {"inventory": made.counts(), "left_aside": made.list_left_aside()}
    assert Inventory.from_inputs(json.loads(json.dumps(inputs))) == made


@given(inventories(), inventories())
def test_merging_adds_every_end(one, other):
    both = Inventory()
    both.merge(one)
    both.merge(other, "case 7")
    for key in {*one.found, *other.found}:
        assert both.found[key] == one.found[key] + other.found[key]
    for key in {*one.missing(), *other.missing(), *both.missing()}:
        expected = one.missing().get(key, 0) + other.missing().get(key, 0)
        assert both.missing().get(key, 0) == expected
    kept = [item for item in both.left_aside if item.weight != ASKED]
    own = sum(item.weight != ASKED for item in one.left_aside)
    assert {item.case for item in kept[own:]} <= {"case 7"}


def test_what_is_asked_for_in_case_after_case_is_one_item():
    total = Inventory()
    for case in ("a", "b", "c"):
        one = Inventory()
        one.add_found("label", 1, "gt")
        one.set_aside("label", "left out by request", ["255"], ASKED, "", "gt")
        one.set_aside("file", "named like images", [f"{case}_t1.nii"], KNOWN, "", "gt")
        total.merge(one, case)
    asked = [item for item in total.left_aside if item.weight == ASKED]
    assert [(item.number, item.names, item.case) for item in asked] == [(3, ("255",), "")]
    assert len(total.left_aside) == 4
    assert ("label", "gt") not in total.missing()


def test_account_a2_a_line_has_count_side_reason_and_a_few_names():
    made = Inventory()
    made.set_aside("file", "named like images", ["a_t1.nii", "b_t1.nii"], KNOWN, "", "gt")
    assert describe(made.left_aside) == (
        "2 files of the ground truth named like images (a_t1.nii, b_t1.nii)"
    )
    made.set_aside("file", "named like images", ["c_t1.nii", "d_t1.nii"], KNOWN, "", "pred")
    assert describe(made.left_aside) == (
        "4 files named like images (a_t1.nii, b_t1.nii, c_t1.nii and 1 more)"
    )
    assert describe(made.left_aside, most=0).endswith("c_t1.nii, d_t1.nii)")


def test_one_item_is_one():
    made = Inventory()
    made.set_aside("label", "that no class stands for", ["7"], side="pred")
    assert made.left_aside[0].words == (
        "1 label value of the prediction that no class stands for (7)"
    )
