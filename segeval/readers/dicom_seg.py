"""DICOM Segmentation objects: BINARY, FRACTIONAL and LABELMAP.

Frames are placed by their position, not by their order, and empty ones are often left out
(DICOM-E2).
Segments may overlap, so each is a channel of its own; of a LABELMAP there is one.
"""

from __future__ import annotations

from pathlib import Path

from segeval.dicom.elements import DamagedElements
from segeval.dicom.files import DicomFile, damaged_dicom_error, names_class, open_dicom
from segeval.grid.slices import Slices
from segeval.readers.frames import read_frames, shared_facts
from segeval.readers.pixels import locate_frames
from segeval.readers.seg_channels import stack_segments
from segeval.readers.seg_frames import frame_slices
from segeval.readers.seg_header import (
    SegmentationHeader,
    read_segmentation_kind,
    segment_names,
    segment_types,
)
from segeval.readers.seg_tiles import unplaced_volume
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import replace
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

SOP_CLASSES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")


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


# Where frames lie.


# What becomes of the segments.


# Pictures: projections and microscopy, which lie in no patient.
