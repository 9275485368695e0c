"""The slices of a series that is no grid, as far as its contours tell them (ACCOUNT-A24)."""

import dicom_build as build
import pytest

from segeval.grid.slices import Frame
from segeval.readers import rtstruct
from segeval.readers.contour_slices import are_parallel

AXIAL = Frame((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0), (16, 16))


@pytest.mark.parametrize(("tilt", "parallel"), [(0, True), (0.09, True), (0.11, False)])
def test_account_a24_contours_are_parallel_whose_points_differ_by_a_tenth_of_a_mm(
    tmp_path, tilt, parallel
):
    rings = [build.Ring([(3, 3, z), (9, 3, z + tilt), (9, 9, z + tilt), (3, 9, z)]) for z in (1, 2)]
    path = build.rtstruct(tmp_path / "RS.dcm", [build.Organ("Heart", rings)])
    assert are_parallel(rtstruct.read(path), AXIAL) == parallel
