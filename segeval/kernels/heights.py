"""Heights of contours and frames along a normal: which are one plane, and where planes are missing.

Coordinates are stored as rounded text, so things on one slice lie a hair apart. Slices are far
more than a hair apart: a hair is a tenth of the usual gap (docs/rules/ACCOUNT.md, A20).
"""

from __future__ import annotations

import numpy as np

from segeval.kernels.outlines import group_heights
from segeval.runtime.arrays import Counted, Floats

SAME = 0.01  # mm: the same height, whatever the gap (DICOM-R3)
SLICE = 0.25  # mm: gaps from here on may be gaps between slices
HAIR = 0.1  # share of the gap between slices that is a hair
HOLE = 1.8  # gaps from here on, in usual gaps, mean that a plane is missing between (DICOM-F3)


def usual_gap(heights: Floats) -> float | None:
    """The median gap between slices that have these heights; None of a single one."""
    gaps = np.diff(np.unique(heights))
    if not (gaps > SAME).any():
        return None
    wide = gaps[gaps >= SLICE]
    return float(np.median(wide if len(wide) else gaps[gaps > SAME]))


def find_planes(heights: Floats) -> tuple[Counted, Floats]:
    """The number of the plane of each height, and the mean height of each plane.

    heights  float64 (n,) in mm, in any order
    returns  int64 (n,), and float64 (planes,), rising
    """
    gap = usual_gap(heights)
    return group_heights(heights, SAME if gap is None else max(SAME, HAIR * gap))


def add_missing_planes(planes: Floats) -> Floats:
    """Heights of planes with those added that are missing between them: there is nothing.

    Rule DICOM-R7.
    """
    gap = usual_gap(planes)
    if gap is None:
        return planes
    found = [planes[:1]]
    for low, high in zip(planes[:-1].tolist(), planes[1:].tolist(), strict=True):
        steps = max(round((high - low) / gap), 1) if high - low > HOLE * gap else 1
        found.append(np.linspace(low, high, steps + 1)[1:])
    return np.concatenate(found)
