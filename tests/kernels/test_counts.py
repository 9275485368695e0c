"""Pair counts against counting one voxel after the other."""

import numpy as np
import plain
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segeval.kernels.counts import NoisePairs, pair_counts, weighted_counts

DTYPES = (np.uint8, np.uint16)


def counted(truth, pred):
    codes, voxels = pair_counts(truth, pred)
    assert codes.dtype == voxels.dtype == np.int64
    return {(int(c) >> 16, int(c) & 0xFFFF): int(n) for c, n in zip(codes, voxels, strict=True)}


def test_pairs_by_hand():
    #       truth 0 1 1 2    pred 0 1 2 2
    assert counted(np.uint8([0, 1, 1, 2]), np.uint8([0, 1, 2, 2])) == {
        (0, 0): 1,
        (1, 1): 1,
        (1, 2): 1,
        (2, 2): 1,
    }


def test_long_runs_that_end_apart():
    truth = np.repeat(np.uint8([0, 7, 0]), [1000, 501, 2])
    pred = np.repeat(np.uint8([0, 7, 255]), [990, 500, 13])
    assert counted(truth, pred) == plain.pairs(truth, pred)


@pytest.mark.parametrize("dtype", DTYPES)
def test_noise_in_which_every_voxel_differs(dtype):
    rng = np.random.default_rng(0)
    truth, pred = rng.integers(0, 256, (2, 70_001)).astype(dtype)
    assert counted(truth, pred) == plain.pairs(truth, pred)


def test_labels_beyond_a_byte():
    truth = np.repeat(np.uint16([0, 40_000, 3, 65_535]), [100, 300, 7, 50])
    pred = np.roll(truth, 3)
    assert counted(truth, pred) == plain.pairs(truth, pred)


def test_a_byte_map_against_a_wider_one():
    truth = np.repeat(np.uint8([0, 200]), [64, 65])
    pred = np.repeat(np.uint16([0, 200, 1000]), [60, 60, 9])
    assert counted(truth, pred) == plain.pairs(truth, pred)


def test_no_voxels():
    assert counted(np.zeros(0, np.uint8), np.zeros(0, np.uint8)) == {}


@given(st.data())
def test_runs_and_voxels_count_alike(data):
    dtypes = data.draw(st.tuples(st.sampled_from(DTYPES), st.sampled_from(DTYPES)))
    runs = data.draw(st.lists(st.integers(1, 40), max_size=12))
    values = [
        data.draw(
            arrays(dtype, len(runs), elements=st.integers(0, 300 if dtype is np.uint16 else 9))
        )
        for dtype in dtypes
    ]
    truth, pred = (np.repeat(v, runs) for v in values)
    assert counted(truth, pred) == plain.pairs(truth, pred)


@pytest.mark.parametrize("top", [8, 255, 4000])
def test_pairs_that_stand_for_many_voxels(top):
    rng = np.random.default_rng(top)
    truth, pred = rng.integers(0, top + 1, (2, 5000))
    voxels = rng.integers(1, 1 << 40, 5000)
    codes, total = weighted_counts(truth, pred, voxels)
    expected = {}
    for t, p, number in zip(truth.tolist(), pred.tolist(), voxels.tolist(), strict=True):
        expected[t << 16 | p] = expected.get(t << 16 | p, 0) + number
    assert dict(zip(codes.tolist(), total.tolist(), strict=True)) == expected
    assert (np.diff(codes) > 0).all()


@pytest.mark.parametrize("labels", [1, 2, 15, 16, 60, 63, 64, 255])
@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 1 << 10, (1 << 15) + 1])
def test_noise_is_counted_in_pieces(labels, size, monkeypatch):
    """Codes of bytes two at a time, of 16 bits, and wider: an odd voxel at the end too."""
    monkeypatch.setattr("segeval.kernels.counts.PIECE", 256)
    rng = np.random.default_rng(size)
    truth, pred = rng.integers(0, labels + 1, (2, size)).astype(np.uint8)
    assert counted(truth, pred) == plain.pairs(truth, pred)


def test_noise_after_what_is_calm_and_calm_after_noise():
    rng = np.random.default_rng(7)
    noise, calm = rng.integers(0, 6, (2, 70_000)).astype(np.uint8), np.zeros((2, 70_000), np.uint8)
    for parts in ((noise, calm), (calm, noise)):
        truth, pred = np.concatenate(parts, axis=1)
        assert counted(truth, pred) == plain.pairs(truth, pred)


@pytest.mark.parametrize("most", [1 << 32, 1000])
def test_noise_of_more_and_more_labels_is_kept_in_one_table(most, monkeypatch):
    """The table grows with the labels, and its cells with the voxels."""
    monkeypatch.setattr("segeval.kernels.counts.MOST_VOXELS", most)
    monkeypatch.setattr("segeval.kernels.counts.NOISE_PIECE", 1 << 10)
    rng, noise, every = np.random.default_rng(3), NoisePairs(), []
    for labels in (200, 256, 257, 1024, 30, 700):
        truth, pred = rng.integers(0, labels, (2, 300_001)).astype(np.uint16)
        assert not len(pair_counts(truth, pred, noise)[0])
        every.append((truth, pred))
    truth, pred = (np.concatenate(side) for side in zip(*every, strict=True))
    codes, voxels = noise.pairs()
    found, count = np.unique(truth.astype(np.int64) << 16 | pred, return_counts=True)
    assert np.array_equal(codes, found)
    assert np.array_equal(voxels, count)
    assert codes.dtype == voxels.dtype == np.int64


def test_noise_counts_beyond_half_a_word(monkeypatch):
    monkeypatch.setattr("segeval.kernels.counts.MOST_VOXELS", 5000)
    noise = NoisePairs()
    noise.add(np.full(5000, 7, np.uint8), np.full(5000, 9, np.uint8), 9)
    noise._voxels[7 * 256 + 9] = (1 << 32) - 1
    noise.add(np.full(3, 7, np.uint8), np.full(3, 9, np.uint8), 9)
    assert noise.pairs()[1].tolist() == [(1 << 32) + 2]
