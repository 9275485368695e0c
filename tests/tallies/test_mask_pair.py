"""What measuring a class takes: bounds hold, and what is counted is what is measured."""

import numpy as np
import pytest

from segeval.kernels.conventions import measure_distances
from segeval.kernels.label_runs import find_label_runs, split_at_rows
from segeval.kernels.measuring_memory import COSTS, MaskContents, bound_contents, measuring_bytes
from segeval.tallies import mask_pair
from segeval.tallies.mask_pair import MaskPair

SURFACES = ["mesh", "corners", "border", "contour", "solid", "once", "relaxed"]


def runs_of(mask):
    return split_at_rows(find_label_runs(mask.ravel().astype(np.uint16), 0), mask.shape[-1])


def pair_of(truth, pred, ignored=None):
    left = None if ignored is None else runs_of(ignored)
    return MaskPair(truth.shape, runs_of(truth), runs_of(pred), left)


def random_masks(shape, share=0.3, seed=0):
    """Blobs of 2 voxels a side and specks, away from the edges and at them."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((2, *(n // 2 + 1 for n in shape))) < share
    for axis in range(1, len(shape) + 1):
        coarse = coarse.repeat(2, axis)
    blobs = coarse[(slice(None), *(slice(n) for n in shape))]
    return blobs | (rng.random((2, *shape)) < 0.05)


def contents(pair, how, spacing):
    return list(pair._contents(how, pair.box(), spacing, ()))


@pytest.mark.parametrize("cells", [1, 40, 1 << 20])
@pytest.mark.parametrize("shape", [(7, 9, 11), (1, 12, 13), (14, 15)])
@pytest.mark.parametrize("how", SURFACES)
def test_what_is_counted_is_what_is_measured(monkeypatch, how, shape, cells):
    monkeypatch.setattr(mask_pair, "SLAB_CELLS", cells)
    truth, pred = random_masks(shape)
    pair = pair_of(truth, pred)
    edges = tuple((a == 0, b == n) for (a, b), n in zip(pair.box(), shape, strict=True))
    masks = pair.draw(pair.box())
    spacing = (1.0, 1.5, 2.0)[: len(shape)]
    both = measure_distances(how, *masks, spacing, edges)
    counted = contents(pair, how, spacing)[-1]
    inside = int(truth.sum() + pred.sum())
    assert (counted.inside, counted.apart) == (inside, int((truth ^ pred).sum()))
    assert counted.elements == sum(len(one.distances) for one in both)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
@pytest.mark.parametrize("shape", [(7, 9, 11), (1, 12, 13), (14, 15), (20, 6, 40)])
@pytest.mark.parametrize("how", SURFACES)
def test_each_bound_is_at_least_what_is_counted(how, shape, share):
    pair = pair_of(*random_masks(shape, share))
    *bounds, counted = contents(pair, how, (1.0,) * len(shape))
    assert bounds
    for bound in bounds:
        for name in ("inside", "apart", "elements"):
            assert getattr(bound, name) >= getattr(counted, name)


@pytest.mark.parametrize("how", ["mesh", "once", "corners"])
def test_the_bound_by_faces_is_met_by_no_more_than_three_times_on_a_box(how):
    truth = np.zeros((40, 50, 60), bool)
    truth[5:30, 6:40, 7:50] = True
    pair = pair_of(truth, np.roll(truth, 1, 0))
    by_voxels, by_faces, counted = contents(pair, how, (1.0, 1.0, 1.0))
    assert counted.elements < by_faces.elements < 3 * counted.elements < by_voxels.elements


@pytest.mark.parametrize("cells", [1, 1 << 20])
@pytest.mark.parametrize("shape", [(1, 12, 13), (7, 9, 11)])
@pytest.mark.parametrize("how", ["contour", "solid", "border"])
def test_where_the_array_ends_is_a_border_and_no_contour(monkeypatch, how, shape, cells):
    monkeypatch.setattr(mask_pair, "SLAB_CELLS", cells)
    truth, pred = random_masks(shape, 0.8)
    truth[:, 0, 0] = truth[:, -1, -1] = truth[0, 3, 3] = truth[-1, 3, 3] = True
    pair, spacing = pair_of(truth, pred), (1.0, 1.5, 2.0)
    assert pair.box() == tuple((0, n) for n in shape)
    both = measure_distances(how, truth, pred, spacing, ((True, True),) * 3)
    counted = contents(pair, how, spacing)[-1]
    assert counted.elements == sum(len(one.distances) for one in both)
    assert counted.inside == truth.sum() + pred.sum()


def test_slices_are_counted_each_alone():
    truth, pred = random_masks((5, 12, 13))
    counted = contents(pair_of(truth, pred), "mesh", (1.0, 1.0))[-1]
    edges, found = ((False, False),) * 2, 0
    for one, other in zip(truth, pred, strict=True):
        both = measure_distances("mesh", one, other, (1.0, 1.0), edges)
        found += sum(len(one.distances) for one in both)
    assert counted.elements == found


def test_what_is_ignored_counts_on_neither_side():
    truth, pred = random_masks((6, 9, 11))
    ignored = np.zeros_like(truth)
    ignored[2:5, :, 3:6] = True
    counted = contents(pair_of(truth, pred, ignored), "border", (1.0,) * 3)[-1]
    want = contents(pair_of(truth & ~ignored, pred & ~ignored), "border", (1.0,) * 3)[-1]
    assert counted == want


@pytest.mark.parametrize("cells", [1, 1 << 20])
def test_a_shell_is_what_the_depths_ask(monkeypatch, cells):
    from segeval.kernels.depths import InnerDepths, box_reach

    monkeypatch.setattr(mask_pair, "SLAB_CELLS", cells)
    truth = np.zeros((30, 40, 40), bool)
    truth[3:27, 5:35, 4:38] = True
    pair, spacing = pair_of(truth, np.roll(truth, 1, 2)), (2.0, 1.0, 1.0)
    reach = box_reach(3.0, spacing)
    whole, shell = pair._contents("depths", pair.box(), spacing, reach)
    masks = pair.draw(pair.box())
    near = sum(len(InnerDepths(mask, spacing).down_to(3.0)[0]) for mask in masks)
    assert near <= shell.elements < whole.elements
    assert shell.elements < 2 * near


def test_faces_count_where_a_voxel_of_the_shell_is_deeper_than_tables_go():
    from segeval.kernels.depths import box_reach

    noise, ball = random_masks((20, 20, 20), 0.1), np.zeros((2, 24, 24, 24), bool)
    ball[0, 2:22, 2:22, 2:22] = ball[1, 3:23, 2:22, 2:22] = True
    reach = box_reach(8.0, (1.0,) * 3)
    for sides, deep in ((noise, False), (ball, True)):
        pair = pair_of(*sides)
        whole, shell = pair._contents("deep", pair.box(), (1.0,) * 3, reach)
        assert (shell.apart > 0) == deep
        assert whole.apart >= shell.apart
    padded = np.pad(ball, ((0, 0), *((1, 1),) * 3)).astype(np.int8)
    faces = sum(np.count_nonzero(np.diff(padded, axis=axis)) for axis in (1, 2, 3))
    assert faces <= shell.apart < 3 * faces
    tall = pair._contents("deep", pair.box(), (5.0, 1.0, 1.0), (2, 9, 9))
    assert list(tall)[-1].apart > 0  # too thick for a box that is certain


def test_what_is_measured_first_is_no_less_than_it_takes_alone():
    for has in (MaskContents(10, 10, 10_000), MaskContents(10_000, 5000, 10)):
        solid, contour = (
            measuring_bytes(how, (30, 30, 30), (1.0,) * 3, has) for how in ("solid", "contour")
        )
        assert solid >= contour
    assert solid > contour


def test_no_more_is_counted_than_decides(monkeypatch):
    monkeypatch.setattr(mask_pair, "count_contents", None)  # would be called
    truth = np.zeros((40, 50, 60), bool)
    truth[5:30, 6:40, 7:50] = True
    pair = pair_of(truth, truth)
    size = pair.bytes_to_measure("mesh", pair.box(), (1.0,) * 3, 1 << 40)
    assert size == pair.bytes_to_measure("mesh", pair.box(), (1.0,) * 3, size)


@pytest.mark.parametrize("how", ["mesh", "depths"])
def test_nothing_is_counted_in_a_large_box_that_has_no_room(monkeypatch, how):
    truth = np.zeros((40, 50, 60), bool)
    truth[::3] = True
    pair = pair_of(truth, truth)
    asked = (how, pair.box(), (1.0,) * 3, 1 << 10, (2, 2, 2))
    size = pair.bytes_to_measure(*asked)
    monkeypatch.setattr(mask_pair, "MOST_COUNTED", 1000)
    for count in ("count_contents", "count_shell"):
        monkeypatch.setattr(mask_pair, count, None)  # would be called
    bound = pair.bytes_to_measure(*asked)
    assert size <= bound
    assert pair.bytes_to_measure(*asked[:3], bound, (2, 2, 2)) == bound  # the advice is enough


def test_every_cost_grows_with_what_it_counts():
    for how, cost in COSTS.items():
        less = measuring_bytes(how, (9, 9, 9), (1.0,) * 3, MaskContents(10, 10, 10))
        more = measuring_bytes(how, (9, 9, 9), (1.0,) * 3, MaskContents(10, 10, 20))
        assert (more > less) == bool(cost.element), how


def test_an_empty_bound_is_next_to_nothing():
    assert bound_contents("mesh", 3, 0) == MaskContents(0, 0, 1)
