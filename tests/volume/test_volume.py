"""Channels in lockstep, in any order of axes, in any pieces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.grid.geometry import Reorder
from segeval.runtime.packed_streams import PackedBytes
from segeval.volume import channel_streams
from segeval.volume.channel import Channel
from segeval.volume.channel_streams import open_channels

STORED = np.arange(2 * 3 * 4, dtype=np.uint16).reshape(2, 3, 4)


def pieces(voxels, chunk):
    with open_channels([voxels], chunk) as (stream,):
        parts = [
            stream.read(min(chunk, voxels.count - at)).copy()
            for at in range(0, voxels.count, chunk)
        ]
    return np.concatenate(parts)


def on_disk(tmp_path, array):
    path = tmp_path / "raw"
    path.write_bytes(b"head" + array.tobytes())
    return PackedBytes(path, skip=4, size=array.nbytes)


orders = st.permutations(range(3)).flatmap(
    lambda axes: st.sets(st.integers(0, 2)).map(lambda f: Reorder(tuple(axes), tuple(sorted(f))))
)


@pytest.mark.parametrize("place", ["memory", "disk"])
@given(order=orders, chunk=st.integers(1, 24))
def test_any_order_in_any_pieces(tmp_path_factory, place, order, chunk):
    source = lambda: STORED  # noqa: E731 - a loader
    if place == "disk":
        source = on_disk(tmp_path_factory.mktemp("raw"), STORED)
    voxels = Channel(source, STORED.dtype, STORED.shape).turned(order)
    want = np.flip(STORED.transpose(order.axes), order.flips)
    assert pieces(voxels, chunk).tolist() == want.ravel().tolist()


def test_planes_are_turned_a_few_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(
        channel_streams, "STRIDED_BYTES", 20
    )  # two planes of 3 x 2 uint16 do not fit
    voxels = Channel(on_disk(tmp_path, STORED), STORED.dtype, STORED.shape)
    turned = voxels.turned(Reorder((2, 1, 0), (0,)))
    want = np.flip(STORED.transpose(2, 1, 0), 0)
    assert pieces(turned, 5).tolist() == want.ravel().tolist()


stacks = st.tuples(st.permutations(range(4)), st.integers(0, 3), st.sets(st.integers(0, 2)))


@given(stack=stacks, chunk=st.integers(1, 6))
def test_a_plane_without_its_axis(stack, chunk):
    # channel, z, y, x = 2, 1, 3, 4, stored in any order, one channel picked out, z, y, x turned
    places, channel, flips = stack[0], stack[1] % 2, stack[2]
    whole = np.arange(24, dtype=np.uint16).reshape(2, 1, 3, 4)
    stored = np.ascontiguousarray(whole.transpose(places))
    out = places.index(0)
    left = [p for p in places if p]
    order = Reorder(tuple(left.index(axis) for axis in (1, 2, 3)), tuple(sorted(flips)))
    voxels = Channel(lambda: stored, stored.dtype, stored.shape, order, picked=(out, channel))
    want = np.flip(whole[channel], order.flips).ravel().tolist()
    assert pieces(voxels, chunk).tolist() == want
    assert pieces(voxels.flattened(), chunk).tolist() == want
    alone = Channel(lambda: whole[channel], whole.dtype, (1, 3, 4))
    assert pieces(alone.turned(Reorder((0, 1, 2), (2,))).flattened(), chunk).tolist() == (
        whole[channel, :, :, ::-1].ravel().tolist()
    )
    assert pieces(alone.flattened(), chunk).tolist() == whole[channel].ravel().tolist()


def test_values_are_swapped_and_scaled(tmp_path):
    swapped = STORED.astype(">i2")
    voxels = Channel(on_disk(tmp_path, swapped), swapped.dtype, STORED.shape, slope=0.5, inter=-1)
    assert pieces(voxels, 7).tolist() == (STORED.ravel() * 0.5 - 1).tolist()


def test_the_empty_channel():
    assert pieces(Channel(None, np.dtype(np.uint8), (2, 3)), 4).tolist() == [0] * 6


def test_a_read_overwrites_the_one_before(tmp_path):
    voxels = Channel(on_disk(tmp_path, STORED), STORED.dtype, STORED.shape)
    with open_channels([voxels], 12) as (stream,):
        first = stream.read(12)
        stream.read(12)
        assert first[0] == STORED.ravel()[12]  # one buffer, used again


@pytest.mark.parametrize("stored", ["<f4", ">f4", "<f2"])
def test_values_go_where_they_may_if_they_are_of_that_type(tmp_path, stored):
    array = STORED.astype(stored)
    voxels = Channel(on_disk(tmp_path, array), array.dtype, array.shape)
    room = np.full(array.size, -1, np.float32)
    with open_channels([voxels], array.size) as (stream,):
        values = stream.read(array.size, room)
        assert values.tolist() == array.ravel().tolist()
    assert (values is room) == (stored != "<f2")
