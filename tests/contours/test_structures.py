"""A structure set as a volume: on its series, on the grid of a mask file, on no grid at all."""

import dicom_build as build
import numpy as np
import pytest
from rings import flat, slices, square

from segeval.contours.own_planes import derive_slices
from segeval.contours.rules import DrawingRules
from segeval.contours.structure_set import Contour, Contours, Roi
from segeval.contours.structures import draw_on_grid, draw_structures
from segeval.grid.geometry import Geometry, Reorder
from segeval.readers import rtstruct
from segeval.runtime.errors import GeometryError
from segeval.volume.channel_streams import open_channels

SQUARE = square(3.5, 9.5)
POINT = Contour("POINT", b"1\\2\\3")
BAD = Contour("CLOSED_PLANAR", b"1\\2")


def contours(path, *rois):
    return Contours(path / "RS.dcm", rois)


def values(volume, chunk=100):
    found = []
    with open_channels(volume.channels, chunk) as opened:
        for stream, voxels in zip(opened, volume.channels, strict=True):
            parts = [stream.read(min(chunk, voxels.count - at)).copy()
                     for at in range(0, voxels.count, chunk)]  # fmt: skip
            found.append(np.concatenate(parts).reshape(volume.geometry.shape))
    return found


def test_masks_may_overlap_and_keep_their_polygons(tmp_path):
    file = contours(
        tmp_path, Roi(1, "A", (flat(SQUARE, 3),)), Roi(2, "B", (flat(square(3.5, 5.5), 3),))
    )
    made = draw_structures(file, slices(), DrawingRules())
    assert made.volume.segments == {"A": (0, 1), "B": (1, 1)}
    a, b = values(made.volume)
    assert (a.sum(), b.sum(), (a & b).sum()) == (36, 4, 4)
    assert made.drawn["A"].placed.polygons.points.tolist() == [list(p) for p in SQUARE]


def test_what_becomes_of_each_structure(tmp_path):
    file = contours(
        tmp_path,
        Roi(1, "Good", (flat(SQUARE, 3),)),
        Roi(2, "Marker", (POINT,)),
        Roi(3, "Empty"),
        Roi(4, "Bad", (BAD,)),
        Roi(5, "Tiny", (flat(square(5.2, 5.4), 3),)),
    )
    made = draw_structures(file, slices(), DrawingRules())
    assert list(made.volume.segments) == ["Good", "Empty", "Tiny"]
    assert {name: e.status for name, e in made.errors.items()} == {"Bad": "partial"}
    assert made.statuses == {"Marker": "not_a_volume", "Tiny": "empty_after_rasterisation"}


def test_structures_of_one_name_are_told_apart_by_number(tmp_path):
    file = contours(tmp_path, Roi(4, "A"), Roi(9, "A"), Roi(2, "B"))
    assert list(draw_structures(file, slices(), DrawingRules()).volume.segments) == [
        "A#4",
        "A#9",
        "B",
    ]


def test_only_what_is_wanted_is_parsed(tmp_path):
    file = contours(tmp_path, Roi(1, "A", (flat(SQUARE, 3),)), Roi(2, "Bad", (BAD,)))
    made = draw_structures(file, slices(), DrawingRules(), {1})
    assert (list(made.volume.segments), made.errors) == (["A"], {})


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_axial_contours_on_a_grid_stored_in_any_order(tmp_path, axis):
    #    6 x 6 mm on three planes 3 mm apart, seen on a grid that runs z along any of its axes
    file = contours(tmp_path, Roi(1, "A", tuple(flat(SQUARE, z) for z in (3, 6, 9))))
    directions, shape, spacing = [(0, 1, 0), (1, 0, 0)], [20, 18], [1.0, 1.0]
    directions.insert(axis, (0, 0, 1))
    shape.insert(axis, 10)
    spacing.insert(axis, 3.0)
    grid = Geometry(tuple(shape), tuple(spacing), (0.0, 0.0, 0.0), tuple(directions))
    volume = draw_on_grid(file, grid, DrawingRules()).volume
    (mask,) = values(volume)
    assert volume.geometry == grid
    wanted = np.zeros((10, 20, 18), np.uint8)
    wanted[1:4, 4:10, 4:10] = 1
    assert (np.moveaxis(mask, axis, 0) == wanted).all()


