"""PNG of one channel of 8 or 16 bits, which most masks are, decoded band by band.

Pillow only undoes the filters of rows: it is handed bands of them, inflated, and writes into the
array itself. It is not needed where no row of a band is filtered, as libpng leaves those of palette
pictures, or all are differences to the left, as OpenCV writes them, and it is not loaded for a few
kilobytes. Every other PNG is Pillow's (inflated.py).
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from struct import Struct
from typing import IO, Any

import numpy as np

from segeval.readers.png_inflate import CHECK, HEAD, SURPLUS, ZLIB, inflate_rows, stored_blocks
from segeval.runtime.arrays import Counted, Raw
from segeval.runtime.frozen import frozen
from segeval.runtime.packed_streams import choose_zlib_library

START = 1 << 12  # bytes in which the pixels begin, else the picture is Pillow's
BAND = 1 << 20  # bytes of inflated rows that are decoded at a time
IHDR = Struct(">8s4x4sIIBB3s")  # from the first byte of the file
GREY, INDEXED = 0, 3  # colour types
USUAL = bytes(3)  # packed by deflate, filtered by rows, not interlaced
NONE, SUB, UP, AVERAGE, PAETH = range(5)  # filters of a row
FEW = 1 << 14  # bytes of pictures that are cheaper to undo here than loading Pillow is

_undone = 0  # bytes of filtered rows so far


@frozen
class PngHead:
    """What the head of such a file says.

    start  where the first chunk of pixels begins in the file
    wide   bytes of a pixel: 1 or 2
    """

    shape: tuple[int, int]
    palette: bool
    start: int
    wide: int = 1

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the values."""
        return np.dtype(f"u{self.wide}")


def read_start(path: Path) -> bytes:
    """The first bytes of a file. Raises OSError."""
    with open(path, "rb", buffering=0) as file:
        return file.read(START)


