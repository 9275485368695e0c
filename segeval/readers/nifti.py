"""NIfTI (.nii, .nii.gz; versions 1 and 2, either byte order), streamed.

NIfTI stores (x, y, z) with x fastest and RAS millimetres; here arrays are (z, y, x) and LPS. A
fourth axis (or the fifth of x, y, z, 1, channels) is the slowest: a stack of channels.

The header is 348 or 540 bytes at known places, so it is read here: importing a library for it costs
more than scoring ten CTs (benchmarks, P1). The tests hold it against nibabel.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.readers.channel_axis import asked_axis, checked_axis, pick_channels
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import Note, ReadError
from segeval.runtime.packed_streams import (
    GZIP_MAGIC,
    PackedBytes,
    fill_buffer,
    open_packed,
    read_head,
)
from segeval.volume.channel import Channel, check_channel_count
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

# Offsets from nifti1.h and nifti2.h; only what is used.
FIELDS = ("dim", "datatype", "pixdim", "vox_offset", "slope", "inter", "units", "qform", "sform",
          "quatern", "qoffset", "srow")  # fmt: skip


def header_layout(formats: str, offsets: tuple[int, ...], size: int) -> np.dtype[Any]:
    """A header: what its fields are and where."""
    kinds = formats.split()
    return np.dtype({"names": FIELDS, "formats": kinds, "offsets": offsets, "itemsize": size})


HEADER_1 = header_layout(
    "8i2 i2 8f4 f4 f4 f4 u1 i2 i2 3f4 3f4 (3,4)f4",
    (40, 70, 76, 108, 112, 116, 123, 252, 254, 256, 268, 280),
    348,
)
HEADER_2 = header_layout(
    "8i8 i2 8f8 i8 f8 f8 i4 i4 i4 3f8 3f8 (3,4)f8",
    (16, 12, 104, 168, 176, 184, 500, 344, 348, 352, 376, 400),
    540,
)
DATATYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4",
             1024: "i8", 1280: "u8"}  # fmt: skip
MILLIMETRES = {1: 1000.0, 2: 1.0, 3: 0.001}  # of the unit codes metre, millimetre, micron
LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is NIfTI, from its name and its first 512 bytes, inflated."""
    return path.name.lower().endswith((".nii", ".nii.gz")) or find_nifti_magic(head) != ""


