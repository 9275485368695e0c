"""NumPy arrays: .npy, and the probabilities, softmax or logits of an .npz.

Axes are (z, y, x) or (y, x), C order like everything here; a stack of channels has one axis more,
which comes first in an .npz (nnU-Net) and is found by its length in an .npy. Nothing is unpickled.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from segeval.errors import ReadError
from segeval.geometry import Geometry, Reorder, times
from segeval.streams import Packed
from segeval.volumes import Reading, Volume, Voxels

NPY = b"\x93NUMPY"
ZIP = b"PK\x03\x04"
KNOWN = ("probabilities", "softmax", "logits")
ROIS = {"masks", "boxes", "labels"}


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is a NumPy array or an archive of some."""
    if head.startswith(NPY):
        return True
    return path.suffix.lower() in (".npy", ".npz") and (not head or head.startswith((NPY, ZIP)))


def read(path: Path, reading: Reading) -> Volume:
    """Open an array. Raises ReadError."""
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(NPY):
        with path.open("rb") as file:
            stored = header(file, path)
        return volume(path, stored, "", reading, first=False, logits=False)
    if not start.startswith(ZIP):
        raise ReadError("not a NumPy file", where=path, help="a damaged or cut-off file")
    return from_archive(path, reading)


def from_archive(path: Path, reading: Reading) -> Volume:
    """Open the array of an .npz. Raises ReadError."""
    try:
        with zipfile.ZipFile(path) as archive:
            key = member(archive, path)
            with archive.open(f"{key}.npy") as file:
                stored = header(file, path)
    except (zipfile.BadZipFile, EOFError, OSError, KeyError) as problem:
        raise ReadError(
            f"not a readable .npz ({problem})", where=path, help="the file was cut off or changed"
        ) from problem
    return volume(path, stored, f"{key}.npy", reading, first=True, logits=key == "logits")


def member(archive: zipfile.ZipFile, path: Path) -> str:
    """The array to read: a known name, else the only one. Raises ReadError."""
    keys = [name[:-4] for name in archive.namelist() if name.endswith(".npy")]
    if set(keys) >= ROIS:
        raise ReadError(
            "masks, boxes and labels of regions of interest are not read by this version",
            where=path,
        )
    for key in KNOWN:
        if key in keys:
            return key
    if len(keys) == 1:
        return keys[0]
    raise ReadError(
        f"{len(keys)} arrays and none is called {', '.join(KNOWN)}",
        where=path,
        facts=(f"there are {', '.join(keys[:8]) or 'none'}",),
        help="save one array, or call it `probabilities` or `logits`",
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """What the header of an array says; `offset` bytes of it come before the values."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    offset: int


def header(file: Any, path: Path) -> Stored:
    """Read the header of an array. Raises ReadError."""
    fmt = np.lib.format
    try:
        version = fmt.read_magic(file)
        read_header = fmt.read_array_header_1_0 if version == (1, 0) else fmt.read_array_header_2_0
        shape, fortran, dtype = read_header(file)
    except ValueError as problem:
        raise ReadError(f"not a readable array ({problem})", where=path) from problem
    if dtype.hasobject or dtype.kind not in "biuf":
        raise ReadError(
            f"an array of {dtype} holds no numbers",
            where=path,
            help="pickled objects are never loaded; save a plain array",
        )
    return Stored(shape, fortran, dtype, file.tell())


def volume(  # noqa: PLR0913 - the facts of one array
    path: Path, stored: Stored, packing: str, reading: Reading, first: bool, logits: bool
) -> Volume:
    """An array as a volume. Raises ReadError where its axes have two readings."""
    axis = channel_axis(stored.shape, reading, path, first)
    grid = stored.shape if axis is None else stored.shape[:axis] + stored.shape[axis + 1 :]
    if len(grid) not in (2, 3) or min(grid) < 1:
        raise ReadError(
            f"an array of {len(stored.shape)} axes ({times(stored.shape)}, last axis first)",
            where=path,
            help="two or three axes, and one more for channels (--channel-axis says which)",
        )
    size = prod(stored.shape) * stored.dtype.itemsize
    source = Packed(path, packing, skip=stored.offset, size=size)
    check_length(path, source)
    channels = split(source, stored, axis)
    return Volume(Geometry(grid, reading.spacing), channels, path, logits=logits)


def check_length(path: Path, source: Packed) -> None:
    """A plain file that is cut off is found before a value is read. Raises ReadError."""
    found = path.stat().st_size
    if source.seekable and found < source.skip + source.size:
        raise ReadError(
            f"the file ends after {found} of {source.skip + source.size} bytes",
            where=path,
            help="the file was cut off; copy or write it again",
        )


def split(source: Packed, stored: Stored, axis: int | None) -> tuple[Voxels, ...]:
    """The channels of an array in C or Fortran order, wherever their axis is."""
    shape = stored.shape
    count = len(shape)
    if not stored.fortran and axis in (None, 0):
        channels = 1 if axis is None else shape[0]
        grid = shape if axis is None else shape[1:]
        size = source.size // channels
        return tuple(
            Voxels(
                Packed(source.path, source.packing, skip=source.skip + c * size, size=size),
                stored.dtype,
                grid,
            )
            for c in range(channels)
        )
    return strided(source, stored, axis)


def strided(source: Packed, stored: Stored, axis: int | None) -> tuple[Voxels, ...]:
    """The channels of an array whose values do not lie channel after channel, plane after plane."""
    count = len(stored.shape)
    on_disk = stored.shape[::-1] if stored.fortran else stored.shape
    place = [count - 1 - a if stored.fortran else a for a in range(count)]
    if axis is None:
        return (Voxels(source, stored.dtype, on_disk, Reorder(tuple(place), ())),)
    out = place[axis]
    axes = tuple(place[a] - (place[a] > out) for a in range(count) if a != axis)
    return tuple(
        Voxels(source, stored.dtype, on_disk, Reorder(axes, ()), picked=(out, c))
        for c in range(stored.shape[axis])
    )


def channel_axis(shape: tuple[int, ...], reading: Reading, path: Path, first: bool) -> int | None:
    """Which axis holds the channels; None where there are none. Raises ReadError."""
    if reading.grid is None:
        return 0 if first and len(shape) == 4 else None
    if len(shape) != len(reading.grid) + 1:
        return None
    if reading.channel_axis is not None:
        return reading.channel_axis % len(shape)
    fits = [a for a in range(len(shape)) if shape[:a] + shape[a + 1 :] == reading.grid]
    if first and 0 in fits:
        return 0
    if len(fits) > 1 and reading.classes is not None:
        lengths = (reading.classes, reading.classes + 1)
        fits = [a for a in fits if shape[a] in lengths] or fits
    if len(fits) == 1:
        return fits[0]
    why = "two axes may be the channels" if fits else "no axis can be the channels"
    raise ReadError(
        why,
        where=path,
        facts=(f"array {shape}", f"the other side {reading.grid}"),
        help="--channel-axis says which, counted from 0",
    )
