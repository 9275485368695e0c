"""The counts of classes: by hand, against voxel after voxel, and however the case was cut."""

import gc
import json
import weakref

import numpy as np
import plain
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.classes.class_list import LabelSelector, ScoredClass
from segeval.tallies.block import Block
from segeval.tallies.count_tally import CountTally, class_counts
from segeval.tallies.counts import Counts
from segeval.tallies.pair_cells import PairCells


def label(value):
    return LabelSelector(0, frozenset([value]))


def tallied(truth, pred, slab=None):
    tally = CountTally([(0, 0)])
    slab = slab or len(truth)
    for start in range(0, len(truth), slab):
        part = slice(start, start + slab)
        tally.update(Block(start, len(truth[part]), {0: truth[part]}, {0: pred[part]}))
    return tally


def finished(tally, targets):
    return class_counts({(0, 0): tally.finish((0, 0))}, targets, (2.0, "ml"))


def test_counts_by_hand():
    #              truth 0 1 1 1    pred 1 1 1 0     tp 2, fp 1, fn 1, tn 0
    n = finished(
        tallied(np.uint8([0, 1, 1, 1]), np.uint8([1, 1, 1, 0])),
        [ScoredClass("1", label(1), label(1))],
    )
    assert n.table.tolist() == [[2, 1, 1, 0]]
    assert (n.tp[0], n.fp[0], n.fn[0], n.tn[0]) == (2, 1, 1, 0)
    assert n.sizes.tolist() == [[4.0, 2.0, 2.0, 0.0]]  # 2 ml a voxel


@pytest.mark.parametrize("labels", [40, 255, 256])
def test_noise_calm_and_noise_again_are_one_table_that_may_be_asked_for_twice(labels):
    rng = np.random.default_rng(labels)
    kind = np.uint8 if labels < 256 else np.uint16
    truth, pred = rng.integers(0, labels + 1, (2, 3, 70_000)).astype(kind)
    truth[1], pred[1] = 3, 4
    truth, pred = truth.ravel(), pred.ravel()
    tally = tallied(truth, pred, slab=70_000)
    for cells in (tally.finish((0, 0)), tally.finish((0, 0))):
        found = zip(cells.truth.tolist(), cells.pred.tolist(), strict=True)
        assert dict(zip(found, cells.voxels.tolist(), strict=True)) == plain.pairs(truth, pred)


@pytest.mark.parametrize("rows", [[[1, 2]], [[1, 2, 3], [4, 5, 6, 7]], [[1], [2, 3, 4, 5, 6]], [1]])
def test_cells_that_are_not_three_numbers_are_no_table(rows):
    kept = {"classes": {}, "unit": "px", "voxel": 1.0, "confusion": rows}
    with pytest.raises((TypeError, ValueError)):
        Counts.from_json(kept)


def test_a_region_is_a_union_that_counts_each_voxel_once():
    #     truth 1 2 3 0     pred 2 1 0 3     whole = {1, 2, 3}: tp 2, fp 1, fn 1
    whole = LabelSelector(0, frozenset([1, 2, 3]))
    n = finished(
        tallied(np.uint8([1, 2, 3, 0]), np.uint8([2, 1, 0, 3])),
        [ScoredClass("whole", whole, whole)],
    )
    assert n.table.tolist() == [[2, 1, 1, 0]]


def test_ignored_voxels_leave_every_column():
    #     truth 255 255 1 0    pred 1 0 1 1     without 255: tp 1, fp 1
    cells = tallied(np.uint8([255, 255, 1, 0]), np.uint8([1, 0, 1, 1])).finish((0, 0))
    n = class_counts(
        {(0, 0): cells.without(255)}, [ScoredClass("1", label(1), label(1))], (1.0, "px")
    )
    assert n.table.tolist() == [[1, 1, 0, 0]]


