"""Betti numbers, Euler numbers and skeletons, by hand and against the programs of the field."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as any_array
from oracles.instance_records import agrees, arrays, name_of, records

from segeval.kernels.topology import (
    FACES,
    FULL,
    betti_numbers,
    euler_number,
    skeleton,
    skeleton_length,
)

TOUCHING = {"8,4": FULL, "26,6": FULL, "4,8": FACES, "6,26": FACES}


@pytest.mark.parametrize("pair", records("betti"), ids=name_of)
def test_instances_b2_betti_and_euler_numbers_of_gudhi_and_scikit_image(pair):
    record = pair[1]
    scene, touching = record["params"]["scene"], TOUCHING[record["params"]["connectivity"]]
    masks = [arrays("betti")[f"{scene}_{side}"] > 0 for side in ("gt", "pred")]
    both = [betti_numbers(mask, touching) for mask in masks]
    got = {
        "betti0": lambda: both,
        "betti0_error": lambda: [abs(a - b) for a, b in zip(*both, strict=True)],
        "euler": lambda: [euler_number(mask, touching) for mask in masks],
    }[record["convention"]]()
    assert agrees(got, record)


def test_instances_b2_a_hollow_ball_and_a_ring():
    ball = np.ones((5, 5, 5), bool)
    assert betti_numbers(ball) == (1, 0, 0)
    ball[2, 2, 2] = False
    assert betti_numbers(ball) == (1, 0, 1)  # one cavity
    ball[2, 2, 1] = ball[2, 2, 0] = False
    assert betti_numbers(ball) == (1, 0, 0)  # open to one side: neither loop nor cavity
    ball[2, 2, :] = False
    assert betti_numbers(ball) == (1, 1, 0)  # bored through
    ring = np.ones((3, 3), bool)
    ring[1, 1] = False
    assert betti_numbers(ring) == (1, 1)


def test_instances_b2_two_pixels_that_touch_at_a_corner():
    pair = np.eye(2, dtype=bool)
    assert betti_numbers(pair, FULL) == (1, 0)
    assert betti_numbers(pair, FACES) == (2, 0)
    # four around a centre: the hole is one only where corners join
    cross = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], bool)
    assert betti_numbers(cross, FULL) == (1, 1)
    assert betti_numbers(cross, FACES) == (4, 0)


def by_label(mask, touching):
    """Components and background components of scipy, the slow and obvious form."""
    from scipy.ndimage import generate_binary_structure, label

    full, faces = (generate_binary_structure(mask.ndim, n) for n in (mask.ndim, 1))
    near, far = (full, faces) if touching == FULL else (faces, full)
    return label(mask, near)[1], label(~np.pad(mask, 1), far)[1] - 1


@settings(max_examples=150, deadline=None)
@given(
    any_array(bool, st.tuples(*[st.integers(1, 5)] * 3) | st.tuples(*[st.integers(1, 7)] * 2)),
    st.sampled_from([FULL, FACES]),
)
def test_instances_b2_components_and_the_euler_number_of_random_masks(mask, touching):
    from skimage.measure import euler_number as of_skimage

    found = betti_numbers(mask, touching)
    components, holes = by_label(mask, touching)
    assert found[0] == components
    assert found[-1] == (holes if mask.any() else 0)
    chi = sum((-1) ** n * b for n, b in enumerate(found))
    assert chi == euler_number(mask, touching)
    assert chi == of_skimage(np.pad(mask, 1), mask.ndim if touching == FULL else 1)


@settings(max_examples=60, deadline=None)
@given(any_array(bool, st.tuples(*[st.integers(1, 5)] * 3)), st.permutations(range(3)))
def test_betti_numbers_do_not_hang_on_the_axes_or_on_padding(mask, axes):
    turned = np.pad(np.flip(mask.transpose(axes), 1), ((0, 2), (1, 0), (3, 1)))
    assert betti_numbers(turned) == betti_numbers(mask)
    assert betti_numbers(turned, FACES) == betti_numbers(mask, FACES)


def test_instances_b1_a_skeleton_is_that_of_the_whole_array():
    from skimage.morphology import skeletonize

    for scene in ("vessels3d_holes", "vessels2d"):
        mask = arrays("cldice")[f"{scene}_gt"] > 0
        assert (skeleton(mask) == (skeletonize(mask) > 0)).all()  # 255 before 0.23
        wide = np.pad(mask, 9)
        assert (skeleton(wide)[(slice(9, -9),) * mask.ndim] == skeleton(mask)).all()


def test_instances_b1_the_order_of_the_axes_changes_a_skeleton():
    mask = arrays("cldice")["vessels3d_holes_gt"] > 0
    assert (skeleton(mask, order="xyz") != skeleton(mask)).any()


def test_instances_b3_lengths_of_a_line_a_diagonal_and_a_corner():
    line = np.zeros((3, 4, 6), bool)
    line[1, 1, 1:5] = True
    assert skeleton_length(line, (3.0, 2.0, 0.5)) == pytest.approx(3 * 0.5)
    diagonal = np.eye(4, dtype=bool)
    assert skeleton_length(diagonal, (3.0, 4.0)) == pytest.approx(3 * 5.0)
    corner = np.array([[1, 0], [1, 1]], bool)  # its small triangle counts whole
    assert skeleton_length(corner, (1.0, 1.0)) == pytest.approx(2 + 2**0.5)
    assert skeleton_length(np.zeros((2, 2), bool), (1.0, 1.0)) == 0


def test_account_a12_a_sheared_grid_is_measured_in_true_millimetres():
    from segeval.kernels.skewed import SkewedSpacing

    axes = np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.0, 3.0]])
    line = np.zeros((4, 4, 4), bool)
    line[range(3), 1, range(3)] = True  # two steps along z and x at once
    want = 2 * float(np.linalg.norm(axes[0] + axes[2]))
    assert skeleton_length(line, SkewedSpacing(axes)) == pytest.approx(want)
