"""What a picture shows: outlines on the masks, the slice and place of the largest error.

Rule REPORT-T21.
"""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segeval.grid.geometry import Geometry
from segeval.kernels.conventions import measure_distances
from segeval.reports.pictures.contour_paths import mask_outlines, path_data
from segeval.reports.pictures.draw_planes import draw_view, layout_plane
from segeval.reports.pictures.largest_error import find_largest_error
from segeval.reports.pictures.planes import choose_planes, view_class

LPS = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))  # of z, y, x
RAS = ((0.0, 0.0, 1.0), (0.0, -1.0, 0.0), (-1.0, 0.0, 0.0))
SPACINGS = [(1.0, 1.0, 1.0), (3.0, 0.98, 0.98), (0.7, 2.5, 1.1)]


def ball(shape, middle, radii, spacing, turn=0.0):
    """An ellipsoid in millimetres, turned about z."""
    z, y, x = ((np.arange(n) - m) * s for n, m, s in zip(shape, middle, spacing, strict=True))
    y, x = np.meshgrid(y, x, indexing="ij")
    across = math.cos(turn) * x + math.sin(turn) * y
    along = -math.sin(turn) * x + math.cos(turn) * y
    flat = (along / radii[1]) ** 2 + (across / radii[2]) ** 2
    return (z[:, None, None] / radii[0]) ** 2 + flat[None] <= 1


def inside(loops, shape):
    """Which pixel centres are inside of outlines, by even and odd; the slow and obvious form."""
    made = np.zeros(shape, bool)
    for row in range(shape[0]):
        for column in range(shape[1]):
            y, x, crossings = 2 * row, 2 * column, 0
            for loop in loops:
                for (a, b), (c, d) in zip(loop, np.roll(loop, -1, axis=0), strict=True):
                    if (a > y) != (c > y):
                        crossings += b + (y - a) / (c - a) * (d - b) > x
            made[row, column] = crossings % 2
    return made


