"""Fields of classes, cut out of slabs."""

import numpy as np
import pytest

from segeval.classes.class_list import LabelSelector
from segeval.tallies.block import Block
from segeval.tallies.fields import FieldRequest, FieldTally, class_field

BOX = ((1, 4), (0, 3), (2, 5))
SHAPE = (5, 4, 6)


def wanted(part, exclusive, threshold=0.5):
    return FieldRequest(part, exclusive, threshold, BOX)


def test_a_channel_that_stands_alone_is_moved_by_its_threshold():
    scores = np.array([[0.0, 0.0], [0.2, 0.7]])
    assert class_field(scores, wanted(LabelSelector(1), False)) == pytest.approx([0.2, 0.7])
    assert class_field(scores, wanted(LabelSelector(1), False, 0.7)) == pytest.approx([0.0, 0.5])


def test_exclusive_channels_by_hand():
    #          class 2 ahead by 0.3, ties with 1, behind by 0.8
    scores = np.array([[0.1, 0.2, 0.9], [0.3, 0.4, 0.0], [0.6, 0.4, 0.1]])
    ahead = wanted(LabelSelector(0, frozenset([2])), True)
    assert class_field(scores, ahead) == pytest.approx([0.65, 0.5, 0.1])
    # a union: the best of 1 and 2 against 0
    union = wanted(LabelSelector(0, frozenset([1, 2])), True)
    assert class_field(scores, union) == pytest.approx([0.75, 0.6, 0.1])


def test_of_two_channels_it_is_the_probability_of_the_second():
    p = np.linspace(0, 1, 7)
    scores = np.stack([1 - p, p])
    assert class_field(scores, wanted(LabelSelector(0, frozenset([1])), True)) == pytest.approx(p)


def tallied(values, slab, valid=None):
    tally = FieldTally(SHAPE, {3: wanted(LabelSelector(0), False)})
    for start in range(0, values.size, slab):
        part = values.ravel()[None, start : start + slab]
        kept = None if valid is None else valid.ravel()[start : start + slab]
        tally.update(Block(start, part.shape[1], {}, {}, part, valid=kept))
    return tally


@pytest.mark.parametrize("slab", [1, 5, 6, 17, 1000])
def test_the_box_of_a_class_and_one_voxel_around(slab):
    values = np.random.default_rng(0).random(SHAPE).astype(np.float32)
    want = np.pad(values, 1)[1:6, 0:5, 2:7]  # the box is 1:4, 0:3, 2:5 and the image ends at y 0
    assert np.array_equal(tallied(values, slab).finish()[3], want)


def test_what_is_ignored_is_in_no_mask():
    values, valid = np.ones(SHAPE, np.float32), np.ones(SHAPE, bool)
    valid[2, 1, 3] = False
    found = tallied(values, 7, valid).finish()[3]
    assert found[2, 2, 2] == 0
    assert found.sum() == 5 * 4 * 5 - 1


def test_in_a_picture():
    values = np.random.default_rng(2).random((4, 6)).astype(np.float32)
    tally = FieldTally((4, 6), {0: FieldRequest(LabelSelector(0), False, 0.5, ((1, 3), (2, 6)))})
    tally.update(Block(0, 24, {}, {}, values.reshape(1, -1)))
    assert np.array_equal(tally.finish()[0], np.pad(values, 1)[1:5, 2:8])
