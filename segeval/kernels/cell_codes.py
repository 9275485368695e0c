"""The surface in a cell of each code, in 3-D and in 2-D: a square is the side z = 0 of a cube.

Points are (z, y, x) or (y, x) in halves of a cell; a code has a bit for each corner that is inside.
"""

from __future__ import annotations

from functools import cache
from itertools import permutations, product

import numpy as np

from segeval.kernels.marching_cubes import cube_cells, cube_faces, face_segments
from segeval.runtime.arrays import Counted

Corners = tuple[tuple[int, ...], ...]  # of a triangle or a segment, in turn
GridSymmetry = tuple[tuple[int, ...], tuple[int, ...]]  # the axes in this order, then flip these


@cache
def code_faces(axes: int) -> tuple[tuple[Corners, ...], ...]:
    """For every code the triangles, or segments, that cover its surface once.

    axes  2 or 3
    """
    if axes == 3:
        return tuple(cell.faces for cell in cube_cells())
    ring = cube_faces()[0]
    return tuple(tuple((a[1:], b[1:]) for a, b in face_segments(ring, code)) for code in range(16))


@cache
def code_elements(axes: int) -> tuple[tuple[tuple[Corners, float], ...], ...]:
    """For every code what is sampled, with the share of its area.

    axes  2 or 3
    """
    if axes == 3:
        return tuple(cell.elements for cell in cube_cells())
    return tuple(tuple((face, 1.0) for face in faces) for faces in code_faces(2))


@cache
def grid_symmetries(axes: int) -> tuple[GridSymmetry, ...]:
    """The symmetries of a cube or a square.

    axes  2 or 3
    """
    return tuple(product(permutations(range(axes)), product((0, 1), repeat=axes)))


def transform_points(points: Counted, symmetry: GridSymmetry, side: int) -> Counted:
    """Points of a cube or square under a symmetry.

    points    (n, axes)
    symmetry  of as many axes
    side      of the cube, in the unit of the points
    """
    axes, flips = symmetry
    moved = points[:, list(axes)]
    return np.where(np.array(flips) > 0, side - moved, moved)


@cache
def code_images(axes: int) -> Counted:
    """(symmetries, codes): what each code becomes under each symmetry.

    axes  2 or 3
    """
    corners = np.array(list(product((0, 1), repeat=axes)))
    weights = 1 << np.arange(axes)[::-1]
    images = [transform_points(corners, s, 1) @ weights for s in grid_symmetries(axes)]
    bits = np.arange(1 << len(corners))[:, None] >> np.arange(len(corners)) & 1
    found: Counted = (bits @ (1 << np.array(images)).T).T
    return found
