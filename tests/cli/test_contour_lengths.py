"""Added path length of structure sets through the door: on the planes that they were drawn on."""

import dicom_build as build
import pytest


@pytest.fixture
def patients(here):
    #    6 x 6 mm on z 2 4 6 against 7 x 7 on z 4 6 8, from the same corner
    build.series(here / "gt" / "P1" / "CT", (8, 20, 20), (2.0, 1.0, 1.0))
    for side, high, heights in (("gt", 9.5, (2, 4, 6)), ("pred", 10.5, (4, 6, 8))):
        rings = [build.square(3.5, high, z) for z in heights]
        build.rtstruct(here / side / "P1" / "RS.dcm", [build.Organ("Heart", rings)])
    return here


def lines(segeval, *metrics):
    ran = segeval("score", "pred", "gt", "-m", ",".join(metrics), "--format", "csv")
    assert ran.status == 0, ran.err
    return {line.split(",")[2]: line.split(",")[3:5] for line in ran.out.splitlines()[1:]}


def test_the_length_that_has_to_be_drawn_again(segeval, patients):
    found = lines(segeval, "contour_apl", "contour_apl@0.5mm", "contour_apl@1mm", "apl")
    #   z 2: all 24 mm. z 4 and 6: two sides lie on the other contour, two are 1 mm inside it
    assert float(found["contour_apl"][0]) == pytest.approx(24 + 2 * 12, abs=1e-3)
    #   within 0.5 mm: so much of the two sides where they end at the others
    assert float(found["contour_apl@0.5mm"][0]) == pytest.approx(24 + 2 * (12 - 2 * 0.5), abs=1e-2)
    assert float(found["contour_apl@1mm"][0]) == pytest.approx(24)
    assert {unit for _, unit in found.values()} == {"mm"}


def test_masks_have_no_contours(segeval, patients):
    ran = segeval("convert", "gt", "masks")
    assert ran.status == 0, ran.err
    ran = segeval("score", "masks", "gt", "-m", "contour_apl", "--format", "csv")
    assert ran.out.splitlines()[1].endswith("undefined,no_contours,")
