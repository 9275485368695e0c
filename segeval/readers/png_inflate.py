"""The packed pixels of a PNG, inflated by isal, for Pillow's decoder.

A third to two thirds of what Pillow needs for a mask goes into inflating it, and isal does that in
a fifth of the time. So the pixels are inflated here, piece by piece, and packed again in stored
blocks, which Pillow only copies: rows, depths, palettes and interlacing stay its business.

Pillow reads no further than the last row and compares no checksum of pixels. Here that of every
chunk is compared and that of all rows, so that a changed bit is never another label.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from struct import Struct
from typing import IO, Any

from segeval.runtime.packed_streams import choose_zlib_library

HEAD = Struct(">I4s")  # of a chunk: its size, and what it is
CHECK = Struct(">I")
BLOCK = Struct("<BHH")  # of a stored block: not the last, its size, the same inverted
IHDR = Struct(">16xIIBB3s")  # from the first byte of the file
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a colour type
WHOLE = ((0, 0, 1, 1),)  # of a pass: its first column and row, and the steps to the next ones
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
         (0, 1, 1, 2))  # fmt: skip
SURPLUS = "more pixels unpack than the head announces"
ZLIB = b"\x78\x01"  # before the first block
MOST = (1 << 16) - 1  # bytes in a block
PACKED = 1 << 16  # bytes that are read at a time


def inflate_with_isal(image: Any) -> None:
    """Feed an open PNG of Pillow from here when it is loaded; what is damaged is an OSError."""
    image.fp.seek(0)
    size = filtered_size(image.fp.read(IHDR.size))
    fed = stored_deflate_stream(image.fp, image.tile[0][2] - HEAD.size, size)

    def rest() -> None:
        for _ in fed:  # after the last row: the checksums
            pass

    image.load_read = lambda size: next(fed, b"")
    image.load_end = rest


def filtered_size(head: bytes) -> int:
    """Bytes of all filtered rows, from the first bytes of the file."""
    width, height, depth, colour, ways = IHDR.unpack(head)
    total = 0
    for left, top, right, down in ADAM7 if ways[2] else WHOLE:
        columns, rows = -(-(width - left) // right), -(-(height - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * depth * CHANNELS.get(colour, 1) + 7) // 8)
    return total


def stored_deflate_stream(file: IO[bytes], start: int, size: int) -> Iterator[bytes | memoryview]:
    """The filtered rows as a deflate stream in which nothing is packed. Raises OSError."""
    yield ZLIB
    for rows in inflate_rows(file, start, choose_zlib_library(size), MOST):
        size -= len(rows)
        if size < 0:
            raise OSError(SURPLUS)
        yield from stored_blocks(rows)


def stored_blocks(rows: bytes | memoryview) -> Iterator[bytes | memoryview]:
    """Bytes as stored blocks of deflate."""
    for start in range(0, len(rows), MOST):
        part = rows[start : start + MOST]
        yield BLOCK.pack(0, len(part), len(part) ^ MOST)
        yield part


def inflate_rows(file: IO[bytes], start: int, library: Any, most: int) -> Iterator[bytes]:
    """The filtered rows in parts of a bounded size. Raises OSError.

    start    where the first chunk of pixels begins in the file
    library  zlib, or what looks like it
    most     bytes in a part
    """
    inflater = library.decompressobj()
    try:
        for packed in read_packed_rows(file, start, library.crc32):
            while rows := inflater.decompress(packed, most):
                yield rows
                packed = inflater.unconsumed_tail
    except library.error as problem:
        raise OSError(f"the pixels do not unpack: {problem}") from problem
    if not inflater.eof:
        raise OSError("the file ends before its pixels do")


def read_packed_rows(file: IO[bytes], start: int, crc32: Callable[..., int]) -> Iterator[bytes]:
    """What all chunks of pixels hold, in parts of a bounded size. Raises OSError."""
    file.seek(start)
    while (head := file.read(HEAD.size))[4:] == b"IDAT":
        left, check = HEAD.unpack(head)[0], crc32(b"IDAT")
        while left and (part := file.read(min(left, PACKED))):
            left -= len(part)
            check = crc32(part, check)
            yield part
        if file.read(CHECK.size) != CHECK.pack(check):
            raise OSError("a chunk of pixels was cut off or changed: its checksum is another")
