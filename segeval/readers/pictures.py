"""The labels of a picture, decoded when they are asked for, as a whole or row by row."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.readers import png_bands
from segeval.readers.colour_labels import ColourTable, OpacityCensus, is_grey
from segeval.readers.png_inflate import inflate_with_isal
from segeval.readers.png_rows import PngRows
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen

if TYPE_CHECKING:
    from segeval.readers.bmp_rows import BmpRows
    from segeval.readers.tiff_strips import TiffSamples, TiffStrips

    PixelRows = BmpRows | PngRows | TiffSamples | TiffStrips

HEAD = 25  # bytes of a PNG up to the bits of a channel
JPEG = b"\xff\xd8\xff"
LOSSY = "lossy compression changes label values"

PNG = b"\x89PNG\r\n\x1a\n"
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
BMP = b"BM"
GIF = (b"GIF87a", b"GIF89a")
BROKEN = (OSError, ValueError, SyntaxError, EOFError, KeyError, TypeError, MemoryError,
          IndexError, struct.error, zlib.error)  # fmt: skip
MAPPED = {"L": "u1", "P": "u1", "I;16": "<u2"}  # what Pillow can write into an array of ours
ROWS_PIXELS = 1 << 18  # pixels whose colours are looked up at a time
WITH_ALPHA = ("RGBA", "LA")
COLOURED = ("RGB", "RGBA", "RGBX", "LA")
SPREAD = {2: 85, 4: 17}  # what Pillow multiplies the greys of so many bits by


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
        with raise_read_errors(self.path), open(self.path, "rb") as file:
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
            met: set[int] = set()
            labels = self._colours_to_labels(met) if self.mode in COLOURED else self._greys
            for values in self._few_rows():
                yield labels(values).astype(self.dtype, copy=False)
            self.colours.count_used(met)

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

    def _colours_to_labels(self, met: set[int]) -> Callable[[Raw], Raw]:
        """How rows of colours become labels; what is odd about one is asked of all of them.

        met  gets the colours of the table that are met
        """
        look_up: Callable[[Raw], Raw] | None = None
        if self.ids:
            grey = all(map(is_grey, self._few_rows()))
            look_up = (lambda values: values[..., 0]) if grey else ids_of_colours
        elif self.mode != "LA" and not self.colours.same_as_grey:
            look_up = self._decide(met)

        def labels(values: Raw) -> Raw:
            nonlocal look_up
            if self.mode in WITH_ALPHA and not (values[..., -1] == 255).all():
                self._refuse_soft_edges()
            if self.mode == "LA":
                return values[..., 0]
            if look_up is None and (found := self.colours.known(values, met)) is not None:
                return found
            look_up = look_up or self._decide(met)
            return look_up(values)

        return labels

    def _decide(self, met: set[int]) -> Callable[[Raw], Raw]:
        """Whether colours are looked up or are the grey they are. Raises ReadError."""
        if self.colours.read_as(self.colours.count(self._few_rows())):
            return partial(self.colours.by_table, met=met)
        met.clear()
        return lambda values: values[..., 0]

    def _refuse_soft_edges(self) -> None:
        """Raise ReadError with how many pixels are not fully opaque."""
        opacity = OpacityCensus()
        for values in self._few_rows():
            opacity = opacity.joined(values[..., -1])
        opacity.check(self.path)
