import numpy as np
import pytest

from segeval.tallies.block import Block
from segeval.tallies.box_mask import BoxedTally, voxels_in_box

SHAPE, BOX = (4, 5, 6), (slice(1, 3), slice(0, 2), slice(4, 6))


def marked():
    mask = np.zeros(SHAPE, bool)
    mask[BOX] = True
    return mask.ravel()


@pytest.mark.parametrize("size", [1, 7, 30, 50, 120])
def test_slabs_of_any_size_cut_the_same_box(size):
    parts = [voxels_in_box(BOX, SHAPE, at, min(size, 120 - at)) for at in range(0, 120, size)]
    np.testing.assert_array_equal(np.concatenate(parts), marked())


def test_without_a_box_nothing_is_inside():
    assert not voxels_in_box(None, SHAPE, 10, 20).any()


def test_what_is_ignored_stays_so():
    seen = []

    class Kept:
        def update(self, block):
            seen.append(block.valid)

        def finish(self, classes, kept):
            return classes, kept

    keep = np.arange(120) % 2 == 0
    boxed = BoxedTally(Kept(), SHAPE, BOX)
    boxed.update(Block(0, 120, {}, {}, valid=keep))
    np.testing.assert_array_equal(seen[0], marked() & keep)
    assert boxed.finish(["a"], [0]) == (["a"], [0])
