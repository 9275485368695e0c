"""NRRD: .nrrd, .nhdr with its data file, and Slicer's .seg.nrrd.

NRRD stores the first axis fastest; here it comes last. Millimetres are LPS: the spaces RAS and LAS
are turned. An axis without a direction (kind list, vector, colour) holds channels; Slicer's layers
of overlapping segments are one, and the fastest, so their values are picked one by one.
"""

from __future__ import annotations

import warnings
from collections import Counter
from math import prod
from pathlib import Path

import numpy as np

from segeval.grid.geometry import Geometry, Reorder
from segeval.readers.channel_axis import asked_axis, checked_axis
from segeval.readers.data_file import find_data_file_of
from segeval.readers.nrrd_header import MAGIC, TEXT, NrrdHeader, nrrd_dtype, parse_nrrd_header
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import Note, ReadError
from segeval.runtime.frozen import replace
from segeval.runtime.memory_budget import format_mib
from segeval.runtime.packed_streams import CHANGED, PackedBytes
from segeval.volume.channel import MOST_CHANNELS, Channel, check_channel_count
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

MOST_AXES = 4
MOST_SLOW = 512 << 20  # bytes that bzip2 unpacks, at 200 MB a second
PACKINGS = {"raw": "", "gzip": "gzip", "gz": "gzip", "bzip2": "bzip2", "bz2": "bzip2"}
TO_LPS = {
    "left-posterior-superior": (1, 1, 1),
    "right-anterior-superior": (-1, -1, 1),
    "left-anterior-superior": (1, -1, 1),
}
SHORT = {"lps": "left-posterior-superior", "ras": "right-anterior-superior",
         "las": "left-anterior-superior"}  # fmt: skip
MILLIMETRES = {"mm": 1.0, "millimeter": 1.0, "cm": 10.0, "m": 1000.0, "um": 0.001, "µm": 0.001,
               "micron": 0.001}  # fmt: skip


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is NRRD, from its name or its mark."""
    return head.startswith(MAGIC) or path.suffix.lower() in (".nrrd", ".nhdr")


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open an NRRD file. Raises ReadError."""
    header = parse_nrrd_header(path)
    asked = asked_axis(reading, header.sizes) if len(header.sizes) == MOST_AXES else None
    axis = nrrd_channel_axis(header) if asked is None else checked_axis(path, asked, header.sizes)
    grid, notes = nrrd_geometry(header, axis)
    if grid.spacing is None and reading.spacing is not None:
        grid = grid.spaced(reading.spacing)
    channels = nrrd_channels(file_values(header), axis)
    names, segments = read_segment_names(header, len(channels))
    return Volume(grid, channels, path, names=names, segments=segments, notes=notes)


def nrrd_channel_axis(header: NrrdHeader) -> int | None:
    """The axis that holds channels, in the order of the file; None where there is none."""
    count = len(header.sizes)
    found = [i for i, row in enumerate(axis_directions(header)) if row is None]
    if not found and count > 2:
        kinds = [str(kind).lower() for kind in header.fields.get("kinds", [])]
        found = [i for i, k in enumerate(kinds) if k not in ("domain", "space", "none", "???")]
    if not found and count in (2, 3):
        return None
    if len(found) == 1 and count in (3, 4):
        return found[0]
    asked = "--channel-axis says which axis holds the channels, counted from 0; "
    raise header.error(
        f"{count} axes, of which {len(found)} have no direction: {format_sizes(header)}",
        f"{asked if count == MOST_AXES else ''}two or three axes of space and at most one of "
        "channels are read",
    )


def format_sizes(header: NrrdHeader) -> str:
    """The lengths of the axes, in the order of the file."""
    return " x ".join(map(str, header.sizes))


def axis_directions(header: NrrdHeader) -> list[Raw | None]:
    """The direction of each axis times its spacing; None for one that lies in no space."""
    rows = header.fields.get("spacedirections")
    if rows is None:
        return []
    if len(rows) != len(header.sizes):
        raise header.error(f"{len(rows)} space directions of {len(header.sizes)} axes")
    arrays = [None if row is None else np.asarray(row, float) for row in rows]
    return [None if row is None or np.isnan(row).all() else row for row in arrays]


