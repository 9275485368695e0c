"""Cases with structures (RTSTRUCT, SEG): which file, which structures, drawn onto one grid.

Every other case is opened as `sides` does it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from segeval.classes.class_list import ClassDef, ClassList
from segeval.classes.structure_matching import NamedStructures, StructureItem, joined, matching
from segeval.contours.rules import DrawingRules
from segeval.contours.structures import structures_by_name
from segeval.grid.geometry import Geometry
from segeval.opening.common_grid import Ask, Choices, together
from segeval.opening.lost_voxels import check_loss, count_lost_voxels
from segeval.opening.open_case import Opened, absent, moved_volume, opened, other_grid, side
from segeval.opening.structure_classes import (
    UnplacedSide,
    automatic,
    check_frames,
    cut,
    finished,
    noted,
)
from segeval.pairing.cases import Case, relative_path
from segeval.pairing.cases import CaseFiles as Files
from segeval.pairing.files import has_mask_name
from segeval.readers import dicom_seg, rtstruct
from segeval.readers.registry import read_first_bytes
from segeval.readers.selection import select_structure_set
from segeval.readers.series import DicomIndex, Series, StructureSetHeader, index_dicom
from segeval.request.settings import Settings
from segeval.runtime.errors import CaseError, GeometryError, Note
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import ASKED, KNOWN, current, on_side
from segeval.volume.value_stream import ReadAs, read_pred_as, read_truth_as
from segeval.volume.volume import ReadOptions, Volume


def opened_case(case: Case, settings: Settings, classes: ClassList) -> tuple[Opened, Opened]:
    """Both sides of a case (ground truth, prediction) on one grid. Raises CaseError."""
    kinds = [
        structure_format(files.files) for files in (case.truth, case.pred) if files is not None
    ]
    if not any(kinds) or ("rtstruct" not in kinds and settings.resample != "never"):
        return opened(case, settings, classes)
    with on_side("gt"):
        truth = read_structure_side(case.truth, settings, classes, settings.gt_select)
    pred = truth
    if case.pred is not None:
        with on_side("pred"):
            pred = read_structure_side(case.pred, settings, classes, settings.pred_select)
    names = joined(truth.items or (), pred.items or (), classes, case.called)
    strange = tuple(check_frames((truth, pred), names[:2], settings.ignore_frame_of_reference))
    asks = (
        ask(truth, names[0], rules(settings, settings.gt_rt_boundary)),
        ask(pred, names[1], rules(settings, settings.pred_rt_boundary)),
    )
    if settings.resample != "never":
        asks = moving(asks, (truth, pred), settings, classes)
    index = DicomIndex(series_near(case, [truth, pred]))
    choices = grid_choices(case, settings)
    done = [
        finished(*parts)
        for parts in zip((truth, pred), together(*asks, index, choices), names[:2], strict=True)
    ]
    said = names[2] if truth.items is not None and pred.items is not None else ()
    one = noted(
        done[0], (*said, *strange, *automatic(truth, names[0]), *cut(done[0].volume, settings))
    )
    return one, absent(one) if case.pred is None else done[1]


def grid_choices(case: Case, settings: Settings) -> Choices:
    """Which grid is taken. Raises CaseError."""
    if settings.resample == "union":
        raise GeometryError(
            "--resample union joins two grids, and contours have none",
            help="--resample gt or --resample pred: contours are drawn on either",
        )
    own = ("never", "gt", "pred")
    grid = None if settings.resample in own else other_grid(case, settings.resample)
    turned = settings.resample == "pred"
    return Choices(settings.ignore_frame_of_reference, settings.rt_grid, turned, grid)


def moving(
    asks: tuple[Ask, Ask],
    sides: tuple[UnplacedSide, UnplacedSide],
    settings: Settings,
    classes: ClassList,
) -> tuple[Ask, Ask]:
    """Sides whose volume is resampled as what it holds_grid; contours are drawn on any grid."""
    truth, pred = sides
    placed = list(asks)
    if truth.open is not None:
        how = read_truth_as(settings, truth.open.named)
        placed[0] = replace(asks[0], place=make_mover(truth.open, how, "gt", settings, classes))
    if pred.open is not None:
        how = read_pred_as(pred.open.volume, settings, classes.regions or pred.open.named)
        placed[1] = replace(asks[1], place=make_mover(pred.open, how, "pred", settings, classes))
    return placed[0], placed[1]


def make_mover(
    side: Opened, how: ReadAs, name: str, settings: Settings, classes: ClassList
) -> Callable[[Volume, Geometry], Volume]:
    """What resamples the volume of a side, unless labelled voxels would be lost (A13)."""
    accept = settings.resample_loss == "accept"

    def move(volume: Volume, grid: Geometry) -> Volume:
        lost = count_lost_voxels(volume, grid, how, classes, side.parts)
        return moved_volume(check_loss(lost, name, volume, grid, accept, name), grid, how)

    return move


def structure_format(files: Mapping[str, Path]) -> str:
    """`rtstruct`, `seg`, or "" for every other format; masks are told by their suffix."""
    path = files.get("")
    if path is None or has_mask_name(path):
        return ""
    start = read_first_bytes(path)
    if rtstruct.claims(path, start):
        return "rtstruct"
    return "seg" if dicom_seg.claims(path, start) else ""


def rules(settings: Settings, own: str) -> DrawingRules:
    """How contours of a side are drawn."""
    return DrawingRules(
        settings.rt_boundary if own == "same" else own,
        settings.rt_overlap,
        settings.rt_fill_gaps,
        settings.rt_bad_contour,
    )


def read_structure_side(
    files: Files, settings: Settings, classes: ClassList, select: str
) -> UnplacedSide:
    """One side with its structures. Raises CaseError."""
    notes: tuple[Note, ...] = ()
    if files.sets:
        has = partial(complete, wanted=classes.classes) if classes.only else None
        one, notes = select_structure_set(files.sets, select, has)
        others = [relative_path(other.path, files.root) for other in files.sets if other is not one]
        current().set_aside("file", "of which another is meant", others, ASKED if select else KNOWN)
        files = Files(files.root, {"": one.path})
    path = next(iter(files.files.values()))
    if structure_format(files.files) == "rtstruct":
        contours = rtstruct.read(path)
        items = [
            StructureItem(key, roi.name, roi.number, roi.support)
            for key, roi in structures_by_name(contours, None).items()
        ]
        return UnplacedSide(path, contours, None, tuple(items), notes)
    reading = ReadOptions(
        spacing=settings.spacing,
        channel_axis=settings.channel_axis,
        classes=len(classes.classes) or None,
        colours=classes.colours,
    )
    found = side(files, reading)
    if found.scores is not None:
        found = replace(found, scores=None)
    parts = tuple(segment(name, n) for n, name in enumerate(found.parts, 1))
    return UnplacedSide(path, None, found, parts if found.named else None, notes)


def segment(name: str, place: int) -> StructureItem:
    """A segment as a structure: of some with one label each is a class of its own (E3)."""
    numbered = re.fullmatch(r"(.+)#(\d+)", name)
    return (
        StructureItem(name, numbered[1], int(numbered[2]), own=name)
        if numbered
        else StructureItem(name, name, place)
    )


def complete(found: StructureSetHeader, wanted: Sequence[ClassDef]) -> bool:
    """Whether a structure set has all requested classes (D5)."""
    items = [StructureItem(f"{name}#{n}", name, n) for n, name in enumerate(found.names, 1)]
    try:
        return all(matching(class_, items) for class_ in wanted)
    except CaseError:
        return False


def ask(given: UnplacedSide, names: NamedStructures, rules: DrawingRules) -> Ask:
    """What is drawn of a side: the structures that are scored, and no other (X1)."""
    if given.contours is None:
        assert given.open is not None
        return Ask(given.path, rules, volume=given.open.volume)
    numbers = {item.number for items in names.keys.values() for item in items}
    return Ask(given.path, rules, numbers, given.contours)


def series_near(case: Case, sides: Sequence[UnplacedSide]) -> dict[str, Series]:
    """The image series that contours may have been drawn on; of single files, those beside."""
    found = {series.uid: series for series in case.series}
    if any(files is not None and files.sets for files in (case.truth, case.pred)):
        return found
    folders = dict.fromkeys(s.path.parent for s in sides if s.contours is not None)
    for folder in folders:
        found = {**index_dicom(folder).series, **found}
    return found