@settings(max_examples=60, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 7), st.integers(1, 7))))
def test_report_t21_an_outline_lies_on_its_mask_to_half_a_pixel(mask):
    loops = mask_outlines(mask)
    assert (inside(loops, mask.shape) == mask).all()
    wider = np.pad(mask, 1)
    for loop in loops:
        for row, column in loop:
            # a corner is the middle between a pixel that is inside and a neighbour that is not
            assert (row % 2) != (column % 2)
            low = wider[row // 2 + 1, column // 2 + 1]
            high = wider[(row + 1) // 2 + 1, (column + 1) // 2 + 1]
            assert low != high


def test_an_outline_leaves_out_what_does_not_turn():
    mask = np.zeros((20, 30), bool)
    mask[5:15, 5:25] = True
    (loop,) = mask_outlines(mask)
    assert len(loop) == 8  # four sides and four cut corners
    data = path_data([loop], 100, 200)
    first = [int(v) for v in re.match(r"M(-?\d+) (-?\d+)", data).groups()]
    assert first == [loop[0][1] + 400, loop[0][0] + 200]
    assert data.endswith("z")


def test_a_hole_and_an_island_are_lines_of_their_own():
    mask = np.ones((9, 9), bool)
    mask[3:6, 3:6] = False
    mask[4, 4] = True
    assert len(mask_outlines(mask)) == 3


@pytest.mark.parametrize("turn", [0.0, 0.6])
@pytest.mark.parametrize("spacing", SPACINGS)
def test_report_t21_the_largest_error_is_hd_where_it_is_attained(spacing, turn):
    shape = (20, 40, 40)
    truth = ball(shape, (9, 19, 19), (6, 9, 12), spacing, turn)
    pred = ball(shape, (10, 21, 18), (5, 10, 10), spacing, turn + 0.3)
    pred[11, 30:33, 33:35] = True  # a far part
    found = find_largest_error(truth, pred, spacing)
    both = measure_distances("mesh", truth, pred, spacing, ((False, False),) * 3)
    assert found.length == pytest.approx(max(one.farthest for one in both), rel=1e-9)
    ends = [np.multiply(end, spacing) for end in (found.start, found.end)]
    assert np.linalg.norm(ends[0] - ends[1]) == pytest.approx(found.length, rel=1e-9)
    # one end is on the far part
    far = [np.abs(np.array(end) - [11, 31, 33.5]).max() for end in (found.start, found.end)]
    assert min(far) <= 2


@pytest.mark.parametrize("seed", range(30))
def test_report_t21_the_largest_error_is_hd_of_any_masks(seed):
    chance = np.random.default_rng(seed)
    spacing = tuple(chance.choice([0.7, 1.0, 3.0], 3))
    smooth = [chance.random((9, 10, 11)) < share for share in chance.uniform(0.02, 0.6, 2)]
    truth, pred = (mask & np.roll(mask, 1, axis=int(chance.integers(3))) for mask in smooth)
    if not (truth.any() and pred.any()):
        truth[3, 4, 5] = pred[4, 4, 4] = True
    found = find_largest_error(truth, pred, spacing)
    both = measure_distances("mesh", truth, pred, spacing, ((False, False),) * 3)
    assert found.length == pytest.approx(max(one.farthest for one in both), rel=1e-9)


def test_the_largest_error_of_pictures_and_of_one_side():
    truth = np.zeros((12, 12), bool)
    truth[2:6, 2:6] = True
    pred = truth.copy()
    pred[2:6, 6:10] = True
    assert find_largest_error(truth, pred, (1.0, 1.0)).length == pytest.approx(4.0, abs=0.5)
    assert find_largest_error(truth, np.zeros_like(truth), (1.0, 1.0)) is None
    assert find_largest_error(truth, truth, (2.0, 1.0)).length == 0


@settings(max_examples=40, deadline=None)
@given(arrays(bool, (4, 5, 6), elements=st.booleans()))
def test_report_t21_the_slice_is_the_one_with_the_largest_disagreement(differ):
    if differ.any():
        (first, *across), voxels = choose_planes(differ, None)
        counts = [int(plane.sum()) for plane in differ]
        assert voxels == max(counts)
        assert first == counts.index(max(counts))
        assert differ[first, across[0]].any()


def view(spacing=(3.0, 1.0, 1.0), shape=(30, 80, 80)):
    truth = ball(shape, (14, 40, 40), (20, 9, 9), spacing)
    pred = ball(shape, (14, 43, 40), (20, 9, 9), spacing)
    z, y, x = (slice(min(w), max(w) + 1) for w in map(np.unique, np.nonzero(truth | pred)))
    corner = (z.start, y.start, x.start)
    return view_class(truth[z, y, x], pred[z, y, x], corner, shape, spacing, "mm"), truth, pred


def test_report_t21_the_window_is_the_structure_and_20_mm():
    found, truth, pred = view()
    for axis, side in enumerate(found.spacing):
        where = np.unique(np.nonzero(truth | pred)[axis])
        low, high = found.window[axis]
        assert low == max(0, where[0] - math.ceil(20 / side))
        assert high == min(truth.shape[axis], where[-1] + 1 + math.ceil(20 / side))


def test_the_planes_are_those_of_the_masks():
    found, truth, pred = view()
    z, y, x = found.at
    box = tuple(slice(c, c + n) for c, n in zip(found.corner, found.truth.shape, strict=True))
    for axis, index in enumerate((z, y, x)):
        own = [part for k, part in enumerate(box) if k != axis]
        for shown, mask in zip(found.plane(axis), (truth, pred), strict=True):
            assert (shown == np.take(mask, index, axis)[tuple(own)]).all()


@pytest.mark.parametrize("directions", [LPS, RAS])
def test_report_t21_aspect_letters_and_the_drawn_length(directions):
    found, _, _ = view()
    grid = Geometry(found.shape, found.spacing, (0.0, 0.0, 0.0), directions)
    text = draw_view(found, grid, None, None)
    planes = text.split("<figure")[1:]
    assert [re.search(r'aria-label="(\w+)', p)[1] for p in planes] == [
        "axial", "coronal", "sagittal",
    ]  # fmt: skip
    letters = [re.findall(r'class="side"[^>]*>(\w)<', plane) for plane in planes]
    assert letters == [["R", "L", "A", "P"], ["R", "L", "S", "I"], ["A", "P", "S", "I"]]
    lengths = {float(v) for v in re.findall(r'data-length="([^"]+)"', text)}
    assert lengths == {found.error.length}
    assert f"{found.error.length:.1f} mm" in text
    for axis, plane in enumerate(planes):
        width, height = (
            float(v) for v in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', plane).groups()
        )
        down, right = (k for k in range(3) if k != axis)
        extents = [
            (found.window[k][1] - found.window[k][0]) * found.spacing[k] for k in (down, right)
        ]
        assert height / width == pytest.approx(extents[0] / extents[1], rel=2e-3)
        assert max(width, height) <= 256.1


@pytest.mark.parametrize("directions", [LPS, RAS])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_report_t21_contours_stand_where_the_voxels_are(directions, axis):
    found, truth, _ = view()
    grid = Geometry(found.shape, found.spacing, (0.0, 0.0, 0.0), directions)
    plane = layout_plane(found, axis, grid)
    text = draw_view(found, grid, None, None).split("<figure")[1 + axis]
    x, y, a, b = (
        float(v) for v in re.search(r"translate\((\S+) (\S+)\) scale\((\S+) (\S+)\)", text).groups()
    )
    data = re.search(r'<path class="truth" d="M(-?\d+) (-?\d+)l([^z]+)z', text)
    column, row = int(data[1]), int(data[2])
    point = [0.0, 0.0, 0.0]
    point[axis], point[plane.down], point[plane.right] = found.at[axis], row / 2, column / 2
    assert plane.place(found, point) == pytest.approx((x + a * column, y + b * row), abs=0.05)
    cut = np.take(truth, found.at[axis], axis)
    around = {
        bool(cut[math.floor(row / 2), math.floor(column / 2)]),
        bool(cut[math.ceil(row / 2), math.ceil(column / 2)]),
    }
    assert around == {True, False}


@pytest.mark.parametrize(("scale", "said"), [(1.0, "3.0 mm"), (0.01, "0.03 mm"), (0.03, "0.1 mm")])
def test_report_t21_a_small_length_is_not_said_to_be_nothing(scale, said):
    truth, pred = np.zeros((5, 12, 12), bool), np.zeros((5, 12, 12), bool)
    truth[1:4, 2:6, 2:6] = True
    pred[1:4, 2:6, 2:9] = True
    shape, spacing = truth.shape, (scale,) * 3
    found = view_class(truth, pred, (0, 0, 0), shape, spacing, "mm")
    grid = Geometry(shape, spacing, (0.0, 0.0, 0.0), LPS)
    text = draw_view(found, grid, None, None)
    assert set(re.findall(r'class="said"[^>]*>([^<]+)<', text)) == {said}


@pytest.mark.parametrize("spacing", SPACINGS)
def test_equal_masks_have_no_largest_error(spacing):
    truth = ball((20, 40, 40), (9, 19, 19), (6, 9, 12), spacing, 0.6)
    found = view_class(truth, truth, (0, 0, 0), truth.shape, spacing, "mm")
    grid = Geometry(truth.shape, spacing, (0.0, 0.0, 0.0), LPS)
    text = draw_view(found, grid, None, None)
    assert 'class="truth"' in text
    assert 'class="error"' not in text
