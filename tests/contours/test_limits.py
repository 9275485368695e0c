"""The limits that decide what contours are, each from both sides of it."""

import numpy as np
import pytest
from rings import flat, roi, slices, square

from segeval.contours.own_planes import main_normal
from segeval.contours.placing import place_contours
from segeval.contours.rasterize import rasterize_structure
from segeval.contours.rules import DrawingRules

BIG, SMALL = square(2, 12), square(14, 18)


def place(*contours):
    return place_contours(roi(*contours), slices(), DrawingRules(), "RS.dcm")


def codes(found):
    return [note.code for note in found.notes]


def moved(points, along):
    return [(x + along, y + along) for x, y in points]


@pytest.mark.parametrize(("apart", "planes"), [(0.0099, 1), (0.0101, 2)])
def test_dicom_r3_contours_a_hundredth_of_a_mm_apart_are_on_one_plane(apart, planes):
    assert place(flat(BIG, 3), flat(SMALL, 3 + apart)).found["plane"] == planes


@pytest.mark.parametrize(("apart", "kept"), [(0.00099, 1), (0.00101, 2)])
def test_dicom_r4_a_contour_that_is_a_thousandth_of_a_mm_beside_itself_is_stored_twice(apart, kept):
    assert len(place(flat(BIG, 3), flat(moved(BIG, apart), 3)).polygons.ends) == kept


@pytest.mark.parametrize(("apart", "points"), [(0.00099, 4), (0.00101, 5)])
def test_dicom_r11_a_last_point_a_thousandth_of_a_mm_from_the_first_closes_the_contour(
    apart, points
):
    assert len(place(flat([*BIG, (2 + apart, 2)], 3)).polygons.points) == points


@pytest.mark.parametrize(("area", "cross"), [(0.0099, False), (0.0101, True)])
def test_dicom_r5_contours_that_share_a_hundredth_of_a_square_mm_cross(area, cross):
    side = area**0.5
    found = place(flat(BIG, 3), flat(square(12 - side, 18), 3))
    assert ("W-crossing-contours" in codes(found)) == cross


@pytest.mark.parametrize(("area", "left_out"), [(0.0099, False), (0.0101, True)])
def test_account_a20_planes_that_share_a_hundredth_of_a_square_mm_are_copies(area, left_out):
    side = area**0.5
    found = place(flat(BIG, 6), flat(square(12 - side, 18), 6.9), flat(BIG, 12))
    assert ("W-planes-share-slice" in codes(found)) == left_out


@pytest.mark.parametrize(("apart", "left_out"), [(0.299, False), (0.301, True)])
def test_account_a20_planes_a_tenth_of_the_gap_apart_are_one(apart, left_out):
    found = place(flat(BIG, 6), flat(square(4, 9), 6 + apart), flat(BIG, 12))
    assert ("W-planes-share-slice" in codes(found)) == left_out


@pytest.mark.parametrize(("beside", "said"), [(0.0299, []), (0.0301, ["N-plane-offset"])])
def test_dicom_r6_a_plane_beside_its_slice_by_a_hundredth_of_the_gap_is_told(beside, said):
    assert codes(place(flat(BIG, 6 + beside))) == said


@pytest.mark.parametrize(("far", "read"), [(99_999, True), (100_001, False)])
def test_points_100_m_from_the_patients_origin_are_damaged(far, read):
    assert (flat(moved(BIG, far - 12), 3).points() is not None) == read


@pytest.mark.parametrize(("wide", "read"), [(3999, True), (4001, False)])
def test_a_contour_4_m_wide_is_damaged(wide, read):
    assert (flat(square(0, wide), 3).points() is not None) == read


@pytest.mark.parametrize(("off", "said"), [(1, True), (2, False)])
def test_dicom_r12_19_of_20_vertices_on_voxel_centres_are_a_traced_mask(off, said):
    border = [(x, 2) for x in range(2, 8)] + [(8, y) for y in range(2, 6)]
    border += [(x, 6) for x in range(8, 2, -1)] + [(2, y) for y in range(6, 2, -1)]
    assert len(border) == 20
    border = [(x + 0.3, y) if k in range(2, 2 + off) else (x, y) for k, (x, y) in enumerate(border)]
    found = rasterize_structure(roi(flat(border, 3)), slices(), DrawingRules(), "RS.dcm")
    assert ("W-vertices-on-voxel-centres" in codes(found)) == said


def tilted(degrees, size=10.0):
    """A square that is turned about x."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([(x, y * c, y * s) for x, y in square(0, size)])


@pytest.mark.parametrize(("degrees", "axis"), [(0.11, True), (0.12, False)])
def test_dicom_r13_a_normal_within_a_tenth_of_a_degree_of_an_axis_is_the_axis(degrees, axis):
    assert (main_normal([tilted(degrees)])[2] == 1) == axis


@pytest.mark.parametrize(("degrees", "alike"), [(2.5, True), (2.6, False)])
def test_contours_whose_normals_differ_by_a_cosine_of_0_999_are_parallel(degrees, alike):
    #    2.563 degrees; the larger contour is the one that is chosen, and lies flat
    assert (main_normal([tilted(0, 11), tilted(degrees)])[2] < 1) == alike
