"""The grid of sides of which one or both are structures (docs/contours.md, F4 to F7).

Contours lie on no grid: they are drawn on the slices of their series or, without one, on the grid
of the other side. A segmentation leaves empty frames out, so its grid may grow to that of the other
side. Everything else has the grid that it has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
from segeval.opening.open_side import OpenSide, file_class_selectors
from segeval.opening.segments_by_type import group_by_type
from segeval.readers import dicom_seg
from segeval.readers.contour_groups import ContourGroup, complete_group, group_by_series
from segeval.readers.series import DicomIndex, Series
from segeval.readers.series_matching import (
    check_frame_of_reference,
    check_same_frame,
    image_reference_notes,
)
from segeval.request.settings import Settings
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import CaseError
from segeval.runtime.frozen import frozen, replace
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

Mover = Callable[[Volume, Geometry], Volume]  # how a volume gets onto a grid


@frozen
class CommonGrid:
    """The grid of both sides.

    series  whose slices it is; None for the grid of a mask, one of several series, a derived one
    masked  it is the grid of a mask, which may store its axes in any order
    """

    slices: Slices
    series: Series | None = None
    masked: bool = False


def match_sides(sides: Sequence[OpenSide], index: DicomIndex, settings: Settings) -> list[OpenSide]:
    """The sides with the series of their contours, their frames of reference held together
    (DICOM-F5).

    Contours in two frames are an error. A segmentation is compared by its grid, so it is a warning.

    index  image series of both sides, and of the folder of images if there is one (LAYOUTS-D3)
    Raises CaseError.
    """
    ignore = settings.ignore_frame_of_reference
    matched = []
    for side in sides:
        if side.contours is not None:
            wanted = side.wanted or None
            pixel = settings.rt_grid
            groups = group_by_series(side.contours, index.series, wanted, ignore, pixel)
            side = replace(side, groups=tuple(groups))
        matched.append(side)
    frames = [side.source.frames for side in matched]
    if len(matched) == 2 and all(frames):
        contours = all(side.contours is not None for side in matched)
        who = ("ground truth and prediction", "gt", "pred")
        where = matched[1].source.path.name
        found = check_same_frame(frames[0], frames[1], who, where, ignore or not contours)
        matched[1] = replace(matched[1], notes=(*matched[1].notes, *found))
    return matched


def find_common_grid(
    sides: Sequence[OpenSide], settings: Settings, asked: Geometry | None = None
) -> tuple[CommonGrid, list[OpenSide]]:
    """The grid of the ground truth if it has one, else the prediction's, else a derived one.

    asked    the grid that the request names
    returns  the grid, and the sides with what their contours need to be drawn on it
    Raises CaseError.
    """
    own = list(sides)
    if asked is not None:
        return CommonGrid(planes_of(asked), masked=True), own
    order = own[::-1] if settings.resample == "pred" else own
    if not any(map(has_own_grid, own)) and any(slices_known(side) for side in own):
        return join_series(own, order)
    for side in order:
        for group in side.groups:
            if group.slices is not None and not group.derived:  # images give its slices
                return CommonGrid(group.slices, group.series), own
        if has_own_grid(side):
            return CommonGrid(planes_of(side.volume.geometry), masked=True), own
    if grows := next((side.volume for side in own if side.contours is None), None):
        return CommonGrid(planes_of(grow_grid(grows.geometry, own)), masked=True), own
    for note in (group.unknown for side in own for group in side.groups):
        if note is not None:
            raise CaseError(
                note.text,
                where=note.where,
                help="keep only its own series in the case",
                status="ambiguous",
            )
    return derive_grid(own, settings.rt_grid)


def has_own_grid(side: OpenSide) -> bool:
    """Whether a side has a grid that cannot be another."""
    return side.contours is None and not side.volume.sparse


def slices_known(side: OpenSide) -> bool:
    """Whether a structure of a side has slices."""
    return any(group.slices is not None for group in side.groups)


def join_series(
    sides: Sequence[OpenSide], order: Sequence[OpenSide]
) -> tuple[CommonGrid, list[OpenSide]]:
    """The slices of the series that contours were drawn on, completed; on one grid if there are
    several (ACCOUNT-A21, A22).

    order  the sides, the one first whose grid is taken
    """
    known = [g for side in order for g in side.groups if g.slices is not None]
    first = min(known, key=lambda group: group.derived)
    own = [
        replace(side, groups=tuple(complete_side_group(g, side, first) for g in side.groups))
        for side in sides
    ]
    ordered = own if order[0] is sides[0] else own[::-1]
    groups = [g for side in ordered for g in side.groups if g.slices is not None]
    found = [g.slices for g in groups if g.slices is not None]
    if all(are_same_slices(found[0], slices) for slices in found[1:]):
        return CommonGrid(found[0], groups[0].series), own
    return CommonGrid(slices_of_grid(join_grids(found))), own


def complete_side_group(group: ContourGroup, side: OpenSide, first: ContourGroup) -> ContourGroup:
    """A group with slices that hold all its planes; of another's series where it has none."""
    assert side.contours is not None
    if group.error is None and group.slices is None:
        group = replace(group, slices=first.slices, lent=first.series)
    return complete_group(group, side.contours, side.wanted)