def find_nifti_magic(head: bytes | bytearray) -> str:
    """The mark of a NIfTI header, "" where there is none."""
    if head[344:348] == b"n+1\0":
        return "n+1"
    return "n+2" if head[4:8] == b"n+2\0" else ""


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open a NIfTI file. Raises ReadError."""
    packed = is_gzip(path)
    header = parse_nifti_header(read_header_bytes(path, packed), path)
    dtype = nifti_dtype(header, path)
    shape, channels = split_shape(header["dim"], path)
    check_channel_count(channels, path)
    axis = asked_axis(reading, header["dim"][1:5]) if int(header["dim"][0]) == 4 else None
    if axis is not None and axis != 3:
        return read_along(path, header, packed, axis)
    offset = first_voxel(header, path)
    geometry, notes = nifti_geometry(header, shape, path)
    size = geometry.size * dtype.itemsize
    slope, inter = value_scaling(header)
    sources = [
        PackedBytes(
            path,
            "gzip" if packed else "",
            skip=offset + c * size,
            size=size,
            total=offset + channels * size,
        )
        for c in range(channels)
    ]
    if not packed:
        check_file_length(path, offset + channels * size, geometry, channels)
    voxels = tuple(Channel(s, dtype, shape, slope=slope, inter=inter) for s in sources)
    return Volume(geometry, voxels, path, notes=notes)


def first_voxel(header: Any, path: Path) -> int:
    """The byte at which the voxels begin. Raises ReadError."""
    least, offset = len(header.tobytes()), float(header["vox_offset"])
    if offset == 0:
        return least + 4
    if not least <= offset < 1 << 40:
        text = f"the header says that the voxels begin at byte {offset:g}"
        raise ReadError(text, where=path, facts=(f"the header alone has {least} bytes",))
    return int(offset)


def read_along(path: Path, header: Any, packed: bool, axis: int) -> Volume:
    """A file whose channels are not its last axis; its affine is that of the others.

    Raises ReadError.
    """
    sizes = [int(n) for n in header["dim"][1:5]]
    if min(sizes) < 1:
        raise ReadError(f"an axis without voxels ({sizes})", where=path)
    axis = checked_axis(path, axis, sizes)
    dtype, offset = nifti_dtype(header, path), first_voxel(header, path)
    shape = tuple(n for a, n in enumerate(sizes) if a != axis)[::-1]
    geometry, notes = nifti_geometry(header, shape, path)
    count = prod(sizes) * dtype.itemsize
    if not packed:
        check_file_length(path, offset + count, geometry, sizes[axis])
    source = PackedBytes(path, "gzip" if packed else "", skip=offset, size=count)
    slope, inter = value_scaling(header)
    whole = Channel(source, dtype, tuple(sizes[::-1]), slope=slope, inter=inter)
    return Volume(geometry, pick_channels(whole, axis), path, notes=notes)


def is_gzip(path: Path) -> bool:
    """Whether the file is gzip, which its name must not deny. Raises ReadError."""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP_MAGIC
    if path.name.lower().endswith(".gz") and not packed:
        raise ReadError(
            "the name says gzip and the content is not",
            where=path,
            help=f"rename the file to {path.name[:-3]}, or write it again",
        )
    return packed


def read_header_bytes(path: Path, packed: bool) -> bytes:
    """As many bytes as the longest header has, or all there are. Raises ReadError."""
    known = read_head(path, HEADER_2.itemsize)
    if not packed or len(known) >= HEADER_1.itemsize:
        return known
    # Too little came out: the stream of the voxels says why, or knows files of several parts.
    start = bytearray(HEADER_1.itemsize)
    source = PackedBytes(path, "gzip", size=len(start))
    with open_packed(source) as stream:
        fill_buffer(stream, memoryview(start), source)
    return bytes(start)


def parse_nifti_header(start: bytes, path: Path) -> Any:
    """The fields of a header in native byte order. Raises ReadError."""
    mark = find_nifti_magic(start)
    if not mark or len(start) < 348:
        raise ReadError(
            "not a NIfTI file",
            where=path,
            facts=(f"{len(start)} bytes of header, without the mark n+1 or n+2",),
            help="write it again as .nii or .nii.gz; a pair of .hdr and .img is not read",
        )
    form = HEADER_1 if mark == "n+1" else HEADER_2
    if len(start) < form.itemsize:
        raise ReadError(f"the header ends after {len(start)} bytes", where=path)
    header = np.frombuffer(start, form, 1)[0]
    if not 1 <= header["dim"][0] <= 7:
        header = np.frombuffer(start, form.newbyteorder(), 1)[0]
    if not 1 <= header["dim"][0] <= 7:
        raise ReadError("the header gives no number of axes", where=path)
    return header


def nifti_dtype(header: Any, path: Path) -> np.dtype[Any]:
    """The type of the stored values, byte order included. Raises ReadError."""
    code = int(header["datatype"])
    if code not in DATATYPES:
        raise ReadError(
            f"values of NIfTI type {code} are no labels and no probabilities",
            where=path,
            help="write it again with integers or floats (complex, RGB and 128-bit are not read)",
        )
    order = header.dtype["datatype"].byteorder
    return np.dtype(DATATYPES[code]).newbyteorder(order)


def split_shape(dim: Any, path: Path) -> tuple[tuple[int, ...], int]:
    """The grid as (z, y, x), or (y, x) of a picture, and the number of channels. Raises ReadError.

    A file of two dimensions is a picture; one plane of three is a volume.
    """
    count = int(dim[0])
    sizes = [int(n) for n in dim[1 : count + 1]]
    if min(sizes) < 1:
        raise ReadError(f"an axis without voxels ({'x'.join(map(str, sizes))})", where=path)
    if count == 2:
        return (sizes[1], sizes[0]), 1
    sizes += [1] * (5 - len(sizes))
    extra = [n for n in sizes[3:] if n > 1]
    if len(extra) > 1:
        raise ReadError(f"{len(sizes)} axes: a series of stacks is not read", where=path)
    return (sizes[2], sizes[1], sizes[0]), extra[0] if extra else 1


def value_scaling(header: Any) -> tuple[float, float]:
    """Slope and intercept of the values; a slope of 0 or none means that they are not scaled."""
    slope, inter = float(header["slope"]), float(header["inter"])
    if slope == 0 or not np.isfinite(slope):
        return 1.0, 0.0
    return slope, inter if np.isfinite(inter) else 0.0


def check_file_length(path: Path, size: int, geometry: Geometry, channels: int) -> None:
    """A file that is too short or too long is found before a voxel is counted. Raises ReadError."""
    found = path.stat().st_size
    if found < size:
        stack = f" x {channels}" if channels > 1 else ""
        raise ReadError(
            f"the file ends after {found} of {size} bytes",
            where=path,
            facts=(f"its header announces {geometry}{stack}",),
            help="the file was cut off; copy or write it again",
        )
    if found > size:
        raise ReadError(
            f"the file has {found} bytes, and its header announces {size}",
            where=path,
            facts=(f"its header announces {geometry}",),
            help="write it again: what the other bytes are is not known",
        )


def nifti_geometry(
    header: Any, shape: tuple[int, ...], path: Path
) -> tuple[Geometry, tuple[Note, ...]]:
    """The grid: sform if its code is set, else qform, else voxel sizes alone (rule LAYOUTS-G5)."""
    scale = MILLIMETRES.get(int(header["units"]) & 7, 1.0)
    sform, qform = int(header["sform"]) > 0, int(header["qform"]) > 0
    notes: list[Note] = []
    if sform:
        affine = sform_affine(header)
        if qform and affines_disagree(affine, qform_affine(header), shape):
            text = "sform and qform place the voxels differently; sform is used"
            notes.append(Note("W-two-forms", text, str(path)))
    elif qform:
        affine = qform_affine(header)
    else:
        affine = np.diag([*np.abs(header["pixdim"][1:4].astype(float)), 1.0])
        text = "neither sform nor qform is set: voxel sizes with identity directions are used"
        notes.append(Note("W-no-form", text, str(path)))
    affine[:3] *= scale
    return geometry_of_affine(LPS_FROM_RAS @ affine, shape, path), tuple(notes)


def sform_affine(header: Any) -> Floats:
    """The affine of sform: (x, y, z) indices to RAS."""
    affine = np.eye(4)
    affine[:3] = header["srow"]
    return affine


def qform_affine(header: Any) -> Floats:
    """The affine of qform: (x, y, z) indices to RAS. Source: nifti1.h, method 2."""
    b, c, d = (float(v) for v in header["quatern"])
    a = np.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d)))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    sizes = np.abs(header["pixdim"][1:4].astype(float))
    sizes[2] *= -1 if header["pixdim"][0] < 0 else 1
    affine = np.eye(4)
    affine[:3, :3] = rotation * sizes
    affine[:3, 3] = header["qoffset"]
    return affine


def affines_disagree(one: Floats, other: Floats, shape: tuple[int, ...]) -> bool:
    """Whether two affines move a corner by more than 1 % of the smallest voxel side."""
    axes = len(shape)
    sides = np.linalg.norm(one[:3, :axes], axis=0)
    if not np.isfinite(other).all() or not sides.all():
        return True
    ends = np.array(np.meshgrid(*[(0, n - 1) for n in reversed(shape)])).reshape(axes, -1)
    moved = (one - other)[:3, :axes] @ ends + (one - other)[:3, 3:]
    return bool(np.linalg.norm(moved, axis=0).max() > 0.01 * sides.min())


def geometry_of_affine(affine: Floats, shape: tuple[int, ...], path: Path | str) -> Geometry:
    """The grid of an affine from (x, y, z) indices to LPS. Raises ReadError."""
    axes = len(shape)
    spacing = np.linalg.norm(affine[:3, :axes], axis=0)
    if not np.isfinite(affine).all() or not (spacing > 0).all():
        raise ReadError(
            f"voxels without size ({' x '.join(f'{s:.4g}' for s in spacing)} mm)",
            where=path,
            help="write it again: its sform and qform give no usable grid",
        )
    directions = (affine[:3, :axes] / spacing).T[::-1] + 0.0
    return Geometry(
        shape,
        tuple(spacing[::-1].tolist()),
        tuple((affine[:3, 3] + 0.0).tolist()),
        tuple(tuple(row) for row in directions.tolist()),
    )
