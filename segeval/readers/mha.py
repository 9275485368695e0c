"""MetaImage: .mha, or .mhd with its data file (.raw, .zraw), as it is or packed by zlib.

MetaImage stores the first axis fastest; here it comes last. Its millimetres are LPS, and a row of
the matrix is the direction of an axis. Several values a voxel, which are the fastest, are channels;
so is a fourth axis, or the one that `--channel-axis` names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, prod
from pathlib import Path

import numpy as np

from segeval.grid.geometry import Geometry, Reorder
from segeval.readers.channel_axis import asked_axis, checked_axis, pick_channels
from segeval.readers.data_file import find_data_file_of
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.packed_streams import CHANGED, PackedBytes
from segeval.volume.channel import Channel, check_channel_count
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

TYPES = {
    "MET_CHAR": "i1", "MET_UCHAR": "u1", "MET_SHORT": "i2", "MET_USHORT": "u2", "MET_INT": "i4",
    "MET_UINT": "u4", "MET_LONG": "i4", "MET_ULONG": "u4", "MET_LONG_LONG": "i8",
    "MET_ULONG_LONG": "u8", "MET_FLOAT": "f4", "MET_DOUBLE": "f8",
}  # fmt: skip
MARK = b"ObjectType"
LONGEST_HEADER = 1 << 16  # bytes
STACK_AXES = 4
SAME = {  # other names of a field
    "Position": "Offset", "Origin": "Offset", "Rotation": "TransformMatrix",
    "Orientation": "TransformMatrix", "ElementByteOrderMSB": "BinaryDataByteOrderMSB",
}  # fmt: skip


@frozen
class MetaHeader:
    """The fields of a header, and how many bytes it has."""

    path: Path
    fields: Mapping[str, str]
    size: int

    def numbers(self, name: str) -> tuple[float, ...]:
        """A field of numbers; empty where it is not there. Raises ReadError."""
        try:
            found = tuple(float(word) for word in self.fields.get(name, "").split())
        except ValueError as problem:
            raise self.error(f"{name} is {self.fields[name][:40]!r}, no numbers") from problem
        if not all(map(isfinite, found)):
            raise self.error(f"{name} is {self.fields[name][:40]!r}, no numbers")
        return found

    def is_set(self, name: str) -> bool:
        """Whether a field of True or False is True."""
        return self.fields.get(name, "").lower() in ("true", "1", "yes", "t")

    def error(self, message: str, help: str = CHANGED) -> ReadError:
        """The error for this file."""
        return ReadError(message, where=self.path, help=help)


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is MetaImage, from its name or how it begins."""
    return path.suffix.lower() in (".mha", ".mhd") or head.startswith((MARK, b"NDims"))


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open a MetaImage file. Raises ReadError."""
    header = parse_header(path)
    sizes = tuple(int(n) for n in header.numbers("DimSize"))
    count = int((header.numbers("NDims") or (0.0,))[0])
    if count not in (2, 3, 4) or len(sizes) != count or min(sizes, default=0) < 1:
        raise header.error(f"{count} axes of {header.fields.get('DimSize', 'no size')} voxels")
    values = int((header.numbers("ElementNumberOfChannels") or (1.0,))[0])
    stored = (*sizes[::-1], *([values] if values > 1 else []))
    if values > 1 and count == 4:
        raise header.error("a series of several values a voxel", "write a file a frame")
    whole = stored_channel(header, stored)
    if values == 1 and count == STACK_AXES:
        return stacked_volume(header, whole, sizes, asked_axis(reading, sizes))
    geometry = metaimage_grid(header, sizes, range(count))
    return Volume(geometry, split_axes(whole, count == STACK_AXES, values), path)


def stacked_volume(
    header: MetaHeader, whole: Channel, sizes: tuple[int, ...], asked: int | None
) -> Volume:
    """A file of four axes; the channels are the last, or the one asked for (ACCOUNT-A16).

    Raises ReadError.
    """
    last = len(sizes) - 1
    axis = last if asked is None else checked_axis(header.path, asked, sizes)
    rest = [a for a in range(len(sizes)) if a != axis]
    geometry = metaimage_grid(header, tuple(sizes[a] for a in rest), rest)
    if axis == last:
        return Volume(geometry, split_axes(whole, True, 1), header.path)
    check_channel_count(sizes[axis], header.path)
    return Volume(geometry, pick_channels(whole, axis), header.path)


def parse_header(path: Path) -> MetaHeader:
    """The fields, up to the one that names the data. Raises ReadError."""
    fields: dict[str, str] = {}
    with path.open("rb") as file:
        while "ElementDataFile" not in fields and file.tell() < LONGEST_HEADER:
            line = file.readline(LONGEST_HEADER)
            if not line:
                break
            name, equals, value = line.decode("utf-8", "replace").partition("=")
            if equals:
                fields[SAME.get(name.strip(), name.strip())] = value.strip()
        size = file.tell()
    header = MetaHeader(path, fields, size)
    needed = ("NDims", "DimSize", "ElementType", "ElementDataFile")
    if lacks := [name for name in needed if name not in fields]:
        raise header.error(f"not a MetaImage file: its header lacks {', '.join(lacks)}")
    return header


def stored_channel(header: MetaHeader, stored: tuple[int, ...]) -> Channel:
    """All values of the file as one array. Raises ReadError."""
    name = header.fields["ElementType"].upper()
    if name not in TYPES:
        raise header.error(f"values of type {name} are no labels and no probabilities", "")
    if header.fields.get("BinaryData", "True").lower() == "false":
        raise header.error("its values are text", "write it with binary data")
    dtype = np.dtype(TYPES[name]).newbyteorder(
        ">" if header.is_set("BinaryDataByteOrderMSB") else "<"
    )
    file, start = find_data(header)
    size = prod(stored) * dtype.itemsize
    found = file.stat().st_size
    if header.is_set("CompressedData"):
        return Channel(PackedBytes(file, "zlib", start, size=size), dtype, stored)
    if header.fields.get("HeaderSize", "0") == "-1":
        start = found - size
    if start < 0 or found < start + size:
        raise ReadError(
            f"the file ends after {found} of {max(start, 0) + size} bytes", where=file, help=CHANGED
        )
    return Channel(PackedBytes(file, start=start, size=size), dtype, stored)


def find_data(header: MetaHeader) -> tuple[Path, int]:
    """The file that holds the values, and where they begin. Raises ReadError."""
    name = header.fields["ElementDataFile"]
    skip = header.fields.get("HeaderSize", "0")
    if name.upper() == "LOCAL":
        return header.path, header.size
    if name.upper().startswith("LIST") or "%" in name:
        raise header.error("its values are in several files", "write it into one file")
    file = find_data_file_of(header.path, name)
    return file, max(0, int(skip)) if skip.lstrip("-").isdecimal() else 0


def metaimage_grid(header: MetaHeader, sizes: tuple[int, ...], places: Sequence[int]) -> Geometry:
    """The grid of the axes of space. Raises ReadError.

    sizes   voxels along them
    places  where they stand among the axes of the file
    """
    axes, most = len(sizes), max(places) + 1
    spacing = header.numbers("ElementSpacing") or header.numbers("ElementSize") or (1.0,) * most
    if len(spacing) < most:  # of fewer axes than the file has: the first ones are meant
        places = range(axes)
    sides = np.array([spacing[a] for a in places if a < len(spacing)])
    if len(sides) != axes or not np.isfinite(sides).all() or not (sides > 0).all():
        raise header.error(
            "voxels without size", "write it again: its ElementSpacing gives no sizes"
        )
    shape, last = sizes[::-1], tuple(sides[::-1].tolist())
    offset = header.numbers("Offset")
    matrix = np.array(header.numbers("TransformMatrix"))
    count = round(len(matrix) ** 0.5)
    if axes == 2 or len(offset) < 3 or count < 3 or count**2 != len(matrix):
        return Geometry(shape, last)
    own = list(places) if count > max(places) and len(offset) > max(places) else [0, 1, 2]
    offset, rows = tuple(offset[a] for a in own), matrix.reshape(count, count)[np.ix_(own, own)]
    lengths = np.linalg.norm(rows, axis=1)
    if not np.allclose(lengths, 1, atol=1e-3):
        raise header.error("its TransformMatrix holds no directions", "")
    towards = (rows / lengths[:, None])[::-1] + 0.0
    return Geometry(shape, last, tuple(offset[:3]), tuple(tuple(row) for row in towards.tolist()))


def split_axes(whole: Channel, stack: bool, values: int) -> tuple[Channel, ...]:
    """The channels of the array: of a fourth axis, or several values a voxel."""
    check_channel_count(
        max(values, whole.stored[0] if stack else 1), getattr(whole.source, "path", "")
    )
    if values > 1:
        last = len(whole.stored) - 1
        order = Reorder(tuple(range(last)), ())
        if stack:
            raise ReadError(
                "a series of several values a voxel", where=getattr(whole.source, "path", "")
            )
        return tuple(replace(whole, order=order, picked=(last, c)) for c in range(values))
    if not stack:
        return (whole,)
    source = whole.source
    assert isinstance(source, PackedBytes)
    count, grid = whole.stored[0], whole.stored[1:]
    size = source.size // count
    total = source.skip + source.size
    parts = [
        replace(source, skip=source.skip + c * size, size=size, total=total) for c in range(count)
    ]
    return tuple(replace(whole, source=part, stored=grid) for part in parts)
