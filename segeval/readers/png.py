"""Pictures as label maps: PNG, BMP, GIF and single-page TIFF, mostly through Pillow.

A palette PNG holds indices and its colours are for show: the index is the label. A colour-coded
picture needs the table of its colours. What Pillow would change without a word is undone (greys of
2 and 4 bits, which it spreads over 0..255) or refused (16 bits a channel, which it cuts to 8).
"""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.readers import png_bands
from segeval.readers.png_inflate import inflate_with_isal
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen
from segeval.runtime.inventory import ASKED, current
from segeval.volume.channel import Channel
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
    colours = labels_by_colour(reading.colours)
    wide = mode in COLOURED and max(colours.values()) > 255
    step = SPREAD.get(bits, 1) if mode == "L" else 1
    dtype = VALUES.get(mode, "u2" if wide else "u1")
    unlisted = reading.unlisted if reading.colours else None
    if unlisted is not None and mode in COLOURED and mode != "LA":
        dtype = "u2"
    ids = reading.ids and not reading.colours and mode in ("RGB", "RGBA")
    made = Picture(path, mode, colours, step, unlisted, current().side, ids)
    return made, "u4" if ids else dtype, (height, width)


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


def ids_of_colours(red: Raw, green: Raw, blue: Raw) -> Raw:
    """Ids as COCO's panoptic pictures hold them, uint32: R + 256 G + 65536 B; greys are as grey.

    red, green, blue  uint8 (y, x)
    """
    if (red == green).all() and (red == blue).all():
        return red.astype(np.uint32)
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

    colours  label of each colour 0xrrggbb
    step     distance of two neighbouring greys
    unlisted label of colours that the table does not have; None: they are an error
    side     of the case, for what is reported
    ids      colours are ids, R + 256 G + 65536 B, as COCO's panoptic pictures have them
    """

    path: Path
    mode: str
    colours: Mapping[int, int]
    step: int = 1
    unlisted: int | None = None
    side: str = ""
    ids: bool = False

    def __call__(self) -> Raw:
        """The labels (y, x). Raises ReadError."""
        with open_image(self.path) as (image, _):
            values = decode_picture(image)
        if values.ndim == 2:
            values = values if self.step == 1 else values // self.step
            return values.astype(values.dtype.newbyteorder("="), copy=False)
        if self.mode in ("RGBA", "LA"):
            self._opaque(values[..., -1])
        if self.mode == "LA":
            return np.ascontiguousarray(values[..., 0])
        return self._labels(values)

    def _opaque(self, alpha: Raw) -> None:
        soft = int(np.count_nonzero(alpha != 255))
        if soft:
            raise ReadError(
                f"{soft} of {alpha.size} pixels are not fully opaque",
                where=self.path,
                facts=(f"alpha from {alpha.min()} to {alpha.max()}",),
                help="a soft edge is no label: write a mask of one channel",
            )

    def _labels(self, values: Raw) -> Raw:
        """Colours through the table; three equal channels that are not all in it are grey."""
        red, green, blue = (values[..., c] for c in range(3))
        if self.ids:
            return ids_of_colours(red, green, blue)
        packed = red.astype(np.uint32) << 16 | green.astype(np.uint32) << 8 | blue
        known = np.array(sorted(self.colours), np.uint32)
        place = np.searchsorted(known, packed).clip(max=len(known) - 1)
        strange = known[place] != packed
        if not strange.any():
            own = [self.colours[int(colour)] for colour in known]
            found: Raw = np.array(own, np.uint16 if max(own) > 255 else np.uint8)[place]
            return found
        if (red == green).all() and (red == blue).all():
            return np.ascontiguousarray(red)
        colours, counts = np.unique(packed[strange], return_counts=True)
        if self.unlisted is None:
            raise self._unlisted_error(colours, counts, packed.size)
        labels: Raw = np.array([self.colours[int(c)] for c in known], np.uint16)[place]
        labels[strange] = self.unlisted
        names = [f"#{c:06x}: {n} pixels" for c, n in zip(colours, counts, strict=True)]
        current().add_found("colour", len(colours), self.side)
        current().set_aside(
            "colour", "that no class has", names, ASKED, "W-unlisted-colour", self.side
        )
        return labels

    def _unlisted_error(self, colours: Raw, counts: Raw, of: int) -> ReadError:
        """The error for colours that the table does not have, the most frequent first."""
        order = np.argsort(-counts, kind="stable")[:5]
        shown = [f"#{colours[i]:06x}: {counts[i]}" for i in order]
        more = [f"and {len(colours) - 5} more"] if len(colours) > 5 else []
        return ReadError(
            f"pixels of colours that no class has: {counts.sum()} of {of}",
            where=self.path,
            facts=(*shown, *more),
            help='name each colour in segeval.toml: [classes.NAME] label = 1, color = "#rrggbb"'
            + ("; or --unlisted ignore leaves those pixels out" if len(self.colours) > 1 else ""),
        )
