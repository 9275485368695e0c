"""Planes of contours that lie nearest to the same slice (docs/rules/ACCOUNT.md, A20).

Writers round coordinates, so the parts and holes of a structure lie a hair apart; they belong to
the slice together. Planes farther apart do so only where no contour of one overlaps a contour of
the other; else they are copies of each other, and the slice takes the nearer one (DICOM-R6).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from segeval.contours.rules import NoteCollector, count_phrase
from segeval.kernels.outlines import bounding_boxes, group_heights, pick_polygons
from segeval.kernels.polygons import polygon_areas
from segeval.kernels.raster import Polygons
from segeval.runtime.arrays import Counted, Floats

HAIR = 0.1  # share of the gap between slices up to which planes are one
SHARED = 0.01  # mm² that two contours share from which they overlap and do not only touch


def drop_copies(  # noqa: PLR0913 - what a plane is told by
    say: NoteCollector,
    polygons: Polygons,
    heights: Floats,
    place: Counted,
    away: Floats,
    gap: Floats,
) -> Counted:
    """The slice of each plane again, -1 for those that are copies of a nearer plane.

    polygons  whose `planes` number the planes
    heights   mm of each plane along the normal
    place     the slice of each plane, -1 for those that have none
    away      mm from each plane to its slice
    gap       mm between slices where each plane lies
    """
    kept = place.copy()
    for planes in planes_together(place):
        kept[copies_among(planes, polygons, heights, away, gap)] = -1
    if count := int((kept != place).sum()):
        lost = int((kept[polygons.planes] != place[polygons.planes]).sum())
        what = f"{count_phrase(count, 'contour plane')} ({count_phrase(lost, 'contour')})"
        why = "another plane that overlaps it lies nearer to the same slice"
        say("W-planes-share-slice", f"{what} left out: {why}")
        say.leave("plane", "copy_of_plane", count)
        say.leave("contour", "copy_of_plane", lost)
    return kept


def planes_together(place: Counted) -> Iterator[Counted]:
    """The planes of each slice that has several."""
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.diff(place[order], prepend=-2))
    for planes in np.split(order, starts[1:]):
        if len(planes) > 1 and place[planes[0]] >= 0:
            yield planes


def copies_among(
    planes: Counted, polygons: Polygons, heights: Floats, away: Floats, gap: Floats
) -> Counted:
    """The planes of a slice that lose against a nearer one."""
    group, _ = group_heights(heights[planes], HAIR * float(gap[planes].min()))
    count = int(group.max()) + 1
    members = [planes[group == g] for g in range(count)]
    order = sorted(range(count), key=lambda g: (round(float(away[members[g]].min()), 6), g))
    kept, lost = members[order[0]], [planes[:0]]
    for g in order[1:]:
        if contours_overlap(polygons, kept, members[g]):
            lost.append(members[g])
        else:
            kept = np.concatenate([kept, members[g]])
    return np.concatenate(lost)


def contours_overlap(polygons: Polygons, some_planes: Counted, others: Counted) -> bool:
    """Whether a contour of some planes overlaps a contour of others, both seen from above."""
    one, other = (np.flatnonzero(np.isin(polygons.planes, p)) for p in (some_planes, others))
    i, j = np.repeat(one, len(other)), np.tile(other, len(one))
    low, high = bounding_boxes(polygons)
    near = (low[i] < high[j]).all(axis=1) & (low[j] < high[i]).all(axis=1)
    i, j = i[near], j[near]
    own = np.arange(len(i))
    if not len(i):
        return False
    shared = polygon_areas(pick_polygons(polygons, i, own), pick_polygons(polygons, j, own), len(i))
    return bool((shared.both > SHARED).any())
