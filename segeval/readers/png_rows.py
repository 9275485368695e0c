"""PNG that is not interlaced, some rows at a time: colours, and greys of 1, 2 and 4 bits.

What png_bands.py does for one channel of whole bytes. So the memory does not grow with a picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from segeval.readers.png_bands import (
    BAND,
    IHDR,
    START,
    USUAL,
    PngHead,
    find_pixel_chunk,
    iterate_bands,
    iterate_filtered_rows,
)
from segeval.readers.png_inflate import ZLIB, stored_blocks
from segeval.runtime.arrays import Raw
from segeval.runtime.frozen import frozen

GREY, COLOUR, INDEXED, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 3, 4, 6
# Of a kind with several channels: Pillow's mode in memory, of 4 bytes, that of the file, and which
# of the bytes are those of the file.
MODES = {
    COLOUR: ("RGBX", "RGB", [0, 1, 2]),
    GREY_ALPHA: ("RGBA", "LA", [0, 3]),
    COLOUR_ALPHA: ("RGBA", "RGBA", [0, 1, 2, 3]),
}


@frozen
class PngRows:
    """The pixels of a PNG as they are stored, a bounded number of rows at a time.

    depth   bits of a channel: 1, 2 or 4 of one channel, else 8
    colour  what the channels are, as the file says it
    start   where the first chunk of pixels begins in the file
    """

    spread = False  # greys of few bits are as they are stored
    path: Path
    shape: tuple[int, int]
    depth: int
    colour: int
    start: int

    @property
    def row_bytes(self) -> int:
        """Bytes of a row that is not filtered."""
        channels = len(MODES[self.colour][2]) if self.colour in MODES else 1
        return (self.shape[1] * self.depth * channels + 7) // 8

    @property
    def band_bytes(self) -> int:
        """Bytes that are held at a time."""
        return 6 * max(self.row_bytes, BAND)

    def __call__(self) -> Iterator[Raw]:
        """Rows (n, x) or (n, x, channels) of bytes. Raises OSError."""
        with self.path.open("rb") as file:
            if self.colour in MODES:
                yield from self._colours(file)
            else:
                packed = PngHead((self.shape[0], self.row_bytes), False, self.start)
                for band in iterate_bands(file, packed):
                    yield unpack_pixels(band, self.depth, self.shape[1])

    def _colours(self, file: IO[bytes]) -> Iterator[Raw]:
        _, _, own = MODES[self.colour]
        above = b""
        for lines in iterate_filtered_rows(file, self.start, self.row_bytes + 1, self.shape[0]):
            pixels = self._unfilter(lines, above)
            above = b"\0" + pixels[-1][:, own].tobytes()
            yield pixels[..., own]

    def _unfilter(self, lines: Raw, above: bytes) -> Raw:
        """Undo the filters of some rows, by Pillow; `above` is the row before, unfiltered."""
        from PIL.Image import frombuffer

        memory, stored, _ = MODES[self.colour]
        size = self.shape[1], len(lines) + bool(above)
        out: Raw = np.empty((size[1], size[0], 4), np.uint8)
        stream = b"".join([ZLIB, *stored_blocks(above), *stored_blocks(lines.reshape(-1).data)])
        picture = frombuffer(memory, size, out, "raw", memory, 0, 1)
        picture.frombytes(stream, "zip", stored, 0)
        return out[bool(above) :]


def open_png_rows(path: Path) -> PngRows | None:
    """The pixels of a PNG; None of one that is not read here. Raises OSError."""
    with path.open("rb", buffering=0) as file:
        raw = file.read(START)
    if len(raw) < IHDR.size:
        return None
    mark, kind, width, height, depth, colour, ways = IHDR.unpack_from(raw)
    small = depth in (1, 2, 4) and colour in (GREY, INDEXED)
    known = mark == b"\x89PNG\r\n\x1a\n" and kind == b"IHDR" and ways == USUAL
    start = find_pixel_chunk(raw) if known and (small or (depth == 8 and colour in MODES)) else 0
    return PngRows(path, (height, width), depth, colour, start) if start else None


def unpack_pixels(packed: Raw, depth: int, width: int) -> Raw:
    """Pixels of 1, 2 or 4 bits, the first in the highest bits of a byte."""
    parts = [packed >> shift & (1 << depth) - 1 for shift in range(8 - depth, -1, -depth)]
    return np.stack(parts, -1).reshape(len(packed), -1)[:, :width]