def test_the_axes_of_a_nifti_grid_are_kept(tmp_path):
    #    RAS becomes LPS by the signs of x and y: here x runs to the right, -x
    file = contours(tmp_path, Roi(1, "A", (flat(SQUARE, 3),)))
    grid = Geometry((4, 20, 20), (3.0, 1.0, 1.0), (19, 0, 0), ((0, 0, 1), (0, 1, 0), (-1, 0, 0)))
    (mask,) = values(draw_on_grid(file, grid, DrawingRules()).volume)
    assert mask[1, 4:10, 10:16].sum() == mask.sum() == 36


def test_a_grid_without_a_place_takes_no_contour(tmp_path):
    with pytest.raises(GeometryError, match="does not say where"):
        draw_on_grid(contours(tmp_path, Roi(1, "A")), Geometry((4, 4, 4)), DrawingRules())


def test_another_order_of_axes_stays_small(tmp_path):
    file = contours(tmp_path, Roi(1, "A", (flat(SQUARE, 3), flat(SQUARE[:3], 6))))
    volume = draw_structures(file, slices(), DrawingRules()).volume
    (straight,) = values(volume)
    turned = volume.channels[0].turned(Reorder((2, 0, 1), (1,)))
    with open_channels([turned], 64) as (stream,):
        parts = [stream.read(min(64, turned.count - at)).copy() for at in range(0, 4000, 64)]
    found = np.concatenate(parts).reshape(20, 10, 20)
    assert (found == np.flip(straight.transpose(2, 0, 1), 1)).all()


def test_no_grid_on_either_side(tmp_path):
    #    planes 0 3 6 and 3 6 9; points from 3.5 to 12.5, margin 10, pixels of 0.5 mm; the
    #    outermost points lie on the borders of pixels
    one = contours(tmp_path, Roi(1, "A", tuple(flat(SQUARE, z) for z in (0, 3, 6))))
    two = contours(tmp_path, Roi(1, "A", tuple(flat(square(3.5, 12.5), z) for z in (3, 6, 9))))
    on = derive_slices([one, two], 0.5)
    assert on.geometry.origin == (-6.25, -6.25, 0.0)
    assert on.geometry.shape == (4, 59, 59)
    assert on.geometry.spacing == (3.0, 0.5, 0.5)
    assert [n.code for n in on.notes] == ["W-derived-grid"]
    planes = draw_structures(one, on, DrawingRules()).drawn["A"].runs.planes()
    assert planes.tolist() == [144, 144, 144, 0]


def test_no_grid_and_no_contour(tmp_path):
    with pytest.raises(GeometryError, match="neither"):
        derive_slices([contours(tmp_path, Roi(1, "A"))])


def test_a_mask_drawn_and_traced_again_is_the_same(tmp_path):
    #    the outline of each voxel row of a mask as contours, written, read and drawn
    rng = np.random.default_rng(1)
    mask = rng.integers(0, 2, (10, 20, 20)).astype(bool)
    rings = []
    for z, plane in enumerate(mask):
        for row, values_of_row in enumerate(plane):
            edges = np.flatnonzero(np.diff(np.concatenate([[0], values_of_row, [0]])))
            rings += [
                build.ring([(a - 0.5, row - 0.5), (b - 0.5, row - 0.5), (b - 0.5, row + 0.5),
                            (a - 0.5, row + 0.5)], 3.0 * z)
                for a, b in edges.reshape(-1, 2)
            ]  # fmt: skip
    file = rtstruct.read(build.rtstruct(tmp_path / "RS", [build.Organ("A", rings)]))
    made = draw_structures(file, slices(), DrawingRules())
    assert (made.drawn["A"].runs.drawn() == mask).all()
    assert made.volume.notes == ()
