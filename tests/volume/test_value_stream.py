"""What numbers mean: found while they stream, never guessed between two readings."""

import tracemalloc
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest

from segeval.grid.geometry import Geometry
from segeval.kernels.decode import argmax_channel
from segeval.runtime.errors import ReadError
from segeval.volume.channel import Channel
from segeval.volume.channel_streams import open_channels
from segeval.volume.label_values import open_value_stream
from segeval.volume.value_stream import ReadAs
from segeval.volume.volume import Volume

AUTO = ReadAs("auto")


def read(channels, wanted=AUTO, slab=3):
    """Read flat channels in slabs; gives labels by channel, scores, and what was found."""
    arrays = [np.asarray(c) for c in channels]
    voxels = [Channel(lambda a=a: a, a.dtype, a.shape) for a in arrays]
    volume = Volume(Geometry((1, 1, len(arrays[0]))), tuple(voxels), Path("file.nii"))
    with open_channels(voxels, slab) as opened:
        reader = open_value_stream(volume, dict(enumerate(opened)), wanted)
        slabs = [
            deepcopy(reader.read(min(slab, len(arrays[0]) - at)))
            for at in range(0, len(arrays[0]), slab)
        ]
    labels = {c: np.concatenate([s.labels[c] for s in slabs]).tolist() for c in slabs[0].labels}
    scores = None
    if all(s.scores is not None for s in slabs):
        scores = np.concatenate([s.scores for s in slabs], axis=1)
    return labels, scores, reader.finish()


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "i4", "u4", "i8", "?"])
def test_integers_are_labels(dtype):
    labels, scores, found = read([np.array([0, 1, 1, 0], dtype)])
    assert labels == {0: [0, 1, 1, 0]}
    assert scores is None
    assert (found.kind, found.exclusive) == ("labels", True)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_floats_between_are_probabilities(dtype):
    labels, scores, found = read([np.array([0, 0, 0, 0.5, 0.25, 1], dtype)])
    assert labels == {0: [0, 0, 0, 1, 0, 1]}
    assert scores[0].tolist() == [0, 0, 0, 0.5, 0.25, 1]
    assert (found.kind, found.exclusive) == ("prob", False)


def test_whole_floats_beyond_one_are_labels_even_where_the_first_slab_could_be_either():
    labels, _, found = read([np.float32([0, 1, 1, 0, 7, 2])])
    assert labels == {0: [0, 1, 1, 0, 7, 2]}
    assert found.kind == "labels"


def test_a_float_map_of_0_and_1_is_both():
    labels, scores, found = read([np.float32([0, 1, 1, 0])])
    assert labels == {0: [0, 1, 1, 0]}
    assert scores[0].tolist() == [0, 1, 1, 0]
    assert found.kind == "prob"


@pytest.mark.parametrize(
    "values", [[0.5, 2.0, 0, 0], [0, 0, 0, -0.5], [3.0, 0, 0, 0.5], [-1.0, 0, 1, 2]]
)
def test_other_floats_are_neither(values):
    with pytest.raises(ReadError) as caught:
        read([np.float32(values)])
    assert "--kind logits" in caught.value.help


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("wanted", [AUTO, ReadAs("prob"), ReadAs("labels"), ReadAs("logits")])
def test_values_that_are_no_numbers_are_counted_and_the_first_is_named(bad, wanted):
    with pytest.raises(ReadError) as caught:
        read([np.float32([0, 1, 0, 1, bad, 1, bad])], wanted)
    assert "infinite: 2 of" in caught.value.message
    assert "4, 0, 0" in caught.value.facts[0]


@pytest.mark.parametrize(
    ("values", "dtype"), [([0, -1], "i2"), ([0, 70_000], "i4"), ([0, -3], "i8"), ([0, -1], "i1")]
)
def test_labels_out_of_range(values, dtype):
    with pytest.raises(ReadError, match="a label is 0 to 65535"):
        read([np.array(values, dtype)])


def test_fractions_are_no_labels_when_labels_are_asked_for():
    with pytest.raises(ReadError, match="not all whole"):
        read([np.float32([0, 0.5])], ReadAs("labels"))


