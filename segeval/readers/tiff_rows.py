"""The rows of a page of a TIFF: strips or tiles that are not packed, or by deflate or PackBits.

A strip that is as large as the picture is decoded some rows at a time, so that it takes little
memory; a tile, and a strip of PackBits, is decoded as a whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from segeval.readers.tiff_tags import TiffPage
from segeval.runtime.arrays import Raw
from segeval.runtime.packed_streams import PACKED_STEP

NONE, DEFLATE, OLD_DEFLATE, PACKBITS = 1, 8, 32946, 32773
DIFFERENCES, FLOAT_DIFFERENCES = 2, 3  # predictors
BAND = 1 << 20  # bytes of a strip that are decoded at a time


def is_tiled(page: TiffPage) -> bool:
    """Whether the blocks of a page are tiles."""
    return page.block[1] != page.shape[1]


def block_bytes(page: TiffPage) -> int:
    """Most bytes that are decoded at a time: a row of tiles, a strip, or some rows of one."""
    samples = 1 if page.planar else page.samples
    row = page.shape[1] * samples * page.bits // 8
    if is_tiled(page) or page.compression == PACKBITS:
        return page.block[0] * (row + page.block[1] * samples * page.bits // 8)
    return max(row, min(page.block[0] * row, BAND))


def decode_rows(
    file: IO[bytes], page: TiffPage, dtype: np.dtype[np.generic], sample: int
) -> Iterator[Raw]:
    """The rows (n, x) of one sample of a page, some at a time. Raises ValueError, zlib.error."""
    for rows in decode_samples(file, page, dtype, sample if page.planar else 0):
        yield rows[..., 0 if page.planar else sample]


def decode_samples(
    file: IO[bytes], page: TiffPage, dtype: np.dtype[np.generic], plane: int = 0
) -> Iterator[Raw]:
    """The rows (n, x, samples) of a page, some at a time. Raises ValueError, zlib.error.

    plane  which sample, where each has blocks of its own; they are then one
    """
    across, down = -(-page.shape[1] // page.block[1]), -(-page.shape[0] // page.block[0])
    first = plane * across * down
    if len(page.offsets) < first + across * down or len(page.counts) != len(page.offsets):
        raise ValueError("strips are missing")
    for row in range(down):
        count = min(page.block[0], page.shape[0] - row * page.block[0])
        number = first + row * across
        if is_tiled(page):
            yield decode_tiles(file, page, dtype, range(number, number + across))[:count]
        else:
            yield from decode_strip(file, page, dtype, number, count)


def decode_tiles(
    file: IO[bytes], page: TiffPage, dtype: np.dtype[np.generic], numbers: range
) -> Raw:
    """The values of tiles that stand beside each other: (rows, x, samples)."""
    samples = 1 if page.planar else page.samples
    (tall, wide), width = page.block, page.shape[1]
    out = np.empty((tall, width, samples), dtype.newbyteorder("="))
    for column, number in enumerate(numbers):
        raw = read_part(file, page.offsets[number], page.counts[number])
        tile = decode_block(raw, page, dtype, (tall, wide, samples))
        out[:, column * wide : column * wide + wide] = tile[:, : width - column * wide]
    return out


def decode_strip(
    file: IO[bytes], page: TiffPage, dtype: np.dtype[np.generic], number: int, rows: int
) -> Iterator[Raw]:
    """The values of a strip, (n, x, samples), some rows at a time."""
    samples = 1 if page.planar else page.samples
    line = page.shape[1] * samples * dtype.itemsize
    if page.compression == PACKBITS:
        raw = read_part(file, page.offsets[number], page.counts[number])
        yield decode_block(raw, page, dtype, (rows, page.shape[1], samples))
        return
    step = max(1, min(rows, BAND // max(line, 1)))
    parts = iterate_strip_bytes(file, page, number, line * step, line * rows)
    for row in range(0, rows, step):
        count = min(step, rows - row)
        yield interpret(next(parts), page, dtype, (count, page.shape[1], samples))
    for _ in parts:  # to the checksum
        pass


def iterate_strip_bytes(
    file: IO[bytes], page: TiffPage, number: int, most: int, size: int
) -> Iterator[bytes]:
    """The bytes of a strip, `most` at a time and the rest last. Raises ValueError, zlib.error.

    size  of all of them; what follows is left
    """
    place, left = page.offsets[number], page.counts[number]
    if page.compression == NONE:
        for start in range(0, size, most):
            count = min(most, size - start)
            if start + count > left:
                raise ValueError(f"a strip of {left} bytes of {size}")
            yield read_part(file, place + start, count)
        return
    inflater, packed, held = zlib.decompressobj(), b"", bytearray()
    while size and not inflater.eof:
        held += inflater.decompress(packed, min(most, size) - len(held))
        packed = inflater.unconsumed_tail
        if len(held) == min(most, size):
            size -= len(held)
            yield bytes(held)
            held.clear()
        elif not packed and not inflater.eof:
            packed = read_part(file, place, min(left, PACKED_STEP))
            place, left = place + len(packed), left - len(packed)
            if not packed:
                raise ValueError("a strip ends too early")
    if size:
        raise ValueError(f"{size - len(held)} bytes of a strip are missing")
    finish_strip(file, inflater, packed, place, left, page.block[0] * page.block[1] * 64)


def finish_strip(  # noqa: PLR0913 - the state of an open strip
    file: IO[bytes], inflater: Any, packed: bytes, place: int, left: int, surplus: int
) -> None:
    """Inflate a strip to its end, where its checksum is compared. Raises ValueError, zlib.error.

    surplus  bytes that may follow the rows
    """
    while not inflater.eof and surplus > 0:
        surplus -= len(inflater.decompress(packed, min(surplus, BAND)))
        packed = inflater.unconsumed_tail
        if not packed and not inflater.eof:
            packed = read_part(file, place, min(left, PACKED_STEP))
            place, left = place + len(packed), left - len(packed)
            if not packed:
                break
    if not inflater.eof:
        raise ValueError("a strip ends too early")


def read_part(file: IO[bytes], offset: int, count: int) -> bytes:
    """Bytes of the file. Raises ValueError where they are cut off."""
    file.seek(offset)
    raw = file.read(count)
    if len(raw) != count:
        raise ValueError(f"the file ends {count - len(raw)} bytes too early")
    return raw


def decode_block(
    raw: bytes, page: TiffPage, dtype: np.dtype[np.generic], shape: tuple[int, int, int]
) -> Raw:
    """The values of a strip or tile: (rows, columns, samples), native byte order."""
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    if page.compression == PACKBITS:
        raw = unpack_bits(raw, size)
    elif page.compression != NONE:
        inflater = zlib.decompressobj()
        raw = inflater.decompress(raw, size + page.block[0] * page.block[1] * 64)
        if not inflater.eof:
            raise ValueError("a strip ends too early")
    if len(raw) < size:
        raise ValueError(f"a strip of {len(raw)} bytes of {size}")
    return interpret(raw[:size], page, dtype, shape)


def interpret(
    raw: bytes, page: TiffPage, dtype: np.dtype[np.generic], shape: tuple[int, int, int]
) -> Raw:
    """Unpacked bytes as values (rows, columns, samples), native byte order."""
    size = len(raw)
    if page.predictor == FLOAT_DIFFERENCES:
        return undo_float_differences(raw, dtype, shape)
    values: Raw = np.frombuffer(raw, dtype, size // dtype.itemsize).reshape(shape)
    values = values.astype(dtype.newbyteorder("="), copy=False)
    if page.predictor == DIFFERENCES:
        return np.cumsum(values, axis=1, dtype=values.dtype)
    return values


def undo_float_differences(
    raw: bytes, dtype: np.dtype[np.generic], shape: tuple[int, int, int]
) -> Raw:
    """Floats whose bytes are stored plane by plane, as differences along the row."""
    rows, columns, samples = shape
    planes = np.frombuffer(raw, np.uint8).reshape(rows, dtype.itemsize * columns, samples)
    planes = np.cumsum(planes, axis=1, dtype=np.uint8)
    big = planes.reshape(rows, dtype.itemsize, columns * samples).transpose(0, 2, 1)
    values: Raw = np.ascontiguousarray(big).view(dtype.newbyteorder(">")).reshape(shape)
    return values.astype(dtype.newbyteorder("="))


def unpack_bits(raw: bytes, size: int) -> bytes:
    """Bytes packed by PackBits. Raises ValueError where they are too few."""
    out, at = bytearray(), 0
    while at < len(raw) and len(out) < size:
        code = raw[at]
        if code < 128:
            out += raw[at + 1 : at + 2 + code]
            at += 2 + code
        elif code > 128:
            out += raw[at + 1 : at + 2] * (257 - code)
            at += 2
        else:
            at += 1
    return bytes(out)
