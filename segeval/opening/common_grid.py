"""Two sides of which one or both are structures, on one grid (docs/contours.md, F4 to F7).

Contours lie on no grid: they are drawn on the slices of their series or, without one, on the grid
of the other side. A segmentation leaves empty frames out, so its grid may grow to that of the other
side. Everything else has the grid that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segeval.contours.own_planes import contour_points, derive_slices
from segeval.contours.rules import DrawingRules
from segeval.contours.structure_set import Contours
from segeval.contours.structures import Structures, draw_on_grid, draw_structures
from segeval.grid.geometry import Geometry
from segeval.grid.slices import Slices, extend_grid, slices_of_grid
from segeval.readers import dicom_seg, rtstruct
from segeval.readers.registry import open_volume, read_first_bytes
from segeval.readers.series import DicomIndex, Series
from segeval.readers.series_matching import (
    UNKNOWN,
    check_frame_of_reference,
    check_same_frame,
    image_reference_notes,
    match_series,
)
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import CaseError, Note
from segeval.runtime.frozen import field, frozen, replace
from segeval.volume.align import align_volume
from segeval.volume.volume import ReadOptions, Volume


@frozen
class Ask:
    """One side as it is asked for.

    wanted    numbers of the structures that are scored; None: all of them
    contours  the structure set, where it was read already
    volume    what the file holds, where it was opened already
    place     how a volume gets onto the grid: as it is, or resampled
    """

    path: Path
    rules: DrawingRules = field(default_factory=DrawingRules)
    wanted: Collection[int] | None = None
    contours: Contours | None = None
    volume: Volume | None = None
    place: Callable[[Volume, Geometry], Volume] = align_volume


@frozen
class Choices:
    """Choices that hold for both sides.

    ignore_frame  two frames of reference are a warning (F5)
    pixel         mm of a pixel where no side has a grid (F6)
    turned        the prediction's grid is taken where it has one
    grid          the grid that the request names
    """

    ignore_frame: bool = False
    pixel: float = 1.0
    turned: bool = False
    grid: Geometry | None = None


@frozen
class PlacedSide:
    """One side on the common grid. `structures` is None for what is no structure set."""

    volume: Volume
    structures: Structures | None = None


@dataclass(slots=True)
class _Open:
    """One side before there is a grid: contours, or a volume that may grow."""

    ask: Ask
    contours: Contours | None = None
    volume: Volume | None = None
    grows: bool = False
    series: Series | None = None
    notes: tuple[Note, ...] = ()
    frames: tuple[str, ...] = ()


@frozen
class CommonGrid:
    """The grid of both sides.

    series  whose slices it is; None for the grid of a mask, or one derived from contours
    masked  it is the grid of a mask, which may store its axes in any order
    alone   one side alone has contours, so they need not lie on the slices of the other's
    """

    slices: Slices
    series: Series | None = None
    masked: bool = False
    alone: bool = False


def together(
    truth: Ask, pred: Ask, index: DicomIndex, choices: Choices | None = None
) -> tuple[PlacedSide, PlacedSide]:
    """Both sides on one grid. Raises CaseError.

    index  image series of both sides, and of the folder of images if there is one (D3)
    """
    one, two = on_one_grid((truth, pred), index, choices or Choices())
    return one, two


def on_one_grid(asks: Sequence[Ask], index: DicomIndex, choices: Choices) -> list[PlacedSide]:
    """Some sides, or one alone, on the grid of the first that has one. Raises CaseError."""
    sides = [_opened(ask, index, choices) for ask in asks]
    strangers(sides, choices)
    alone = sum(side.contours is not None for side in sides) == 1
    grid = replace(common(sides, choices), alone=alone)
    return [_placed(side, grid, choices) for side in sides]


def _opened(ask: Ask, index: DicomIndex, choices: Choices) -> _Open:
    start = read_first_bytes(ask.path)
    if ask.contours is None and not rtstruct.claims(ask.path, start):
        volume = ask.volume or open_volume(ask.path, ReadOptions())
        is_seg = dicom_seg.claims(ask.path, start)
        frames = dicom_seg.read_frames_of_reference(ask.path) if is_seg else ()
        return _Open(ask, None, volume, is_seg, frames=frames)
    contours = ask.contours or rtstruct.read(ask.path)
    series, notes = match_series(contours, index.series, choices.ignore_frame)
    return _Open(ask, contours, None, False, series, notes, contours.frames)


def strangers(sides: list[_Open], choices: Choices) -> None:
    """Hold the frames of reference of both sides against each other, images or none (F5).

    Contours in two frames are an error. A segmentation is compared by its grid, so it is a warning.
    """
    if len(sides) < 2 or not all(side.frames for side in sides):
        return
    contours = all(side.contours is not None for side in sides)
    who = ("ground truth and prediction", "gt", "pred")
    where, ignore = sides[1].ask.path.name, choices.ignore_frame or not contours
    sides[1].notes += tuple(check_same_frame(sides[0].frames, sides[1].frames, who, where, ignore))


def common(sides: list[_Open], choices: Choices) -> CommonGrid:
    """The grid of the ground truth if it has one, else the prediction's, else a derived one."""
    if choices.grid is not None:
        return CommonGrid(_planes(choices.grid), masked=True)
    for side in reversed(sides) if choices.turned else sides:
        if side.series is not None:
            return CommonGrid(side.series.slices(), side.series)
        if side.volume is not None and not side.grows:
            return CommonGrid(_planes(side.volume.geometry), masked=True)
    if grown := next((s.volume for s in sides if s.volume is not None), None):
        return CommonGrid(_planes(_grown(grown.geometry, sides)), masked=True)
    for note in (note for side in sides for note in side.notes if note.code == UNKNOWN):
        raise CaseError(
            note.text,
            where=note.where,
            help="keep only its own series in the case; the structure set names none that is here",
            status="ambiguous",
        )
    return CommonGrid(
        derive_slices([s.contours for s in sides if s.contours is not None], choices.pixel)
    )


