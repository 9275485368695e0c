"""DICOM Segmentation objects: BINARY, FRACTIONAL and LABELMAP.

Frames are placed by their position, not by their order, and empty ones are often left out
(DICOM-E2).
Segments may overlap, so each is a channel of its own; of a LABELMAP there is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from segeval.dicom.elements import DamagedElements, Elements
from segeval.dicom.files import DicomFile, damaged_dicom_error, names_class, open_dicom
from segeval.grid.geometry import Geometry
from segeval.grid.slices import Frame, Slices, arrange_slices
from segeval.kernels.heights import find_planes
from segeval.readers.frames import FrameFacts, read_frames, shared_facts
from segeval.readers.pixels import PixelFrames, SegmentPlanes, locate_frames
from segeval.runtime.arrays import Counted, Floats, Raw
from segeval.runtime.errors import Note, ReadError
from segeval.runtime.frozen import frozen, replace
from segeval.volume.channel import Channel
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

SOP_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
SAME_ANGLE = 1.001e-4  # direction cosines of frames that writers have rounded (ACCOUNT-A25)
BESIDE = 0.05  # share of the gap that a frame may lie beside its plane


@frozen
class SegmentationKind:
    """What the values of a segmentation mean.

    type      BINARY, FRACTIONAL or LABELMAP
    fraction  PROBABILITY or OCCUPANCY
    most      the value that stands for 1
    """

    type: str
    fraction: str = ""
    most: int = 1


@frozen
class SegmentationHeader:
    """What the header says.

    names  of the segments by their number
    types  of the segments by their names: what their category and type say they are
    facts  of every frame; empty where frames are not described
    shared what is said once for all frames
    """

    path: Path
    kind: SegmentationKind
    names: Mapping[int, str]
    types: Mapping[str, str]
    facts: tuple[FrameFacts, ...]
    pixels: PixelFrames
    shared: FrameFacts = FrameFacts()

    @property
    def numbers(self) -> list[int]:
        """A channel each: the segments, or 0 for the one that holds all labels."""
        return [0] if self.kind.type == "LABELMAP" else list(self.names)

    def frames_of(self, number: int) -> list[int]:
        """The frames of a channel."""
        return [i for i, f in enumerate(self.facts) if number in (0, f.segment)]


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is a segmentation object, from its first 512 bytes."""
    return names_class(head, SOP_CLASSES)


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open a segmentation object. Raises ReadError, GeometryError."""
    file = open_dicom(path)
    if (found := file.elements.word(0x00080016)) not in SOP_CLASSES:
        raise ReadError("not a segmentation object", where=path, facts=(f"SOP class {found}",))
    try:
        volume = segmentation_volume(file, reading.slices)
        frame = file.elements.word(0x00200052)
        return replace(volume, sparse=True, frames=(frame,) if frame else ())
    except DamagedElements as problem:
        raise damaged_dicom_error(path, problem) from problem


def segmentation_volume(file: DicomFile, other: Slices | None) -> Volume:
    """The segments of an open file on their grid, or on the slices of the other side."""
    elements, path = file.elements, file.path
    seg = SegmentationHeader(
        path,
        read_segmentation_kind(elements, path),
        names := segment_names(elements),
        segment_types(elements, names),
        tuple(read_frames(elements)),
        locate_frames(file),
        shared_facts(elements),
    )
    if seg.facts and len(seg.facts) != seg.pixels.frames:
        text = f"{seg.pixels.frames} frames, but {len(seg.facts)} are described"
        raise ReadError(text, where=path)
    if not seg.facts or not all(f.position for f in seg.facts):
        return unplaced_volume(seg, elements)
    if odd := sum(len(f.position) != 3 for f in seg.facts):
        text = f"the positions of {odd} of {len(seg.facts)} frames are not three numbers"
        raise ReadError(text, where=path)
    return stack_segments(seg, frame_slices(seg, other))


def read_segmentation_kind(elements: Elements, path: Path) -> SegmentationKind:
    """What the values mean. Raises ReadError."""
    type = elements.word(0x00620001)
    if type == "FRACTIONAL":
        most = elements.short(0x0062000E) or 255
        return SegmentationKind(type, elements.word(0x00620010) or "PROBABILITY", most)
    if type not in ("BINARY", "LABELMAP"):
        raise ReadError(f"segmentation type {type or 'not said'!r}", where=path)
    return SegmentationKind(type)


def segment_names(elements: Elements) -> dict[int, str]:
    """The name of each segment: its label, else what it is; numbered where two are alike.

    Rule DICOM-E3.
    """
    named = {}
    for item in elements.items(0x00620002):
        number = item.short(0x00620004)
        if number is not None:
            meaning = item.first(0x0062000F).text(0x00080104)
            named[number] = item.text(0x00620005) or meaning or f"segment {number}"
    times = Counter(named.values())
    return {n: name if times[name] == 1 else f"{name}#{n}" for n, name in named.items()}


def segment_types(elements: Elements, names: Mapping[int, str]) -> dict[str, str]:
    """What each segment is an instance of, by its name: its type; its name where it has none.

    Types that are called alike and are of different categories or codes are told apart.
    """
    kinds: dict[str, tuple[str, ...]] = {}
    for item in elements.items(0x00620002):
        number = item.short(0x00620004)
        if number is not None and number in names:
            category, type = item.first(0x00620003), item.first(0x0062000F)
            code = type.text(0x00080100), type.text(0x00080102)
            kinds[names[number]] = (type.text(0x00080104), category.text(0x00080104), *code)
    meanings = {meaning for meaning, *_ in kinds.values()}
    several = {m for m in meanings if len({k for k in kinds.values() if k[0] == m}) > 1}
    return {
        name: (f"{kind[0]} ({kind[1]}, {kind[2]})" if kind[0] in several else kind[0]) or name
        for name, kind in kinds.items()
    }


# Where frames lie.


def frame_slices(seg: SegmentationHeader, other: Slices | None) -> Slices:
    """The slices of the frames: those of the other side if they lie on them, else their own."""
    frame = frame_of(seg)
    corners = np.array([f.position for f in seg.facts])
    if other is not None and frames_lie_on(frame, corners, other):
        return other
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
    finest = float(np.diff(means).min()) if len(means) > 1 else None
    wrong = bool(finest and first.gap and first.gap > finest * (1 + BESIDE))
    for gap in (first.thickness if wrong else first.gap, finest):
        if gap and len(means) > 1 and is_evenly_spaced(means - means[0], gap):
            count = round(float(means[-1] - means[0]) / gap) + 1
            step = float(means[-1] - means[0]) / (count - 1)
            lattice = at[0] + np.outer(np.arange(count) * step, frame.normal)
            slices = arrange_slices(frame, lattice, (), step, where)
            return note_wrong_gap(slices, first.gap, finest) if wrong else slices
    slices = arrange_slices(frame, at, (), first.gap or first.thickness, where)
    return note_wrong_gap(slices, first.gap, finest) if wrong else slices


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
    apart = (np.diff(np.rint(steps)) > 0).all()
    return bool(apart and np.abs(steps - np.rint(steps)).max() <= BESIDE)


def planes_of_frames(facts: Sequence[FrameFacts], slices: Slices) -> Counted:
    """The slice on which each frame lies."""
    geometry = slices.geometry
    assert geometry.directions is not None
    corners = np.array([f.position for f in facts])
    return slices.nearest((corners - np.array(geometry.origin)) @ np.array(geometry.directions[0]))


# What becomes of the segments.


def stack_segments(seg: SegmentationHeader, slices: Slices) -> Volume:
    """A channel for each segment, or one of labels."""
    geometry, planes = slices.geometry, planes_of_frames(seg.facts, slices)
    channels = []
    for number in seg.numbers:
        own = seg.frames_of(number)
        if len(set(planes[own].tolist())) != len(own):
            name = seg.names.get(number, "the label map")
            raise ReadError(f"{name}: two frames lie on one plane", where=seg.path)
        frame_of = np.full(len(slices.positions), -1)
        frame_of[planes[own]] = own
        shape = (geometry.shape[0], *seg.pixels.shape)
        source = SegmentPlanes(
            seg.pixels, tuple(frame_of[slices.source].tolist()), shape, value_decoder(seg.kind)
        )
        channels.append(segment_channel(seg, source, geometry.shape))
    return finish_segmentation(seg, geometry, channels, slices.notes)


def segment_channel(seg: SegmentationHeader, source: Any, shape: tuple[int, ...]) -> Channel:
    """One channel; probabilities are shares of the value that stands for 1."""
    slope = 1 / seg.kind.most if seg.kind.fraction == "PROBABILITY" else 1.0
    return Channel(source, seg.pixels.dtype, shape, slope=slope)


def value_decoder(kind: SegmentationKind) -> Callable[[Raw], Raw] | None:
    """How stored values become a mask, where they are not one: occupancy at one half (DICOM-E1)."""
    return partial(threshold_occupancy, most=kind.most) if kind.fraction == "OCCUPANCY" else None


def threshold_occupancy(values: Raw, most: int) -> Raw:
    """Where at least half of the pixel is occupied."""
    return (2 * values.astype(np.uint32) >= most).astype(values.dtype)


def finish_segmentation(
    seg: SegmentationHeader,
    geometry: Geometry,
    channels: list[Channel],
    notes: tuple[Note, ...] = (),
) -> Volume:
    """The volume with the names of its segments."""
    if seg.kind.fraction == "OCCUPANCY":
        text = "fractions of occupied pixels became masks at 0.5"
        notes = (*notes, Note("N-occupancy", text, seg.path.name))
    if seg.kind.type == "LABELMAP":
        labels = {number: name for number, name in seg.names.items() if number}
        return Volume(
            geometry, tuple(channels), seg.path, names=labels, notes=notes, types=seg.types
        )
    of = {name: (place, 1) for place, name in enumerate(seg.names.values())}
    shares = seg.kind.fraction == "PROBABILITY"
    return Volume(
        geometry,
        tuple(channels),
        seg.path,
        segments=of,
        notes=notes,
        shares=shares,
        types=seg.types,
    )


# Pictures: projections and microscopy, which lie in no patient.


def unplaced_volume(seg: SegmentationHeader, elements: Elements) -> Volume:
    """A segmentation without places in the patient: one frame a segment, or tiles of a picture."""
    rows, columns = elements.long(0x00480007), elements.long(0x00480006)
    tiled = rows is not None and columns is not None
    shape = (rows or 0, columns or 0) if tiled else seg.pixels.shape
    spacing = seg.facts[0].spacing if seg.facts else seg.shared.spacing
    geometry = Geometry(shape, (spacing[0], spacing[1]) if len(spacing) == 2 else None)
    channels = []
    for number in seg.numbers:
        own = channel_tiles(seg, shape, number)
        if not tiled and len(own) > 1:
            raise ReadError("the frames do not say where they lie", where=seg.path)
        source = partial(assemble_tiles, seg.pixels, tuple(own), shape, value_decoder(seg.kind))
        channels.append(segment_channel(seg, source, shape))
    return finish_segmentation(seg, geometry, channels)


Tile = tuple[int, int, int]  # frame, first row, first column


def channel_tiles(seg: SegmentationHeader, shape: tuple[int, int], number: int) -> list[Tile]:
    """The frames of a channel with their places in the picture.

    Where frames are not described they are complete: segment by segment, row by row of tiles.
    """
    if seg.facts:
        found = ((i, seg.facts[i].tile or (1, 1)) for i in seg.frames_of(number))
        return [(i, row - 1, column - 1) for i, (row, column) in found]
    rows, columns = seg.pixels.shape
    down, across = -(-shape[0] // rows), -(-shape[1] // columns)
    first = seg.numbers.index(number) * down * across
    return [(first + i, i // across * rows, i % across * columns) for i in range(down * across)]


def assemble_tiles(
    stored: PixelFrames,
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
