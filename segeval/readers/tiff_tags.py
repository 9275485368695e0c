"""The tags of a TIFF, classic or big: what each page holds, and where its strips or tiles lie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from struct import Struct, error
from typing import IO, Any

from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen
from segeval.runtime.packed_streams import CHANGED

TYPES = {1: "B", 2: "s", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
SIZES = {"B": 1, "s": 1, "H": 2, "I": 4, "b": 1, "h": 2, "i": 4, "Q": 8, "q": 8}
SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL = 254, 256, 257, 258, 259, 262, 266
DESCRIPTION, OFFSETS, SAMPLES, ROWS, COUNTS, PLANAR, PREDICTOR = 270, 273, 277, 278, 279, 284, 317
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS, FORMAT = 322, 323, 324, 325, 339
NEEDED = (WIDTH, HEIGHT, OFFSETS, COUNTS, TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS)
REDUCED = 1  # of SUBFILE: a page of lower resolution
MOST_PAGES = 100_000
MOST_NUMBERS = (
    1 << 22
)  # in the tags of all pages: strips or tiles of a picture of 500 000 x 500 000


@frozen
class TiffPage:
    """What the tags of a page say.

    block    rows and columns of a strip or tile
    offsets  where each begins; of planar samples those of one sample after the other
    """

    shape: tuple[int, int]
    bits: int
    samples: int
    kind: str
    compression: int
    photometric: int
    planar: bool
    predictor: int
    reversed_bits: bool
    reduced: bool
    block: tuple[int, int]
    offsets: tuple[int, ...]
    counts: tuple[int, ...]
    description: str


def read_pages(path: Path) -> tuple[str, list[TiffPage]]:
    """The byte order, `<` or `>`, and the pages of a file. Raises ReadError."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
            order = "<" if start[:2] == b"II" else ">"
            big = Struct(f"{order}H").unpack_from(start, 2)[0] == 43
            at = Struct(f"{order}{'Q' if big else 'I'}").unpack_from(start, 8 if big else 4)[0]
            pages = [describe_page(tags) for tags in iterate_tags(file, order, big, at)]
    except (error, OverflowError, IndexError, ValueError, TypeError, MemoryError) as problem:
        raise ReadError(
            f"the tags of the TIFF are damaged ({problem})", where=path, help=CHANGED
        ) from problem
    if not pages:
        raise ReadError("a TIFF without a page", where=path, help=CHANGED)
    return order, pages


def iterate_tags(file: IO[bytes], order: str, big: bool, at: int) -> Iterator[dict[int, Any]]:
    """The tags of each page: a number, a text, or several numbers. Raises struct.error."""
    count_of = Struct(f"{order}{'Q' if big else 'H'}")
    entry = Struct(f"{order}HHQ8s" if big else f"{order}HHI4s")
    next_of = Struct(f"{order}{'Q' if big else 'I'}")
    met: set[int] = set()
    numbers = 0
    while at and at not in met and len(met) < MOST_PAGES:
        met.add(at)
        file.seek(at)
        count = count_of.unpack(file.read(count_of.size))[0]
        if count > 4096:
            raise ValueError(f"{count} tags")
        raw = file.read(count * entry.size)
        at = next_of.unpack(file.read(next_of.size))[0]
        tags = {}
        for tag, kind, number, value in entry.iter_unpack(raw):
            if tag in KNOWN and kind in TYPES:
                numbers += 0 if TYPES[kind] == "s" else number
                if numbers > MOST_NUMBERS:
                    raise ValueError(f"more than {MOST_NUMBERS} numbers")
                tags[tag] = tag_value(file, order, TYPES[kind], number, value, big)
        yield tags


def tag_value(  # noqa: PLR0913 - an entry of a directory
    file: IO[bytes], order: str, letter: str, number: int, value: bytes, big: bool
) -> Any:
    """The value of a tag, which lies in it or elsewhere."""
    size = SIZES[letter] * number
    if size > 1 << 28:
        raise ValueError(f"a tag of {size} bytes")
    if size > len(value):
        file.seek(Struct(f"{order}{'Q' if big else 'I'}").unpack(value)[0])
        value = file.read(size)
    found = Struct(f"{order}{number}{letter}").unpack_from(value)
    if letter == "s":
        return found[0].split(b"\0")[0].decode("utf-8", "replace")
    return found if len(found) != 1 else found[0]


