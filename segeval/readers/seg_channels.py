"""The segments of a segmentation as channels: they may overlap, so each is one of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.grid.slices import Slices
from segeval.readers.seg_frames import planes_of_frames
from segeval.readers.seg_header import SegmentationHeader, SegmentationKind
from segeval.readers.segment_planes import SegmentPlanes
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import Note, ReadError
from segeval.volume.channel import Channel
from segeval.volume.volume import Volume


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