def parse_png_head(raw: bytes) -> PngHead | None:
    """The head of a file by its first bytes; None of any that is not read here."""
    if len(raw) < IHDR.size:
        return None
    mark, kind, width, height, depth, colour, ways = IHDR.unpack_from(raw)
    one_channel = (depth, colour) in ((8, GREY), (8, INDEXED), (16, GREY)) and ways == USUAL
    known = mark == b"\x89PNG\r\n\x1a\n" and kind == b"IHDR" and one_channel
    start = find_pixel_chunk(raw) if known else 0
    if not (start and width and height):
        return None
    return PngHead((height, width), colour == INDEXED, start, depth // 8)


def find_pixel_chunk(raw: bytes) -> int:
    """Where the first chunk of pixels begins; 0 where that is further on, or of an animation.

    So it is where a chunk before it does not have its checksum: Pillow says which.
    """
    at = 8
    while at + HEAD.size <= len(raw):
        size, kind = HEAD.unpack_from(raw, at)
        if kind in (b"IDAT", b"acTL"):
            return at if kind == b"IDAT" else 0
        end = at + HEAD.size + size
        if raw[end : end + CHECK.size] != CHECK.pack(zlib.crc32(raw[at + 4 : end])):
            return 0
        at = end + CHECK.size
    return 0


def decode_bands(file: IO[bytes], picture: PngHead) -> Raw:
    """The values (y, x). Raises OSError."""
    out: Raw = np.empty(picture.shape, picture.dtype)
    for _ in iterate_bands(file, picture, out):
        pass
    return out


def iterate_bands(file: IO[bytes], picture: PngHead, out: Raw | None = None) -> Iterator[Raw]:
    """The values, some rows (n, x) at a time; arrays that the next rows overwrite. Raises OSError.

    out  (y, x) room for all of them; None: only a band is held at a time
    """
    height, width = picture.shape
    line, row = width * picture.wide + 1, 0
    rows = 0 if out is not None else rows_of_band(height, line) + 2
    kept: Raw = np.empty((rows, width), picture.dtype)
    for lines in iterate_filtered_rows(file, picture.start, line, height):
        count, above = len(lines), int(row > 0)
        room = kept[1 - above : 1 + count] if out is None else out[row - above : row + count]
        unfilter_rows(lines, room, above > 0)
        yield room[above:]
        if out is None:
            kept[0] = kept[count]
        row += count


def rows_of_band(height: int, line: int) -> int:
    """How many rows are decoded at a time: bands of one size, or the last would be a rest."""
    return -(-height // -(-height * (line - 1) // BAND))


def iterate_filtered_rows(file: IO[bytes], start: int, line: int, height: int) -> Iterator[Raw]:
    """All rows with their filters, (n, line) bytes at a time. Raises OSError.

    start  where the first chunk of pixels begins in the file
    line   bytes of a row, its filter included
    """
    row, left = 0, b""
    library, band = choose_zlib_library(height * (line - 1)), rows_of_band(height, line) * line
    for part in inflate_rows(file, start, library, band):
        if row == height:
            raise OSError(SURPLUS)
        raw = left + part
        count = min(len(raw) // line, height - row)
        row += count
        left = raw[count * line :]
        if count:
            yield np.frombuffer(raw, np.uint8, count * line).reshape(count, line)
    if left and row == height:
        raise OSError(SURPLUS)
    if row < height:
        raise OSError(f"{row} of {height} rows are there")


def unfilter_rows(lines: Raw, out: Raw, above: bool) -> None:
    """Undo the filters of some rows: (n, 1 + bytes) into (n, width), the row above before."""
    filters = {*lines[:, 0].tolist()}
    if out.dtype.itemsize == 2 and filters <= {NONE}:
        out[int(above) :] = np.ascontiguousarray(lines[:, 1:]).view(">u2")
    elif out.dtype.itemsize == 1 and filters <= {NONE, SUB}:
        own = out[int(above) :]
        own[...] = lines[:, 1:]
        undo_left_filter(own, np.flatnonzero(lines[:, 0] == SUB))
    elif out.dtype.itemsize == 1 and are_few(lines):
        undo_few_rows(lines, out, above)
    else:
        undo_row_filters(lines, out, above)


def undo_left_filter(out: Raw, which: Counted) -> None:
    """Undo the filter of rows that hold differences to the left, in place.

    numpy.add.accumulate adds one byte after the other. Here all rows are added at once to
    themselves, shifted by 1, 2, 4, … bytes, until each byte is the sum of all before it.
    """
    rows = out[which]
    room, shift = np.empty_like(rows), 1
    while shift < rows.shape[1] and len(which):
        room[:, :shift] = rows[:, :shift]
        np.add(rows[:, shift:], rows[:, :-shift], out=room[:, shift:])
        rows, room, shift = room, rows, 2 * shift
    out[which] = rows


def are_few(lines: Raw) -> bool:
    """Whether it is not worth loading Pillow for some rows: a process may see one small picture.

    Pillow says what is wrong with filters that there are not.
    """
    global _undone  # noqa: PLW0603 - of the process
    _undone += lines.size
    return _undone <= FEW and "PIL.Image" not in sys.modules and int(lines[:, 0].max()) <= PAETH


def undo_few_rows(lines: Raw, out: Raw, above: bool) -> None:
    """Undo the filters of some rows of bytes, one byte after the other; as `undo_row_filters`."""
    before = out[0].tolist() if above else [0] * out.shape[1]
    for place, (way, *row) in enumerate(lines.tolist(), int(above)):
        if way == SUB:
            before = [total & 255 for total in accumulate(row)]
        elif way == UP:
            before = [(byte + up) & 255 for byte, up in zip(row, before, strict=True)]
        elif way != NONE:
            before = undo_mixed_filter(row, before, way)
        else:
            before = row
        out[place] = before


def undo_mixed_filter(row: list[int], before: list[int], way: int) -> list[int]:
    """Undo the filter of a row whose bytes are differences to the left and above.

    before  the row above
    way     AVERAGE: to the mean of both; PAETH: to the nearest of three to left + up - corner, the
            first of equals (PNG, 9.4)
    """
    made, left, corner = [], 0, 0
    for byte, up in zip(row, before, strict=True):
        if way == AVERAGE:
            guess = (left + up) // 2
        else:
            to_left, to_up, to_corner = up - corner, left - corner, left + up - 2 * corner
            to_left, to_up, to_corner = abs(to_left), abs(to_up), abs(to_corner)
            guess = up if to_up <= to_corner else corner
            if to_left <= to_up and to_left <= to_corner:
                guess = left
        left, corner = (byte + guess) & 255, up
        made.append(left)
    return made


def undo_row_filters(lines: Raw, out: Raw, above: bool) -> None:
    """Undo the filters of some rows.

    lines  (n, 1 + bytes of a row)
    out    (n, width), overwritten; with the row above before it where there is one, which is kept
    """
    from PIL.Image import frombuffer

    modes = ("L", "L") if out.dtype.itemsize == 1 else ("I;16", "I;16B")
    first = b"\0" + out[0].astype(out.dtype.newbyteorder(">")).tobytes() if above else b""
    stream = b"".join([ZLIB, *stored_blocks(first), *stored_blocks(lines.reshape(-1).data)])
    picture = frombuffer(modes[0], out.shape[::-1], out, "raw", modes[0], 0, 1)
    picture.frombytes(stream, "zip", modes[1], 0)
