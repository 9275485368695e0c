"""Masks as runs of voxels: where inside begins and where it ends, in C order of a grid.

An organ of a million voxels is ten thousand runs, so masks that may overlap are kept side by side
in little memory (DICOM-X4), counted and compared without drawing them, and drawn slab by slab.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from segeval.runtime.arrays import Counted, Mask, Raw
from segeval.runtime.frozen import frozen


@frozen
class MaskRuns:
    """A mask on a grid.

    shape  of the grid
    edges  flat indices, strictly rising: inside begins at the 1st, ends before the 2nd, and so on
    """

    shape: tuple[int, ...]
    edges: Counted

    @property
    def size(self) -> int:
        """Voxels of the grid."""
        return prod(self.shape)

    @property
    def count(self) -> int:
        """Voxels inside."""
        return int(self.edges[1::2].sum() - self.edges[::2].sum())

    def fill(self, start: int, out: Raw) -> None:
        """Write the values from a flat index on: 1 inside, 0 outside.

        start  the flat index of the first voxel
        out    (n,) any number type, written
        """
        out[:] = 0
        edges = self.edges
        first = int(np.searchsorted(edges, start, "right"))
        last = int(np.searchsorted(edges, start + len(out), "left"))
        near = (edges[first:last] - start).tolist()
        # A run that began before the slab begins with it, one that goes on ends with it.
        ends = [*([0] * (first % 2)), *near, len(out)]
        for a, b in zip(ends[::2], ends[1::2], strict=False):
            out[a:b] = 1

    def drawn(self) -> Mask:
        """The whole mask."""
        out = np.empty(prod(self.shape), np.uint8)
        self.fill(0, out)
        return out.view(np.bool_).reshape(self.shape)

    def box(self) -> tuple[Mask, tuple[int, ...]]:
        """The smallest box that holds all planes and rows inside, and its first voxel."""
        _, rows, columns = self.shape
        if not len(self.edges):
            return np.zeros((0, 0, columns), np.bool_), (0, 0, 0)
        ends = np.stack([self.edges[::2], self.edges[1::2] - 1])
        first, last = int(ends.min()) // (rows * columns), int(ends.max()) // (rows * columns)
        line = ends // columns
        # A run that goes on to the next row may go on to the next plane.
        whole = bool((line[0] != line[1]).any())
        top, bottom = (0, rows - 1) if whole else ((line % rows).min(), (line % rows).max())
        mask = np.empty((last - first + 1, bottom - top + 1, columns), np.uint8)
        plane = np.empty(rows * columns, np.uint8)
        for z in range(first, last + 1):
            self.fill(z * rows * columns, plane)
            mask[z - first] = plane.reshape(rows, columns)[top : bottom + 1]
        return mask.view(np.bool_), (first, int(top), 0)

    def turned(self, axes: tuple[int, ...], flips: tuple[int, ...]) -> MaskRuns:
        """The mask in another order of axes: transposed by `axes`, then flipped along `flips`."""
        mask, corner = self.box()
        mask, corner = mask.transpose(axes), tuple(corner[a] for a in axes)
        shape = tuple(self.shape[a] for a in axes)
        corner = tuple(
            shape[i] - first - size if i in flips else first
            for i, (first, size) in enumerate(zip(corner, mask.shape, strict=True))
        )
        return runs_of_box(np.flip(mask, flips), corner, shape)

    def planes(self) -> Counted:
        """Voxels inside on every plane along the first axis."""
        size = prod(self.shape[1:])
        start, end = self.edges[::2], self.edges[1::2]
        cut = np.arange(self.shape[0] + 1) * size
        begun = np.concatenate([[0], np.cumsum(end - start)])
        before = np.searchsorted(start, cut, "right")
        over = np.where(before > 0, end[before - 1] - cut, 0) if len(end) else np.zeros(len(cut))
        return np.diff(begun[before] - np.maximum(over, 0)).astype(np.int64)


def xor_edges(edges: Counted) -> Counted:
    """Edges in order, those that fall together an even number of times left out: XOR of runs.

    edges    int64 (n,) flat indices, in any order
    returns  int64 (k,), strictly rising
    """
    edges = np.sort(edges)
    if len(edges) < 2 or (edges[1:] != edges[:-1]).all():
        return edges
    once, times = np.unique(edges, return_counts=True)
    odd: Counted = once[times % 2 == 1]
    return odd


def cover_odd(masks: Sequence[MaskRuns]) -> MaskRuns:
    """What an odd number of masks covers."""
    return MaskRuns(masks[0].shape, xor_edges(np.concatenate([m.edges for m in masks])))


def cover_at_least(masks: Sequence[MaskRuns], least: int = 1) -> MaskRuns:
    """What at least so many masks cover: 1 is the union, all of them the intersection."""
    edges = np.concatenate([m.edges for m in masks])
    turn = np.concatenate([1 - 2 * (np.arange(len(m.edges)) % 2) for m in masks])
    order = np.argsort(edges, kind="stable")
    at, depth = edges[order], np.cumsum(turn[order])
    last = np.diff(at, append=-1) != 0  # of edges that fall together the last one counts
    at, inside = at[last], depth[last] >= least
    before = np.concatenate([[False], inside[:-1]])
    return MaskRuns(masks[0].shape, at[inside != before].astype(np.int64))


def count_common_voxels(a: MaskRuns, b: MaskRuns) -> int:
    """Voxels inside both.

    a, b  masks of one shape
    """
    return cover_at_least([a, b], 2).count


def runs_of_box(mask: Mask, corner: tuple[int, ...], shape: tuple[int, ...]) -> MaskRuns:
    """The runs of a mask that is a box of a larger grid.

    mask    the box
    corner  indices of its first voxel in the grid
    shape   of the grid
    """
    padded = np.zeros((*mask.shape[:-1], mask.shape[-1] + 2), np.int8)
    padded[..., 1:-1] = mask
    index = np.nonzero(np.diff(padded, axis=-1))
    at = np.zeros(len(index[0]), np.int64)
    for axis, (place, first) in enumerate(zip(index, corner, strict=True)):
        at += (place + first) * prod(shape[axis + 1 :])
    return MaskRuns(shape, xor_edges(at))
