"""The mask of a structure: parity, gaps, borders, uneven slices, analytic shapes."""

import dicom_build as build
import numpy as np
import pytest
from rings import contour, flat, roi, slices, square

from segeval.contours.rasterize import rasterize_structure
from segeval.contours.rules import DrawingRules
from segeval.contours.structure_set import Roi
from segeval.grid.slices import Frame, arrange_slices

OUTER, HOLE = square(3.5, 13.5), square(5.5, 9.5)


def draw(*contours, on=None, **rules):
    return rasterize_structure(roi(*contours), on or slices(), DrawingRules(**rules), "RS.dcm")


def codes(found):
    return [note.code for note in found.notes]


def test_holes_islands_and_two_planes():
    found = draw(flat(OUTER, 3), flat(HOLE, 3), flat(square(6.5, 7.5), 3), flat(OUTER, 6))
    assert found.runs.planes().tolist() == [0, 100 - 16 + 1, 100, *[0] * 7]


def test_a_keyhole_is_the_hole():
    keyhole = [*OUTER, OUTER[0], *HOLE, HOLE[0]]
    one, two = draw(flat(keyhole, 3)), draw(flat(OUTER, 3), flat(HOLE, 3))
    assert (one.runs.drawn() == two.runs.drawn()).all()


def test_two_planes_of_one_slice_do_not_cancel():
    found = draw(flat(OUTER, 3), flat(OUTER, 3.4))
    assert found.runs.count == 100


def test_crossing_contours_by_parity_or_union():
    #    two squares of 100 that share 4 x 4, and a hole of 4 in the first alone
    moved = [(x + 6, y + 6) for x, y in OUTER]
    contours = flat(OUTER, 3), flat(moved, 3), flat(square(4.5, 6.5), 3)
    assert draw(*contours).runs.count == 100 + 100 - 2 * 16 - 4
    assert draw(*contours, overlap="union").runs.count == 100 + 100 - 16 - 4


def test_three_in_a_chain_are_one_union():
    rings = [[(x + step, y) for x, y in square(0.5, 4.5)] for step in (0, 2, 4)]
    found = draw(*(flat(r, 3) for r in rings), overlap="union")
    assert found.runs.count == 4 * 8


def test_missing_planes_stay_empty_and_are_listed():
    found = draw(flat(OUTER, 3), flat(OUTER, 9), flat(OUTER, 18))
    assert found.runs.planes().tolist() == [0, 100, 0, 100, 0, 0, 100, 0, 0, 0]
    assert codes(found) == ["W-contour-gap"]
    assert found.notes[0].text.endswith("3 slices between drawn ones have no contour: 2, 4, 5")


def test_missing_planes_take_the_nearest():
    #    slice 2 is half way and takes the lower; 4 takes 3, 5 takes 6
    found = draw(flat(OUTER, 3), flat(HOLE, 9), flat(OUTER, 18), gaps="nearest")
    assert found.runs.planes().tolist() == [0, 100, 100, 16, 16, 100, 100, 0, 0, 0]
    assert codes(found) == []


def test_missing_planes_between_two_shapes():
    #    squares of 4 and 10 pixels around one centre: half way, one of about 7
    found = draw(flat(square(6.5, 10.5), 3), flat(square(3.5, 13.5), 9), gaps="shape")
    planes = found.runs.planes().tolist()
    assert planes[1] == 16
    assert planes[3] == 100
    assert 36 <= planes[2] <= 64


def test_contours_through_voxel_centres():
    traced = flat(square(2, 12), 3)
    plain, inclusive = draw(traced), draw(traced, boundary="inclusive")
    assert (plain.runs.count, inclusive.runs.count) == (10 * 10, 11 * 11)
    assert codes(plain) == ["W-vertices-on-voxel-centres"]
    assert codes(inclusive) == []


