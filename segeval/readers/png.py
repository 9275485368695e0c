"""Pictures as label maps: PNG, BMP, GIF and single-page TIFF, mostly through Pillow.

A palette PNG holds indices and its colours are for show: the index is the label. A colour-coded
picture needs the table of its colours. What Pillow would change without a word is undone (greys of
2 and 4 bits, which it spreads over 0..255) or refused (16 bits a channel, which it cuts to 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.readers import png_bands
from segeval.readers.colour_labels import ColourTable
from segeval.readers.pictures import (
    BMP,
    COLOURED,
    GIF,
    LOSSY,
    PNG,
    ROWS_PIXELS,
    SPREAD,
    TIFF,
    BandedPicture,
    Picture,
    open_image,
    raise_read_errors,
)
from segeval.readers.png_rows import open_png_rows
from segeval.runtime.errors import ReadError
from segeval.runtime.inventory import current
from segeval.runtime.memory_budget import check_room
from segeval.volume.channel import Channel
from segeval.volume.channel_streams import LARGE
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

if TYPE_CHECKING:
    from segeval.readers.pictures import PixelRows

SUFFIXES = (".png", ".bmp", ".tif", ".tiff", ".gif")
DICOM = b"DICM"  # after 128 bytes that anything may stand in
BITS, COMPRESSION, PHOTOMETRIC = 258, 259, 262  # fields of TIFF
JPEG_IN_TIFF, WHITE_IS_ZERO = (6, 7, 34892), 0
VALUES = {"1": "?", "L": "u1", "P": "u1", "I": "i4", "F": "f4",
          "I;16": "u2", "I;16L": "u2", "I;16B": "u2"}  # fmt: skip
# Bytes a pixel that it takes to decode a picture as a whole; of colours, their table included.
WHOLE_BYTES, COLOUR_BYTES = {"1": 3, "L": 3, "P": 3, "I;16": 6, "I;16B": 6, "I": 12, "F": 12}, 32


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is a picture, from its name or its first bytes."""
    if path.suffix.lower() in SUFFIXES:
        return True
    both = head[128:132] == DICOM  # a DICOM object may begin as a TIFF
    return head.startswith((PNG, *TIFF, *GIF)) and not both


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open a picture as a label map. Raises ReadError."""
    start = png_bands.read_start(path)
    if start[:4] in TIFF:
        from segeval.readers import tiff

        if (volume := tiff.read(path, reading)) is not None:
            return volume
    head = png_bands.parse_png_head(start)
    source: BandedPicture | Picture
    if head is not None:
        check_room(path, f"a picture of {head.shape[1]} x {head.shape[0]} pixels",
                   8 * max(png_bands.BAND, head.shape[1] * head.wide), reading.room)  # fmt: skip
        source, dtype, shape, palette = (
            BandedPicture(path, head),
            head.dtype.str,
            head.shape,
            head.palette,
        )
    else:
        source, dtype, shape = open_picture(path, reading)
        palette = source.mode == "P"
    voxels = Channel(source, np.dtype(dtype), shape)
    geometry = Geometry(shape, reading.spacing)
    return Volume(geometry, (voxels,), path, picture=True, palette=palette)


def open_picture(path: Path, reading: ReadOptions) -> tuple[Picture, str, tuple[int, int]]:
    """A picture that Pillow reads, the type of its labels, and its shape. Raises ReadError."""
    with open_image(path) as (image, start):
        mode, (width, height) = image.mode, image.size
        bits = channel_bits(image, start)
        check_picture(image, bits, path)
    with raise_read_errors(path):
        pixels = open_pixel_rows(path, start)
    colours = labels_by_colour(reading.colours)
    wide = mode in COLOURED and max(colours.values()) > 255
    step = SPREAD.get(bits, 1) if mode == "L" else 1
    dtype = VALUES.get(mode, "u2" if wide else "u1")
    unlisted = reading.unlisted if reading.colours else None
    if unlisted is not None and mode in COLOURED and mode != "LA":
        dtype = "u2"
    ids = reading.ids and not reading.colours and mode in ("RGB", "RGBA")
    dtype = "u4" if ids else dtype
    table = ColourTable(path, colours, unlisted, current().side, bool(reading.colours))
    whole = width * height * WHOLE_BYTES.get(mode, COLOUR_BYTES)
    if pixels is not None and width * height > LARGE:
        whole = pixels.band_bytes + ROWS_PIXELS * COLOUR_BYTES
    check_room(path, f"a picture of {width} x {height} pixels", whole, reading.room)
    return Picture(path, mode, pixels, np.dtype(dtype), table, step, ids), dtype, (height, width)


def open_pixel_rows(path: Path, start: bytes) -> PixelRows | None:
    """The pixels of a picture row by row; None of one that is decoded as a whole."""
    if start.startswith(PNG):
        return open_png_rows(path)
    if start.startswith(BMP):
        from segeval.readers.bmp_rows import open_bmp_rows

        return open_bmp_rows(path)
    if not start.startswith(TIFF):
        return None
    from segeval.readers.tiff_strips import open_tiff_strips

    return open_tiff_strips(path)


def channel_bits(image: Any, start: bytes) -> int:
    """Bits a channel that the file says it has, which Pillow may have made 8."""
    if image.format == "PNG" and image.tile:
        return start[24]  # of the IHDR, which is always first
    tags: Mapping[int, tuple[int, ...]] = getattr(image, "tag_v2", {})
    return max(tags.get(BITS, (8,)))


def check_picture(image: Any, bits: int, path: Path) -> None:
    """Refuse what cannot be read without changing its values. Raises ReadError."""
    pages = getattr(image, "n_frames", 1)
    tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
    if pages > 1:
        why, way = f"{pages} pages in one file", "write a file a page, or a volume (.nii.gz, .nrrd)"
    elif tags.get(COMPRESSION) in JPEG_IN_TIFF:
        why, way = LOSSY, "write it without JPEG"
    elif tags.get(PHOTOMETRIC) == WHITE_IS_ZERO:
        why, way = "a TIFF whose 0 is white is read both ways round", "write it with 0 as black"
    elif image.mode not in (*VALUES, *COLOURED):
        why, way = f"a picture of mode {image.mode} is no label map", "write one channel of labels"
    elif image.mode in COLOURED and bits > 8:
        why = f"{image.mode} of {bits} bits a channel, which would be cut to 8"
        way = "write one channel: 16-bit grey, or an indexed PNG"
    else:
        return
    raise ReadError(why, where=path, help=way)


def labels_by_colour(colours: Mapping[tuple[int, int, int], int]) -> dict[int, int]:
    """Label of each colour 0xrrggbb; black is background unless a class is, or is black."""
    table = {r << 16 | g << 8 | b: label for (r, g, b), label in colours.items()}
    if 0 not in table.values():
        table.setdefault(0, 0)
    return table or {0: 0}
