"""Distances between meshes: exact, and the same however the masks are held."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pairs import PAIRS, ellipsoid
from surfaces import surfaces, value

from segeval.kernels import distances
from segeval.kernels import mesh as kernels_mesh
from segeval.kernels.borders import PointSet, boundary_voxels, neighbour_steps
from segeval.kernels.distance_tables import DistanceTables, cell_places, reach_of_steps
from segeval.kernels.distances import (
    MeasuredSurface,
    directed_distances,
)
from segeval.kernels.mesh import find_surface_cells, make_mesh, smooth_mask
from segeval.kernels.vertex_stars import star_surface

NAMES = ("hd", "hd95", "masd", "assd", "asd_gt_to_pred", "asd_pred_to_gt", "nsd@1mm", "biou@1.3mm")


def numbers(truth, pred, spacing):
    s = surfaces(truth, pred, spacing)
    return {name: value(s, name) for name in NAMES}


def approx(values):
    return pytest.approx(values, rel=0, abs=1e-6, nan_ok=True)


def plain_distances(points, mesh):
    """Every point against every triangle, by the nearest of its plane and its sides."""
    corners = mesh.vertices[mesh.faces]
    return np.min([to_triangle(points, t) for t in corners], axis=0)


def to_triangle(p, t):
    n = np.cross(t[1] - t[0], t[2] - t[0])
    n /= np.linalg.norm(n)
    sides = [(t[i], t[(i + 1) % 3]) for i in range(3)]
    above = np.all([(p - a) @ np.cross(n, b - a) >= 0 for a, b in sides], axis=0)
    return np.where(above, abs((p - t[0]) @ n), np.min([to_segment(p, *s) for s in sides], axis=0))


def to_segment(p, a, b):
    share = np.clip((p - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
    return np.linalg.norm(p - a - share[:, None] * (b - a), axis=1)


def closed(faces):
    from collections import Counter

    sides = Counter((int(f[i]), int(f[(i + 1) % 3])) for f in faces for i in range(3))
    return all(sides[(b, a)] == n for (a, b), n in sides.items())


@pytest.mark.parametrize("name", ["noise", "hollow", "at_the_edge"])
def test_a_mesh_is_closed_also_at_the_edge_of_the_array(name):
    truth, _, spacing = PAIRS[name]()
    assert closed(make_mesh(find_surface_cells(truth), np.array(spacing)).faces)


def test_the_volume_inside_a_mesh_by_hand():
    # one voxel: the octahedron between the middles of its edges, 6 pyramids, (1/2)^3 * 4/3
    found = make_mesh(find_surface_cells(np.ones((1, 1, 1), bool)), np.array([3.0, 1.0, 2.0]))
    a, b, c = (found.vertices[found.faces[:, i]] for i in range(3))
    assert np.einsum("ij,ij->", a, np.cross(b, c)) / 6 == pytest.approx(4 / 3 / 8 * 3 * 1 * 2)


@pytest.mark.parametrize(
    "spacing",
    [
        (1.0, 1.0, 1.0),
        (3.0, 0.98, 0.98),
        (0.7, 2.1, 1.0),
        (2.0, 1.0, 1.0),
        (1.0, 1.0, 1.6),
        (1.0, 9.0, 1.0),
    ],
)
def test_distances_are_those_of_every_triangle(spacing):
    truth, pred = (PAIRS["noise"]()[i][:5, :6, :6] for i in (0, 1))
    one, other = (MeasuredSurface(m, spacing, DistanceTables(spacing)) for m in (truth, pred))
    found = directed_distances(one, other)
    want = plain_distances(one.mesh.centroids(), other.mesh)
    assert np.sort(found.distances) == pytest.approx(np.sort(want), abs=1e-12)
    assert found.sizes.sum() == pytest.approx(one.mesh.areas().sum())
    corners = plain_distances(one.mesh.vertices, other.mesh)
    assert found.farthest == pytest.approx(max(want.max(), corners.max()))


@given(st.lists(st.sampled_from([0.5, 0.98, 1.0, 2.0, 3.0, 40.0]), min_size=3, max_size=3))
def test_equal_sides_are_reached_equally_far(spacing):
    wide = reach_of_steps(tuple(spacing), 1400)
    assert len(set(zip(wide, spacing, strict=True))) == len(set(spacing))
    assert np.prod([2 * r + 1 for r in wide]) <= 1400


@pytest.mark.parametrize("name", ["noise", "hollow", "two_ellipsoids"])
def test_a_surface_is_measured_in_parts_of_any_size(name, monkeypatch):
    truth, pred, spacing = PAIRS[name]()
    whole = numbers(truth, pred, spacing)
    monkeypatch.setattr(distances, "AT_A_TIME", 100)
    monkeypatch.setattr(kernels_mesh, "AT_A_TIME", 500)
    assert numbers(truth, pred, spacing) == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize("far", [9, 30, 90])
def test_a_speck_far_before_a_wall_by_hand(far):
    #  a wall whose face is at 1/2, and a speck before it whose tip is at far + 1/2
    truth = np.zeros((40, 40, 100), bool)
    truth[:, :, 0] = True
    pred = truth.copy()
    pred[20, 20, far] = True
    s = surfaces(truth, pred, (1.0, 1.0, 1.0))
    assert value(s, "hd") == pytest.approx(far)
    assert value(s, "hd:as=medpy") == pytest.approx(far)


def test_the_tip_of_a_far_speck_by_hand():
    truth, pred = np.zeros((2, 4, 4, 40), bool)
    truth[1:3, 1:3, 1] = pred[1:3, 1:3, 1] = pred[2, 2, 35] = True
    #  pred's outlier is a voxel whose far tip is at 35.5, the truth's face at 1.5
    s = surfaces(truth, pred, (1.0, 1.0, 1.0))
    assert value(s, "hd") == pytest.approx(34.0)


@pytest.mark.parametrize("step", [(2, 0, 0), (0, -3, 0), (1, 2, 3), (0, 0, 9)])
@pytest.mark.parametrize("size", [(1, 1, 1), (3, 4, 5)])
def test_hd_of_a_moved_mask_is_the_move(step, size):
    spacing = (3.0, 1.0, 0.8)
    truth = np.zeros((20, 20, 20), bool)
    truth[tuple(slice(5, 5 + n) for n in size)] = True
    found = value(surfaces(truth, np.roll(truth, step, (0, 1, 2)), spacing), "hd")
    assert found == pytest.approx(np.linalg.norm(np.array(step) * spacing), abs=1e-9)


@pytest.mark.parametrize("name", PAIRS)
def test_identical_masks_are_nowhere_apart(name):
    truth, _, spacing = PAIRS[name]()
    s = surfaces(truth, truth, spacing)
    assert [value(s, n) for n in ("hd", "hd95", "masd", "assd")] == approx([0] * 4)
    assert value(s, "nsd@0mm") == 1


@pytest.mark.parametrize("name", PAIRS)
def test_swapping_the_sides_swaps_the_directions(name):
    truth, pred, spacing = PAIRS[name]()
    one, other = numbers(truth, pred, spacing), numbers(pred, truth, spacing)
    other["asd_gt_to_pred"], other["asd_pred_to_gt"] = (
        other["asd_pred_to_gt"],
        other["asd_gt_to_pred"],
    )
    assert one == approx(other)


small = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5))
masks = small.flatmap(lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape)))


@settings(max_examples=15, deadline=None)
@given(masks, st.permutations(range(3)), st.lists(st.integers(0, 2), unique=True).map(tuple))
def test_turning_and_mirroring_change_nothing(pair, axes, flips):
    spacing = (3.0, 1.0, 0.75)
    turned = [np.flip(mask.transpose(axes), flips) for mask in pair]
    assert numbers(*turned, tuple(spacing[a] for a in axes)) == approx(numbers(*pair, spacing))


@settings(max_examples=10, deadline=None)
@given(masks, st.integers(1, 3), st.integers(0, 2))
def test_padding_changes_nothing(pair, before, after):
    wider = [np.pad(mask, (before, after)) for mask in pair]
    assert numbers(*wider, (2.0, 1.0, 1.0)) == approx(numbers(*pair, (2.0, 1.0, 1.0)))


def test_scaling_the_spacing_scales_lengths():
    truth, pred, spacing = PAIRS["two_ellipsoids"]()
    one, other = (surfaces(truth, pred, tuple(k * s for s in spacing)) for k in (1, 2.5))
    for name in ("hd", "hd95", "masd", "assd"):
        assert value(other, name) == pytest.approx(2.5 * value(one, name))


def test_relaxed_is_nearer_to_balls_than_mesh():
    # balls 2.5 apart all around, so that every distance is 2.5
    centre, shape, spacing = (0.2, 0.1, 0.3), (29, 29, 29), (1.0, 1.0, 1.0)
    balls = [ellipsoid(shape, spacing, centre, (r,) * 3) for r in (9.3, 11.8)]
    s = surfaces(*balls, spacing)
    errors = [abs(value(s, f"masd{how}") - 2.5) for how in ("", ":as=relaxed")]
    assert errors[1] < 0.3 * errors[0]


def test_a_field_puts_the_vertices_where_it_crosses_a_half():
    # along x 0.9 inside and 0.1 outside: half way; 0.6 and 0.1: a fifth of the way
    mask = np.ones((1, 1, 1), bool)
    field = np.full((3, 3, 3), 0.1)
    field[1, 1, 1] = 0.6
    found = make_mesh(find_surface_cells(mask), np.ones(3), field).vertices
    assert np.abs(found).max(axis=0) == pytest.approx([0.2] * 3)
    assert smooth_mask(mask).shape == (3, 3, 3)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (3.0, 1.0, 0.8), (5.0, 1.0, 1.0)])
def test_points_are_as_far_as_a_distance_transform_says(spacing):
    from scipy.ndimage import distance_transform_edt

    rng = np.random.default_rng(2)
    for many in (0.05, 0.002):
        one, other = rng.random((8, 20, 22)) < 0.03, rng.random((8, 20, 22)) < many
        sides = [PointSet(m, spacing) for m in (one, other)]
        want = distance_transform_edt(~other, sampling=spacing)[one]
        assert sides[1].distances_of(sides[0].at) == pytest.approx(want, abs=1e-12)


def test_steps_are_complete_up_to_what_is_known():
    known = neighbour_steps((3.0, 1.0, 1.0))
    assert (np.diff(known.near) >= 0).all()
    whole = int(known.known) + 1
    grid = np.stack(np.meshgrid(*[np.arange(-whole, whole + 1)] * 3), -1).reshape(-1, 3)
    inside = np.linalg.norm(grid * (3.0, 1.0, 1.0), axis=1) < known.known
    assert inside.sum() == len(known.steps)


@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("diagonal", [True, False])
def test_a_border_is_what_erosion_takes_away(closed, diagonal):
    from scipy.ndimage import binary_erosion, generate_binary_structure

    mask = np.random.default_rng(1).random((6, 7, 8)) < 0.7
    structure = generate_binary_structure(3, 3 if diagonal else 1)
    want = mask & ~binary_erosion(mask, structure, border_value=not closed)
    assert (boundary_voxels(mask, closed, diagonal) == want).all()


def test_few_places_need_a_table():
    # 63 centroids, 12 middles of edges, 8 corners; on a grid of equal sides 48 symmetries leave 8
    assert len(cell_places(3)) == 83
    assert len(set(DistanceTables((1.0, 1.0, 1.0)).standing.tolist())) == 8
    assert len(set(DistanceTables((3.0, 1.0, 0.9)).standing.tolist())) == 18
    # in 2-D the middles of 4 cut corners, of 2 straight lines (one place), of 4 edges, corners
    assert len(cell_places(2)) == 13
    assert len(set(DistanceTables((1.0, 1.0)).standing.tolist())) == 4


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_tables_stars_and_a_tree_give_the_same_distances(data):
    """Near and far, nested and noisy, in 2-D and 3-D: three ways, one value."""
    axes = data.draw(st.integers(2, 3))
    spacing = tuple(data.draw(st.sampled_from([0.4, 1.0, 1.7, 5.0])) for _ in range(axes))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    shape = tuple(int(n) for n in rng.integers(3, 26 if axes == 2 else 15, axes))
    truth, pred = (rng.random(shape) < data.draw(st.sampled_from([0.01, 0.3, 0.97])) for _ in "ab")
    truth.flat[0] = pred.flat[-1] = True
    one, other = (MeasuredSurface(m, spacing, DistanceTables(spacing)) for m in (truth, pred))
    found = directed_distances(one, other)
    plain = [MeasuredSurface(m, spacing) for m in (truth, pred)]  # no tables: a tree
    want = directed_distances(*plain)
    order, same = np.argsort(found.distances), np.argsort(want.distances)
    assert found.distances[order] == pytest.approx(want.distances[same], abs=1e-11)
    assert found.farthest == pytest.approx(want.farthest, abs=1e-11)
    assert found.sizes.sum() == pytest.approx(want.sizes.sum())
    stars = star_surface(other.grid, other.spacing).distances(plain[0].mesh.centroids().T.copy())
    far = want.distances > min(spacing)  # a difference of squares: not for what is near
    assert stars[far] == pytest.approx(want.distances[far], abs=1e-11)
    assert stars**2 == pytest.approx(want.distances**2, rel=1e-9, abs=1e-10)


@pytest.mark.parametrize("apart", range(1, 14))
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (1.0, 1.0), (4.0, 1.0, 1.0), (0.6, 2.0)])
def test_the_edge_between_near_and_far(apart, spacing):
    """A wall and a wall so many voxels behind it: every distance is known, by either way."""
    truth = np.zeros((*(5,) * (len(spacing) - 1), 20), bool)
    truth[..., 1] = True
    pred = np.roll(truth, apart, -1)
    s = surfaces(truth, pred, spacing)
    for name in ("hd", "hd:as=monai", "hd:as=deepmind", "hd95:as=monai"):
        assert value(s, name) == pytest.approx(apart * spacing[-1], abs=1e-9)
