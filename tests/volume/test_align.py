"""One grid, or a clear error: flips and permutations pass, shifts and crops do not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segeval.grid.geometry import Geometry, Reorder
from segeval.runtime.errors import GeometryError
from segeval.volume.align import align_volume, read_whole_channel, resample_volume
from segeval.volume.channel import Channel
from segeval.volume.volume import Volume

GRID = Geometry((4, 5, 6), (3.0, 2.0, 1.0), (5.0, 6.0, 7.0), ((0, 0, 1), (0, 1, 0), (1, 0, 0)))
ARRAY = np.random.default_rng(0).integers(0, 9, GRID.shape).astype(np.uint8)


def volume(array=ARRAY, grid=GRID):
    return Volume(grid, (Channel(lambda: array, array.dtype, array.shape),), Path("a.nii"))


def read(volume):
    return read_whole_channel(volume.channels[0], volume.geometry)


def test_the_same_grid():
    assert align_volume(volume(), GRID).channels[0].order is None


@pytest.mark.parametrize("order", [Reorder((0, 1, 2), (2,)), Reorder((2, 0, 1), (0, 1))])
def test_flips_and_permutations_are_undone_without_a_word(order):
    turned = np.flip(ARRAY.transpose(order.axes), order.flips)
    got = align_volume(volume(turned.copy(), GRID.reordered(order)), GRID)
    np.testing.assert_array_equal(read(got), ARRAY)
    assert got.notes == ()


def test_the_error_names_both_grids_and_the_shift():
    with pytest.raises(GeometryError) as caught:
        align_volume(volume(grid=replace(GRID, origin=(6.5, 6.0, 7.0))), GRID)
    text = "\n".join(caught.value.lines())
    assert "pred 6x5x4, 1 x 2 x 3 mm" in text
    assert "gt 6x5x4, 1 x 2 x 3 mm" in text
    assert "corner shift 1.5 mm" in text
    assert "--resample union" in text


@pytest.mark.parametrize(
    "change",
    [
        {"spacing": (1.5, 2.0, 1.0)},
        {"shape": (3, 5, 6)},
        {"directions": ((0, 0.6, 0.8), (0, 0.8, -0.6), (1, 0, 0))},
    ],
)
def test_other_grids_are_refused(change):
    array = np.zeros(change.get("shape", GRID.shape), np.uint8)
    with pytest.raises(GeometryError):
        align_volume(volume(array, replace(GRID, **change)), GRID)


def test_a_corner_off_by_a_few_per_cent_is_a_warning():
    got = align_volume(volume(grid=replace(GRID, origin=(5.05, 6.0, 7.0))), GRID)
    assert [n.code for n in got.notes] == ["W-geometry-near"]


def test_a_file_without_geometry_takes_that_of_the_other():
    got = align_volume(volume(grid=Geometry(GRID.shape)), GRID)
    assert [n.code for n in got.notes] == ["N-geometry-from-other"]
    with pytest.raises(GeometryError, match="different grids"):
        align_volume(volume(np.zeros((5, 4, 6), np.uint8), Geometry((5, 4, 6))), GRID)


def test_pictures_of_different_size_are_resized_on_request_only():  # ACCOUNT-A18
    with pytest.raises(GeometryError) as caught:
        align_volume(volume(np.zeros((4, 4), np.uint8), Geometry((4, 4))), Geometry((8, 8)))
    assert "--resample gt resizes" in caught.value.help


def test_labels_move_to_their_nearest_neighbour():
    # twice as fine along x: every voxel becomes two; centres at -0.25 and +0.25
    fine = replace(GRID, shape=(4, 5, 12), spacing=(3.0, 2.0, 0.5), origin=(4.75, 6.0, 7.0))
    got = read(resample_volume(volume(), fine, labels=True))
    np.testing.assert_array_equal(got, np.repeat(ARRAY, 2, axis=2))


def test_probabilities_are_interpolated_and_background_lies_outside():
    ramp = np.broadcast_to(np.linspace(0, 1, 6, dtype=np.float32), GRID.shape).copy()
    between = replace(GRID, shape=(4, 5, 7), origin=(5.5, 6.0, 7.0))
    got = read(resample_volume(volume(ramp), between, labels=False))
    assert got[0, 0, :5] == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])
    assert got[0, 0, 6] == 0


def test_a_grid_without_a_place_cannot_be_resampled():
    with pytest.raises(GeometryError, match="without a place"):
        resample_volume(volume(), Geometry((3, 3, 3)), labels=True)


@pytest.mark.parametrize(("share", "passes"), [(0.09, True), (0.11, False)])
def test_up_to_a_tenth_of_the_smallest_voxel_side_is_one_grid_with_a_warning(share, passes):
    # the smallest side is 1 mm: a corner that moves by 0.09 mm is near, by 0.11 mm elsewhere
    moved = replace(GRID, origin=(GRID.origin[0] + share, *GRID.origin[1:]))
    if passes:
        codes = [note.code for note in align_volume(volume(grid=moved), GRID).notes]
        assert codes == ["W-geometry-near"]
    else:
        with pytest.raises(GeometryError, match="different grids"):
            align_volume(volume(grid=moved), GRID)
