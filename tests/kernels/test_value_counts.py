import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from segeval.kernels.value_counts import byte_histogram, shade_counts


def plain(labels, shades):
    """The obvious form."""
    counts = {}
    for label, shade in zip(labels.tolist(), shades.tolist(), strict=True):
        counts[label << 16 | shade] = counts.get(label << 16 | shade, 0) + 1
    return counts


@given(seed=st.integers(0, 500), size=st.integers(0, 200), most=st.sampled_from([1, 2, 4, 9]))
def test_every_pair_is_counted(seed, size, most):
    random = np.random.default_rng(seed)
    labels = random.integers(0, most, size // 5 + 1).repeat(5)[:size].astype(np.uint8)
    shades = random.integers(0, 256, size).astype(np.uint8)
    codes, voxels = shade_counts(labels, shades)
    assert dict(zip(codes.tolist(), voxels.tolist(), strict=True)) == plain(labels, shades)


def test_a_mask_is_all_that_is_counted():
    shades = np.array([7, 7, 9, 7], np.uint8)
    assert np.flatnonzero(byte_histogram(shades)).tolist() == [7, 9]
    inside = byte_histogram(shades, np.array([True, False, True, True]))
    assert inside[[7, 9]].tolist() == [2, 1]
    assert inside.sum() == 3


def test_a_large_picture_by_hand():
    labels = np.zeros(4000, np.uint8)
    labels[5:1000] = 255
    shades = np.full(len(labels), 7, np.uint8)
    shades[:10] = 9
    codes, voxels = shade_counts(labels, shades)
    # 5 voxels of each label have 9, the others 7
    want = {9: 5, 7: 3000, 255 << 16 | 9: 5, 255 << 16 | 7: 990}
    assert dict(zip(codes.tolist(), voxels.tolist(), strict=True)) == want