@pytest.mark.parametrize(
    ("values", "dtype", "want"),
    [
        ([0, 51, 127, 128, 255], "u1", [0, 0.2, 127 / 255, 128 / 255, 1]),
        ([0, 13107, 65535], "u2", [0, 0.2, 1]),
        ([0, 1], "?", [0, 1]),
        ([0, 1], "i2", [0, 1]),
    ],
)
def test_integers_as_probabilities_are_shares_of_the_largest(values, dtype, want):
    _, scores, _ = read([np.array(values, dtype)], ReadAs("prob"))
    assert scores[0].tolist() == want


def test_wide_integers_are_no_probabilities():
    with pytest.raises(ReadError, match="no probabilities"):
        read([np.int32([0, 200])], ReadAs("prob"))


def test_the_threshold_itself_is_inside():
    # 51 / 255 is 0.2
    labels, _, _ = read([np.uint8([50, 51, 52])], ReadAs("prob", threshold=0.2))
    assert labels == {0: [0, 1, 1]}


SOFT = [np.float32([0.5, 0.2, 0.1]), np.float32([0.5, 0.3, 0.2]), np.float32([0, 0.5, 0.7])]


def test_channels_that_sum_to_1_exclude_each_other_and_ties_go_to_the_lowest():
    labels, scores, found = read(SOFT)
    assert labels == {0: [0, 2, 2]}
    assert (found.kind, found.exclusive, found.channels) == ("prob", True, 3)
    assert scores.shape == (3, 3)


def test_channels_that_do_not_are_refused_with_both_readings():
    with pytest.raises(ReadError) as caught:
        read([np.float32([0.9, 0.1]), np.float32([0.8, 0.1])])
    assert "--activation softmax" in caught.value.help
    assert "--activation none" in caught.value.help


def test_independent_channels_are_masks_that_may_overlap():
    wanted = ReadAs("prob", "none", independent=True)
    labels, _, found = read([np.float32([0.9, 0.1]), np.float32([0.8, 0.1])], wanted)
    assert labels == {0: [1, 0], 1: [1, 0]}
    assert not found.exclusive


@pytest.mark.parametrize("dtype", ["u1", "?", "i2", "f4", "f8"])
@pytest.mark.parametrize("count", [1, 2])
def test_a_mask_is_no_logits(dtype, count):
    wanted = ReadAs("logits", independent=True)
    masks = [np.array([0, 1, 1, 0], dtype)] * count
    with pytest.raises(ReadError, match="a mask, no logits"):
        read(masks, wanted)
    masks[-1] = (
        np.array([0, 1, 1, 2]).astype("u1") if dtype == "?" else np.array([0, 1, 0, 7], dtype)
    )
    assert read(masks, wanted)[2].kind == "logits"


def test_logits_that_are_0_are_no_mask():
    assert read([np.zeros(4, np.float32)], ReadAs("logits"))[0] == {0: [1, 1, 1, 1]}


def test_logits_become_probabilities():
    labels, scores, found = read([np.float32([-1000, 0, 1000])], ReadAs("logits"))
    assert scores[0].tolist() == [0, 0.5, 1]
    assert labels == {0: [0, 1, 1]}
    assert found.kind == "logits"


def test_logits_of_classes_become_a_softmax():
    labels, scores, _ = read([np.float32([1e4, 0]), np.float32([0, 1e4])], ReadAs("logits"))
    assert labels == {0: [0, 1]}
    assert scores.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("second", "onehot"), [([0, 1, 0, 0], True), ([1, 1, 0, 0], False), ([0, 0, 0, 0], False)]
)
def test_a_stack_of_masks_is_one_hot_only_if_every_voxel_has_one_label(second, onehot):
    _, _, found = read([np.uint8([1, 0, 1, 1]), np.uint8(second)], slab=1)
    assert found.onehot is onehot


def test_the_largest_of_many_channels_by_hand():
    assert argmax_channel(np.float32([[3, 1, 2], [3, 2, 2], [1, 5, 3]])).tolist() == [0, 2, 2]
    many = np.zeros((300, 2), np.float32)
    many[299] = 1
    assert argmax_channel(many).tolist() == [299, 299]


