"""Contours onto slices: planes, duplicates, crossings, orientation, what lies outside."""

import dicom_build as build
import pytest
from rings import contour, flat, roi, slices

from segeval.contours.placing import place_contours
from segeval.contours.rules import DrawingRules
from segeval.contours.structure_set import Contour
from segeval.grid.slices import Frame
from segeval.runtime.errors import CaseError

SQUARE = [(4, 4), (12, 4), (12, 12), (4, 12)]


def place(*contours, on=None, **rules):
    return place_contours(roi(*contours), on or slices(), DrawingRules(**rules), "RS.dcm")


def codes(found):
    return [note.code for note in found.notes]


def test_each_contour_lies_on_its_slice():
    found = place(flat(SQUARE, 3), flat(SQUARE, 9), flat(SQUARE[:3], 9))
    assert found.polygons.planes.tolist() == [1, 3, 3]
    assert found.polygons.points[:4].tolist() == [list(p) for p in SQUARE]
    assert codes(found) == []


def test_a_plane_between_slices_takes_the_nearest():
    #    gap 3: 0.02 is within 1 % of it, 0.5 is not; 1.5 is half way and takes the lower slice
    found = place(flat(SQUARE, 6.02), flat(SQUARE, 9.5), flat(SQUARE, 13.5))
    assert found.polygons.planes.tolist() == [2, 3, 4]
    assert codes(found) == ["N-plane-offset"]
    assert "2 contour planes lie up to 1.5 mm" in found.notes[0].text


def test_of_two_planes_of_a_slice_the_closer_counts():
    #    they must not cancel each other by parity
    found = place(flat(SQUARE, 6.5), flat(SQUARE[:3], 5.8), flat(SQUARE[:3], 12))
    assert found.polygons.planes.tolist() == [2, 4]
    assert len(found.polygons.points) == 6
    assert "W-planes-share-slice" in codes(found)


def test_of_two_planes_as_far_the_lower_counts():
    found = place(flat(SQUARE, 6.4), flat(SQUARE[:3], 5.6))
    assert len(found.polygons.points) == 3


def test_slices_are_found_by_their_own_positions():
    #    uneven slices 0 3 6 14 22: by an averaged gap of 5.5, 14 would be the third
    found = place(flat(SQUARE, 14), flat(SQUARE, 17.9), on=slices([0, 3, 6, 14, 22]))
    assert found.polygons.planes.tolist() == [3]
    assert "W-planes-share-slice" in codes(found)


@pytest.mark.parametrize("again", [SQUARE, SQUARE[2:] + SQUARE[:2], SQUARE[::-1]])
def test_a_contour_stored_twice_counts_once(again):
    found = place(flat(SQUARE, 3), flat(again, 3.0004))
    assert len(found.polygons.ends) == 1
    assert codes(found) == ["W-duplicate-contour"]


def test_contours_that_cross_are_told_with_their_area():
    moved = [(x + 6, y + 6) for x, y in SQUARE]  # shares 2 x 2 mm
    found = place(flat(SQUARE, 3), flat(moved, 3))
    assert found.crossed == ((0, 1),)
    assert codes(found) == ["W-crossing-contours"]
    assert "4 mm²" in found.notes[0].text


def test_nested_and_touching_contours_do_not_cross():
    hole, beside = [(6, 6), (8, 6), (8, 8), (6, 8)], [(12, 4), (15, 4), (15, 12), (12, 12)]
    assert codes(place(flat(SQUARE, 3), flat(hole, 3), flat(beside, 3))) == []


def test_contours_without_an_area_are_left_out():
    found = place(flat(SQUARE, 3), flat([(1, 1), (2, 2)], 3), flat([(1, 1)] * 3, 3),
                  flat([(0, 0), (1, 1), (5, 5)], 3))  # fmt: skip
    assert len(found.polygons.ends) == 1
    assert codes(found) == ["N-degenerate-contour"]
    assert "3 contours" in found.notes[0].text


def test_only_degenerate_contours_are_nothing():
    found = place(flat([(1, 1), (2, 2)], 3))
    assert len(found.polygons.ends) == 0


