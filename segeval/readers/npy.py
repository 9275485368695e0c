"""NumPy arrays: .npy, and the probabilities, softmax or logits of an .npz.

Axes are (z, y, x) or (y, x), like everything here; a stack of channels has one axis more, which
comes first in an .npz (nnU-Net) and else is the one that fits. Nothing is ever unpickled.
"""

from __future__ import annotations

import io
import struct
import zlib
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from segeval.grid.geometry import Geometry, Reorder, format_shape
from segeval.readers.channel_axis import asked_axis
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.packed_streams import CHANGED, PackedBytes
from segeval.volume.channel import Channel, check_channel_count
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

NPY = b"\x93NUMPY"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # an archive; one without members
LONGEST_HEADER = 10_000  # bytes; NumPy takes no longer one either
KNOWN = ("probabilities", "softmax", "logits")
AXIS = "--channel-axis says which axis holds the channels, counted from 0"


@frozen
class StoredArray:
    """An array in a file.

    source   its bytes
    fortran  whether the first axis is the fastest
    key      what an archive calls it; None in a plain .npy
    """

    source: PackedBytes
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    key: str | None = None


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is a NumPy array or an archive of some, from its name or its mark."""
    return head.startswith(NPY) or path.suffix.lower() in (".npy", ".npz")


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open an array. Raises ReadError."""
    with path.open("rb") as file:
        mark = file.read(len(NPY))
    if mark.startswith(ZIP):
        return array_to_volume(open_archived_array(path), reading)
    if mark != NPY:
        raise ReadError("not a NumPy file: its mark is missing", where=path, help=CHANGED)
    with path.open("rb") as file:
        stored = read_npy_header(file, PackedBytes(path))
    end = stored.source.skip + stored.source.size
    if (found := path.stat().st_size) < end:
        raise ReadError(f"the file ends after {found} of {end} bytes", where=path, help=CHANGED)
    return array_to_volume(stored, reading)


def open_archived_array(path: Path) -> StoredArray:
    """The array of an .npz. Raises ReadError."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            key = choose_member(archive, path)
            info = archive.getinfo(f"{key}.npy")
            with archive.open(info) as file:
                stored = read_npy_header(file, PackedBytes(path, info.filename))
        source = locate_member(stored.source, info)
    except (
        zipfile.BadZipFile,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
        struct.error,
        zlib.error,
    ) as problem:
        raise ReadError(f"not a readable .npz ({problem})", where=path, help=CHANGED) from problem
    if info.file_size != stored.source.skip + stored.source.size:
        raise ReadError(
            f"the array {key} ends after {info.file_size} bytes", where=path, help=CHANGED
        )
    return replace(stored, source=source, key=key)


def locate_member(source: PackedBytes, info: ZipInfo) -> PackedBytes:
    """A member that is stored as it is can be read anywhere, like a file of its own."""
    if info.compress_type != 0:
        return source
    with source.path.open("rb") as file:
        file.seek(info.header_offset + 26)  # of the local header of 30 bytes
        name, extra = struct.unpack("<HH", file.read(4))
    start = info.header_offset + 30 + name + extra
    return replace(source, packing="", start=start, total=info.file_size, crc=info.CRC)


def choose_member(archive: ZipFile, path: Path) -> str:
    """The array to read: a known name, else the only one. Raises ReadError."""
    keys = [name[:-4] for name in archive.namelist() if name.endswith(".npy")]
    for key in KNOWN:
        if key in keys:
            return key
    if len(keys) == 1:
        return keys[0]
    raise ReadError(
        f"{len(keys)} arrays, and none is called {', '.join(KNOWN)}",
        where=path,
        facts=(f"it holds {', '.join(keys[:8]) or 'none'}",),
        help="save one array, or call it `probabilities` or `logits`",
    )


def read_npy_header(file: IO[bytes], source: PackedBytes) -> StoredArray:
    """Read the header of an array; the values begin where it ends. Raises ReadError."""
    form = np.lib.format
    try:
        old = form.read_magic(file) == (1, 0)
        header = read_npy_header_bytes(file, "<H" if old else "<I")
        shape, fortran, dtype = (
            form.read_array_header_1_0(header) if old else form.read_array_header_2_0(header)
        )
    except Exception as problem:  # NumPy parses it as Python: every error of a parser can come
        if isinstance(problem, (OSError, zlib.error)):
            raise
        raise ReadError(
            f"not a readable NumPy header ({problem})", where=source.path, help=CHANGED
        ) from problem
    if min(shape, default=0) < 0:
        raise ReadError(
            f"the header announces an array of {shape}", where=source.path, help=CHANGED
        )
    if dtype.hasobject or dtype.kind not in "biuf":
        raise ReadError(
            f"an array of {dtype} holds no numbers that can be scored",
            where=source.path,
            help="save a plain array of integers or floats; pickled objects are never loaded",
        )
    skip, size = file.tell(), prod(shape) * dtype.itemsize
    source = replace(source, skip=skip, size=size, total=skip + size)
    return StoredArray(source, shape, dtype, fortran)


def read_npy_header_bytes(file: IO[bytes], form: str) -> IO[bytes]:
    """The header behind its mark, with its length. Raises ValueError where it is none."""
    size = struct.calcsize(form)
    start = file.read(size)
    length = struct.unpack(form, start)[0] if len(start) == size else 0
    if length > LONGEST_HEADER:
        raise ValueError(f"it is {length} bytes long")
    return io.BytesIO(start + file.read(length))


def array_to_volume(stored: StoredArray, reading: ReadOptions) -> Volume:
    """An array as a volume. Raises ReadError where its axes have two readings."""
    stored = without_batch_axis(stored, reading)
    axis = find_channel_axis(stored, reading)
    grid = shape_without_axis(stored.shape, axis)
    if len(grid) not in (2, 3) or min(stored.shape) < 1:
        raise ReadError(
            f"an array of shape {stored.shape} is no picture and no volume",
            where=stored.source.path,
            help="(y, x) or (z, y, x) and at most one more axis, for channels",
        )
    return Volume(
        Geometry(grid, reading.spacing),
        split_channels(stored, axis),
        stored.source.path,
        logits=stored.key == "logits",
    )


def without_batch_axis(stored: StoredArray, reading: ReadOptions) -> StoredArray:
    """A network's output without the axis of its batch, where what is left fits the other side."""
    shape, grid = stored.shape, reading.grid
    if grid is None or reading.channel_axis is not None or len(shape) != len(grid) + 2:
        return stored
    rest = shape[1:]
    fits = any(shape_without_axis(rest, axis) == grid for axis in range(len(rest)))
    return replace(stored, shape=rest) if shape[0] == 1 and fits else stored


