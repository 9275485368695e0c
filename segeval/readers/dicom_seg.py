"""DICOM Segmentation objects: BINARY, FRACTIONAL and LABELMAP.

Frames are placed by their position, not by their order, and empty ones are often left out (E2).
Segments may overlap, so each is a channel of its own; of a LABELMAP there is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from segeval.arrays import Counted, Floats, Raw
from segeval.dicom import Damaged, DicomFile, Elements, damaged, names_class, opened
from segeval.errors import Note, ReadError
from segeval.geometry import Geometry
from segeval.kernels.outlines import grouped
from segeval.readers.frames import FrameFacts, frames
from segeval.readers.pixels import Pixels, Planes, pixels
from segeval.slices import Frame, Slices, arranged
from segeval.volumes import Reading, Volume, Voxels

SOP_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
BESIDE = 0.05  # share of the gap that a frame may lie beside its plane


@dataclass(frozen=True, slots=True)
class Kind:
    """What the values of a segmentation mean.

    type      BINARY, FRACTIONAL or LABELMAP
    fraction  PROBABILITY or OCCUPANCY
    most      the value that stands for 1
    """

    type: str
    fraction: str = ""
    most: int = 1


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is a segmentation object, from its first 512 bytes."""
    return names_class(head, SOP_CLASSES)


def read(path: Path, reading: Reading) -> Volume:
    """Open a segmentation object. Raises ReadError, GeometryError."""
    file = opened(path)
    if (found := file.elements.word(0x00080016)) not in SOP_CLASSES:
        raise ReadError("not a segmentation object", where=path, facts=(f"SOP class {found}",))
    try:
        return volume(file, reading.slices)
    except Damaged as problem:
        raise damaged(path, problem) from problem


def volume(file: DicomFile, other: Slices | None) -> Volume:
    """The segments of an open file on their grid, or on the slices of the other side."""
    elements = file.elements
    kind = kind_of(elements, file.path)
    names = segments(elements)
    facts = tuple(frames(elements))
    stored = pixels(file)
    if facts and len(facts) != stored.frames:
        text = f"{stored.frames} frames, but {len(facts)} are described"
        raise ReadError(text, where=file.path)
    if not facts or not all(f.position for f in facts):
        return picture(file, kind, names, stored, facts)
    slices = placed(facts, stored, other, file.path)
    planes = plane_of_frame(facts, slices)
    return stacked(file.path, kind, names, stored, facts, slices, planes)


def kind_of(elements: Elements, path: Path) -> Kind:
    """What the values mean. Raises ReadError."""
    type = elements.word(0x00620001)
    if type == "FRACTIONAL":
        most = elements.short(0x0062000E) or 255
        return Kind(type, elements.word(0x00620010) or "PROBABILITY", most)
    if type not in ("BINARY", "LABELMAP"):
        raise ReadError(f"segmentation type {type or 'not said'!r}", where=path)
    return Kind(type)


def segments(elements: Elements) -> dict[int, str]:
    """The name of each segment: its label, else what it is; numbered where two are alike (E3)."""
    named = {}
    for item in elements.items(0x00620002):
        number = item.short(0x00620004)
        if number is not None:
            meaning = item.first(0x0062000F).text(0x00080104)
            named[number] = item.text(0x00620005) or meaning or f"segment {number}"
    times = Counter(named.values())
    return {n: name if times[name] == 1 else f"{name}#{n}" for n, name in named.items()}


# Where frames lie.


def placed(
    facts: Sequence[FrameFacts], stored: Pixels, other: Slices | None, path: Path
) -> Slices:
    """The slices of the frames: those of the other side if they lie on them, else their own."""
    first = facts[0]
    if any(f.orientation != first.orientation or f.spacing != first.spacing for f in facts):
        raise ReadError("frames differ in orientation or pixel spacing", where=path)
    if len(first.orientation) != 6 or len(first.spacing) != 2:
        raise ReadError("the frames do not say how they lie", where=path)
    along = np.reshape(first.orientation, (2, 3))
    along = along / np.linalg.norm(along, axis=1, keepdims=True)
    row, column = (tuple(v.tolist()) for v in along)
    frame = Frame(row, column, (first.spacing[0], first.spacing[1]), stored.shape)
    corners = np.array([f.position for f in facts])
    if other is not None and lies_on(frame, corners, other):
        return other
    return own_slices(frame, corners, first, path)


def lies_on(frame: Frame, corners: Floats, slices: Slices) -> bool:
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


def own_slices(frame: Frame, corners: Floats, first: FrameFacts, path: Path) -> Slices:
    """The slices on which the frames lie, missing ones between them included (E2)."""
    heights, where = corners @ np.array(frame.normal), path.name
    plane, means = grouped(heights, 0.01)
    at = np.array([corners[plane == p][0] for p in range(len(means))])
    finest = float(np.diff(means).min()) if len(means) > 1 else None
    for gap in (first.gap, finest):
        if gap and len(means) > 1 and on_lattice(means - means[0], gap):
            count = round(float(means[-1] - means[0]) / gap) + 1
            step = float(means[-1] - means[0]) / (count - 1)
            lattice = at[0] + np.outer(np.arange(count) * step, frame.normal)
            return arranged(frame, lattice, (), step, where)
    return arranged(frame, at, (), first.gap or first.thickness, where)


def on_lattice(positions: Floats, gap: float) -> bool:
    """Whether positions are multiples of a gap."""
    steps = positions / gap
    return bool(np.abs(steps - np.rint(steps)).max() <= BESIDE)


