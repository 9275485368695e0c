import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segeval.kernels.sums import (
    NAMES,
    LabelSums,
    VoxelsByLabel,
    joint_sums,
    mask_sums,
    share_sums,
)


def label_sums(p, labels):
    """The sums of rows that are shown from the last to the first, and p of each voxel's label."""
    sums = LabelSums(VoxelsByLabel(labels, len(p)))
    for label in reversed(range(len(p))):
        sums.add(label, p[label])
    return sums.finish(), sums.own


def plain(p, g):
    """The obvious form of the sums."""
    terms = (g, g * g, p * p, p * g, p * (1 - g), (1 - p) * g, abs(p - g), (p - g) ** 2)
    return np.array([t.sum() for t in terms])


def drawn(seed, classes=3, n=200, run=1):
    """Probabilities and labels, in runs of some length."""
    random = np.random.default_rng(seed)
    p = random.random((classes, n))
    labels = np.repeat(random.integers(0, classes, n // run + 1), run)[:n].astype(np.uint8)
    return p / p.sum(axis=0), labels


def test_one_mask_by_hand():
    #          p 0.5 0.25    g 1 0
    sums = mask_sums(np.array([0.5, 0.25]), np.array([True, False]))
    by_hand = {"g": 1, "gg": 1, "pp": 0.25 + 0.0625, "pg": 0.5, "fp": 0.25, "fn": 0.5,
               "l1": 0.5 + 0.25, "l2": 0.25 + 0.0625}  # fmt: skip
    assert dict(zip(NAMES, sums.tolist(), strict=True)) == by_hand


@pytest.mark.parametrize("run", [1, 40])
@given(seed=st.integers(0, 1000))
def test_labels_give_the_sums_of_their_masks(run, seed):
    p, labels = drawn(seed, run=run)
    sums, own = label_sums(p, labels)
    assert own.tolist() == p[labels, range(200)].tolist()
    expected = np.stack([plain(p[c], (labels == c) * 1.0) for c in range(3)], axis=1)
    np.testing.assert_allclose(sums, expected, rtol=1e-12)


@given(st.integers(0, 1000))
def test_a_mask_is_a_share_of_0_or_1(seed):
    p, labels = drawn(seed)
    masked, shared = mask_sums(p[1].copy(), labels == 1), share_sums(p[1], (labels == 1) * 1.0)
    np.testing.assert_allclose(masked, shared, rtol=1e-12)
    np.testing.assert_allclose(masked, plain(p[1], (labels == 1) * 1.0), rtol=1e-12)


def test_a_good_prediction_keeps_its_digits():
    # g - pg would be 0 here: 1 - 1e-17 is 1 in float64
    p = np.array([[1.0, 1e-20], [1e-20, 1.0]])
    sums = dict(zip(NAMES, label_sums(p, np.array([0, 1], np.uint8))[0], strict=True))
    assert sums["fp"].tolist() == [1e-20, 1e-20]
    np.testing.assert_allclose(sums["l2"], [1e-40, 1e-40], rtol=1e-12)


@pytest.mark.parametrize("run", [1, 100])
def test_sums_by_label_whatever_the_length_of_runs(run):
    _, labels = drawn(3, classes=4, n=1000, run=run)
    values = np.random.default_rng(0).random(1000)
    by = VoxelsByLabel(labels, 4)
    np.testing.assert_allclose(by.sum(values), [values[labels == c].sum() for c in range(4)])
    assert by.count().tolist() == [(labels == c).sum() for c in range(4)]
    hits = values > 0.5
    assert by.sum(hits).tolist() == [hits[labels == c].sum() for c in range(4)]


def test_a_slab_without_voxels():
    assert VoxelsByLabel(np.zeros(0, np.uint8), 2).sum(np.zeros(0)).tolist() == [0, 0]


def test_soft_confusion_by_hand():
    #             labels  0    1    1
    p = np.array([[0.75, 0.5, 0.0], [0.25, 0.5, 1.0]])
    joint = joint_sums(p, VoxelsByLabel(np.array([0, 1, 1], np.uint8), 2))
    assert joint.tolist() == [[0.75, 0.25], [0.5, 1.5]]
