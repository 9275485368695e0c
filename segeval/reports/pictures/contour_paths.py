"""The outline of a mask as closed lines: halfway between what is inside and what is outside.

Marching squares, by the tables of the surface metrics: a corner of the outline is the middle
between two neighbours of which one is inside, so it is within half a voxel of the mask's border.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.mesh import find_surface_cells, make_mesh
from segeval.runtime.arrays import Mask

Loop = NDArray[np.int64]  # (n, 2), row and column in half voxels


def mask_outlines(mask: Mask) -> list[Loop]:
    """The closed outlines of a mask (rows, columns), in half voxels from the first centre.

    Corners on a straight line are left out.
    """
    if not mask.any():
        return []
    mesh = make_mesh(find_surface_cells(np.ascontiguousarray(mask)), np.ones(2))
    corners = np.rint(2 * mesh.vertices).astype(np.int64)
    return [straighten(corners[loop]) for loop in join_segments(mesh.faces.tolist(), len(corners))]


def join_segments(segments: list[list[int]], corners: int) -> list[list[int]]:
    """Segments between numbered corners, two at each, as closed loops of corners."""
    beside: list[list[int]] = [[] for _ in range(corners)]
    for a, b in segments:
        beside[a].append(b)
        beside[b].append(a)
    seen = [False] * corners
    loops = []
    for start in range(corners):
        if seen[start] or not beside[start]:
            continue
        loop, at, before = [], start, -1
        while not seen[at]:
            seen[at] = True
            loop.append(at)
            ahead = beside[at][0] if beside[at][0] != before else beside[at][-1]
            at, before = ahead, at
        loops.append(loop)
    return loops


def straighten(loop: Loop) -> Loop:
    """A closed line without the corners at which it does not turn."""
    ahead, behind = np.roll(loop, -1, axis=0) - loop, loop - np.roll(loop, 1, axis=0)
    turns = ahead[:, 0] * behind[:, 1] != ahead[:, 1] * behind[:, 0]
    return loop[turns] if turns.any() else loop


def path_data(loops: list[Loop], row: int = 0, column: int = 0) -> str:
    """Loops as the data of an SVG path, x before y, in half voxels; moved by a corner in voxels."""
    parts = []
    for loop in loops:
        points = loop[:, ::-1] + 2 * np.array([column, row])
        steps = np.diff(points, axis=0)
        moves = " ".join(f"{x} {y}" for x, y in steps.tolist())
        parts.append(f"M{points[0, 0]} {points[0, 1]}l{moves}z".replace(" -", "-"))
    return "".join(parts)
