"""The structures of a side, and what came of drawing them, by class: parts, polygons, faults."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from segeval.classes.class_list import LabelSelector
from segeval.classes.structure_matching import NamedStructures, StructureItem
from segeval.contours.rasterize import RasterizedStructure
from segeval.contours.structures import Structures, structures_by_name
from segeval.grid.geometry import Geometry
from segeval.kernels.mask_runs import MaskRuns, cover_at_least, runs_of_box
from segeval.opening.open_side import OpenSide, empty_channel, file_class_selectors
from segeval.readers.series_matching import check_same_frame
from segeval.request.settings import Settings
from segeval.runtime.errors import CaseError, Note, ReadError
from segeval.runtime.frozen import replace
from segeval.volume.align import read_whole_channel
from segeval.volume.channel import Channel
from segeval.volume.volume import Volume


def list_structures(side: OpenSide) -> tuple[StructureItem, ...] | None:
    """The structures of a side; None where it has label values without names."""
    if side.contours is not None:
        named = structures_by_name(side.contours, None)
        return tuple(
            StructureItem(key, roi.name, roi.number, roi.support, area=roi.volume)
            for key, roi in named.items()
        )
    if not side.named:
        return None
    return tuple(segment_item(name, number) for number, name in enumerate(side.parts, 1))


def segment_item(name: str, place: int) -> StructureItem:
    """A segment as a structure: of some with one label each is a class of its own (DICOM-E3)."""
    numbered = re.fullmatch(r"(.+)#(\d+)", name)
    if numbered is None:
        return StructureItem(name, name, place)
    return StructureItem(name, numbered[1], int(numbered[2]), own=name)


def name_structures(
    side: OpenSide, volume: Volume, made: Structures | None, names: NamedStructures
) -> OpenSide:
    """A side on the common grid, its parts called by their classes.

    volume  on that grid
    made    what came of drawing its contours; None where it has none
    """
    parts = side.parts if made is None else file_class_selectors(made.volume)
    classes: dict[str, LabelSelector] = {}
    apart: dict[str, tuple[LabelSelector, ...]] = {}
    faults = dict(names.faults)
    for class_, items in names.keys.items():
        if made is not None and (fault := structure_fault(made, items)):
            faults[class_] = fault
            continue
        if made is not None or side.apart:
            each = (side.apart.get(item.key, (parts[item.key],)) for item in items)
            apart[class_] = tuple(part for own in each for part in own)
        if len(items) == 1:
            classes[class_] = parts[items[0].key]
        else:
            classes[class_] = LabelSelector(len(volume.channels), frozenset([1]))
            volume = with_union(volume, [parts[item.key] for item in items])
    if not volume.channels:
        volume = replace(volume, channels=(empty_channel(volume.geometry),))
    drawn = None if made is None else drawn_from(made, names)
    facts = structure_facts(side, names)
    return OpenSide(volume, classes, faults=faults, drawn=drawn, facts=facts, apart=apart)


def structure_fault(made: Structures, items: Sequence[StructureItem]) -> CaseError | None:
    """Why a class cannot be scored; None where it can."""
    for item in items:
        if (error := made.errors.get(item.key)) is not None:
            return error
        if made.statuses.get(item.key) == "not_a_volume":
            text = f"{item.name} (ROI {item.number}) holds points or open lines, and no area"
            return CaseError(text, status="not_a_volume")
    return None


def with_union(volume: Volume, parts: Sequence[LabelSelector]) -> Volume:
    """A volume with the union of some parts as one more channel (DICOM-N7)."""
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


def drawn_from(made: Structures, names: NamedStructures) -> dict[str, RasterizedStructure]:
    """The polygons of each class that is one structure."""
    single = {c: items[0].key for c, items in names.keys.items() if len(items) == 1}
    return {c: made.drawn[key] for c, key in single.items() if key in made.drawn}


def structure_facts(side: OpenSide, names: NamedStructures) -> dict[str, Any]:
    """What results keep of a side: its own facts and which structure each class is.

    Rules DICOM-S6, DICOM-N1.
    """
    raw = {c: " + ".join(item.key for item in items) for c, items in names.keys.items()}
    about = {} if side.contours is None else side.contours.facts()
    used = {item.key for items in names.keys.values() for item in items}
    left = [item.key for item in list_structures(side) or () if item.key not in used]
    unmatched = {"unmatched": left} if left else {}
    return {"file": side.source.path.name, **about, "names": raw, **unmatched}


def check_frames(
    sides: Sequence[OpenSide],
    names: Sequence[NamedStructures],
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


def frames_of(side: OpenSide, items: Sequence[StructureItem]) -> tuple[str, ...]:
    """The frames of reference of some structures; empty where nothing says them."""
    if side.contours is None:
        return ()
    numbers = {item.number for item in items}
    own = [roi.frame for roi in side.contours.rois if roi.number in numbers and roi.frame]
    return tuple(dict.fromkeys(own)) or side.contours.frames


def drawn_by_program(truth: OpenSide, names: NamedStructures) -> Iterator[Note]:
    """The note on a reference that a program has drawn (DICOM-S6)."""
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


def cut_probabilities(truth: Volume, settings: Settings) -> Iterator[Note]:
    """The note on a reference that holds probabilities, as the file says itself."""
    if truth.shares:
        text = f"the ground truth holds probabilities; its masks are cut at {settings.threshold:g}"
        yield Note("N-probability-truth", text)
