"""A BMP that is not packed, some rows at a time: Pillow reads its head, and makes pixels of bytes.

So the memory does not grow with a picture. One that is packed (RLE) is decoded as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from segeval.runtime.arrays import Raw
from segeval.runtime.frozen import frozen

BAND = 1 << 20  # bytes of rows that are decoded at a time


@frozen
class BmpRows:
    """The pixels of a file.

    mode    Pillow's word for them in memory, `stored` for those of the file
    start   where the first row of the file begins
    line    bytes of a row, with what fills it up to whole words
    way     -1 where the last row of the picture is the first of the file, else 1
    """

    spread = False
    path: Path
    shape: tuple[int, int]
    mode: str
    stored: str
    start: int
    line: int
    way: int

    @property
    def band_bytes(self) -> int:
        """Bytes that are held at a time."""
        return 6 * max(self.line, BAND)

    def __call__(self) -> Iterator[Raw]:
        """Rows (n, x) or (n, x, channels), as Pillow gives them. Raises ValueError."""
        from PIL.Image import frombytes

        height, width = self.shape
        step = max(1, BAND // max(self.line, 1))
        with self.path.open("rb") as file:
            for row in range(0, height, step):
                count = min(step, height - row)
                first = row if self.way > 0 else height - row - count
                file.seek(self.start + first * self.line)
                raw = file.read(count * self.line)  # what fills up the last row may be missing
                how = self.stored, self.line, self.way
                yield np.asarray(frombytes(self.mode, (width, count), raw, "raw", *how))


def open_bmp_rows(path: Path) -> BmpRows | None:
    """The pixels of a BMP; None of one that is packed. Raises what Pillow raises."""
    from PIL.BmpImagePlugin import BmpImageFile

    with path.open("rb") as file, BmpImageFile(file) as image:
        tile: Any = image.tile[0]
        if tile[0] != "raw":
            return None
        start, (stored, line, way) = tile[2:4]
        if image.palette is not None:  # one that is none is refused, though only labels are read
            from PIL.Image import new

            new("P", (1, 1)).im.putpalette("RGB", *image.palette.getdata())
        return BmpRows(path, image.size[::-1], image.mode, stored, start, line, way)