KNOWN = {
    SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL, DESCRIPTION, OFFSETS, SAMPLES,
    ROWS, COUNTS, PLANAR, PREDICTOR, TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS, FORMAT,
}  # fmt: skip


def as_tuple(value: Any) -> tuple[int, ...]:
    """Numbers of a tag, one or several."""
    return value if isinstance(value, tuple) else (value,)


def describe_page(tags: dict[int, Any]) -> TiffPage:
    """A page by its tags. Raises ValueError where it has no size."""
    width, height = int(tags.get(WIDTH, 0)), int(tags.get(HEIGHT, 0))
    if min(width, height) < 1:
        raise ValueError(f"a page of {width} x {height} pixels")
    tiled = TILE_WIDTH in tags and TILE_HEIGHT in tags
    bits, formats = as_tuple(tags.get(BITS, 1)), as_tuple(tags.get(FORMAT, 1))
    rows = min(int(tags.get(ROWS, height)) or height, height)
    block = (int(tags[TILE_HEIGHT]), int(tags[TILE_WIDTH])) if tiled else (rows, width)
    if min(block) < 1:
        raise ValueError(f"strips of {block} pixels")
    return TiffPage(
        (height, width),
        bits[0] if len(set(bits)) == 1 else 0,
        int(tags.get(SAMPLES, 1)),
        {1: "u", 2: "i", 3: "f", 4: "u"}.get(formats[0], "") if len(set(formats)) == 1 else "",
        int(tags.get(COMPRESSION, 1)),
        int(tags.get(PHOTOMETRIC, 1)),
        int(tags.get(PLANAR, 1)) == 2,
        int(tags.get(PREDICTOR, 1)),
        int(tags.get(FILL, 1)) == 2,
        bool(int(tags.get(SUBFILE, 0)) & REDUCED),
        block,
        as_tuple(tags.get(TILE_OFFSETS if tiled else OFFSETS, ())),
        as_tuple(tags.get(TILE_COUNTS if tiled else COUNTS, ())),
        str(tags.get(DESCRIPTION, "")),
    )


@frozen
class TiffAxes:
    """How pages follow one another: the axes beside rows and columns, the slowest first.

    sizes    z, c and t
    order    of them, the slowest first
    spacing  millimetres along (z, y, x); None where the file does not say
    """

    sizes: dict[str, int]
    order: str
    spacing: tuple[float, ...] | None = None

    @property
    def count(self) -> int:
        """Pages in all."""
        return self.sizes["z"] * self.sizes["c"] * self.sizes["t"]


UNITS = {"m": 1e3, "cm": 10.0, "mm": 1.0, "µm": 1e-3, "um": 1e-3, "micron": 1e-3, "nm": 1e-6}


def parse_axes(description: str) -> TiffAxes | None:
    """The axes that ImageJ or OME describe; None without such a description."""
    if description.startswith("ImageJ="):
        fields = dict(line.split("=", 1) for line in description.splitlines() if "=" in line)
        sizes = {
            axis: number_in(fields, name)
            for axis, name in (("z", "slices"), ("c", "channels"), ("t", "frames"))
        }
        if sizes["z"] * sizes["c"] * sizes["t"] == 1:
            sizes["z"] = number_in(fields, "images")
        return TiffAxes(sizes, "tzc")
    pixels = re.search(r"<(?:\w+:)?Pixels\b([^>]*)>", description)
    if "<OME" not in description or pixels is None:
        return None
    fields = dict(re.findall(r'(\w+)="([^"]*)"', pixels[1]))
    sizes = {axis: number_in(fields, f"Size{axis.upper()}") for axis in "zct"}
    order = fields.get("DimensionOrder", "XYCZT")[2:][::-1].lower()
    sides = []
    for axis in "ZYX":
        unit = UNITS.get(fields.get(f"PhysicalSize{axis}Unit", "µm"))
        text = fields.get(f"PhysicalSize{axis}", "")
        if unit and re.fullmatch(r"\d+(\.\d+)?([eE][+-]?\d+)?", text) and float(text) > 0:
            sides.append(float(text) * unit)
    known = tuple(sides) if len(sides) == 3 else None
    return TiffAxes(sizes, order if sorted(order) == ["c", "t", "z"] else "tzc", known)


def number_in(fields: dict[str, str], name: str) -> int:
    """A count in a description; 1 where there is none."""
    text = fields.get(name, "1").strip()
    return int(text) if text.isdecimal() and int(text) > 0 else 1
