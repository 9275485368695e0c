"""Sides of which one or both are structures (RTSTRUCT, SEG): matched by name, on one grid."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from segeval.classes.class_list import ClassList
from segeval.classes.structure_matching import NamedStructures, join_classes
from segeval.contours.rules import DrawingRules
from segeval.grid.geometry import Geometry
from segeval.opening.account_structures import account_structures
from segeval.opening.common_grid import (
    CommonGrid,
    Mover,
    draw_contours,
    find_common_grid,
    match_sides,
    place_volume,
)
from segeval.opening.complete_grid import complete_mask_grid
from segeval.opening.onto_grid import asked_grid, moved_volume
from segeval.opening.open_side import OpenSide, add_side_notes, empty_prediction
from segeval.opening.structure_classes import (
    check_frames,
    cut_probabilities,
    drawn_by_program,
    list_structures,
    name_structures,
)
from segeval.pairing.cases import Case
from segeval.readers.series import DicomIndex, Series, index_dicom
from segeval.request.settings import Settings
from segeval.runtime.errors import GeometryError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import on_side
from segeval.volume.align import align_volume
from segeval.volume.value_stream import ReadAs, read_pred_as, read_truth_as
from segeval.volume.volume import Volume


def place_structures(
    case: Case, truth: OpenSide, pred: OpenSide | None, settings: Settings, classes: ClassList
) -> tuple[OpenSide, OpenSide]:
    """Both sides on one grid, their parts called by their classes. Raises CaseError.

    pred  None: an empty one is scored
    """
    given = [replace(side, scores=None) for side in (truth, truth if pred is None else pred)]
    items = [list_structures(side) for side in given]
    *names, unmatched = join_classes(
        items[0] or (), items[1] or (), classes, case.called, settings.missing == "worst"
    )
    strange = check_frames(given, names, settings.ignore_frame_of_reference)
    said = (*(unmatched if None not in items else ()), *strange)
    named = [name if own is not None else None for own, name in zip(items, names, strict=True)]
    wanted = [pick_structures(*pair) for pair in zip(given, names, strict=True)]
    matched = match_sides(wanted, DicomIndex(series_near(case, wanted)), settings)
    grid, sides = find_common_grid(matched, settings, requested_grid(case, settings))
    whole = complete_mask_grid(grid, sides) if settings.resample == "never" else grid
    own_boundaries = settings.gt_rt_boundary, settings.pred_rt_boundary
    rules = [drawing_rules(settings, boundary) for boundary in own_boundaries]
    moves = volume_placers(sides, settings, classes)
    if whole is not grid:
        moves = volume_padders(sides, grid.slices.geometry, settings, classes)
    one, two = (
        place_side(sides[side], named[side], rules[side], moves[side], whole, settings)
        for side in (0, 1)
    )
    faults = {**one.faults, **two.faults}
    with_partner = set(names[0].keys) | set(names[0].faults)
    for word, side, made, own in zip(("gt", "pred"), sides, (one, two), named, strict=True):
        if own is not None and (word == "gt" or pred is not None):
            with on_side(word):
                account_structures(side, made, own, faults, with_partner, classes.only)
    one, two = add_side_notes(one, given[0].notes), add_side_notes(two, given[1].notes)
    about = (*drawn_by_program(truth, names[0]), *cut_probabilities(one.volume, settings))
    one = add_side_notes(one, (*said, *about))
    return one, empty_prediction(one) if pred is None else two


def pick_structures(side: OpenSide, names: NamedStructures) -> OpenSide:
    """A side of which the structures that are scored are drawn, and no other (DICOM-X1)."""
    numbers = {item.number for items in names.keys.values() for item in items}
    return replace(side, wanted=frozenset(numbers), notes=())


def place_side(  # noqa: PLR0913 - what a side is placed with
    side: OpenSide,
    names: NamedStructures | None,
    rules: DrawingRules,
    move: Mover,
    grid: CommonGrid,
    settings: Settings,
) -> OpenSide:
    """One side on the common grid. Raises CaseError.

    names  which structure each class is; None for a side of label values
    """
    if side.contours is not None:
        made = draw_contours(side, side.contours, grid, rules, settings)
        return name_structures(side, made.volume, made, names or NamedStructures())
    volume = place_volume(side, grid, move)
    if names is None:
        return replace(side, source=volume, notes=())
    return name_structures(side, volume, None, names)


def requested_grid(case: Case, settings: Settings) -> Geometry | None:
    """The grid that the request names, of neither side. Raises CaseError."""
    if settings.resample == "union":
        raise GeometryError(
            "--resample union joins two grids, and contours have none",
            help="--resample gt or --resample pred: contours are drawn on either",
        )
    own = ("never", "gt", "pred")
    return None if settings.resample in own else asked_grid(case, settings.resample)


def drawing_rules(settings: Settings, boundary: str = "same") -> DrawingRules:
    """How contours are drawn.

    boundary  what a side has of its own; same: what both have
    """
    return DrawingRules(
        settings.rt_boundary if boundary == "same" else boundary,
        settings.rt_overlap,
        settings.rt_fill_gaps,
        settings.rt_bad_contour,
    )


def volume_placers(
    sides: Sequence[OpenSide], settings: Settings, classes: ClassList
) -> tuple[Mover, Mover]:
    """How the volume of each side gets onto the grid; contours are drawn on any."""
    if settings.resample == "never":
        return align_volume, align_volume
    truth, pred = sides
    moves: list[Mover] = [align_volume, align_volume]
    if truth.contours is None:
        how = read_truth_as(settings, truth.named)
        moves[0] = partial(move_without_loss, truth, "gt", how, settings, classes)
    if pred.contours is None:
        how = read_pred_as(pred.volume, settings, classes.regions or pred.named)
        moves[1] = partial(move_without_loss, pred, "pred", how, settings, classes)
    return moves[0], moves[1]


def volume_padders(
    sides: Sequence[OpenSide], own: Geometry, settings: Settings, classes: ClassList
) -> tuple[Mover, Mover]:
    """How the volume of each side gets onto a mask's grid that was completed (ACCOUNT-A22).

    own  the grid as it was, on which the volumes lie
    """
    truth, pred = sides
    hows = [
        None if truth.contours is not None else read_truth_as(settings, truth.named),
        None
        if pred.contours is not None
        else read_pred_as(pred.volume, settings, classes.regions or pred.named),
    ]

    def pad(how: ReadAs | None, volume: Volume, grid: Geometry) -> Volume:
        return volume if how is None else moved_volume(align_volume(volume, own), grid, how)

    return partial(pad, hows[0]), partial(pad, hows[1])


def move_without_loss(  # noqa: PLR0913 - what a loss hangs on
    side: OpenSide,
    name: str,
    how: ReadAs,
    settings: Settings,
    classes: ClassList,
    volume: Volume,
    grid: Geometry,
) -> Volume:
    """A volume resampled to a grid, unless labelled voxels would be lost (ACCOUNT-A13)."""
    from segeval.opening.lost_voxels import check_loss, count_lost_voxels

    accept = settings.resample_loss == "accept"
    lost = count_lost_voxels(volume, grid, how, classes, side.parts)
    return moved_volume(check_loss(lost, name, volume, grid, accept, name), grid, how)


def series_near(case: Case, sides: Sequence[OpenSide]) -> dict[str, Series]:
    """The image series that contours may have been drawn on; of single files, those beside."""
    found = {series.uid: series for series in case.series}
    if any(files is not None and files.sets for files in (case.truth, case.pred)):
        return found
    folders = dict.fromkeys(s.contours.path.parent for s in sides if s.contours is not None)
    for folder in folders:
        found = {**index_dicom(folder).series, **found}
    return found
