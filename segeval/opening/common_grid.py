"""Two sides of which one or both are structures, on one grid (docs/contours.md, F4 to F7).

Contours lie on no grid: they are drawn on the slices of their series or, without one, on the grid
of the other side. A segmentation leaves empty frames out, so its grid may grow to that of the other
side. Everything else has the grid that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path

import numpy as np

from segeval.contours.own_planes import contour_points, derive_slices
from segeval.contours.rules import DrawingRules
from segeval.contours.structure_set import Contours
from segeval.contours.structures import (
    Structures,
    draw_on_grid,
    draw_structures,
    join_structures,
    refuse_structures,
)
from segeval.grid.geometry import Geometry
from segeval.grid.joined_slices import FINER, are_same_slices, join_grids
from segeval.grid.slices import Slices, extend_grid, slabs_on_grid, slices_of_grid
from segeval.readers import dicom_seg, rtstruct
from segeval.readers.contour_slices import ContourGroup, complete_group, group_by_series
from segeval.readers.registry import open_volume, read_first_bytes
from segeval.readers.series import DicomIndex, Series
from segeval.readers.series_matching import (
    check_frame_of_reference,
    check_same_frame,
    image_reference_notes,
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
    """One side before there is a grid: contours, or a volume that may grow.

    groups  structures by the series that they were drawn on; empty for what is no structure set
    """

    ask: Ask
    contours: Contours | None = None
    volume: Volume | None = None
    grows: bool = False
    groups: list[ContourGroup] = dataclass_field(default_factory=list)
    notes: tuple[Note, ...] = ()
    frames: tuple[str, ...] = ()

    @property
    def fixed(self) -> bool:
        """Whether it has a grid that cannot be another."""
        return self.volume is not None and not self.grows

    @property
    def placed_groups(self) -> list[ContourGroup]:
        """The groups whose slices images give."""
        return [g for g in self.groups if g.slices is not None and not g.derived]


@frozen
class CommonGrid:
    """The grid of both sides.

    series  whose slices it is; None for the grid of a mask, one of several series, a derived one
    masked  it is the grid of a mask, which may store its axes in any order
    """

    slices: Slices
    series: Series | None = None
    masked: bool = False


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
    grid = common(sides, choices)
    return [_placed(side, grid, choices) for side in sides]


def _opened(ask: Ask, index: DicomIndex, choices: Choices) -> _Open:
    start = read_first_bytes(ask.path)
    if ask.contours is None and not rtstruct.claims(ask.path, start):
        volume = ask.volume or open_volume(ask.path, ReadOptions())
        is_seg = dicom_seg.claims(ask.path, start)
        frames = dicom_seg.read_frames_of_reference(ask.path) if is_seg else ()
        return _Open(ask, None, volume, is_seg, frames=frames)
    contours = ask.contours or rtstruct.read(ask.path)
    groups = group_by_series(
        contours, index.series, ask.wanted or None, choices.ignore_frame, choices.pixel
    )
    return _Open(ask, contours, None, False, groups, (), contours.frames)


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
    order = sides[::-1] if choices.turned else sides
    if not any(side.fixed for side in sides) and (grid := _of_series(order)):
        return grid
    for side in order:
        for group in side.placed_groups[:1]:
            assert group.slices is not None
            return CommonGrid(group.slices, group.series)
        if side.volume is not None and side.fixed:
            return CommonGrid(_planes(side.volume.geometry), masked=True)
    if grown := next((s.volume for s in sides if s.volume is not None), None):
        return CommonGrid(_planes(_grown(grown.geometry, sides)), masked=True)
    for note in (g.unknown for side in sides for g in side.groups):
        if note is not None:
            raise CaseError(
                note.text,
                where=note.where,
                help="keep only its own series in the case",
                status="ambiguous",
            )
    return _of_contours(sides, choices)


def _of_series(sides: list[_Open]) -> CommonGrid | None:
    """The slices of the series that contours were drawn on, completed; on one grid if there are
    several (A21, A22). None where there are none."""
    known = [g for side in sides for g in side.groups if g.slices is not None]
    if not known:
        return None
    first = min(known, key=lambda group: group.derived)
    for side in sides:
        side.groups = [_completed(group, side, first) for group in side.groups]
    groups = [g for side in sides for g in side.groups if g.slices is not None]
    found = [g.slices for g in groups if g.slices is not None]
    if all(are_same_slices(found[0], slices) for slices in found[1:]):
        return CommonGrid(found[0], groups[0].series)
    return CommonGrid(slices_of_grid(join_grids(found)))


def _completed(group: ContourGroup, side: _Open, first: ContourGroup) -> ContourGroup:
    """A group with slices that hold all its planes; of another's series where it has none."""
    assert side.contours is not None
    if group.error is None and group.slices is None:
        group = replace(group, slices=first.slices, lent=first.series)
    return complete_group(group, side.contours, side.ask.wanted)


def _of_contours(sides: list[_Open], choices: Choices) -> CommonGrid:
    """The planes of the contours themselves; of either side its own, if one is much finer."""
    pixel = choices.pixel
    sets = [side.contours for side in sides if side.contours is not None]
    if all(contours.drawn for contours in sets):
        own = [derive_slices([contours], pixel) for contours in sets]
        gaps = [
            float(np.diff(slices.positions).min()) for slices in own if len(slices.positions) > 2
        ]
        if len(gaps) == len(sets) and max(gaps) >= FINER * min(gaps):
            for side, slices in zip(sides, own, strict=True):
                side.groups = [replace(group, slices=slices) for group in side.groups]
            return CommonGrid(slices_of_grid(join_grids(own)))
    return CommonGrid(derive_slices(sets, pixel))


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
    parts = []
    for group in side.groups:
        numbers = group.numbers
        if side.ask.wanted is not None:
            numbers = numbers & frozenset(side.ask.wanted)
        try:
            parts.append(_drawn_group(group, numbers, side, contours, grid, choices))
        except CaseError as problem:
            if len(side.groups) == 1:
                raise
            parts.append(refuse_structures(contours, numbers, grid.slices, problem))
    made = join_structures(parts, contours)
    notes = dict.fromkeys((*side.notes, *grid.slices.notes, *made.volume.notes))
    return PlacedSide(replace(made.volume, notes=tuple(notes)), made)


def _drawn_group(  # noqa: PLR0913 - what is drawn, and onto what
    group: ContourGroup,
    numbers: Collection[int],
    side: _Open,
    contours: Contours,
    grid: CommonGrid,
    choices: Choices,
) -> Structures:
    """The structures of one series, with what is to be said of them. Raises CaseError."""
    if group.error is not None:
        raise group.error
    own = replace(contours, rois=tuple(r for r in contours.rois if r.number in group.numbers))
    notes = [*group.notes, *image_reference_notes(own, group.slices or grid.slices)]
    lent = group.lent or (grid.series if group.series is None else None)
    if lent is not None:
        notes += check_frame_of_reference(own, lent, choices.ignore_frame)
    rules, slices = side.ask.rules, group.slices
    notes += () if slices is None else slices.notes
    if grid.masked:
        made = draw_on_grid(contours, grid.slices.geometry, rules, numbers, slices)
    elif slices is None or are_same_slices(slices, grid.slices):
        made = draw_structures(contours, grid.slices, rules, numbers)
    else:
        on = slabs_on_grid(slices, slices_of_grid(grid.slices.geometry)) or grid.slices
        made = draw_structures(contours, on, rules, numbers)
    return replace(made, volume=replace(made.volume, notes=(*notes, *made.volume.notes)))
