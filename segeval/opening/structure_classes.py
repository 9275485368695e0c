"""What came of drawing the structures of a side, by class: parts, polygons, faults, facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segeval.classes.class_list import LabelSelector
from segeval.classes.structure_matching import NamedStructures, StructureItem
from segeval.contours.rasterize import RasterizedStructure
from segeval.contours.structure_set import Contours
from segeval.contours.structures import Structures
from segeval.grid.geometry import Geometry
from segeval.kernels.mask_runs import MaskRuns, cover_at_least, runs_of_box
from segeval.kernels.raster import Polygons
from segeval.opening.common_grid import PlacedSide
from segeval.opening.open_case import Opened, nothing
from segeval.readers.series_matching import check_same_frame
from segeval.request.settings import Settings
from segeval.runtime.errors import CaseError, Note, ReadError
from segeval.runtime.frozen import frozen, replace
from segeval.volume.align import read_whole_channel
from segeval.volume.volume import Channel, Volume

NO_POLYGONS = Polygons(np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0, np.int64))


@frozen
class UnplacedSide:
    """One side before it is drawn.

    contours  of a structure set
    open      of anything else
    items     its structures; None where it has label values
    """

    path: Path
    contours: Contours | None = None
    open: Opened | None = None
    items: tuple[StructureItem, ...] | None = None
    notes: tuple[Note, ...] = ()


def finished(given: UnplacedSide, made: PlacedSide, names: NamedStructures) -> Opened:
    """A side on the common grid, its parts called by their classes."""
    parts: dict[str, LabelSelector] = dict(made_parts(given, made))
    if given.items is None:
        assert given.open is not None
        return replace(given.open, volume=noted_volume(made.volume, given.notes))
    volume, classes, faults = made.volume, {}, dict(names.faults)
    for class_, items in names.keys.items():
        if made.structures is not None and (fault := faulty(made.structures, items)):
            faults[class_] = fault
        elif len(items) == 1:
            classes[class_] = parts[items[0].key]
        else:
            classes[class_] = LabelSelector(len(volume.channels), frozenset([1]))
            volume = with_union(volume, [parts[item.key] for item in items])
    if not volume.channels:
        volume = replace(volume, channels=(nothing(volume.geometry),))
    volume = noted_volume(volume, given.notes)
    return Opened(
        volume,
        classes,
        faults=faults,
        drawn=drawn_from(made.structures, names),
        facts=facts(given, names),
    )


def made_parts(given: UnplacedSide, made: PlacedSide) -> Iterator[tuple[str, LabelSelector]]:
    """What stands for each structure of a side."""
    if made.structures is None:
        yield from () if given.open is None else given.open.parts.items()
        return
    for key, (channel, value) in made.structures.volume.segments.items():
        yield key, LabelSelector(channel, frozenset([value]))


def faulty(made: Structures, items: Sequence[StructureItem]) -> CaseError | None:
    """Why a class cannot be scored; None where it can."""
    for item in items:
        if (error := made.errors.get(item.key)) is not None:
            return error
        if made.statuses.get(item.key) == "not_a_volume":
            text = f"{item.name} (ROI {item.number}) holds points or open lines, and no area"
            return CaseError(text, status="not_a_volume")
    return None


def with_union(volume: Volume, parts: Sequence[LabelSelector]) -> Volume:
    """A volume with the union of some parts as one more channel (N7)."""
    runs = cover_at_least([runs_at(volume, part) for part in parts])
    voxels = Channel(runs, np.dtype(np.uint8), volume.geometry.shape)
    return replace(volume, channels=(*volume.channels, voxels))


def runs_at(volume: Volume, part: LabelSelector) -> MaskRuns:
    """A part of a volume as runs."""
    channel = volume.channels[part.channel]
    if isinstance(channel.source, MaskRuns) and channel.order is None:
        return channel.source
    geometry: Geometry = volume.geometry
    if len(geometry.shape) != 3:
        raise ReadError("a union of structures needs a volume", where=volume.path)
    array = read_whole_channel(channel, geometry).reshape(geometry.shape)
    mask = array != 0 if part.labels is None else np.isin(array, sorted(part.labels))
    return runs_of_box(mask, (0, 0, 0), geometry.shape)


def drawn_from(
    made: Structures | None, names: NamedStructures
) -> dict[str, RasterizedStructure] | None:
    """The polygons of each class that is one structure; None of what has no contours."""
    if made is None:
        return None
    single = {c: items[0].key for c, items in names.keys.items() if len(items) == 1}
    return {c: made.drawn[key] for c, key in single.items() if key in made.drawn}


def facts(given: UnplacedSide, names: NamedStructures) -> dict[str, Any]:
    """What results keep of a side: its own facts (S6) and which structure each class is (N1)."""
    raw = {c: " + ".join(item.key for item in items) for c, items in names.keys.items()}
    about = {} if given.contours is None else given.contours.facts()
    return {"file": given.path.name, **about, "names": raw}


def check_frames(
    sides: tuple[UnplacedSide, UnplacedSide],
    names: tuple[NamedStructures, NamedStructures],
    ignore: bool,
) -> Iterator[Note]:
    """Refuse classes whose structures lie in different frames of reference (ACCOUNT-A23).

    A frame is that of the structure; the file's own is for those that say none. Both files in
    different frames are an error of the case, which is made elsewhere.
    """
    who = ("both structures", "gt", "pred")
    for class_ in [c for c in names[0].keys if c in names[1].keys]:
        found = [
            frames_of(side, named.keys[class_]) for side, named in zip(sides, names, strict=True)
        ]
        try:
            yield from check_same_frame(found[0], found[1], who, class_, ignore)
        except CaseError as problem:
            names[1].faults[class_] = problem
            del names[1].keys[class_]


def frames_of(side: UnplacedSide, items: Sequence[StructureItem]) -> tuple[str, ...]:
    """The frames of reference of some structures; empty where nothing says them."""
    if side.contours is None:
        return ()
    numbers = {item.number for item in items}
    own = [roi.frame for roi in side.contours.rois if roi.number in numbers and roi.frame]
    return tuple(dict.fromkeys(own)) or side.contours.frames


def automatic(truth: UnplacedSide, names: NamedStructures) -> Iterator[Note]:
    """The note on a reference that a program has drawn (S6)."""
    if truth.contours is None:
        return
    known = truth.contours.by_number()
    found = [
        c for c, items in names.keys.items()
        if any(known[i.number].algorithm == "AUTOMATIC" for i in items)
    ]  # fmt: skip
    if found:
        yield Note(
            "N-automatic-truth",
            f"the ground truth was drawn by a program: {', '.join(found[:8])}",
        )


def cut(truth: Volume, settings: Settings) -> Iterator[Note]:
    """The note on a reference that holds probabilities, as the file says itself."""
    if truth.shares:
        text = f"the ground truth holds probabilities; its masks are cut at {settings.threshold:g}"
        yield Note("N-probability-truth", text)


def noted(opened: Opened, notes: Sequence[Note]) -> Opened:
    """A side with more to be said of it."""
    return replace(opened, volume=noted_volume(opened.volume, notes))


def noted_volume(volume: Volume, notes: Sequence[Note]) -> Volume:
    """A volume with more to be said of it."""
    return replace(volume, notes=(*volume.notes, *notes))
