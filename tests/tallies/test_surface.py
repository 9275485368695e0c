"""The tally of surfaces: slabs in any size and order, classes that are unions, ignored voxels."""

import numpy as np
import pytest
from pairs import PAIRS
from surfaces import ONE, surfaces, tally_of, value

from segeval.classes.class_list import LabelSelector, ScoredClass
from segeval.tallies.block import Block
from segeval.tallies.surface import SurfaceTally

TRUTH, PRED, SPACING = PAIRS["at_the_edge"]()


@pytest.mark.parametrize("slab", [1, 7, 168, 10_000])
def test_slab_size_changes_nothing(slab):
    whole, cut = surfaces(TRUTH, PRED, SPACING), surfaces(TRUTH, PRED, SPACING, slab)
    for name in ("hd", "hd95", "masd", "nsd@1mm", "biou@1mm", "apl", "masd:as=itk"):
        assert value(cut, name) == value(whole, name)


def test_slabs_come_in_any_order():
    whole, other = tally_of(TRUTH, PRED, 100), SurfaceTally(TRUTH.shape)
    for start in reversed(range(0, TRUTH.size, 100)):
        t, p = (m.ravel()[start : start + 100].astype(np.uint8) for m in (TRUTH, PRED))
        other.update(Block(start, len(t), {0: t}, {0: p}))
    targets = [ScoredClass("a", ONE, ONE)]
    one, other = (t.finish(targets, SPACING) for t in (whole, other))
    assert value(one, "masd") == value(other, "masd")


def test_a_crop_is_the_box_around_both():
    crop = surfaces(TRUTH, PRED, SPACING).crop(0)
    inside = np.argwhere(TRUTH | PRED)
    first, last = inside.min(0), inside.max(0) + 1
    where = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    assert (crop.truth == TRUTH[where]).all()
    assert (crop.pred == PRED[where]).all()
    assert crop.edges == tuple(
        (bool(a == 0), bool(b == n)) for a, b, n in zip(first, last, TRUTH.shape, strict=True)
    )


def labelled():
    truth, pred = np.zeros((2, 6, 8, 9), np.uint8)
    truth[1:5, 1:4, 2:7], truth[1:5, 4:6, 2:7] = 1, 2
    pred[1:5, 1:5, 2:7] = 2
    return truth, pred


def test_a_class_may_be_several_labels():
    truth, pred = labelled()
    both = LabelSelector(0, frozenset([1, 2]))
    s = tally_of(truth, pred, 50).finish([ScoredClass("union", both, both)], None)
    want = surfaces(truth > 0, pred > 0)
    assert value(s, "masd") == value(want, "masd")
    any_label = tally_of(truth, pred).finish(
        [ScoredClass("any", LabelSelector(0), LabelSelector(0))], None
    )
    assert value(any_label, "masd") == value(want, "masd")


def test_ignored_voxels_belong_to_neither_side():
    truth, pred = labelled()
    s = tally_of(truth, pred).finish(
        [ScoredClass("a", ONE, LabelSelector(0, frozenset([2])))], None, ignored=2
    )
    want = surfaces(truth == 1, (pred == 2) & (truth != 2))
    assert value(s, "masd") == value(want, "masd")


def test_the_channel_without_a_voxel_is_empty():
    s = tally_of(TRUTH, PRED).finish([ScoredClass("a", ONE, LabelSelector(-1))], SPACING)
    assert not s.crop(0).pred.any()
    assert np.isnan(value(s, "hd"))


def test_distances_are_measured_once():
    s = surfaces(TRUTH, PRED, SPACING)
    times = []

    def measure(crop):
        times.append(1)
        return ()

    s.measured(0, "border", measure)
    s.measured(0, "border", measure)
    assert len(times) == 1
