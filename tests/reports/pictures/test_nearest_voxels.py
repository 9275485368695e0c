"""Images on another grid than the masks are shown where their voxels lie (REPORT-T23)."""

import build
import numpy as np
import pytest

from segeval.grid.geometry import Geometry
from segeval.reports.pictures.image_planes import image_planes
from segeval.reports.pictures.nearest_voxels import find_nearest
from segeval.reports.pictures.planes import ClassView
from segeval.reports.pictures.worst_pictures import draw_worst
from segeval.request.settings import Settings
from segeval.runtime.errors import GeometryError

GRID = Geometry(
    (9, 12, 14), (3.0, 1.0, 1.5), (5.0, -7.0, 11.0), ((0, 0, 1.0), (0, 1.0, 0), (1.0, 0, 0))
)
P, L, S = (0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
MINUS_L, MINUS_S = (-1.0, 0.0, 0.0), (0.0, 0.0, -1.0)
IMAGES = {
    "finer": Geometry((40, 30, 50), (1.0, 0.5, 0.5), (4.0, -7.5, 8.0), (S, P, L)),
    "coarser": Geometry((6, 6, 7), (5.0, 2.0, 3.0), (4.6, -6.6, 10.8), (S, P, L)),
    "sagittal": Geometry((50, 30, 40), (0.5, 0.5, 1.0), (4.0, -7.5, 8.0), (L, P, S)),
    "turned": Geometry((40, 50, 30), (1.0, 0.5, 0.5), (30.0, -7.5, 45.0), (MINUS_S, MINUS_L, P)),
    "short": Geometry((5, 8, 20), (3.0, 1.0, 1.5), (8.0, -4.0, 14.0), (S, P, L)),
}


def field(points):
    """A number that says where a point lies: some from each axis."""
    x, y, z = np.moveaxis(points, -1, 0)
    return 0.37 * x + 3.1 * y + 0.011 * z * z


def centres(grid):
    """LPS millimetres of every voxel."""
    return grid.points(np.indices(grid.shape).reshape(3, -1).T.astype(float))


def nearest_by_hand(image, grid):
    """For every voxel of the masks the value of the voxel of the image that is nearest of all."""
    own = field(centres(image)).astype(np.float32)
    index = image.indices(centres(grid))
    whole = np.floor(index + 0.5).astype(int)
    inside = ((whole >= 0) & (whole < image.shape)).all(axis=1)
    found = np.full(len(index), np.nan, np.float32)
    found[inside] = own.reshape(image.shape)[tuple(whole[inside].T)]
    return found.reshape(grid.shape)


def view(at, window):
    mask = np.zeros((1, 1, 1), bool)
    return ClassView(mask, mask, (0, 0, 0), GRID.shape, GRID.spacing, "mm", at, window, None, 0)


WHOLE, PART = ((0, 9), (0, 12), (0, 14)), ((1, 8), (2, 11), (3, 13))


@pytest.mark.parametrize("name", IMAGES)
def test_report_t23_each_voxel_shows_the_nearest_of_the_image(tmp_path, name):
    image = IMAGES[name]
    path = tmp_path / "ct.nii"
    build.nifti(path, field(centres(image)).astype(np.float32).reshape(image.shape), image)
    views = [view((4, 5, 6), PART), view((7, 1, 2), WHOLE)]
    made, said = image_planes(None, path, GRID, views)
    whole = nearest_by_hand(image, GRID)
    assert np.isfinite(whole).any()
    for one, (axial, coronal, sagittal) in zip(views, made, strict=True):
        (z0, z1), (y0, y1), (x0, x1) = one.window
        z, y, x = one.at
        np.testing.assert_array_equal(axial, whole[z, y0:y1, x0:x1])
        np.testing.assert_array_equal(coronal, whole[z0:z1, y, x0:x1])
        np.testing.assert_array_equal(sagittal, whole[z0:z1, y0:y1, x])
    sides = {"finer": "0.5 x 0.5 x 1", "coarser": "3 x 2 x 5", "sagittal": "1 x 0.5 x 0.5",
             "turned": "0.5 x 0.5 x 1", "short": "1.5 x 1 x 3"}  # fmt: skip
    assert said == f"the nearest of its voxels of {sides[name]} mm"


def about_the_long_axis(degrees):
    """The axes of the masks, turned."""
    turn = np.radians(degrees)
    return S, (-np.sin(turn), np.cos(turn), 0.0), (np.cos(turn), np.sin(turn), 0.0)


@pytest.mark.parametrize("degrees", [0.0, 0.3, 1.0, 1.6, 2.0, 2.5, 30.0])
def test_axes_are_parallel_where_no_voxel_is_half_a_voxel_off(degrees):
    image = Geometry((40, 60, 60), (1.0, 0.5, 0.5), (4.0, -7.5, 8.0), about_the_long_axis(degrees))
    found = find_nearest(image, GRID)
    # along 13 steps of 1.5 mm and 11 of 1 mm the other axis moves by so many voxels of 0.5 mm
    moved = np.sin(np.radians(degrees)) * np.array([13 * 1.5, 11 * 1.0]) / 0.5
    assert (found is not None) == (moved.max() <= 0.5)


def test_an_oblique_image_is_refused_with_both_grids(tmp_path):
    image = Geometry(GRID.shape, GRID.spacing, GRID.origin, about_the_long_axis(20))
    build.nifti(tmp_path / "ct.nii", np.zeros(image.shape, np.float32), image)
    with pytest.raises(GeometryError) as said:
        image_planes(None, tmp_path / "ct.nii", GRID, [view((4, 5, 6), PART)])
    assert any("direction" in fact for fact in said.value.facts)


def test_the_page_says_how_an_image_is_shown_and_where_it_does_not_reach(tmp_path):
    truth = np.zeros(GRID.shape, np.uint8)
    truth[2:7, 3:9, 4:10] = 1
    for side, moved in (("gt", 0), ("pred", 1)):
        (tmp_path / side).mkdir()
        for case in "ab":
            build.nifti(tmp_path / side / f"{case}.nii", np.roll(truth, moved, 2), GRID)
    (tmp_path / "ct").mkdir()
    far = Geometry((5, 5, 5), (1.0, 1.0, 1.0), (900.0, 900.0, 900.0), (S, P, L))
    for case, image in (("a", IMAGES["finer"]), ("b", far)):
        values = field(centres(image)).astype(np.float32).reshape(image.shape)
        build.nifti(tmp_path / "ct" / f"{case}_0000.nii", values, image)
    found = draw_worst(
        [("a", "1"), ("b", "1")], {}, tmp_path / "pred", tmp_path / "gt",
        Settings(images=str(tmp_path / "ct")),
    )  # fmt: skip
    said = "image <bdi>a_0000.nii</bdi>, the nearest of its voxels of 0.5 x 0.5 x 1 mm"
    assert said in found.drawn["a", "1"]
    assert (found.drawn["a", "1"].count("<image"), found.drawn["b", "1"].count("<image")) == (3, 0)
    assert [text for text in found.notes if "does not reach where the structure lies" in text]
