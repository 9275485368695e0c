"""NRRD: .nrrd, .nhdr with its data file, and Slicer's .seg.nrrd.

NRRD stores the first axis fastest; here it comes last. Millimetres are LPS: the spaces RAS and LAS
are turned. An axis of kind list, vector or the like holds channels; Slicer's layers of overlapping
segments are one, and it is the fastest, so its channels are picked value by value.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from segeval.errors import Note, ReadError
from segeval.geometry import Geometry, Reorder
from segeval.streams import Packed
from segeval.volumes import Reading, Volume, Voxels

MAGIC = b"NRRD"
TYPES = {
    "signed char": "i1", "int8": "i1", "int8_t": "i1", "uchar": "u1", "unsigned char": "u1",
    "uint8": "u1", "uint8_t": "u1", "short": "i2", "short int": "i2", "signed short": "i2",
    "signed short int": "i2", "int16": "i2", "int16_t": "i2", "ushort": "u2",
    "unsigned short": "u2", "unsigned short int": "u2", "uint16": "u2", "uint16_t": "u2",
    "int": "i4", "signed int": "i4", "int32": "i4", "int32_t": "i4", "uint": "u4",
    "unsigned int": "u4", "uint32": "u4", "uint32_t": "u4", "longlong": "i8", "long long": "i8",
    "long long int": "i8", "signed long long": "i8", "int64": "i8", "int64_t": "i8",
    "ulonglong": "u8", "unsigned long long": "u8", "uint64": "u8", "uint64_t": "u8",
    "float": "f4", "double": "f8",
}  # fmt: skip
PACKINGS = {"raw": "", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"}
TEXT = ("ascii", "text", "txt")
TO_LPS = {
    "left-posterior-superior": (1, 1, 1),
    "lps": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1),
    "ras": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1),
    "las": (1, -1, 1),
}
UNITS = {"mm": 1.0, "millimeter": 1.0, "cm": 10.0, "m": 1000.0, "um": 0.001}


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is NRRD, from its name and its first bytes."""
    return head.startswith(MAGIC) or path.name.lower().endswith((".nrrd", ".nhdr"))


def read(path: Path, reading: Reading) -> Volume:
    """Open a NRRD file. Raises ReadError."""
    header, end = parse(path)
    sizes = tuple(int(n) for n in header["sizes"])
    channel_axis = list_axis(header, sizes, path)
    dtype = stored_dtype(header, path)
    source = data(path, header, end, prod(sizes) * dtype.itemsize)
    grid, notes = placed(header, sizes, channel_axis, path)
    if header["encoding"].lower() in TEXT:
        text = _Text(path, dtype, grid.shape)
        channels: tuple[Voxels, ...] = (Voxels(text, text.dtype, grid.shape),)
    else:
        channels = split(source, dtype, sizes, channel_axis)
    names, segments = segment_names(header, len(channels))
    return Volume(grid, channels, path, names=names, segments=segments, notes=notes)


def parse(path: Path) -> tuple[Mapping[str, Any], int]:
    """The header, and where the data begins in the file. Raises ReadError."""
    import nrrd

    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of fields that are not used here
            header = nrrd.read_header(file)
            end = file.tell()
    except (nrrd.NRRDError, ValueError, KeyError, IndexError, UnicodeDecodeError) as problem:
        raise ReadError(
            f"not a readable NRRD header ({problem})", where=path, help="a damaged or cut-off file"
        ) from problem
    missing = [key for key in ("type", "sizes", "encoding", "dimension") if key not in header]
    if missing or len(header["sizes"]) != header["dimension"]:
        raise ReadError(f"the header lacks {', '.join(missing) or 'sizes'}", where=path)
    return header, end


def stored_dtype(header: Mapping[str, Any], path: Path) -> np.dtype[Any]:
    """The type of the stored values, byte order included. Raises ReadError."""
    code = TYPES.get(header["type"].lower())
    if code is None:
        raise ReadError(f"values of type {header['type']} are no numbers", where=path)
    big = header.get("endian", "little").lower() == "big"
    return np.dtype(code).newbyteorder(">" if big else "<")


def list_axis(header: Mapping[str, Any], sizes: tuple[int, ...], path: Path) -> int | None:
    """The axis that holds channels, in the order of the file; None where there is none."""
    if len(sizes) in (2, 3) and not none_directions(header):
        return None
    found = none_directions(header)
    if not found:
        kinds = [str(kind).lower() for kind in header.get("kinds", [])]
        found = [i for i, kind in enumerate(kinds) if kind not in ("domain", "space", "???")]
    if len(found) == 1 and len(sizes) in (3, 4):
        return found[0]
    raise ReadError(
        f"an array of {len(sizes)} axes, of which {len(found)} hold no space",
        where=path,
        help="two or three axes of space and at most one of channels are read",
    )


def none_directions(header: Mapping[str, Any]) -> list[int]:
    """The axes that have no direction in space."""
    directions = header.get("space directions")
    if directions is None:
        return []
    rows = [None if row is None else np.asarray(row, float) for row in directions]
    return [i for i, row in enumerate(rows) if row is None or np.isnan(row).all()]


