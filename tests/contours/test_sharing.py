"""Planes of one slice: parts and holes a hair apart, and copies (ACCOUNT-A20)."""

import numpy as np
import pytest
from rings import flat, roi, slices, square

from segeval.contours.placing import place_contours
from segeval.contours.rules import DrawingRules
from segeval.kernels.polygons import polygon_areas
from segeval.runtime.errors import CaseError

BIG, HOLE, SMALL = square(2, 12), square(4, 9), square(14, 18)  # 100, 25 and 16 mm²


def place(*contours, **how):
    return place_contours(roi(*contours), slices(**how), DrawingRules(), "RS.dcm")


def area(found):
    """mm² of each slice that has any."""
    both = polygon_areas(found.polygons, found.polygons, len(found.slices.positions))
    return {int(z): round(float(both.a[z]), 6) for z in np.flatnonzero(both.a)}


def codes(found):
    return [note.code for note in found.notes]


@pytest.mark.parametrize("apart", [0.02, -0.05, 0.11, 0.29])
def test_account_a20_parts_and_holes_a_tenth_of_the_gap_apart_are_one_plane(apart):
    #    slices 3 mm apart: up to 0.3 mm
    found = place(flat(BIG, 6), flat(HOLE, 6 + apart), flat(SMALL, 6 - apart / 3))
    assert area(found) == {2: 100 - 25 + 16}
    assert "W-planes-share-slice" not in codes(found)


def test_account_a20_farther_apart_only_what_does_not_overlap():
    #    0.5 mm: the hole overlaps and is lost, with a warning; the part beside is kept
    found = place(flat(BIG, 6), flat(HOLE, 6.5), flat(SMALL, 9.4), flat(BIG, 9))
    assert area(found) == {2: 100, 3: 116}
    assert codes(found).count("W-planes-share-slice") == 1
    assert "1 contour plane (1 contour) left out" in found.notes[-1].text


def test_account_a20_of_copies_the_nearer_plane_counts_whatever_the_order():
    for first, second in (((BIG, 6.4), (HOLE, 5.1)), ((HOLE, 5.1), (BIG, 6.4))):
        assert area(place(flat(*first), flat(*second))) == {2: 100}


def test_account_a20_a_tenth_of_the_gap_is_of_the_slices_that_are_there():
    #    slices 1 mm apart: 0.2 is no hair
    found = place(flat(BIG, 6), flat(HOLE, 6.2), heights=range(10))
    assert area(found) == {6: 100}
    assert "W-planes-share-slice" in codes(found)


def test_a_contour_stored_twice_a_hair_apart_does_not_cancel_itself():
    found = place(flat(BIG, 6), flat(BIG[::-1], 6.03))
    assert area(found) == {2: 100}
    assert "W-duplicate-contour" in codes(found)


@pytest.mark.parametrize("far", [1e4, 1e6, 1e300])
def test_a_wild_coordinate_makes_the_contour_a_bad_one(far):
    wild = [(far, 2), *BIG[1:]]
    with pytest.raises(CaseError, match="1 of 2 contours") as caught:
        place(flat(BIG, 6), flat(wild, 9))
    assert caught.value.status == "partial"
