"""The slices on which the frames of a segmentation lie, missing ones included (DICOM-E2)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from segeval.grid.slices import Frame, Slices, arrange_slices
from segeval.kernels.heights import find_planes
from segeval.readers.frames import FrameFacts
from segeval.readers.seg_header import SegmentationHeader
from segeval.runtime.arrays import Counted, Floats
from segeval.runtime.errors import Note, ReadError
from segeval.runtime.frozen import replace

SAME_ANGLE = 1.001e-4  # direction cosines of frames that writers have rounded (ACCOUNT-A25)
MOST_SLICES = 1 << 16
THIN = 4  # slices so many times as thick as their spacing, of which no two frames are neighbours
BESIDE = 0.05  # share of the gap that a frame may lie beside its plane


def frame_slices(seg: SegmentationHeader, other: Slices | None) -> Slices:
    """The slices of the frames: those of the other side if they lie on them, else their own."""
    frame = frame_of(seg)
    corners = np.array([f.position for f in seg.facts])
    if other is not None and frames_lie_on(frame, corners, other):
        first, finest = seg.facts[0], finest_gap(frame, corners)
        return note_wrong_gap(other, first.gap, finest) if gap_is_wrong(first, finest) else other
    return slices_of_frames(frame, corners, seg.facts[0], seg.path)


def frame_of(seg: SegmentationHeader) -> Frame:
    """How the frames lie: all alike, up to the rounding of writers (ACCOUNT-A25).

    Raises ReadError.
    """
    facts, path = seg.facts, seg.path
    if any(len(f.orientation) != 6 or len(f.spacing) != 2 for f in facts):
        raise ReadError("the frames do not say how they lie", where=path)
    turned = largest_spread(np.array([f.orientation for f in facts]))
    spacing = np.array([f.spacing for f in facts])
    if (
        not (spacing > 0).all()
        or turned > SAME_ANGLE
        or largest_spread(spacing) > 1e-3 * spacing.min()
    ):
        raise ReadError(
            "frames differ in orientation or pixel spacing",
            where=path,
            facts=(f"direction cosines by up to {turned:.2g}, at most {SAME_ANGLE:g} is rounding",
                   f"pixel spacing from {spacing.min():.6g} to {spacing.max():.6g} mm"),
            help="frames of two orientations are two segmentations: write them as two files",
        )  # fmt: skip
    along = np.reshape(np.median([f.orientation for f in facts], axis=0), (2, 3))
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    row, column = (tuple(v.tolist()) for v in along)
    first = facts[0].spacing
    return Frame(row, column, (first[0], first[1]), seg.pixels.shape)


def largest_spread(values: Floats) -> float:
    """The most that a row differs from the median of all."""
    return float(np.abs(values - np.median(values, axis=0)).max())


def frames_lie_on(frame: Frame, corners: Floats, slices: Slices) -> bool:
    """Whether every frame is a slice of a grid: the same pixels, and a place that has one."""
    grid = slices.geometry
    if grid.directions is None or grid.spacing is None or grid.shape[1:] != frame.shape:
        return False
    sides = np.array([frame.along_column, frame.along_row])
    if not (np.allclose(grid.directions[1:], sides, atol=1e-3)
            and np.allclose(grid.spacing[1:], frame.spacing, rtol=1e-3)):  # fmt: skip
        return False
    away = corners - np.array(grid.origin)
    if np.abs(away @ sides.T).max() > BESIDE * min(frame.spacing):
        return False
    heights = away @ np.array(grid.directions[0])
    beside = np.abs(slices.positions[slices.nearest(heights)] - heights)
    return bool(beside.max() <= BESIDE * grid.spacing[0])


def slices_of_frames(frame: Frame, corners: Floats, first: FrameFacts, path: Path) -> Slices:
    """The slices on which the frames lie, missing ones between them included (DICOM-E2).

    Frames that lie nearer to each other than the spacing between slices show that it is wrong: then
    the thickness of a slice is the gap, if the frames lie on such slices, else their own.
    """
    heights, where = corners @ np.array(frame.normal), path.name
    plane, means = find_planes(heights)
    at = np.array([corners[plane == p][0] for p in range(len(means))])
    finest = finest_gap(frame, corners)
    wrong = gap_is_wrong(first, finest)
    for gap in (first.thickness if wrong else first.gap, finest):
        if gap and len(means) > 1 and is_evenly_spaced(means - means[0], gap):
            count = round(float(means[-1] - means[0]) / gap) + 1
            step = float(means[-1] - means[0]) / (count - 1)
            lattice = at[0] + np.outer(np.arange(count) * step, frame.normal)
            slices = arrange_slices(frame, lattice, (), step, where)
            return note_wrong_gap(slices, first.gap, finest) if wrong else slices
    slices = arrange_slices(frame, at, (), first.gap or first.thickness, where)
    return note_wrong_gap(slices, first.gap, finest) if wrong else slices


def finest_gap(frame: Frame, corners: Floats) -> float | None:
    """Millimetres between the nearest two planes of frames; None of one plane."""
    means = find_planes(corners @ np.array(frame.normal))[1]
    return float(np.diff(means).min()) if len(means) > 1 else None


def gap_is_wrong(first: FrameFacts, finest: float | None) -> bool:
    """Whether frames show that the spacing between slices which the file gives is not theirs.

    Two frames are nearer to each other than it says, or it is so small that slices would be much
    nearer to each other than they are thick, and than any two frames.

    finest  millimetres between the nearest two frames
    """
    if not finest or not first.gap:
        return False
    thickness = first.thickness or 0.0
    return first.gap > finest * (1 + BESIDE) or first.gap * THIN < min(finest, thickness)


def note_wrong_gap(slices: Slices, said: float | None, finest: float | None) -> Slices:
    """Slices with the warning that the file says another spacing than its frames (ACCOUNT-A25).

    said    millimetres between slices by the file
    finest  between the nearest two frames
    """
    spacing = slices.geometry.spacing
    text = (
        f"frames lie {finest:.4g} mm apart, and the file says {said:.4g} mm between slices; "
        f"slices are {spacing[0] if spacing else 0:.4g} mm apart"
    )
    return replace(slices, notes=(*slices.notes, Note("W-slice-spacing", text)))


def is_evenly_spaced(positions: Floats, gap: float) -> bool:
    """Whether positions are multiples of a gap, each another one."""
    steps = positions / gap
    if steps[-1] > MOST_SLICES:
        return False
    apart = (np.diff(np.rint(steps)) > 0).all()
    return bool(apart and np.abs(steps - np.rint(steps)).max() <= BESIDE)


def planes_of_frames(facts: Sequence[FrameFacts], slices: Slices) -> Counted:
    """The slice on which each frame lies."""
    geometry = slices.geometry
    assert geometry.directions is not None
    corners = np.array([f.position for f in facts])
    return slices.nearest((corners - np.array(geometry.origin)) @ np.array(geometry.directions[0]))
