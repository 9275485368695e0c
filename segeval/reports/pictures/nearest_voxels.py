"""An image on another grid than the masks: which of its voxels lies nearest to each of theirs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from segeval.grid.geometry import Geometry, Reorder
from segeval.runtime.arrays import Counted, Floats
from segeval.runtime.frozen import frozen

MOST_SKEW = 0.5  # voxels of the image by which its axes may leave those of the masks


@frozen
class NearestVoxels:
    """Where the planes of the masks lie in an image.

    order  in which the image has the axes of the masks
    shape  of the image in that order
    picks  along each axis of the masks, the index in the image; -1 where it does not reach
    """

    order: Reorder
    shape: tuple[int, ...]
    picks: tuple[Counted, ...]

    def needed(self, wanted: range) -> range:
        """The planes of the image that some planes of the masks lie in."""
        found = self.picks[0][wanted.start : wanted.stop]
        found = found[found >= 0]
        return range(int(found.min()), int(found.max()) + 1) if len(found) else range(0)

    def place(self, at: int, plane: Floats) -> Iterator[tuple[int, Floats]]:
        """The planes of the masks that lie in a plane of the image; nan where it has no voxel."""
        shared = np.flatnonzero(self.picks[0] == at)
        if not len(shared):
            return
        rows, columns = self.picks[1:]
        found = plane[np.ix_(rows, columns)].astype(np.float32)
        found[rows < 0], found[:, columns < 0] = np.nan, np.nan
        yield from ((int(z), found) for z in shared)


def find_nearest(image: Geometry, grid: Geometry) -> NearestVoxels | None:
    """The voxels of an image nearest to those of the masks.

    None where their axes are not parallel: where some voxel of the masks would be taken for one
    that lies elsewhere by more than `MOST_SKEW`.
    """
    order = grid.reorder(image)
    if order is None:
        return None
    turned = image.reordered(order)
    last = np.array(grid.shape) - 1
    ends = np.stack([np.zeros(len(last)), *np.diag(last)])
    start, *along = turned.indices(grid.points(ends))
    reach = np.diagonal(np.array(along) - start)
    corners = turned.indices(grid.corners())
    inside = (grid.indices(grid.corners()) / np.maximum(last, 1)).round()
    if np.abs(start + inside * reach - corners).max() > MOST_SKEW:
        return None
    picks = []
    for first, many, count, size in zip(start, reach, grid.shape, turned.shape, strict=True):
        index = np.rint(np.linspace(first, first + many, count)).astype(np.int64)
        picks.append(np.where((index >= 0) & (index < size), index, -1))
    return NearestVoxels(order, turned.shape, tuple(picks))
