"""Structures as the file has them: what is an area, what is a number, what is empty."""

from pathlib import Path

import pytest

from segeval.contours.structure_set import Contour, Contours, Roi

TRIANGLE = b"0\\0\\1\\4\\0\\1\\0\\4\\1"


def test_points_are_parsed_when_they_are_asked_for():
    points = Contour("CLOSED_PLANAR", TRIANGLE, 3).points()
    assert points.tolist() == [[0, 0, 1], [4, 0, 1], [0, 4, 1]]


@pytest.mark.parametrize(
    ("raw", "count"),
    [
        (TRIANGLE, 4),  # the count differs
        (TRIANGLE[:-2], None),  # no multiple of three
        (b"", 0),
        (b"0\\0\\1\\4\\\\1\\0\\4\\1", 3),  # an empty value
        (b"0,5\\0\\1\\4\\0\\1\\0\\4\\1", 3),  # a decimal comma
        (b"0\\0\\1\\4\\0\\1\\nan\\4\\1", 3),
    ],
)
def test_bad_numbers_are_no_points(raw, count):
    assert Contour("CLOSED_PLANAR", raw, count).points() is None


@pytest.mark.parametrize(
    ("kind", "raw", "closed"),
    [
        ("CLOSED_PLANAR", TRIANGLE, True),
        ("CLOSEDPLANAR_XOR", TRIANGLE, True),
        ("INTERPOLATED_PLANAR", TRIANGLE, True),
        ("OPEN_PLANAR", TRIANGLE, False),
        ("OPEN_NONPLANAR", TRIANGLE, False),
        ("POINT", b"0\\0\\1", False),
        ("", TRIANGLE, True),
        ("", b"0\\0\\1\\4\\0\\1", False),
    ],
)
def test_which_types_bound_an_area(kind, raw, closed):
    assert Contour(kind, raw).closed == closed


def test_empty_and_no_volume_are_different():
    point, area = Contour("POINT", b"0\\0\\1"), Contour("CLOSED_PLANAR", TRIANGLE)
    assert (Roi(1, "a").empty, Roi(1, "a").volume) == (True, True)
    assert (Roi(1, "a", (point,)).empty, Roi(1, "a", (point,)).volume) == (False, False)
    mixed = Roi(1, "a", (point, area))
    assert (mixed.volume, mixed.areas) == (True, (area,))


def test_structures_by_number_and_by_name():
    rois = (Roi(7, "Heart"), Roi(9, "Lung"), Roi(8, "Heart"))
    contours = Contours(Path("RS.dcm"), rois)
    assert contours.by_number()[9].name == "Lung"
    assert [roi.number for roi in contours.by_name()["Heart"]] == [7, 8]


@pytest.mark.parametrize(
    ("name", "type", "support"),
    [
        ("Heart", "ORGAN", False),
        ("PTV_70", "PTV", False),
        ("Zygoma", "", False),
        ("zygoma", "ORGAN", False),
        ("zRing", "", True),
        ("z_opt", "ORGAN", True),
        ("_tmp", "", True),
        ("CouchSurface", "", True),
        ("BODY", "", True),
        ("Body_Uterus", "ORGAN", False),
        ("Dose 95[%]", "", True),
        ("95 %", "", True),
        ("Heart", "EXTERNAL", True),
        ("Iso", "ISOCENTER", True),
        ("ring", "CONTROL", True),
    ],
)
def test_structures_that_only_help_to_plan(name, type, support):
    assert Roi(1, name, (), type).support == support
