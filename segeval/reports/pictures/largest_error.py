"""Where two surfaces are farthest apart: the two ends of the Hausdorff distance, and its length."""

from __future__ import annotations

from typing import Any

import numpy as np

from segeval.kernels.distances import to_three_axes
from segeval.kernels.mesh import Mesh, find_surface_cells, make_mesh
from segeval.runtime.arrays import Floats, Mask
from segeval.runtime.frozen import frozen
from segeval.runtime.interrupts import hold_interrupts

AT_A_TIME = 512  # points whose exact distance is asked for


@frozen
class LargestError:
    """The largest distance of two masks.

    start, end  in voxels from the centre of the first, along the axes of the masks
    length      in the unit of the spacing: `hd` under the convention `mesh`
    """

    start: tuple[float, ...]
    end: tuple[float, ...]
    length: float


def find_largest_error(truth: Mask, pred: Mask, spacing: tuple[float, ...]) -> LargestError | None:
    """The largest error of two masks of one crop; None where one of them is empty."""
    if not (truth.any() and pred.any()):
        return None
    sides = np.array(spacing)
    one, other = (make_mesh(find_surface_cells(mask), sides) for mask in (truth, pred))
    length, start, end = max(
        (farthest_point(one, other), farthest_point(other, one)), key=lambda found: found[0]
    )
    first, last = (tuple((point / sides).tolist()) for point in (start, end))
    return LargestError(first, last, length)


def farthest_point(own: Mesh, other: Mesh) -> tuple[float, Floats, Floats]:
    """The point of a mesh that is farthest from another: how far, where, and what is nearest.

    Points are vertices and the middles of what is sampled, as `hd` looks at them. The distance to
    the nearest vertex is an upper bound of that to the surface, so only points whose bound is
    beyond the best are asked for their exact distance.
    """
    with hold_interrupts():
        import igl
    from scipy.spatial import KDTree

    looked_at = np.concatenate([own.vertices, own.vertices[own.elements].mean(axis=1)])
    bound = KDTree(other.vertices).query(looked_at)[0]
    order = np.argsort(-bound, kind="stable")
    axes = own.vertices.shape[1]
    points, corners = to_three_axes(looked_at), to_three_axes(other.vertices)
    tree: Any = igl.AABB()
    tree.init(corners, other.faces)
    best, start, end = -1.0, own.vertices[0], other.vertices[0]
    for first in range(0, len(order), AT_A_TIME):
        some = order[first : first + AT_A_TIME]
        if bound[some[0]] <= best:
            break
        square, _, nearest = tree.squared_distance(corners, other.faces, points[some])
        at = int(np.argmax(square))
        if (apart := float(np.sqrt(max(square[at], 0.0)))) > best:
            best, start, end = apart, points[some[at], :axes], np.asarray(nearest)[at, :axes]
    return best, start, end