def shape_without_axis(shape: tuple[int, ...], axis: int | None) -> tuple[int, ...]:
    """A shape less one axis."""
    return shape if axis is None else shape[:axis] + shape[axis + 1 :]


def find_channel_axis(stored: StoredArray, reading: ReadOptions) -> int | None:
    """Which axis holds the channels; None where there are none. Raises ReadError."""
    count, grid = len(stored.shape), reading.grid
    if grid is not None and count == len(grid) and not (reading.flat and count > 2):
        return None
    asked = asked_axis(reading, stored.shape)
    if asked is not None and count in (3, 4):
        return user_channel_axis(stored, asked)
    if count == 4 and (grid is None or len(grid) == 2):  # nnU-Net: a picture is (class, 1, y, x)
        return 0 if stored.key else fitting_channel_axis(stored, range(4), reading)
    if grid is None and reading.low and stored.key and count == 3:
        return 0
    if grid is None or count != len(grid) + 1:
        return None
    fits = [a for a in range(count) if shape_without_axis(stored.shape, a) == grid]
    if (stored.key and 0 in fits) or (reading.low and not fits):
        return 0
    return fitting_channel_axis(stored, fits, reading)


def user_channel_axis(stored: StoredArray, axis: int) -> int:
    """The axis that the user names. Raises ReadError."""
    count = len(stored.shape)
    if not -count <= axis < count:
        raise ReadError(
            f"--channel-axis {axis} of an array of {count} axes",
            where=stored.source.path,
            facts=(f"its shape is {stored.shape}",),
            help=AXIS,
        )
    return axis % count


def fitting_channel_axis(stored: StoredArray, fits: range | list[int], reading: ReadOptions) -> int:
    """The only axis that fits, or the one as long as there are classes. Raises ReadError."""
    shape = stored.shape
    if reading.classes is not None and len(fits) > 1:
        fits = [a for a in fits if shape[a] in (reading.classes, reading.classes + 1)] or fits
    if len(fits) == 1:
        return fits[0]
    if not fits:
        raise ReadError(
            f"no axis of {shape} can be the channels",
            where=stored.source.path,
            facts=(f"the other side is {reading.grid}",),
            help=f"{AXIS}; --upsample brings scores of low resolution to the ground truth's size",
            status="geometry_mismatch",
        )
    readings = [
        f"axis {a}: {shape[a]} channels on {format_shape(shape_without_axis(shape, a))}"
        for a in fits
    ]
    raise ReadError(
        f"{len(fits)} axes of {shape} can be the channels",
        where=stored.source.path,
        facts=tuple(readings),
        help=AXIS,
    )


def split_channels(stored: StoredArray, axis: int | None) -> tuple[Channel, ...]:
    """The channels of an array: one after the other where they lie so, else picked out."""
    source, shape, dtype = stored.source, stored.shape, stored.dtype
    check_channel_count(1 if axis is None else shape[axis], source.path)
    if stored.fortran or axis not in (None, 0):
        return strided_channels(stored, axis)
    channels = 1 if axis is None else shape[0]
    size = source.size // channels
    parts = (replace(source, skip=source.skip + c * size, size=size) for c in range(channels))
    return tuple(Channel(part, dtype, shape_without_axis(shape, axis)) for part in parts)


def strided_channels(stored: StoredArray, axis: int | None) -> tuple[Channel, ...]:
    """The channels of an array whose values do not lie channel after channel, plane after plane."""
    source, shape, dtype = stored.source, stored.shape, stored.dtype
    count = len(shape)
    place = [count - 1 - a if stored.fortran else a for a in range(count)]
    on_disk = tuple(reversed(shape)) if stored.fortran else shape
    if axis is None:
        return (Channel(source, dtype, on_disk, Reorder(tuple(place), ())),)
    out = place[axis]
    left = tuple(p - (p > out) for a, p in enumerate(place) if a != axis)
    order = Reorder(left, ())
    return tuple(
        Channel(source, dtype, on_disk, order, picked=(out, c)) for c in range(shape[axis])
    )