def plane_of_frame(facts: Sequence[FrameFacts], slices: Slices) -> Counted:
    """The slice on which each frame lies."""
    geometry = slices.geometry
    assert geometry.directions is not None
    corners = np.array([f.position for f in facts])
    return slices.nearest((corners - np.array(geometry.origin)) @ np.array(geometry.directions[0]))


# What becomes of the segments.


def stacked(
    path: Path,
    kind: Kind,
    names: Mapping[int, str],
    stored: Pixels,
    facts: Sequence[FrameFacts],
    slices: Slices,
    planes: Counted,
) -> Volume:
    """A channel for each segment, or one of labels."""
    channels, geometry = [], slices.geometry
    numbers = [0] if kind.type == "LABELMAP" else list(names)
    for number in numbers:
        own = [i for i, f in enumerate(facts) if kind.type == "LABELMAP" or f.segment == number]
        frame_of = np.full(len(slices.positions), -1)
        if len(set(planes[own].tolist())) != len(own):
            name = names.get(number, "the label map")
            raise ReadError(f"{name}: two frames lie on one plane", where=path)
        frame_of[planes[own]] = own
        source = Planes(
            stored,
            tuple(frame_of[slices.source].tolist()),
            (geometry.shape[0], *stored.shape),
            meaning(kind),
        )
        channels.append(channel(source, kind, stored.dtype, geometry.shape))
    return finished(path, kind, names, geometry, channels, slices.notes)


def channel(source: Any, kind: Kind, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Voxels:
    """One channel; probabilities are shares of the value that stands for 1."""
    slope = 1 / kind.most if kind.fraction == "PROBABILITY" else 1.0
    return Voxels(source, dtype, shape, slope=slope)


def meaning(kind: Kind) -> Callable[[Raw], Raw] | None:
    """How stored values become a mask, where they are not one: occupancy at one half (E1)."""
    return partial(occupied, most=kind.most) if kind.fraction == "OCCUPANCY" else None


def occupied(values: Raw, most: int) -> Raw:
    """Where at least half of the pixel is occupied."""
    return (2 * values.astype(np.uint32) >= most).astype(values.dtype)


def finished(
    path: Path,
    kind: Kind,
    names: Mapping[int, str],
    geometry: Geometry,
    channels: list[Voxels],
    notes: tuple[Note, ...] = (),
) -> Volume:
    """The volume with the names of its segments."""
    if kind.fraction == "OCCUPANCY":
        text = "fractions of occupied pixels became masks at 0.5"
        notes = (*notes, Note("N-occupancy", text, path.name))
    if kind.type == "LABELMAP":
        labels = {number: name for number, name in names.items() if number}
        return Volume(geometry, tuple(channels), path, names=labels, notes=notes)
    of = {name: (place, 1) for place, name in enumerate(names.values())}
    return Volume(geometry, tuple(channels), path, segments=of, notes=notes)


# Pictures: projections and microscopy, which lie in no patient.


def picture(
    file: DicomFile,
    kind: Kind,
    names: Mapping[int, str],
    stored: Pixels,
    facts: Sequence[FrameFacts],
) -> Volume:
    """A segmentation without places in the patient: one frame a segment, or tiles of a picture."""
    elements = file.elements
    size = [elements.raw(tag) for tag in (0x00480007, 0x00480006)]
    tiled = all(len(raw) == 4 for raw in size)
    shape = (
        (unsigned(elements, 0x00480007), unsigned(elements, 0x00480006)) if tiled else stored.shape
    )
    spacing = facts[0].spacing if facts else ()
    geometry = Geometry(shape, (spacing[0], spacing[1]) if len(spacing) == 2 else None)
    channels = []
    for number in [0] if kind.type == "LABELMAP" else list(names):
        own = tiles(facts, stored, shape, kind, number, list(names))
        if not tiled and len(own) > 1:
            raise ReadError("the frames do not say where they lie", where=file.path)
        source = partial(mosaic, stored, tuple(own), shape, meaning(kind))
        channels.append(channel(source, kind, stored.dtype, shape))
    return finished(file.path, kind, names, geometry, channels)


def unsigned(elements: Elements, tag: int) -> int:
    """An unsigned long."""
    order = "little" if elements.coding.order == "<" else "big"
    return int.from_bytes(elements.raw(tag)[:4], order)  # type: ignore[arg-type]


Tile = tuple[int, int, int]  # frame, first row, first column


def tiles(
    facts: Sequence[FrameFacts],
    stored: Pixels,
    shape: tuple[int, int],
    kind: Kind,
    number: int,
    numbers: list[int],
) -> list[Tile]:
    """The frames of a segment with their places in the picture.

    Without a word on frames they are complete: segment by segment, row by row of tiles.
    """
    if facts:
        return [
            (i, *(v - 1 for v in f.tile or (1, 1)))  # type: ignore[misc]
            for i, f in enumerate(facts)
            if kind.type == "LABELMAP" or f.segment == number
        ]
    down, across = (-(-n // m) for n, m in zip(shape, stored.shape, strict=True))
    first = 0 if kind.type == "LABELMAP" else numbers.index(number) * down * across
    return [
        (first + i, i // across * stored.shape[0], i % across * stored.shape[1])
        for i in range(down * across)
    ]


def mosaic(
    stored: Pixels,
    own: tuple[Tile, ...],
    shape: tuple[int, int],
    inside: Callable[[Raw], Raw] | None,
) -> Raw:
    """A picture put together from its tiles."""
    whole: Raw = np.zeros(shape, stored.dtype)
    for frame, row, column in own:
        part = stored.frame(frame).reshape(stored.shape)
        view = whole[row : row + stored.shape[0], column : column + stored.shape[1]]
        view[:] = (part if inside is None else inside(part))[: view.shape[0], : view.shape[1]]
    return whole