def test_shares_of_255_sum_to_1_as_far_as_255_steps_can():
    # 1/3, 1/3, 1/3 is 85, 85, 85; 0.1, 0.2, 0.7 is 26, 51, 179: 256 of 255
    channels = [np.uint8([85, 26]), np.uint8([85, 51]), np.uint8([85, 179])]
    labels, _, found = read(channels, ReadAs("prob"))
    assert labels == {0: [0, 2]}
    assert found.exclusive


def test_255_times_the_slope_of_a_file_is_1_though_float32_makes_it_more():
    codes, slope = np.array([0, 51, 255, 255], np.uint8), float(np.float32(1 / 255))
    assert 255 * slope > 1
    other = 255 - codes
    voxels = [Channel(lambda a=a: a, a.dtype, a.shape, slope=slope) for a in (codes, other)]
    volume = Volume(Geometry((1, 1, 4)), tuple(voxels), Path("file.nii"))
    with open_channels(voxels, 4) as opened:
        reader = open_value_stream(volume, dict(enumerate(opened)), ReadAs("prob"))
        scores = reader.read(4).scores
        assert reader.finish().kind == "prob"
    assert scores[:, 2].tolist() == [1, 0]
    assert scores[:, 1].tolist() == [51 * slope, 204 * slope]


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_logits_take_their_own_size_and_that_of_their_probabilities(activation):
    z = np.random.default_rng(0).normal(size=(64, 8192)).astype(np.float32)
    voxels = [Channel(lambda a=a: a, a.dtype, a.shape) for a in z]
    volume = Volume(Geometry((1, 1, 8192)), tuple(voxels), Path("file.nii"))
    wanted = ReadAs("logits", activation, independent=activation == "sigmoid")
    with open_channels(voxels, 8192) as opened:
        reader = open_value_stream(volume, dict(enumerate(opened)), wanted)
        tracemalloc.start()
        reader.read(8192)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    masks = z.size  # bytes, of independent channels
    assert peak < z.nbytes + 2 * z.nbytes + masks + 10 * 8 * 8192


@pytest.mark.parametrize(("wrong", "refused"), [(1, False), (2, True)])
def test_sums_may_be_off_in_one_voxel_of_a_thousand_and_no_more(wrong, refused):
    second = np.full(1000, 0.75, np.float32)
    second[:wrong] = 0.25  # the sums are 0.5 there and 1 everywhere else
    stack = [np.full(1000, 0.25, np.float32), second]
    if refused:
        with pytest.raises(ReadError, match="do not sum to 1 in 2 of 1000 voxels"):
            read(stack, slab=250)
    else:
        assert read(stack, slab=250)[2].exclusive


@pytest.mark.parametrize(("excess", "refused"), [(0.0009, False), (0.0011, True)])
def test_a_sum_is_off_from_a_thousandth_on(excess, refused):
    stack = [np.full(8, 0.25), np.full(8, 0.75 + excess)]
    if refused:
        with pytest.raises(ReadError, match="do not sum to 1 in 8 of 8 voxels"):
            read(stack)
    else:
        assert read(stack)[2].exclusive


def test_masks_may_hold_an_ignored_value_beside_0_and_1():
    stack = [np.uint8([0, 1, 255, 1]), np.uint8([1, 1, 255, 0])]
    labels, _, found = read(stack, ReadAs("labels", ignored=(255,)))
    assert labels == {0: [0, 1, 255, 1], 1: [1, 1, 255, 0]}
    assert found.channels == 2
    with pytest.raises(ReadError, match="channels of labels up to 7"):
        read([np.uint8([0, 7]), np.uint8([0, 255])], ReadAs("labels", ignored=(255,)))


@pytest.mark.parametrize(("top", "codes"), [(31, ["W-few-shades"]), (32, [])])
def test_of_fewer_than_32_whole_steps_a_map_may_be_of_labels(top, codes):
    _, _, found = read([np.array([0, top], np.uint8)], ReadAs("prob"))
    assert [note.code for note in found.notes] == codes