def _grown(geometry: Geometry, sides: list[_Open]) -> Geometry:
    """The grid of a segmentation with the planes that it leaves out and the other side needs."""
    if not (geometry.placed and len(geometry.shape) == 3):
        return geometry
    for side in sides:
        if (points := _extent(side)) is not None:
            geometry = extend_grid(geometry, points)
    return geometry


def _planes(geometry: Geometry) -> Slices:
    """The planes of a grid, or what stands for them where it lies nowhere."""
    if geometry.placed and len(geometry.shape) == 3:
        return slices_of_grid(geometry)
    return Slices(geometry, np.zeros(0), np.zeros(0, np.int64))


def _extent(side: _Open) -> Floats | None:
    """Points that the grid should reach."""
    if side.volume is not None:
        return side.volume.geometry.corners() if side.volume.geometry.placed else None
    assert side.contours is not None
    points = list(contour_points([side.contours], side.ask.wanted))
    return np.concatenate(points) if points else None


def _placed(side: _Open, grid: CommonGrid, choices: Choices) -> PlacedSide:
    """One side on the common grid. Raises CaseError."""
    if side.contours is not None:
        return _drawn(side, side.contours, grid, choices)
    assert side.volume is not None
    volume = side.volume
    if side.grows and len(grid.slices.positions):
        volume = dicom_seg.read(side.ask.path, ReadOptions(slices=grid.slices))
    volume = side.ask.place(volume, grid.slices.geometry)
    return PlacedSide(replace(volume, notes=(*side.notes, *volume.notes)))


def _drawn(side: _Open, contours: Contours, grid: CommonGrid, choices: Choices) -> PlacedSide:
    """A structure set drawn onto the common grid. Raises CaseError."""
    rules, wanted = side.ask.rules, side.ask.wanted
    notes = [*side.notes, *image_reference_notes(contours, grid.slices)]
    if grid.series is not None and grid.series is not side.series:
        notes += check_frame_of_reference(contours, grid.series, choices.ignore_frame)
    if grid.masked:
        own = side.series.slices() if side.series is not None and grid.alone else None
        made = draw_on_grid(contours, grid.slices.geometry, rules, wanted, own)
    else:
        made = draw_structures(contours, grid.slices, rules, wanted)
    return PlacedSide(replace(made.volume, notes=(*notes, *made.volume.notes)), made)
