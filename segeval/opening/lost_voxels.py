"""Labelled voxels that a target grid does not hold: counted, and never lost unsaid.

Rule ACCOUNT-A13.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from segeval.classes.class_list import ClassList, LabelSelector
from segeval.grid.geometry import SAME_GRID_SHARE, Geometry
from segeval.grid.mismatch import KEEPS, SIDES, holds_grid
from segeval.runtime.arrays import Mask
from segeval.runtime.errors import GeometryError, Note
from segeval.runtime.frozen import replace
from segeval.tallies.class_masks import labels_inside
from segeval.volume.channel_streams import open_channels
from segeval.volume.label_values import open_value_stream
from segeval.volume.value_stream import ReadAs, SideSlab
from segeval.volume.volume import Volume


def count_lost_voxels(
    volume: Volume,
    grid: Geometry,
    how: ReadAs,
    classes: ClassList,
    parts: Mapping[str, LabelSelector],
) -> int:
    """How many voxels of scored classes lie off a grid. Raises ReadError.

    how    how the values are read
    parts  what the file names itself; empty for label values
    """
    own = volume.geometry
    if (
        not (own.placed and grid.placed)
        or len(own.shape) != len(grid.shape)
        or holds_grid(grid, own)
    ):
        return 0
    size = own.size // own.shape[0]
    every, foreground = 0, 0
    with open_channels(volume.channels, size) as channels:
        reader = open_value_stream(volume, dict(enumerate(channels)), how)
        for plane in range(own.shape[0]):
            off = off_grid(own, plane, grid)
            slab = reader.read(size)
            for number, mask in enumerate(labelled_masks(slab, classes, parts)):
                every += int(np.count_nonzero(mask & off))
                foreground += int(np.count_nonzero(mask & off)) if number else 0
        found = reader.finish()
    return foreground if found.onehot else every


def off_grid(own: Geometry, plane: int, grid: Geometry) -> Mask:
    """Which voxels of a plane lie off another grid, flat."""
    matrix = np.linalg.inv(grid.affine()) @ own.affine()
    axes = len(own.shape)
    rows = np.indices(own.shape[1:], sparse=True)
    off: Mask = np.zeros(own.shape[1:], bool)
    for axis, count in enumerate(grid.shape):
        at = matrix[axis, 3] + matrix[axis, 0] * plane
        for n in range(1, axes):
            at = at + matrix[axis, n] * rows[n - 1]
        off |= (at < -0.5 - SAME_GRID_SHARE) | (at > count - 0.5 + SAME_GRID_SHARE)
    return off.reshape(-1)


def labelled_masks(
    slab: SideSlab, classes: ClassList, parts: Mapping[str, LabelSelector]
) -> list[Mask]:
    """The voxels of scored classes, each mask or label map on its own."""
    if parts:
        return [labels_inside(slab.labels[p.channel], p) for p in parts.values() if p.channel >= 0]
    asked = {value for c in classes.classes for value in c.labels or ()}
    masks = []
    for labels in slab.labels.values():
        mask = np.isin(labels, sorted(asked)) if asked and len(slab.labels) == 1 else labels != 0
        masks.append(mask if classes.ignore is None else mask & (labels != classes.ignore))
    return masks


def check_loss(  # noqa: PLR0913 - what is said of a loss
    lost: int, name: str, volume: Volume, grid: Geometry, accept: bool, keep: str
) -> Volume:
    """The volume, with a warning where a loss is accepted. Raises GeometryError where it is not.

    name  pred or gt
    keep  the word of `--resample` that loses nothing
    """
    if not lost:
        return volume
    text = f"{lost} labelled voxels of the {SIDES[name]} lie outside of the target grid"
    if accept:
        note = Note("W-resample-loss", f"{text} and are left out", str(volume.path))
        return replace(volume, notes=(*volume.notes, note))
    raise GeometryError(
        text,
        where=volume.path,
        facts=(f"{name} {volume.geometry}", f"target {grid}"),
        help=f"{KEEPS[keep]}; --resample-loss accept leaves those voxels out",
    )