def test_the_empty_mask_needs_no_table_of_its_own():
    cells = tallied(np.uint8([1, 1, 0]), np.uint8([0, 2, 2])).finish((0, 0))
    missed, spurious = (
        ScoredClass("a", label(1), LabelSelector(-1)),
        ScoredClass("b", LabelSelector(-1), label(2)),
    )
    n = class_counts({(0, 0): cells}, [missed, spurious], (1.0, "px"))
    assert n.table.tolist() == [[0, 0, 2, 1], [0, 2, 0, 1]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_against_voxel_after_voxel_and_in_any_slabs(seed, slab):
    rng = np.random.default_rng(seed)
    truth, pred = np.repeat(rng.integers(0, 4, (2, 40)), 3, axis=1).astype(np.uint8)
    targets = [ScoredClass(str(v), label(v), label(v)) for v in range(4)]
    n = finished(tallied(truth, pred, slab), targets)
    assert n.table.tolist() == [plain.confusion(truth, pred, {v}, {v}) for v in range(4)]


def test_many_slabs_are_joined_on_the_way():
    tally = CountTally([(0, 0)])
    rng = np.random.default_rng(2)
    total = 0
    for start in range(200):
        truth, pred = rng.integers(0, 40, (2, 3000)).astype(np.uint8)
        tally.update(Block(start, 3000, {0: truth}, {0: pred}))
        total += 3000
    assert sum(map(len, tally._codes[0, 0])) < 1 << 17
    assert tally.finish((0, 0)).voxels.sum() == total


def test_slabs_of_the_same_pairs_are_added_where_they_stand():
    # pairs 0 on 1 and 2 on 0; of the third slab the first of them alone
    slabs = [
        ([0, 2, 2], [1, 0, 0]),
        ([0, 2], [1, 0]),
        ([0], [1]),
        ([0, 2], [1, 0]),
        ([2, 0], [0, 1]),
    ]
    tally, others = CountTally([(0, 0)]), CountTally([(0, 0)])
    given = []
    for start, (truth, pred) in enumerate(slabs):
        tally.update(Block(start, len(truth), {0: np.uint8(truth)}, {0: np.uint8(pred)}))
        codes, voxels = np.int64([1, 2 << 16]), np.int64([1, 10])
        others.add((0, 0), codes, voxels)
        given.append(voxels)
    found = tally.finish((0, 0))
    assert (found.truth.tolist(), found.pred.tolist()) == ([0, 2], [1, 0])
    assert found.voxels.tolist() == [5, 5]
    assert len(tally._codes[0, 0]) == 3
    assert others.finish((0, 0)).voxels.tolist() == [5, 50]
    assert all(
        voxels.tolist() == [1, 10] for voxels in given
    )  # what was handed over is not changed


def cells(*rows):
    return PairCells(*np.array(rows, np.int64).reshape(-1, 3).T)


@pytest.mark.parametrize("confusion", [None, cells((0, 0, 5), (1, 0, 2))])
def test_json_reads_back_as_it_was(confusion):
    table = np.array([[1, 2, 3, 4], [5, 6, 7, 8]])
    n = Counts(("a", "b"), table, table * 0.1, "ml", 0.1, confusion)
    back = Counts.from_json(json.loads(json.dumps(n.to_json())))
    assert back.to_json() == n.to_json()
    assert back.sizes.tolist() == n.sizes.tolist()


def test_pooled_adds_a_class_over_the_cases_that_have_it():
    one = Counts(("a", "b"), np.array([[1, 0, 0, 9], [2, 1, 1, 6]]), np.ones((2, 4)), "ml", 1.0)
    two = Counts(("b",), np.array([[3, 0, 0, 7]]), np.full((1, 4), 2.0), "ml", 2.0)
    both = Counts.pool_cases([one, two])
    assert both.classes == ("a", "b")
    assert both.table.tolist() == [[1, 0, 0, 9], [5, 1, 1, 13]]
    assert both.sizes.tolist() == [[1.0] * 4, [3.0] * 4]
    assert both.unit == "ml"


def test_pooled_volumes_of_cases_in_two_units_have_none():
    one = Counts(("a",), np.ones((1, 4), np.int64), np.ones((1, 4)), "ml", 1.0)
    two = Counts(("a",), np.ones((1, 4), np.int64), np.ones((1, 4)), "px", 1.0)
    assert Counts.pool_cases([one, two]).unit == ""


def test_sums_of_a_table_go_with_it():
    cells = PairCells(*np.int64([[0, 1], [1, 1], [5, 7]]))
    sums = weakref.ref(cells.margins)
    assert (sums().truth, sums().pred) == ({0: 5, 1: 7}, {1: 12})
    gc.disable()  # a run of many small cases would hold them until the collector comes
    try:
        del cells
        assert sums() is None
    finally:
        gc.enable()
