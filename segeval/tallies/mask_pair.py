"""Both masks of a class as runs: drawn where they are wanted, and what measuring them takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from segeval.kernels.depths import shallow_reach
from segeval.kernels.label_runs import (
    IndexBox,
    LabelRuns,
    enclosing_box,
    paint_runs,
    runs_box,
)
from segeval.kernels.measuring_memory import (
    COSTS,
    MaskContents,
    bound_contents,
    box_faces,
    count_contents,
    count_shell,
    measuring_bytes,
)
from segeval.kernels.run_faces import count_run_faces
from segeval.runtime.arrays import Mask
from segeval.runtime.frozen import frozen, replace

VOXELS_A_RUN = 4  # in runs of fewer voxels faces say little, and are not counted faster
SLAB_CELLS = 1 << 20  # of a mask that are drawn at a time to be counted
CONTOURS = ("contour", "solid")  # have no surface where the array ends
MOST_COUNTED = 1 << 29  # cells of a box that has no room itself: to count in more takes too long


@frozen
class MaskPair:
    """Both masks of a class.

    shape        of the grid
    truth, pred  runs, in rows and disjoint
    ignored      runs that belong to neither; None: none
    """

    shape: tuple[int, ...]
    truth: LabelRuns
    pred: LabelRuns
    ignored: LabelRuns | None = None

    def box(self) -> IndexBox | None:
        """The box around both; None where both are empty."""
        return enclosing_box(runs_box(self.truth, self.shape), runs_box(self.pred, self.shape))

    def draw(self, where: IndexBox) -> tuple[Mask, Mask]:
        """The masks in a box, which may go beyond the grid, where nothing is."""
        truth, pred = (paint_runs(runs, self.shape, where) for runs in (self.truth, self.pred))
        if self.ignored is not None:
            valid = ~paint_runs(self.ignored, self.shape, where)
            truth, pred = truth & valid, pred & valid
        return truth, pred

    def draw_open(self, where: IndexBox) -> tuple[Mask, Mask]:
        """The same where the array goes on beyond its ends as it ends: there is no surface."""
        inside = tuple((max(a, 0), min(b, n)) for (a, b), n in zip(where, self.shape, strict=True))
        wide = [(c - a, b - d) for (a, b), (c, d) in zip(where, inside, strict=True)]
        truth, pred = (np.pad(mask, wide, mode="edge") for mask in self.draw(inside))
        return truth, pred

    def bytes_to_measure(
        self,
        how: str,
        where: IndexBox,
        spacing: tuple[float, ...],
        room: int,
        reach: Sequence[int] = (),
    ) -> int:
        """Bytes that measuring takes at most: as close as it has to be to say whether it fits.

        Where a large box alone has no room, nothing is counted: the bounds say how much it takes.

        how      a name of `COSTS`
        where    the box around both
        spacing  along each axis; with one less, slices along the first axis are measured
        room     bytes
        reach    voxels along each axis from which what is outside counts, for a shell
        """
        shape = tuple(b - a for a, b in where)
        empty = measuring_bytes(how, shape, spacing, MaskContents(0, 0, 0))
        counted = empty <= room or math.prod(shape) <= MOST_COUNTED
        size = 0
        for has in self._contents(how, where, spacing, reach, counted):
            size = measuring_bytes(how, shape, spacing, has)
            if size <= room:
                break
        return size

    def _contents(
        self,
        how: str,
        where: IndexBox,
        spacing: tuple[float, ...],
        reach: Sequence[int],
        counted: bool = True,
    ) -> Iterator[MaskContents]:
        """What the masks have: at most, closer, and counted. Each costs more than that before."""
        both, axes = (self.truth, self.pred), len(spacing)
        inside = sum(int((runs.stop - runs.start).sum()) for runs in both)
        runs = sum(map(len, both))
        if COSTS[how].of == "runs":
            yield MaskContents(inside, inside, runs)
            return
        if COSTS[how].of == "shell":
            yield MaskContents(inside, 2 * axes * inside, inside)
            if counted:
                yield self._shell(where, spacing, inside, reach)
            return
        yield bound_contents(how, axes, inside)
        if self.ignored is None and runs * VOXELS_A_RUN < inside:
            yield bound_contents(how, axes, inside, self._faces(where))
        if not counted:
            return
        alone = axes < len(where)
        if alone:
            slabs = self._slices(where)
        elif how in CONTOURS:
            slabs = self._slabs(where, (1,) * axes, draw=MaskPair.draw_open)
        else:
            slabs = self._slabs(where, (1,) * axes, behind=1)
        yield count_contents(how, slabs, alone)

    def _shell(
        self, where: IndexBox, spacing: tuple[float, ...], inside: int, reach: Sequence[int]
    ) -> MaskContents:
        """What a shell has, counted; its faces are wanted where a voxel is not in the tables."""
        shell = count_shell(self._slabs(where, reach), reach)
        near = shallow_reach(spacing)
        if near and count_shell(self._slabs(where, near), near) == shell:
            return MaskContents(inside, 0, shell)
        most = 2 * len(spacing) * inside
        faces = most if self.ignored is not None else min(most, self._faces(where))
        return MaskContents(inside, faces, shell)

    def _faces(self, where: IndexBox) -> int:
        """The faces of both to what is outside, at most: where nothing is ignored."""
        inner = sum(count_run_faces(side, self.shape, where) for side in (self.truth, self.pred))
        return inner + box_faces([b - a for a, b in where])

    def _slabs(
        self,
        where: IndexBox,
        margin: Sequence[int],
        behind: int = 0,
        draw: Callable[[MaskPair, IndexBox], tuple[Mask, Mask]] = draw,
    ) -> Iterator[tuple[Mask, Mask]]:
        """Both masks, a few planes at a time, with a margin on every side.

        behind  planes after the last that are handed out, too
        draw    how the margin beyond the array is drawn
        """
        (first, last), *_ = where
        around = tuple((a - m, b + m) for (a, b), m in zip(where, margin, strict=True))[1:]
        ordered = self._in_order()
        planes = max(SLAB_CELLS // math.prod(b - a for a, b in around), 1)
        for z in range(first, last + behind, planes):
            ends = z - margin[0], min(z + planes, last + behind) + margin[0]
            yield draw(ordered._planes(*ends), (ends, *around))

    def _slices(self, where: IndexBox) -> Iterator[tuple[Mask, Mask]]:
        """Both masks of each slice, with a pixel of what is around on every side."""
        around = tuple((a - 1, b + 1) for a, b in where[1:])
        ordered = self._in_order()
        for z in range(*where[0]):
            truth, pred = ordered._planes(z, z + 1).draw(((z, z + 1), *around))
            yield truth[0], pred[0]

    def _in_order(self) -> MaskPair:
        truth, pred = (
            runs.taken(np.argsort(runs.start, kind="stable")) for runs in (self.truth, self.pred)
        )
        return replace(self, truth=truth, pred=pred)

    def _planes(self, first: int, last: int) -> MaskPair:
        """The runs of some planes, where they are in order."""
        ends = np.multiply((first, last), math.prod(self.shape[1:]))
        truth, pred = (
            runs.taken(slice(*np.searchsorted(runs.start, ends)))
            for runs in (self.truth, self.pred)
        )
        return replace(self, truth=truth, pred=pred)