def test_smaller_than_a_voxel():
    tiny = square(5.2, 5.7)
    found = draw(flat(tiny, 3), flat(OUTER, 6))
    assert (found.runs.count, found.status, codes(found)) == (100, "", ["N-sub-voxel-contour"])
    found = draw(flat(tiny, 3))
    assert (found.runs.count, found.status) == (0, "empty_after_rasterisation")
    assert "W-empty-after-rasterisation" in codes(found)


def test_a_structure_without_contours_is_empty_and_that_is_all():
    found = rasterize_structure(Roi(1, "Empty"), slices(), DrawingRules())
    assert (found.runs.count, found.status, found.notes) == (0, "", ())


def test_uneven_slices_on_an_even_grid():
    #    slices 0 2 4 8, planes 0 2 4 6 8: the slice at 4 stands for 4 and 6
    on = slices([0, 2, 4, 8])
    found = draw(flat(OUTER, 4), flat(HOLE, 8), on=on)
    assert found.runs.shape == (5, 20, 20)
    assert found.runs.planes().tolist() == [0, 0, 100, 100, 16]
    assert (found.runs.drawn()[2] == found.runs.drawn()[3]).all()


def test_a_whole_plane_on_an_uneven_grid():
    #    every pixel inside: runs go on over the ends of rows and planes
    on = slices([0, 2, 4, 8])
    found = draw(*(flat(square(-1, 30), z) for z in (2, 4)), on=on)
    assert found.runs.planes().tolist() == [0, 400, 400, 400, 0]


# Shapes of known volume (section 7): 1 mm voxels, 40 mm radius.

SIZE = 121
CENTRE = 60.3


def shape_contours(radii):
    """Circles on slices: `radii` gives the radii at a height from the centre."""
    for z in range(SIZE):
        for radius in radii(z - CENTRE):
            if radius > 0.3:
                points = build.circle((CENTRE, CENTRE + 0.4), radius, float(z)).points
                yield contour(points)


def root(value):
    return float(np.sqrt(max(value, 0.0)))


R = 40.0
SHAPES = {
    "sphere": (lambda h: [root(R**2 - h**2)], 4 / 3 * np.pi * R**3),
    "cylinder": (lambda h: [R] if abs(h) < 30 else [], np.pi * R**2 * 60),
    "ellipsoid": (lambda h: [R * root(1 - (h / 50) ** 2)], 4 / 3 * np.pi * R**2 * 50),
    "hollow sphere": (
        lambda h: [root(R**2 - h**2), root(20**2 - h**2)],
        4 / 3 * np.pi * (R**3 - 20**3),
    ),
    "tube": (lambda h: [R, 30.0] if abs(h) < 30 else [], np.pi * (R**2 - 30**2) * 60),
    "torus": (
        lambda h: [30 + root(10**2 - h**2), 30 - root(10**2 - h**2)] if abs(h) < 10 else [],
        2 * np.pi**2 * 30 * 10**2,
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_analytic_shapes(shape):
    radii, volume = SHAPES[shape]
    frame = Frame((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0), (SIZE, SIZE))
    on = arrange_slices(frame, np.outer(np.arange(SIZE), frame.normal))
    found = draw(*shape_contours(radii), on=on)
    assert found.runs.count == pytest.approx(volume, rel=0.01)
    # Against the truth below the voxel: voxels that are inside by half or
    # more, of 4 x 4 x 4 samples each.
    fine = (np.arange(4) + 0.5) / 4 - 0.5
    sub = (np.arange(SIZE)[:, None] + fine).reshape(-1)
    away = np.hypot(*np.meshgrid(sub - CENTRE - 0.4, sub - CENTRE, indexing="ij"))
    truth = np.zeros((SIZE, SIZE, SIZE), bool)
    for z in range(SIZE):
        share = np.zeros((SIZE, SIZE))
        for f in fine:
            inside = np.zeros(away.shape, bool)
            for radius in radii(z + f - CENTRE):
                inside ^= away < radius
            share += inside.reshape(SIZE, 4, SIZE, 4).mean(axis=(1, 3)) / 4
        truth[z] = share >= 0.5
    mask = found.runs.drawn()
    assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) >= 0.99