def file_values(header: NrrdHeader) -> Channel:
    """All values of the file as one array. Raises ReadError."""
    encoding, stored = header.word("encoding"), header.sizes[::-1]
    dtype = nrrd_dtype(header)
    file, start = find_data_file(header)
    if encoding in TEXT:
        return Channel(_TextValues(header.path, stored), dtype.newbyteorder("="), stored)
    if encoding not in PACKINGS:
        raise header.error(f"the encoding {encoding} is not read", "write it raw or with gzip")
    skip, size = header.number("byteskip"), prod(stored) * dtype.itemsize
    if PACKINGS[encoding]:
        if PACKINGS[encoding] == "bzip2":
            check_slow_packing(header, skip + size)
        source = PackedBytes(
            file, PACKINGS[encoding], start, skip=skip, size=size, total=skip + size
        )
        return Channel(source, dtype, stored)
    found = file.stat().st_size
    start = found - size if skip == -1 else start + skip
    if start < 0 or found < start + size:
        message = f"the file ends after {found} of {max(start, 0) + size} bytes"
        raise ReadError(message, where=file, help=CHANGED)
    return Channel(PackedBytes(file, start=start, size=size), dtype, stored)


def check_slow_packing(header: NrrdHeader, size: int) -> None:
    """Refuse what takes seconds to unpack from a few bytes. Raises ReadError (`over_budget`)."""
    if size > MOST_SLOW:
        raise ReadError(
            f"{format_mib(size)} packed by bzip2, of which {format_mib(MOST_SLOW)} are read",
            where=header.path,
            help="pack it by gzip, which is unpacked ten times as fast",
            status="over_budget",
        )


def find_data_file(header: NrrdHeader) -> tuple[Path, int]:
    """The file that holds the values, and where they begin. Raises ReadError."""
    skip = header.number("byteskip")
    if header.number("lineskip") or skip < -1 or (skip == -1 and header.word("encoding") != "raw"):
        raise header.error("`line skip` and `byte skip` are read only as bytes of raw data", "")
    apart = header.fields.get("datafile")
    if apart is None:
        return header.path, header.end
    name = str(apart).strip()
    if name.upper().startswith("LIST") or "%" in name:
        raise header.error("its values are in several files", "write it into one file")
    return find_data_file_of(header.path, name), 0


def nrrd_channels(whole: Channel, axis: int | None) -> tuple[Channel, ...]:
    """The channels of the array; `axis` is that of the file, the fastest first."""
    if axis is None:
        return (whole,)
    out = len(whole.stored) - 1 - axis
    count = whole.stored[out]
    check_channel_count(count, getattr(whole.source, "path", ""))
    grid = whole.stored[:out] + whole.stored[out + 1 :]
    if count == 1:
        return (replace(whole, stored=grid),)
    if out or not isinstance(whole.source, PackedBytes):
        order = Reorder(tuple(range(len(grid))), ())
        return tuple(replace(whole, order=order, picked=(out, c)) for c in range(count))
    source, size = whole.source, whole.source.size // count
    parts = [replace(source, skip=source.skip + c * size, size=size) for c in range(count)]
    return tuple(replace(whole, source=part, stored=grid) for part in parts)


def nrrd_geometry(header: NrrdHeader, axis: int | None) -> tuple[Geometry, tuple[Note, ...]]:
    """The grid, as far as the header gives it. Raises ReadError."""
    space = [i for i in reversed(range(len(header.sizes))) if i != axis]  # z, y, x
    shape = tuple(header.sizes[i] for i in space)
    rows = axis_directions(header)
    if not rows:
        return Geometry(shape, spacings_field(header, space)), ()
    unit = axis_units(header, len(rows[space[0]]))  # type: ignore[arg-type]
    vectors = np.array([rows[i] for i in space]) * unit
    spacing = np.linalg.norm(vectors, axis=1)
    if not np.isfinite(spacing).all() or not (spacing > 0).all():
        raise header.error(
            "voxels without size", "write it again: its `space directions` give no sizes"
        )
    sides = tuple(spacing.tolist())
    if vectors.shape[1] != 3:
        return Geometry(shape, sides), ()
    signs, notes = lps_signs(header)
    origin = np.asarray(header.fields.get("spaceorigin", np.nan), float)
    if origin.shape != (3,) or not np.isfinite(origin).all():
        return Geometry(shape, sides), notes
    first = origin * unit * signs + 0.0
    unit_rows = vectors * signs / spacing[:, None] + 0.0
    towards = tuple(tuple(row) for row in unit_rows.tolist())
    return Geometry(shape, sides, tuple(first.tolist()), towards), notes


