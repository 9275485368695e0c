"""TIFF, strip by strip: integers of 8 to 64 bits, floats, bands, and the axes of ImageJ and OME.

Strips that are not packed, or packed by deflate (whose checksum is compared), are decoded here, so
that a picture of any size takes little memory. What else there is (LZW, JPEG, colours, bits) is
left to Pillow (png.py), which decodes a picture as a whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.readers.tiff_tags import TiffAxes, TiffPage, parse_axes, read_pages
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen
from segeval.runtime.inventory import KNOWN, current
from segeval.runtime.packed_streams import CHANGED
from segeval.volume.channel import Channel
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

NONE, DEFLATE, OLD_DEFLATE, PACKBITS = 1, 8, 32946, 32773
WHITE_IS_ZERO, GREY, RGB, PALETTE = 0, 1, 2, 3
PILLOW = (1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 34676, 34677, 34892, 34925, 50000, 50001)
DIFFERENCES, FLOAT_DIFFERENCES = 2, 3  # predictors


def read(path: Path, reading: ReadOptions) -> Volume | None:
    """Open a TIFF; None of one that is Pillow's. Raises ReadError."""
    order, every = read_pages(path)
    pages = full_pages(every)
    first = pages[0]
    axes = parse_axes(first.description) or TiffAxes({"z": 1, "c": 1, "t": 1}, "tzc")
    described = axes.count > 1
    if not described and len(pages) > 1:
        if not reading.series:
            raise pages_error(path, len(pages))
        axes = TiffAxes({"z": 1, "c": 1, "t": len(pages)}, "tzc")
    if axes.sizes["t"] > 1 and not reading.series:
        raise pages_error(path, axes.sizes["t"])
    if any(not is_decodable(page) for page in pages):
        check_known_to_pillow(first, path)
        return None
    pages = virtual_pages(pages, axes)
    if len(pages) != axes.count or len({page_form(page) for page in pages}) > 1:
        raise ReadError(
            f"{len(pages)} pages of one file, and its description speaks of {axes.count}",
            where=path,
            help="write a file a page, or a volume (.nii.gz, .nrrd)",
        )
    report_overviews(path, len(every) - len(full_pages(every)))
    dtype = np.dtype(f"{order}{first.kind}{first.bits // 8}")
    shape = (axes.sizes["z"], *first.shape) if axes.sizes["z"] > 1 else first.shape
    channels = tuple(
        Channel(
            TiffChannel(path, tuple(pages[i] for i in own), dtype, sample),
            dtype.newbyteorder("="),
            shape,
        )
        for own in channel_pages(axes)
        for sample in range(first.samples)
    )
    spacing = reading.spacing or (axes.spacing if len(shape) == 3 else None)
    alone = len(channels) == 1 and len(shape) == 2
    palette = first.photometric == PALETTE
    return Volume(Geometry(shape, spacing), channels, path, picture=alone, palette=palette)


def pages_error(path: Path, count: int) -> ReadError:
    """The error for several pictures in one file (ACCOUNT-A16)."""
    return ReadError(
        f"{count} pages in one file",
        where=path,
        facts=("nothing says whether they are slices, channels or frames",),
        help="--frames scores each page as a case of its own; slices make a volume (.nrrd)",
    )


def full_pages(pages: list[TiffPage]) -> list[TiffPage]:
    """The pages without those of lower resolution of the first."""
    first = pages[0].shape
    return [
        page
        for page in pages
        if page is pages[0]
        or not (page.reduced or (page.shape[0] < first[0] and page.shape[1] < first[1]))
    ]


def report_overviews(path: Path, count: int) -> None:
    """Say that only the full resolution is taken."""
    if count:
        current().add_found("frame", count)
        current().set_aside(
            "frame", "of lower resolution (overviews)", [path.name], KNOWN, count=count
        )


def is_decodable(page: TiffPage) -> bool:
    """Whether the strips of a page are decoded here."""
    packed = page.compression in (NONE, DEFLATE, OLD_DEFLATE, PACKBITS)
    typed = page.bits in (8, 16, 32, 64) and page.kind and not page.reversed_bits
    typed = typed and not (page.kind == "f" and page.bits == 8)
    grey = page.photometric == GREY or (page.photometric == PALETTE and page.bits == 8)
    bands = page.photometric == RGB and (page.kind == "f" or page.samples > 4)
    return bool(packed and typed and (grey or bands) and page.predictor in (1, 2, 3))