def data(path: Path, header: Mapping[str, Any], end: int, size: int) -> Packed:
    """Where the values lie. Raises ReadError."""
    encoding = header["encoding"].lower()
    if encoding not in (*PACKINGS, *TEXT):
        raise ReadError(f"the encoding {encoding} is not read", where=path, help="use raw or gzip")
    apart = header.get("data file", header.get("datafile"))
    if header.get("line skip", header.get("lineskip", 0)):
        raise ReadError("`line skip` is not read", where=path, help="write the file again")
    skip = int(header.get("byte skip", header.get("byteskip", 0)))
    file, start = (path, end) if apart is None else (path.parent / str(apart), 0)
    if apart is not None and (not file.is_file() or str(apart).upper().startswith("LIST")):
        raise ReadError(f"its data file {apart} is not there", where=path)
    if not PACKINGS.get(encoding):
        found = file.stat().st_size
        start = found - size if skip == -1 else start + skip
        if encoding not in TEXT and found < start + size:
            raise ReadError(
                f"the file ends after {found} of {start + size} bytes",
                where=file,
                help="the file was cut off; copy or write it again",
            )
        return Packed(file, "", start=start, size=size)
    return Packed(file, PACKINGS[encoding], start=start, skip=max(skip, 0), size=size)


def split(
    source: Packed, dtype: np.dtype[Any], sizes: tuple[int, ...], axis: int | None
) -> tuple[Voxels, ...]:
    """The channels of the array."""
    stored = sizes[::-1]
    if axis is None:
        return (Voxels(source, dtype, stored),)
    out = len(sizes) - 1 - axis
    order = Reorder(tuple(range(len(sizes) - 1)), ())
    return tuple(
        Voxels(source, dtype, stored, order, picked=(out, channel))
        for channel in range(sizes[axis])
    )


def placed(
    header: Mapping[str, Any], sizes: tuple[int, ...], axis: int | None, path: Path
) -> tuple[Geometry, tuple[Note, ...]]:
    """The grid; without directions only the spacings, if there are any. Raises ReadError."""
    space = [i for i in range(len(sizes)) if i != axis]
    shape = tuple(sizes[i] for i in reversed(space))
    directions = header.get("space directions")
    if directions is None:
        return Geometry(shape, plain_spacing(header, space)), ()
    rows = np.array([np.asarray(directions[i], float) for i in space])
    origin = np.asarray(header.get("space origin", np.zeros(rows.shape[1])), float)
    if rows.shape != (3, 3):
        return Geometry(shape, tuple(np.linalg.norm(rows, axis=1)[::-1].tolist())), ()
    name = str(header.get("space", "")).lower()
    signs = np.array(TO_LPS.get(name, (1, 1, 1)), float) * unit(header)
    notes: tuple[Note, ...] = ()
    if name not in TO_LPS:
        text = f"the space {name or '(none)'} is not anatomical; it is taken as LPS"
        notes = (Note("W-unknown-space", text, str(path)),)
    rows, origin = rows * signs, origin * signs
    spacing = np.linalg.norm(rows, axis=1)
    if not (spacing > 0).all() or not np.isfinite(rows).all() or not np.isfinite(origin).all():
        raise ReadError("voxels without size", where=path, help="see its space directions")
    unit_rows = (rows / spacing[:, None])[::-1] + 0.0
    return (
        Geometry(
            shape,
            tuple(spacing[::-1].tolist()),
            tuple((origin + 0.0).tolist()),
            tuple(tuple(row) for row in unit_rows.tolist()),
        ),
        notes,
    )


def plain_spacing(header: Mapping[str, Any], space: list[int]) -> tuple[float, ...] | None:
    """The field `spacings`, where every axis of space has one."""
    spacings = header.get("spacings")
    if spacings is None or not np.isfinite(np.asarray(spacings, float)[space]).all():
        return None
    return tuple(float(spacings[i]) for i in reversed(space))


def unit(header: Mapping[str, Any]) -> float:
    """Millimetres of the unit of space; unknown is taken as mm."""
    units = [str(u).strip('"').lower() for u in header.get("space units", [])]
    return UNITS.get(units[0], 1.0) if units else 1.0


def segment_names(
    header: Mapping[str, Any], channels: int
) -> tuple[dict[int, str], dict[str, tuple[int, int]]]:
    """Slicer's segments: names of label values, or masks in layers that may overlap."""
    names: dict[int, str] = {}
    segments: dict[str, tuple[int, int]] = {}
    number = 0
    while f"Segment{number}_ID" in header or f"Segment{number}_Name" in header:
        own = f"Segment{number}_"
        name = str(header.get(f"{own}Name", header.get(f"{own}ID", ""))).strip()
        value = int(header.get(f"{own}LabelValue", number + 1))
        layer = int(header.get(f"{own}Layer", 0))
        names[value] = name
        segments[name] = (layer, value)
        number += 1
    return (names, {}) if channels == 1 else ({}, segments)


class _Text:
    """Values written as text, read whole through the library."""

    def __init__(self, path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        self._path, self._shape = path, shape
        self.dtype = dtype.newbyteorder("=")

    def __call__(self) -> Any:
        import nrrd

        try:
            values, _ = nrrd.read(str(self._path), index_order="C")
        except (nrrd.NRRDError, ValueError) as problem:
            raise ReadError(f"not readable as text ({problem})", where=self._path) from problem
        return values.astype(self.dtype).reshape(self._shape)