def lps_signs(header: NrrdHeader) -> tuple[Raw, tuple[Note, ...]]:
    """The signs that turn the space of the file into LPS."""
    name = header.word("space")
    name = SHORT.get(name, name)
    if name in TO_LPS:
        return np.array(TO_LPS[name], float), ()
    text = f"the space {name or '(none)'} is not anatomical; it is taken as left-posterior-superior"
    return np.ones(3), (Note("W-unknown-space", text, str(header.path)),)


def spacings_field(header: NrrdHeader, space: list[int]) -> tuple[float, ...] | None:
    """The field `spacings`, where every axis of space has one."""
    found = header.fields.get("spacings")
    if found is None:
        return None
    spacing = np.abs(np.asarray(found, float)[space])
    return tuple(spacing.tolist()) if (spacing > 0).all() and np.isfinite(spacing).all() else None


def axis_units(header: NrrdHeader, count: int) -> Raw:
    """Millimetres of the unit along each axis of the patient; unknown is taken as mm."""
    words = [str(unit).strip('"').lower() for unit in header.fields.get("spaceunits", [])]
    known = [MILLIMETRES.get(word, 1.0) for word in words]
    return np.array(known if len(known) == count else [1.0] * count)


def read_segment_names(
    header: NrrdHeader, layers: int
) -> tuple[dict[int, str], dict[str, tuple[int, int]]]:
    """Slicer's segments: names of label values, or masks in layers that may overlap.

    Without values and layers (Slicer before 4.11) a segment is 1 in a layer of its own.
    """
    fields, found = header.fields, []
    number = 0
    while (own := f"Segment{number}_") + "ID" in fields or own + "Name" in fields:
        name = str(fields.get(own + "Name", fields.get(own + "ID"))).strip()
        old = own + "LabelValue" not in fields
        value = 1 if old else header.number(own + "LabelValue")
        layer = number if old and own + "Layer" not in fields else header.number(own + "Layer")
        found.append((name, (layer, value)))
        number += 1
    check_segments(header, found, layers)
    if layers == 1:
        return {value: name for name, (_, value) in found}, {}
    return {}, dict(found)


def check_segments(
    header: NrrdHeader, found: list[tuple[str, tuple[int, int]]], layers: int
) -> None:
    """No two segments of one name or one place, none in a layer that is not there, not too many."""
    if len(found) > MOST_CHANNELS:
        raise header.error(f"{len(found)} segments, and at most {MOST_CHANNELS} are read", "")
    twice = [n for n, count in Counter(name for name, _ in found).items() if count > 1]
    if twice:
        raise header.error(f"two segments are called {twice[0]}", "rename one of them")
    same = [place for place, count in Counter(place for _, place in found).items() if count > 1]
    if same:
        who = [name for name, place in found if place == same[0]]
        raise header.error(f"{' and '.join(who)} share the label value {same[0][1]}")
    beyond = [(name, layer) for name, (layer, _) in found if not 0 <= layer < layers]
    if beyond:
        raise header.error(f"{beyond[0][0]} is in layer {beyond[0][1]} of {layers}")


class _TextValues:
    """Values written as text, read whole through the library."""

    def __init__(self, path: Path, shape: tuple[int, ...]) -> None:
        self._path, self._shape = path, shape

    def __call__(self) -> Raw:
        import nrrd

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                values: Raw = nrrd.read(str(self._path), index_order="C")[0]
            return values.reshape(self._shape)
        except (nrrd.NRRDError, ValueError, OSError) as problem:
            raise ReadError(
                f"values that are no numbers ({problem})", where=self._path, help=CHANGED
            ) from problem
