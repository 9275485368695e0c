"""The table of triangles: closed in every cell and between cells, and as symmetric as the cube."""

from collections import Counter

import pytest

from segeval.kernels.marching_cubes import (
    CORNERS,
    SYMMETRIES,
    cube_cells,
    cube_faces,
    enclosed_volume,
    face_segments,
    join_flat_triangles,
    surface_loops,
    transform_code,
    transform_loop,
    triangle_area,
)

CODES = range(256)


def sides(triangles):
    return Counter((t[i], t[(i + 1) % 3]) for t in triangles for i in range(3))


def boundary(triangles):
    """Sides that no triangle runs along in the other direction."""
    every = sides(triangles)
    return +Counter({(a, b): n - every[(b, a)] for (a, b), n in every.items()})


@pytest.mark.parametrize("code", CODES)
def test_the_triangles_of_a_cell_end_on_its_faces_and_nowhere_else(code):
    on_faces = Counter(s for ring in cube_faces() for s in face_segments(ring, code))
    assert boundary(cube_cells()[code].faces) == on_faces


def test_neighbours_agree_on_the_face_between_them():
    #  the face at the end of one cell is the one at the start of the next, from the other side
    for axis in range(3):
        start, end = cube_faces()[2 * axis], cube_faces()[2 * axis + 1]
        shift = tuple(2 * (k == axis) for k in range(3))
        for four in range(16):
            inside = {c for i, c in enumerate(sorted(start)) if four >> i & 1}
            there = {tuple(int(k == axis) + v for k, v in enumerate(c)) for c in inside}
            one = {
                frozenset(tuple(v + d for v, d in zip(p, shift, strict=True)) for p in s)
                for s in face_segments(start, coded(inside))
            }
            assert one == {frozenset(s) for s in face_segments(end, coded(there))}


def coded(inside):
    return sum(1 << i for i, corner in enumerate(CORNERS) if corner in inside)


@pytest.mark.parametrize("code", CODES)
def test_a_mirrored_cell_has_the_mirrored_surface(code):
    own = [frozenset(p) for p in join_flat_triangles(cube_cells()[code].faces)]
    for symmetry in SYMMETRIES:
        image = join_flat_triangles(cube_cells()[transform_code(code, symmetry)].faces)
        assert {frozenset(p) for p in image} == {
            frozenset(transform_loop(p, symmetry)) for p in own
        }


@pytest.mark.parametrize("code", CODES)
def test_a_mirrored_cell_has_the_mirrored_samples(code):
    def centres(elements, symmetry):
        moved = [(transform_loop(t, symmetry), share) for t, share in elements]
        return Counter({}) + Counter(
            {k: round(v, 9) for k, v in weights(moved).items()}
        )  # fmt: skip

    def weights(elements):
        total = Counter()
        for t, share in elements:
            total[tuple(sum(c) for c in zip(*t, strict=True))] += share * triangle_area(t)
        return total

    same = SYMMETRIES[0]
    for symmetry in SYMMETRIES:
        image = cube_cells()[transform_code(code, symmetry)].elements
        assert centres(image, same) == pytest.approx(centres(cube_cells()[code].elements, symmetry))


@pytest.mark.parametrize("code", CODES)
def test_samples_share_the_area_of_the_triangles(code):
    cell = cube_cells()[code]
    whole = sum(map(triangle_area, cell.faces))
    assert sum(share * triangle_area(t) for t, share in cell.elements) == pytest.approx(whole)


def test_by_hand():
    # one corner: a triangle with sides of half a face's diagonal, 1/2 sqrt(2); doubled, sqrt(2)
    assert triangle_area(cube_cells()[1].faces[0]) == pytest.approx(3**0.5 / 4 * 2)
    # the four corners z = 0: a square half way up, its normal along +z, away from the mask
    assert sum(map(triangle_area, cube_cells()[0b1111].faces)) == 4
    assert enclosed_volume(cube_cells()[0b1111].faces) == 0
    # nothing and everything have no surface
    assert not cube_cells()[0].faces
    assert not cube_cells()[255].faces


def test_opposite_corners_of_a_face_are_cut_off_one_by_one():
    # corners (0,0,0) and (0,1,1): two loops of three
    assert sorted(map(len, surface_loops(0b1001))) == [3, 3]
