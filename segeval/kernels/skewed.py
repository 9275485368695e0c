"""Distances on a grid whose axes are not at right angles: a CT with gantry tilt (rule ACCOUNT-A12).

What is fast on other grids (tables, offset shells) needs right angles. Here every element gets its
place in millimetres first, and a tree of points or of triangles answers: slower, and as exact.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from segeval.kernels.distances import DirectedDistances, MeasuredSurface
from segeval.kernels.mesh import Mesh, make_mesh
from segeval.runtime.arrays import Floats, Mask
from segeval.runtime.frozen import replace


class SkewedSpacing(tuple[float, ...]):
    """Millimetres along each axis of a grid, and where the axes run.

    axes  (n, n) millimetres: row i is a step along axis i
    """

    axes: Floats

    def __new__(cls, axes: Floats) -> SkewedSpacing:
        """The spacing of a grid by its axes."""
        made = super().__new__(cls, np.linalg.norm(axes, axis=1).tolist())
        made.axes = axes
        return made

    def __reduce__(self) -> tuple[type[SkewedSpacing], tuple[Floats]]:
        """Survive the way to another process."""
        return SkewedSpacing, (self.axes,)


class SkewedSurface(MeasuredSurface):
    """The surface of a mask on a skewed grid; its distances come from a tree of its triangles."""

    def __init__(
        self, mask: Mask, axes: Floats, field: Floats | None = None, *, once: bool = False
    ) -> None:
        super().__init__(mask, (1.0,) * mask.ndim, None, field, once=once)
        self._axes = axes

    @property
    def mesh(self) -> Mesh:
        """Vertices, faces and elements, the vertices in millimetres."""
        if "_skewed" not in self.__dict__:
            found = make_mesh(self.grid, self.spacing, self._field, once=self._once)
            self.__dict__["_skewed"] = replace(found, vertices=found.vertices @ self._axes)
        mesh: Mesh = self.__dict__["_skewed"]
        return mesh


def skewed_point_distances(
    truth: Mask, pred: Mask, axes: Floats, outline: Callable[[Mask], Mask], solid: bool
) -> tuple[DirectedDistances, DirectedDistances] | None:
    """Distances of the outline voxels of two masks, both ways; None where one has none.

    truth, pred  bool, one shape
    axes         float64 (axes, axes), the step of each axis in mm, as rows
    outline      gives the outline voxels of a mask
    solid        the largest distance is that of any voxel from the other outline
    returns      in mm
    """
    from scipy.spatial import cKDTree

    points = [np.argwhere(outline(mask)) @ axes for mask in (truth, pred)]
    if not all(map(len, points)):
        return None
    whole = [np.argwhere(mask) @ axes for mask in (truth, pred)] if solid else points
    found = []
    for own, other in ((0, 1), (1, 0)):
        apart = cKDTree(points[other]).query(points[own])[0]
        farthest = cKDTree(whole[other]).query(whole[own])[0] if solid else apart
        found.append(DirectedDistances(apart, np.ones(len(apart)), float(farthest.max())))
    return found[0], found[1]
