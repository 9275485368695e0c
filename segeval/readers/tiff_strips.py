"""A TIFF that Pillow decodes, strip by strip: each is handed to it as a file of its own.

So LZW, ZSTD, fax and colours take as little memory as what is decoded here (tiff.py), however large
the picture is.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from segeval.readers.tiff_rows import (
    BAND,
    DEFLATE,
    DIFFERENCES,
    NONE,
    OLD_DEFLATE,
    block_bytes,
    decode_samples,
    is_tiled,
)
from segeval.readers.tiff_tags import TiffPage, read_pages
from segeval.runtime.arrays import Raw
from segeval.runtime.frozen import frozen, replace

WIDTH, HEIGHT, OFFSETS, ROWS, COUNTS = 256, 257, 273, 278, 279
RGB = 2  # photometric
# What says how a strip is packed and what its values are; the rest belongs to the whole file.
KEPT = (258, 259, 262, 266, 277, 284, 292, 293, 317, 320, 338, 339, 347, 34016)


@frozen
class TiffStrips:
    """The pixels of one page, as Pillow gives them.

    order  `<` or `>`
    """

    path: Path
    page: TiffPage
    order: str

    spread = True  # Pillow spreads greys of few bits over all of a byte

    @property
    def band_bytes(self) -> int:
        """Most bytes of the strips or tiles that lie beside each other, decoded and packed."""
        tall, wide = self.page.block
        across = -(-self.page.shape[1] // wide)
        most = max(self.page.counts, default=0)
        pixel = max(1, self.page.bits // 8) * max(self.page.samples, 1)
        return 6 * tall * wide * across * pixel + most

    def __call__(self) -> Iterator[Raw]:
        """Rows (n, x) or (n, x, channels), of a row of strips or tiles at a time.

        Raises OSError, ValueError.
        """
        height, width = self.page.shape
        tall, wide = self.page.block
        across, down = -(-width // wide), -(-height // tall)
        tags = self._tags()
        if len(self.page.offsets) < across * down or len(self.page.counts) < across * down:
            raise ValueError("strips are missing")
        with self.path.open("rb") as file:
            for row in range(down):
                count = min(tall, height - row * tall)
                parts = [
                    self._strip(file, row * across + column, tags, count if across == 1 else tall)
                    for column in range(across)
                ]
                joined = parts[0] if across == 1 else np.concatenate(parts, axis=1)
                yield joined[:count, :width]

    def _tags(self) -> Any:
        from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

        kept = ImageFileDirectory_v2(b"II*\0\0\0\0\0" if self.order == "<" else b"MM\0*\0\0\0\0")
        with TiffImageFile(self.path) as image:
            for tag in KEPT:
                if tag in image.tag_v2:
                    kept.tagtype[tag] = image.tag_v2.tagtype[tag]
                    kept[tag] = image.tag_v2[tag]
        return kept

    def _strip(self, file: IO[bytes], number: int, tags: Any, rows: int) -> Raw:
        """The values of a strip or tile."""
        from PIL.TiffImagePlugin import TiffImageFile

        file.seek(self.page.offsets[number])
        packed = file.read(self.page.counts[number])
        if len(packed) != self.page.counts[number]:
            raise ValueError(f"the file ends {self.page.counts[number] - len(packed)} bytes early")
        tags[WIDTH], tags[HEIGHT], tags[ROWS] = self.page.block[1], rows, rows
        tags[OFFSETS], tags[COUNTS] = 0, len(packed)
        start = b"II*\0\x08\0\0\0" if self.order == "<" else b"MM\0*\0\0\0\x08"
        alone = io.BytesIO(start + tags.tobytes(8) + packed)
        with TiffImageFile(alone) as image:
            return np.asarray(image)


@frozen
class TiffSamples:
    """The colours of a page whose strips are decoded here."""

    spread = False
    path: Path
    page: TiffPage

    @property
    def band_bytes(self) -> int:
        """Bytes that are held at a time."""
        return 3 * block_bytes(self.page) * (self.page.samples if self.page.planar else 1)

    def __call__(self) -> Iterator[Raw]:
        """Rows (n, x, channels). Raises OSError, ValueError, zlib.error."""
        with self.path.open("rb") as file:
            planes = range(self.page.samples if self.page.planar else 1)
            samples = [decode_samples(file, self.page, np.dtype(np.uint8), at) for at in planes]
            for parts in zip(*samples, strict=True):
                yield parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)


def open_tiff_strips(path: Path) -> TiffSamples | TiffStrips | None:
    """The pixels of the first page; None where samples that have strips of their own are packed in
    a way that is not decoded here.

    Raises ReadError.
    """
    order, pages = read_pages(path)
    page = pages[0]
    ours = page.compression in (NONE, DEFLATE, OLD_DEFLATE) and page.predictor in (1, DIFFERENCES)
    if ours and page.bits == 8 and page.photometric == RGB and not page.reversed_bits:
        return TiffSamples(path, page)
    if page.planar and page.samples > 1:
        return None
    return TiffStrips(path, split_plain_strips(page), order)


def split_plain_strips(page: TiffPage) -> TiffPage:
    """The page with its strips cut into shorter ones, where they are not packed."""
    row = (page.shape[1] * page.samples * max(page.bits, 1) + 7) // 8
    rows = max(1, BAND // row)
    if page.compression != NONE or is_tiled(page) or page.block[0] <= rows or not page.bits:
        return page
    offsets, counts = [], []
    tall = page.block[0] - page.block[0] % rows  # strips of the file begin with one of ours
    if tall != page.block[0] and len(page.offsets) > 1:
        return page
    for number, (offset, count) in enumerate(zip(page.offsets, page.counts, strict=True)):
        height = min(page.block[0], page.shape[0] - number * page.block[0])
        if count < height * row:
            raise ValueError(f"a strip of {count} bytes of {height * row}")
        for first in range(0, height, rows):
            offsets.append(offset + first * row)
            counts.append(min(rows, height - first) * row)
    return replace(page, block=(rows, page.block[1]), offsets=tuple(offsets), counts=tuple(counts))