def derive_grid(sides: list[OpenSide], pixel: float) -> tuple[CommonGrid, list[OpenSide]]:
    """The planes of the contours themselves; of either side its own, if one is much finer.

    pixel  millimetres
    """
    sets = [side.contours for side in sides if side.contours is not None]
    if all(contours.drawn for contours in sets):
        each = [derive_slices([contours], pixel) for contours in sets]
        gaps = [float(np.diff(s.positions).min()) for s in each if len(s.positions) > 2]
        if len(gaps) == len(sets) and max(gaps) >= FINER * min(gaps):
            own = [
                replace(side, groups=tuple(replace(g, slices=slices) for g in side.groups))
                for side, slices in zip(sides, each, strict=True)
            ]
            return CommonGrid(slices_of_grid(join_grids(each))), own
    return CommonGrid(derive_slices(sets, pixel)), sides


def grow_grid(geometry: Geometry, sides: Sequence[OpenSide]) -> Geometry:
    """The grid of a segmentation with the planes that it leaves out and the other side needs."""
    if not (geometry.placed and len(geometry.shape) == 3):
        return geometry
    for side in sides:
        if (points := extent_of(side)) is not None:
            geometry = extend_grid(geometry, points)
    return geometry


def extent_of(side: OpenSide) -> Floats | None:
    """Points that the grid should reach."""
    if side.contours is None:
        return side.volume.geometry.corners() if side.volume.geometry.placed else None
    points = list(contour_points([side.contours], side.wanted))
    return np.concatenate(points) if points else None


def planes_of(geometry: Geometry) -> Slices:
    """The planes of a grid, or what stands for them where it lies nowhere."""
    if geometry.placed and len(geometry.shape) == 3:
        return slices_of_grid(geometry)
    return Slices(geometry, np.zeros(0), np.zeros(0, np.int64))


def place_volume(side: OpenSide, grid: CommonGrid, move: Mover) -> Volume:
    """The volume of a side on the common grid. Raises CaseError."""
    volume = side.volume
    if volume.sparse and len(grid.slices.positions):
        volume = dicom_seg.read(volume.path, ReadOptions(slices=grid.slices))
        if side.apart:
            own = replace(side, source=volume, parts=file_class_selectors(volume))
            volume = group_by_type(own).volume
    volume = move(volume, grid.slices.geometry)
    return replace(volume, notes=(*side.notes, *volume.notes))


def draw_contours(
    side: OpenSide, contours: Contours, grid: CommonGrid, rules: DrawingRules, settings: Settings
) -> Structures:
    """The structures of a side drawn onto the common grid. Raises CaseError."""
    parts = []
    for group in side.groups:
        numbers = group.numbers if side.wanted is None else group.numbers & side.wanted
        try:
            parts.append(draw_group(group, numbers, contours, grid, rules, settings))
        except CaseError as problem:
            if len(side.groups) == 1:
                raise
            parts.append(refuse_structures(contours, numbers, grid.slices, problem))
    made = join_structures(parts, contours, grid.slices)
    notes = dict.fromkeys((*side.notes, *grid.slices.notes, *made.volume.notes))
    return replace(made, volume=replace(made.volume, notes=tuple(notes)))


def draw_group(  # noqa: PLR0913 - what is drawn, and onto what
    group: ContourGroup,
    numbers: frozenset[int],
    contours: Contours,
    grid: CommonGrid,
    rules: DrawingRules,
    settings: Settings,
) -> Structures:
    """The structures of one series, with what is to be said of them. Raises CaseError."""
    if group.error is not None:
        raise group.error
    own = replace(contours, rois=tuple(r for r in contours.rois if r.number in group.numbers))
    slices = group.slices
    notes = [*group.notes, *image_reference_notes(own, slices or grid.slices)]
    lent = group.lent or (grid.series if group.series is None else None)
    if lent is not None:
        notes += check_frame_of_reference(own, lent, settings.ignore_frame_of_reference)
    notes += () if slices is None else slices.notes
    if grid.masked:
        made = draw_on_grid(contours, grid.slices.geometry, rules, numbers, slices)
    elif slices is None or are_same_slices(slices, grid.slices):
        made = draw_structures(contours, grid.slices, rules, numbers)
    else:
        on = slabs_on_grid(slices, slices_of_grid(grid.slices.geometry)) or grid.slices
        made = draw_structures(contours, on, rules, numbers)
    return replace(made, volume=replace(made.volume, notes=(*notes, *made.volume.notes)))
