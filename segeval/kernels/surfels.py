"""Surface elements at voxel corners: the areas that surface-distance gives to each 2 x 2 x 2 code.

They are the areas of the triangles of `cube`, but for codes with more than four corners inside:
those count as their complement does. In 2-D they are the lengths of its segments.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from segeval.kernels.marching_cubes import cube_cells, cube_faces, face_segments, triangle_normal
from segeval.runtime.arrays import Floats


@lru_cache(4)
def surfel_areas(spacing: tuple[float, ...]) -> Floats:
    """The area (length) of the surface in a cell of each code, 256 or 16 of them.

    spacing  two or three sides of a voxel, in mm
    returns  float64 (16,) in mm or (256,) in square mm
    """
    if len(spacing) == 2:
        return np.array([_segment_length(code, spacing) for code in range(16)])
    sides = np.prod(spacing) / np.array(spacing) / 8  # normals are of doubled coordinates, twice
    each = [
        cube_cells()[code if code.bit_count() <= 4 else 255 - code].faces for code in range(256)
    ]
    return np.array(
        [
            sum(float(np.linalg.norm(triangle_normal(t) * sides)) for t in triangles)
            for triangles in each
        ]
    )


def _segment_length(code: int, spacing: tuple[float, ...]) -> float:
    ends = [np.subtract(b, a)[1:] for a, b in face_segments(cube_faces()[0], code)]
    return sum(float(np.linalg.norm(end * np.array(spacing) / 2)) for end in ends)
