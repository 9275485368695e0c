"""Pictures as label maps: PNG, BMP, GIF and single-page TIFF, mostly through Pillow.

A palette PNG holds indices and its colours are for show: the index is the label. A colour-coded
picture needs the table of its colours. What Pillow would change without a word is undone (greys of
2 and 4 bits, which it spreads over 0..255) or refused (16 bits a channel, which it cuts to 8).
"""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.readers import png_bands
from segeval.readers.colour_labels import ColourTable, OpacityCensus, is_grey
from segeval.readers.png_inflate import inflate_with_isal
from segeval.readers.png_rows import PngRows, open_png_rows
from segeval.readers.tiff_strips import TiffSamples, TiffStrips, open_tiff_strips
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen
from segeval.runtime.inventory import current
from segeval.runtime.memory_budget import check_room
from segeval.volume.channel import Channel
from segeval.volume.channel_streams import LARGE
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

PNG = b"\x89PNG\r\n\x1a\n"
HEAD = 25  # bytes of a PNG up to the bits of a channel
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
BMP = b"BM"
JPEG = b"\xff\xd8\xff"
LOSSY = "lossy compression changes label values"
GIF = (b"GIF87a", b"GIF89a")
SUFFIXES = (".png", ".bmp", ".tif", ".tiff", ".gif")
BITS, COMPRESSION, PHOTOMETRIC = 258, 259, 262  # fields of TIFF
JPEG_IN_TIFF, WHITE_IS_ZERO = (6, 7, 34892), 0
BROKEN = (OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError, MemoryError,
          struct.error, zlib.error)  # fmt: skip
VALUES = {"1": "?", "L": "u1", "P": "u1", "I": "i4", "F": "f4",
          "I;16": "u2", "I;16L": "u2", "I;16B": "u2"}  # fmt: skip
MAPPED = {"L": "u1", "P": "u1", "I;16": "<u2"}  # what Pillow can write into an array of ours
# Bytes a pixel that it takes to decode a picture as a whole; of colours, their table included.
WHOLE_BYTES, COLOUR_BYTES = {"1": 3, "L": 3, "P": 3, "I;16": 6, "I;16B": 6, "I": 12, "F": 12}, 32
PixelRows = PngRows | TiffSamples | TiffStrips
ROWS_PIXELS = 1 << 18  # pixels whose colours are looked up at a time
WITH_ALPHA = ("RGBA", "LA")
COLOURED = ("RGB", "RGBA", "RGBX", "LA")
SPREAD = {2: 85, 4: 17}  # what Pillow multiplies the greys of so many bits by


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is a picture, from its name or its first bytes."""
    return path.suffix.lower() in SUFFIXES or head.startswith((PNG, *TIFF, *GIF))


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open a picture as a label map. Raises ReadError."""
    with path.open("rb") as file:
        mark = file.read(4)
    if mark in TIFF:
        from segeval.readers import tiff

        if (volume := tiff.read(path, reading)) is not None:
            return volume
    with raise_read_errors(path):
        head = png_bands.read_png_head(path)
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
    table = ColourTable(path, colours, unlisted, current().side)
    whole = width * height * WHOLE_BYTES.get(mode, COLOUR_BYTES)
    if pixels is not None and width * height > LARGE:
        whole = pixels.band_bytes + ROWS_PIXELS * COLOUR_BYTES
    check_room(path, f"a picture of {width} x {height} pixels", whole, reading.room)
    return Picture(path, mode, pixels, np.dtype(dtype), table, step, ids), dtype, (height, width)


def open_pixel_rows(path: Path, start: bytes) -> PixelRows | None:
    """The pixels of a picture row by row; None of one that is decoded as a whole."""
    if start.startswith(PNG):
        return open_png_rows(path)
    return open_tiff_strips(path) if start.startswith(TIFF) else None


@contextmanager
def raise_read_errors(path: Path) -> Iterator[None]:
    """Whatever a file that is no picture, or no whole one, raises is a ReadError."""
    try:
        yield
    except Exception as problem:
        if not isinstance(problem, BROKEN) and "Bomb" not in type(problem).__name__:
            raise  # Pillow has an error of its own for sizes that no picture has
        why = str(problem).replace(str(path), path.name).rstrip(".") or type(problem).__name__
        raise ReadError(
            f"not a readable picture ({why})",
            where=path,
            help="the file was cut off or is none; write it again",
        ) from problem


@contextmanager
def open_image(path: Path) -> Iterator[tuple[Any, bytes]]:
    """A picture with its header read, and its first bytes. Raises ReadError."""
    with raise_read_errors(path), path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damaged tags, which are not used
        start = file.read(HEAD)
        file.seek(0)
        with picture_decoder(start, path)(file) as image:
            yield image, start


def picture_decoder(mark: bytes, path: Path) -> Any:
    """Pillow's reader of a file. Image.open() would first load those of five other formats."""
    if mark.startswith(PNG):
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile
    if mark.startswith(BMP):
        from PIL.BmpImagePlugin import BmpImageFile

        return BmpImageFile
    if mark.startswith(GIF):
        from PIL.GifImagePlugin import GifImageFile

        return GifImageFile
    if mark.startswith(TIFF):
        from PIL.TiffImagePlugin import TiffImageFile

        return TiffImageFile
    if mark.startswith(JPEG):
        raise ReadError(LOSSY, where=path, help="it is a JPEG, whatever its name: write a PNG")
    raise ReadError(
        "no PNG, TIFF, BMP or GIF: the mark of none is there",
        where=path,
        help="the file was cut off or is none; write it again",
    )


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


