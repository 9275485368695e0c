"""REPORT-T21: planes are axial, coronal and sagittal however a file stores its axes."""

import math
import re
from itertools import permutations, product

import numpy as np
import pytest

from segeval.grid.geometry import Geometry
from segeval.reports.pictures.draw_planes import draw_view, layout_plane
from segeval.reports.pictures.image_planes import collect_planes
from segeval.reports.pictures.orientation import anatomical_order, name_plane, side_letters
from segeval.reports.pictures.planes import choose_planes, view_class

SHAPE, SPACING = (14, 22, 18), (3.0, 1.0, 1.5)  # along S, P and L
S, P, L = (0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)
STORED = [(axes, signs) for axes in permutations((0, 1, 2)) for signs in product((1, -1), repeat=3)]


def scene():
    """Two masks without any symmetry, and an image, along S, P and L."""
    truth, pred = np.zeros(SHAPE, bool), np.zeros(SHAPE, bool)
    truth[3:9, 5:14, 4:10] = True
    truth[3, 5:7, 4:12] = True
    pred[3:9, 6:15, 5:10] = True
    pred[7, 6:18, 9:13] = True
    pred[5, 2:4, 5] = True
    image = np.random.default_rng(5).random(SHAPE).astype(np.float32)
    return truth, pred, np.cumsum(image, axis=1)


def stored_as(axes, signs):
    """The scene in another order of its axes and in other directions, with its grid."""
    flips = tuple(slice(None, None, sign) for sign in signs)
    arrays = [np.ascontiguousarray(one.transpose(axes)[flips]) for one in scene()]
    spacing = tuple(SPACING[a] for a in axes)
    rows = [np.multiply((S, P, L)[a], sign) for a, sign in zip(axes, signs, strict=True)]
    directions = tuple(tuple(row.tolist()) for row in rows)
    return *arrays, Geometry(arrays[0].shape, spacing, (0.0, 0.0, 0.0), directions)


def walk(loop):
    """The corners of one closed line of an SVG path, as `M5 6l1-2 …` has them."""
    numbers = [int(word) for word in re.findall(r"-?\d+", loop)]
    return np.cumsum(np.reshape(numbers, (-1, 2)), axis=0).tolist()


def drawn(truth, pred, image, grid):
    """What stands in the pictures: captions, letters, corners of the outlines, the bytes shown."""
    box = [(int(k.min()), int(k.max()) + 1) for k in np.nonzero(truth | pred)]
    cut = tuple(slice(*ends) for ends in box)
    order = anatomical_order(grid)
    view = view_class(truth[cut], pred[cut], tuple(a for a, _ in box), grid.shape, grid.spacing,
                      "mm", order)  # fmt: skip
    (planes,) = collect_planes(iter(enumerate(image)), [view])
    grey = [(plane / image.max() * 255).astype(np.uint8) for plane in planes]
    shown = []
    text = draw_view(view, grid, grey, lambda content, _: shown.append(content) or "x")
    found = []
    for part in text.split("<figure")[1:]:
        name = re.search(r'aria-label="(\D+) \d+ of (\d+)(.*?)"', part).groups()
        letters = re.findall(r'class="side"[^>]*>(\w)<', part)
        x, y, a, b = map(
            float, re.search(r"translate\((\S+) (\S+)\) scale\((\S+) (\S+)\)", part).groups()
        )
        corners = {}
        for kind, data in re.findall(r'<path class="(truth|pred)" d="([^"]+)"', part):
            corners[kind] = {
                (round(x + a * column, 1), round(y + b * row, 1))
                for loop in data.split("z")[:-1]
                for column, row in walk(loop)
            }
        found.append((name, letters, corners))
    return found, shown, view


@pytest.mark.parametrize(("axes", "signs"), STORED)
def test_report_t21_the_picture_does_not_depend_on_how_the_file_stores_its_axes(axes, signs):
    wanted, bytes_wanted, first = drawn(*stored_as((0, 1, 2), (1, 1, 1)))
    found, bytes_found, view = drawn(*stored_as(axes, signs))
    assert [one[0][0] for one in found] == ["axial", "coronal", "sagittal"]
    assert [one[1] for one in found] == [[*"RLAP"], [*"RLSI"], [*"APSI"]]
    assert view.voxels == first.voxels
    for own, other in zip(found, wanted, strict=True):
        assert own[0] == other[0]
        assert own[2] == other[2]
    assert {kind for one in found for kind in one[2]} == {"truth", "pred"}
    assert bytes_found == bytes_wanted


@pytest.mark.parametrize(("axes", "signs"), STORED[::5])
def test_report_t21_the_slice_has_the_largest_disagreement_of_its_kind(axes, signs):
    truth, pred, _, grid = stored_as(axes, signs)
    across = anatomical_order(grid)[0]
    at, voxels = choose_planes(truth ^ pred, None, across)
    others = tuple(a for a in range(3) if a != across)
    counts = (truth ^ pred).sum(axis=others)
    assert voxels == counts.max() == counts[at[across]]
    assert axes[across] == 0


def turned(about, degrees):
    """The directions of a grid of S, P and L that is turned about an axis of the patient."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    one, other = (k for k in range(3) if k != about)
    matrix = np.eye(3)
    matrix[one, one] = matrix[other, other] = c
    matrix[one, other], matrix[other, one] = -s, s
    return tuple(tuple((matrix @ row).tolist()) for row in (S, P, L))


@pytest.mark.parametrize("about", [0, 1, 2])
@pytest.mark.parametrize(
    ("degrees", "said"), [(10, ""), (29, ""), (35, "oblique "), (44, "oblique ")]
)
def test_report_t21_turned_planes_are_called_so(about, degrees, said):
    grid = Geometry(SHAPE, SPACING, (0.0, 0.0, 0.0), turned(about, degrees))
    assert anatomical_order(grid) == (0, 1, 2)
    names = [name_plane(grid, across) for across in range(3)]
    assert names == [f"{said}axial", f"{said}coronal", f"{said}sagittal"]
    assert [side_letters(grid, axis) for axis in range(3)] == [("I", "S"), ("A", "P"), ("R", "L")]


def test_each_axis_stands_for_one_of_the_patient_where_two_point_alike():
    half = math.sqrt(0.5)
    grid = Geometry(SHAPE, SPACING, (0.0, 0.0, 0.0), ((0.0, half, half), (0.0, half, -half), L))
    letters = [side_letters(grid, axis) for axis in range(3)]
    assert len({frozenset(pair) for pair in letters}) == 3


def test_without_a_place_in_the_patient_planes_are_those_of_the_file():
    grid = Geometry(SHAPE)
    assert anatomical_order(grid) == (0, 1, 2)
    assert [name_plane(grid, axis) for axis in range(3)] == [f"across axis {a}" for a in "zyx"]
    truth, pred, _ = scene()
    found = view_class(truth, pred, (0, 0, 0), SHAPE, None, "px")
    assert [(layout_plane(found, a, grid).down, layout_plane(found, a, grid).right)
            for a in range(3)] == [(1, 2), (0, 2), (0, 1)]  # fmt: skip
