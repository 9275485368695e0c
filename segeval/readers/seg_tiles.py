"""Segmentations without places in the patient: one frame a segment, or tiles of a picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from segeval.dicom.elements import Elements
from segeval.grid.geometry import Geometry
from segeval.readers.pixels import PixelFrames
from segeval.readers.seg_channels import finish_segmentation, segment_channel, value_decoder
from segeval.readers.seg_header import SegmentationHeader
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import ReadError
from segeval.volume.volume import Volume


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