def decode_picture(image: Any) -> Raw:
    """The values of a picture; those of one channel are decoded into the array itself.

    Pillow would copy them twice, into memory that was never touched: a third of the decoding.
    """
    if not image.tile:
        raise OSError("there are no pixels in it")
    if image.format == "PNG":
        inflate_with_isal(image)
    if image.mode not in MAPPED:
        return np.asarray(image)
    from PIL.Image import frombuffer

    values: Raw = np.empty(image.size[::-1], MAPPED[image.mode])
    own = frombuffer(image.mode, image.size, values, "raw", image.mode, 0, 1).im
    image.im = own
    image.load()
    return values if image.im is own else np.asarray(image)


def labels_by_colour(colours: Mapping[tuple[int, int, int], int]) -> dict[int, int]:
    """Label of each colour 0xrrggbb; black is background unless a class is, or is black."""
    table = {r << 16 | g << 8 | b: label for (r, g, b), label in colours.items()}
    if 0 not in table.values():
        table.setdefault(0, 0)
    return table or {0: 0}


def ids_of_colours(values: Raw) -> Raw:
    """Ids as COCO's panoptic pictures hold them, uint32: R + 256 G + 65536 B.

    values  uint8 (y, x, 3 or 4)
    """
    red, green, blue = (values[..., c] for c in range(3))
    return red.astype(np.uint32) | green.astype(np.uint32) << 8 | blue.astype(np.uint32) << 16


@frozen
class BandedPicture:
    """The labels of a PNG of one channel of 8 bits, decoded when they are asked for."""

    path: Path
    head: png_bands.PngHead

    def __call__(self) -> Raw:
        """The labels (y, x). Raises ReadError."""
        with raise_read_errors(self.path), self.path.open("rb") as file:
            return png_bands.decode_bands(file, self.head)

    def rows(self) -> Iterator[Raw]:
        """The labels, some rows (n, x) at a time. Raises ReadError."""
        with raise_read_errors(self.path), self.path.open("rb") as file:
            yield from png_bands.iterate_bands(file, self.head)


@frozen
class Picture:
    """The labels of a picture, decoded when they are asked for.

    pixels  gives its rows, where it need not be decoded as a whole
    dtype   of the labels
    colours label of each colour
    step    distance of two neighbouring greys, as Pillow gives them
    ids     colours are ids, R + 256 G + 65536 B, as COCO's panoptic pictures have them
    """

    path: Path
    mode: str
    pixels: PixelRows | None
    dtype: np.dtype[Any]
    colours: ColourTable
    step: int = 1
    ids: bool = False

    def __call__(self) -> Raw:
        """The labels (y, x). Raises ReadError."""
        with open_image(self.path) as (image, _):
            values = decode_picture(image)
        if values.ndim == 2:
            values = values if self.step == 1 else values // self.step
            return values.astype(values.dtype.newbyteorder("="), copy=False)
        if self.mode in WITH_ALPHA:
            OpacityCensus().joined(values[..., -1]).check(self.path)
        if self.mode == "LA":
            return np.ascontiguousarray(values[..., 0])
        if self.ids:
            return values[..., 0].astype(np.uint32) if is_grey(values) else ids_of_colours(values)
        return self.colours.of_picture(values)

    def rows(self) -> Iterator[Raw]:
        """The labels, some rows (n, x) at a time. Raises ReadError."""
        if self.pixels is None:
            yield self()
            return
        with raise_read_errors(self.path):
            labels = self._colours_to_labels() if self.mode in COLOURED else self._greys
            for values in self._few_rows():
                yield labels(values).astype(self.dtype, copy=False)

    def _few_rows(self) -> Iterator[Raw]:
        """The pixels, no more rows at a time than are worth it."""
        assert self.pixels is not None
        for values in self.pixels():
            step = max(1, ROWS_PIXELS // values.shape[1])
            for start in range(0, len(values), step):
                yield values[start : start + step]

    def _greys(self, values: Raw) -> Raw:
        assert self.pixels is not None
        return values // self.step if self.pixels.spread and self.step > 1 else values

    def _colours_to_labels(self) -> Callable[[Raw], Raw]:
        """How rows of colours become labels; what is odd about one is asked of all of them."""
        look_up: Callable[[Raw], Raw] | None = None
        if self.ids:
            grey = all(map(is_grey, self._few_rows()))
            look_up = (lambda values: values[..., 0]) if grey else ids_of_colours
        elif self.mode != "LA" and not self.colours.same_as_grey:
            look_up = self._decide()

        def labels(values: Raw) -> Raw:
            nonlocal look_up
            if self.mode in WITH_ALPHA and not (values[..., -1] == 255).all():
                self._refuse_soft_edges()
            if self.mode == "LA":
                return values[..., 0]
            if look_up is None and (found := self.colours.known(values)) is not None:
                return found
            look_up = look_up or self._decide()
            return look_up(values)

        return labels

    def _decide(self) -> Callable[[Raw], Raw]:
        """Whether colours are looked up or are the grey they are. Raises ReadError."""
        if self.colours.read_as(self.colours.count(self._few_rows())):
            return self.colours.by_table
        return lambda values: values[..., 0]

    def _refuse_soft_edges(self) -> None:
        """Raise ReadError with how many pixels are not fully opaque."""
        opacity = OpacityCensus()
        for values in self._few_rows():
            opacity = opacity.joined(values[..., -1])
        opacity.check(self.path)