def test_the_closing_point_is_not_a_vertex():
    found = place(flat([*SQUARE, SQUARE[0]], 3), flat(SQUARE, 3))
    assert len(found.polygons.points) == 4  # and so the second is the first again


@pytest.mark.parametrize("bad", [b"1\\2\\3\\4", b"1,5\\2\\3\\4\\5\\6\\7\\8\\9", b""])
def test_bad_numbers_stop_the_structure_unless_told(bad):
    contours = flat(SQUARE, 3), Contour("CLOSED_PLANAR", bad)
    with pytest.raises(CaseError, match="1 of 2 contours have numbers") as caught:
        place(*contours)
    assert (caught.value.status, "ROI 5" in caught.value.message) == ("partial", True)
    found = place(*contours, bad="skip")
    assert len(found.polygons.ends) == 1
    assert codes(found) == ["W-bad-contour"]


def test_planes_outside_of_the_series_are_skipped():
    #    slices 0 to 27: 28.5 is half a gap above the last one, 28.6 is outside
    found = place(*(flat(SQUARE, z) for z in (24, 27, 28.6, 33)))
    assert found.polygons.planes.tolist() == [8, 9]
    assert codes(found) == ["W-outside-image"]
    assert "2 of 4" in found.notes[0].text


def test_mostly_outside_is_the_wrong_series():
    with pytest.raises(CaseError, match="3 of 4") as caught:
        place(*(flat(SQUARE, z) for z in (27, 30, 33, 36)))
    assert caught.value.status == "outside_image"


def test_the_share_that_the_image_cuts_off_is_told():
    #    pixels end at 19.5: of x from 14.5 to 24.5 one half is outside, of this slice alone
    over = [(14.5, 4), (24.5, 4), (24.5, 12), (14.5, 12)]
    found = place(flat(over, 3))
    assert codes(found) == ["W-outside-image"]
    assert "50.00%" in found.notes[0].text


def test_wholly_outside_in_the_plane():
    away = [(x + 90, y) for x, y in SQUARE]
    assert "100.00%" in place(flat(away, 3)).notes[0].text


@pytest.mark.parametrize(
    ("rise", "fits"),
    [
        (0.18, True),  # 0.09 mm off either way
        (0.25, False),  # 0.125 mm, and 1.8 degrees
    ],
)
def test_contours_must_be_flat(rise, fits):
    bent = contour([(4, 4, 3), (12, 4, 3 + rise), (12, 12, 3 + rise), (4, 12, 3)])
    if fits:
        assert place(bent).polygons.planes.tolist() == [1]
        return
    with pytest.raises(CaseError, match="leave the slice plane") as caught:
        place(bent)
    assert caught.value.status == "contour_not_in_slice_plane"


def test_a_contour_of_another_orientation_is_refused():
    sagittal = contour([(5, 4, 3), (5, 12, 3), (5, 12, 12), (5, 4, 12)])
    with pytest.raises(CaseError) as caught:
        place(flat(SQUARE, 3), sagittal)
    assert caught.value.status == "contour_not_in_slice_plane"


def test_sagittal_contours_on_a_sagittal_series():
    frame = Frame((0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (1.0, 1.0), (20, 20))
    #    slice 2 of a series that runs along -x lies at x = -6; rows run along -z
    ring = contour([(-6, 4, -3), (-6, 12, -3), (-6, 12, -9), (-6, 4, -9)])
    found = place(ring, on=slices(frame=frame))
    assert found.polygons.planes.tolist() == [2]
    assert found.polygons.points.tolist() == [[4, 3], [12, 3], [12, 9], [4, 9]]


def test_points_and_lines_are_no_contours():
    line = contour([(1, 2, 3), (4, 5, 3), (7, 7, 3)], "OPEN_PLANAR")
    assert len(place(flat(SQUARE, 3), line).polygons.ends) == 1


def test_files_and_values_give_the_same(tmp_path):
    from segeval.readers import rtstruct

    organ = build.Organ("Heart", [build.ring(SQUARE, 3)])
    found = rtstruct.read(build.rtstruct(tmp_path / "RS", [organ])).rois[0]
    made = place_contours(found, slices(), DrawingRules())
    assert made.polygons.points.tolist() == [list(p) for p in SQUARE]
