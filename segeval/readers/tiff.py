"""TIFF, strip by strip: integers of 8 to 64 bits, floats, bands, and the axes of ImageJ and OME.

Strips that are not packed, or packed by deflate (whose checksum is compared), are decoded here, so
that a picture of any size takes little memory. What else there is (LZW, JPEG, colours, bits) is
left to Pillow (png.py), which decodes a picture as a whole.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.readers.tiff_rows import DEFLATE, NONE, OLD_DEFLATE, PACKBITS, block_bytes, decode_rows
from segeval.readers.tiff_tags import TiffAxes, TiffPage, parse_axes, read_pages
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen
from segeval.runtime.inventory import KNOWN, current
from segeval.runtime.memory_budget import check_room
from segeval.runtime.packed_streams import CHANGED
from segeval.volume.channel import Channel, check_channel_count
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

WHITE_IS_ZERO, GREY, RGB, PALETTE = 0, 1, 2, 3
PILLOW = (1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 34676, 34677, 34892, 34925, 50000, 50001)


def read(path: Path, reading: ReadOptions) -> Volume | None:
    """Open a TIFF; None of one that is Pillow's. Raises ReadError."""
    order, every = read_pages(path)
    pages = full_pages(every)
    first = pages[0]
    axes = parse_axes(first.description) or TiffAxes({"z": 1, "c": 1, "t": 1}, "tzc")
    described = axes.count > 1
    if not described and len(pages) > 1:
        if not reading.series and reading.channel_axis != 0:
            raise pages_error(path, len(pages))
        axes = TiffAxes({"z": 1, "c": 1, "t": len(pages)}, "tzc")
    if described and axes.sizes["t"] > 1 and not reading.series:
        raise pages_error(path, axes.sizes["t"])
    if any(not is_decodable(page) for page in pages):
        check_known_to_pillow(first, path)
        return None
    check_channel_count(max(axes.count, first.samples), path)
    pages = virtual_pages(pages, axes)
    if len(pages) != axes.count or len({page_form(page) for page in pages}) > 1:
        raise ReadError(
            f"{len(pages)} pages of one file, and its description speaks of {axes.count}",
            where=path,
            help="write a file a page, or a volume (.nii.gz, .nrrd)",
        )
    report_overviews(path, len(every) - len(full_pages(every)))
    what = f"a strip or tile of {first.block[1]} x {first.block[0]} pixels"
    check_room(path, what, 4 * block_bytes(first), reading.room)
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
        help="--frames scores each page as a case of its own, --channel-axis 0 takes each as a "
        "channel; slices make a volume (.nrrd)",
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
