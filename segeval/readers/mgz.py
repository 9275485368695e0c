"""FreeSurfer's .mgh and .mgz (gzip): big-endian, the first axis fastest, millimetres in RAS.

The header is 284 bytes. Frames are the slowest axis: channels. What follows the voxels (parameters
of the scan, tags) is not read.
"""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.readers.channel_axis import asked_axis, pick_channels
from segeval.runtime.errors import ReadError
from segeval.runtime.packed_streams import CHANGED, GZIP_MAGIC, PackedBytes, read_head
from segeval.volume.channel import Channel, check_channel_count
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

HEADER = np.dtype([
    ("version", ">i4"), ("dims", ">i4", 4), ("type", ">i4"), ("dof", ">i4"), ("placed", ">i2"),
    ("spacing", ">f4", 3), ("directions", ">f4", (3, 3)), ("centre", ">f4", 3),
])  # fmt: skip
FIRST_VOXEL = 284
TAIL = 1 << 24  # bytes that may follow the voxels
TYPES = {0: ">u1", 1: ">i4", 3: ">f4", 4: ">i2", 10: ">u2"}
SUFFIXES = (".mgz", ".mgh")


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is FreeSurfer's, from its name."""
    return path.suffix.lower() in SUFFIXES or path.name.lower().endswith(".mgh.gz")


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open the file. Raises ReadError."""
    start = read_head(path, FIRST_VOXEL)
    if len(start) < HEADER.itemsize:
        raise ReadError(f"the header ends after {len(start)} bytes", where=path, help=CHANGED)
    header = np.frombuffer(start, HEADER, 1)[0]
    sizes = [int(n) for n in header["dims"]]
    if header["version"] != 1 or min(sizes) < 1 or int(header["type"]) not in TYPES:
        raise ReadError(
            "not a FreeSurfer volume: its header says nothing", where=path, help=CHANGED
        )
    dtype = np.dtype(TYPES[int(header["type"])])
    shape, frames = tuple(sizes[2::-1]), sizes[3]
    axis = asked_axis(reading, sizes) if frames > 1 else None
    check_channel_count(frames if axis is None else sizes[axis], path)
    size = prod(shape) * dtype.itemsize
    total = FIRST_VOXEL + frames * size
    with path.open("rb") as file:
        packed = "gzip" if file.read(2) == GZIP_MAGIC else ""
    if not packed and path.stat().st_size < total:
        raise ReadError(
            f"the file ends after {path.stat().st_size} of {total} bytes", where=path, help=CHANGED
        )
    if axis is not None and axis != 3:  # the grid is that of the other axes (ACCOUNT-A16)
        count = frames * size
        source = PackedBytes(path, packed, skip=FIRST_VOXEL, size=count, total=total, tail=TAIL)
        whole = Channel(source, dtype, tuple(sizes[::-1]))
        rest = tuple(n for a, n in enumerate(sizes) if a != axis)[::-1]
        return Volume(mgh_grid(header, rest, path), pick_channels(whole, axis), path)
    parts = [
        PackedBytes(path, packed, skip=FIRST_VOXEL + f * size, size=size, total=total, tail=TAIL)
        for f in range(frames)
    ]
    channels = tuple(Channel(part, dtype, shape) for part in parts)
    return Volume(mgh_grid(header, shape, path), channels, path)


def mgh_grid(header: np.void, shape: tuple[int, ...], path: Path) -> Geometry:
    """The grid; the header gives its middle, not its first voxel. Raises ReadError."""
    if not header["placed"]:  # what FreeSurfer takes then: coronal, 1 mm
        towards = np.array([[-1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
        spacing, centre = np.ones(3), np.zeros(3)
    else:
        towards = header["directions"].astype(float)
        spacing, centre = header["spacing"].astype(float), header["centre"].astype(float)
    lengths = np.linalg.norm(towards, axis=1)
    if not np.isfinite(towards).all() or not (spacing > 0).all() or (lengths < 0.5).any():
        raise ReadError("voxels without size or direction", where=path, help=CHANGED)
    towards = towards / lengths[:, None] * [-1, -1, 1]  # to LPS
    middle = np.array(shape[::-1]) / 2 * spacing
    origin = centre * [-1, -1, 1] - middle @ towards
    return Geometry(
        shape,
        tuple(spacing[::-1].tolist()),
        tuple((origin + 0.0).tolist()),
        tuple(tuple(row) for row in (towards[::-1] + 0.0).tolist()),
    )