def check_known_to_pillow(page: TiffPage, path: Path) -> None:
    """Refuse, by name, what Pillow cannot decode either: the file is whole. Raises ReadError."""
    kind = {"u": "unsigned integers", "i": "integers", "f": "floats"}.get(page.kind, "values")
    if page.compression not in PILLOW:
        why = f"a TIFF packed in a way that is not read (compression {page.compression})"
    elif page.bits == 64 and page.photometric == WHITE_IS_ZERO:
        why = "a TIFF whose 0 is white is read both ways round"
    elif page.bits == 64 or (page.photometric == PALETTE and page.bits > 8):
        colours = " of a palette" if page.photometric == PALETTE else ""
        why = f"a TIFF of {page.bits}-bit {kind}{colours}, packed or arranged as here, is not read"
    else:
        return
    raise ReadError(why, where=path, help="write uint16 with deflate or without compression")


def page_form(page: TiffPage) -> tuple[object, ...]:
    """What pages of one volume share."""
    return page.shape, page.bits, page.kind, page.samples


def virtual_pages(pages: list[TiffPage], axes: TiffAxes) -> list[TiffPage]:
    """The pages of a large file of ImageJ: one is described, the others follow its voxels."""
    first = pages[0]
    if len(pages) != 1 or axes.count == 1 or first.compression != NONE or len(first.offsets) != 1:
        return pages
    from segeval.runtime.frozen import replace

    size = first.shape[0] * first.shape[1] * first.samples * first.bits // 8
    return [
        replace(first, offsets=(first.offsets[0] + n * size,), counts=(size,))
        for n in range(axes.count)
    ]


def channel_pages(axes: TiffAxes) -> Iterator[list[int]]:
    """The numbers of the pages of each channel: of every frame, and of every c of it."""
    steps, step = {}, 1
    for axis in reversed(axes.order):
        steps[axis] = step
        step *= axes.sizes[axis]
    for t in range(axes.sizes["t"]):
        for c in range(axes.sizes["c"]):
            start = t * steps["t"] + c * steps["c"]
            yield [start + z * steps["z"] for z in range(axes.sizes["z"])]


@frozen
class TiffChannel:
    """One sample of some pages, decoded when it is asked for.

    dtype  as stored
    """

    path: Path
    pages: tuple[TiffPage, ...]
    dtype: np.dtype[np.generic]
    sample: int

    def __call__(self) -> Raw:
        """The values (z, y, x) or (y, x). Raises ReadError."""
        rows = np.concatenate(list(self.rows()))
        return rows.reshape(len(self.pages), *self.pages[0].shape) if len(self.pages) > 1 else rows

    def rows(self) -> Iterator[Raw]:
        """The values, some rows (n, x) at a time. Raises ReadError."""
        try:
            with self.path.open("rb") as file:
                for page in self.pages:
                    yield from decode_rows(file, page, self.dtype, self.sample)
        except (OSError, ValueError, zlib.error, IndexError, MemoryError) as problem:
            raise ReadError(
                f"not a readable picture ({problem})", where=self.path, help=CHANGED
            ) from problem


def decode_rows(
    file: IO[bytes], page: TiffPage, dtype: np.dtype[np.generic], sample: int
) -> Iterator[Raw]:
    """The rows of one sample of a page, those of a row of blocks at a time."""
    height, width = page.shape
    tall, wide = page.block
    across = -(-width // wide)
    down = -(-height // tall)
    samples = 1 if page.planar else page.samples
    first = sample * across * down if page.planar else 0
    if len(page.offsets) < first + across * down or len(page.counts) != len(page.offsets):
        raise ValueError("strips are missing")
    tiled = page.block[1] != width or across > 1
    for row in range(down):
        count = min(tall, height - row * tall)
        out = np.empty((count, width), dtype.newbyteorder("="))
        for column in range(across):
            number = first + row * across + column
            block = decode_block(
                read_part(file, page.offsets[number], page.counts[number]),
                page, dtype, (tall if tiled else count, wide, samples),
            )  # fmt: skip
            part = block[:count, : width - column * wide, 0 if page.planar else sample]
            out[:, column * wide : column * wide + wide] = part
        yield out


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
    if page.predictor == FLOAT_DIFFERENCES:
        return undo_float_differences(raw[:size], dtype, shape)
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
