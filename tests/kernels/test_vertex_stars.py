"""The faces around a vertex: each of them is asked, whatever the angle that its sides meet at."""

import numpy as np
import pytest

from segeval.kernels.triangles import Triangles
from segeval.kernels.vertex_stars import StarSurface, _star_rows, star_table

NO_FACES = 0  # the kind of a cell that nothing is in


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (5.0, 1.0, 1.0), (0.7, 2.5, 0.9)])
def test_a_point_above_a_face_is_as_far_as_it_was_put(spacing):
    """3 mm along its normal from a place in a face: where no other face is nearer, 3 mm."""
    table, (_, kinds, rows) = star_table(spacing), _star_rows(3)
    rng, blunt = np.random.default_rng(0), 0
    for kind in np.unique(kinds)[::4]:
        sides = rows[kinds == kind] * np.array(spacing)
        s, t = rng.uniform(0, 0.5, (2, len(sides), 12, 1))
        normal = np.cross(sides[:, 0], sides[:, 1])
        normal *= 3 / np.linalg.norm(normal, axis=1, keepdims=True)
        places = s * sides[:, None, 0] + t * sides[:, None, 1]
        points = np.concatenate([places + normal[:, None], places - normal[:, None]]).reshape(-1, 3)
        corners = np.pad(sides, ((0, 0), (1, 0), (0, 0)))
        apart = Triangles.of(corners).distances(points).min(axis=1)
        star = StarSurface(
            np.zeros((4, 1)), np.array([[kind, *[NO_FACES] * 3]], np.int16),
            table.of_kind[[kind]], table.blunt[[kind]], table,
        )  # fmt: skip
        above = apart > 3 - 1e-9
        assert above.any()
        assert star.distances(points.T.copy())[above] == pytest.approx(3.0)
        blunt += bool(((sides[:, 0] * sides[:, 1]).sum(axis=1) < 0).any())
    assert blunt > 20


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (5.0, 1.0), (0.7, 2.5)])
def test_a_far_point_of_a_line_is_as_far_as_its_segments(spacing):
    table, (_, kinds, rows) = star_table(spacing), _star_rows(2)
    points = np.random.default_rng(0).uniform(-9, 9, (40, 2))
    for kind in np.unique(kinds):
        sides = rows[kinds == kind, 0] * np.array(spacing)
        along = np.clip(points @ sides.T / (sides * sides).sum(axis=1), 0, 1)
        apart = np.linalg.norm(points[:, None] - along[..., None] * sides, axis=2).min(axis=1)
        star = StarSurface(
            np.zeros((3, 1)), np.array([[kind, NO_FACES]], np.int16),
            table.of_kind[[kind]], table.blunt[[kind]], table,
        )  # fmt: skip
        assert star.distances(points.T.copy()) == pytest.approx(apart)
