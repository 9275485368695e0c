"""Small input files of every format, made from a few numbers."""

import struct
import zlib

import nibabel
import nrrd
import numpy as np
from PIL import Image

from segeval.grid.geometry import Geometry

GRID = Geometry(
    (4, 5, 6), (3.0, 2.0, 1.0), (5.0, 6.0, 7.0), ((0, 0, 1), (0, 1, 0), (1, 0, 0))
)  # LPS; 6 x 5 x 4 voxels of 1 x 2 x 3 mm


def blocks(shape=GRID.shape, labels=3, seed=0):
    """A label map of runs of labels."""
    rng = np.random.default_rng(seed)
    return np.repeat(rng.integers(0, labels + 1, (*shape[:-1], 1)), shape[-1], -1).astype(np.uint8)


def ball(shape=(10, 20, 20), centre=None, radius=4.0, label=1):
    """A ball in voxel units."""
    centre = centre or [(n - 1) / 2 for n in shape]
    away = sum((i - c) ** 2 for i, c in zip(np.indices(shape), centre, strict=True))
    return np.where(away <= radius**2, label, 0).astype(np.uint8)


def xyz_affine(grid):
    """The affine of (x, y, z) indices to LPS."""
    return grid.affine()[:, [2, 1, 0, 3] if len(grid.shape) == 3 else [1, 0, 2, 3]]


def nifti(path, array, grid=None):
    """Write (z, y, x), (channels, z, y, x), or a picture (y, x), as NIfTI."""
    axes = min(array.ndim, 3)
    grid = grid or Geometry(
        array.shape[-3:], GRID.spacing[-axes:], GRID.origin, GRID.directions[-axes:]
    )
    affine = np.diag([-1.0, -1, 1, 1]) @ xyz_affine(grid)
    nibabel.save(nibabel.Nifti1Image(array.T, affine), path)
    return path


def nrrd_file(path, array, grid=None, encoding="gzip", **fields):
    """Write (z, y, x) as NRRD."""
    grid = grid or Geometry(array.shape[-3:], GRID.spacing, GRID.origin, GRID.directions)
    header = {
        "space": "left-posterior-superior",
        "space directions": xyz_affine(grid)[:3, :3].T,
        "space origin": np.array(grid.origin),
        "encoding": encoding,
        **fields,
    }
    nrrd.write(str(path), array, header, index_order="C")
    return path


def mha(path, array):
    """Write (z, y, x) of uint8 as MetaImage."""
    rows = np.array(GRID.directions)[::-1]
    fields = {
        "ObjectType": "Image",
        "NDims": 3,
        "TransformMatrix": " ".join(map(str, rows.reshape(-1).tolist())),
        "Offset": " ".join(map(str, GRID.origin)),
        "ElementSpacing": " ".join(map(str, reversed(GRID.spacing))),
        "DimSize": " ".join(map(str, reversed(array.shape))),
        "ElementType": "MET_UCHAR",
        "ElementDataFile": "LOCAL",
    }
    head = "".join(f"{name} = {value}\n" for name, value in fields.items())
    path.write_bytes(head.encode() + array.tobytes())
    return path


def mgh(path, array):
    """Write (z, y, x) as FreeSurfer does."""
    affine = np.diag([-1.0, -1, 1, 1]) @ xyz_affine(GRID)
    nibabel.save(nibabel.MGHImage(array.T, affine), path)
    return path


def png(path, array, palette=False):
    """Write (y, x) as a grey or indexed PNG, or (y, x, channels) as colours."""
    image = Image.fromarray(array)
    if palette:
        image.putpalette(np.random.default_rng(0).integers(0, 256, 768).astype(np.uint8).tolist())
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def npy(path, array):
    """Write an array as .npy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array)
    return path


def npz(path, array, key="probabilities"):
    """Write an array as the member `key` of an .npz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **{key: array})
    return path


def stack(path, array, grid=None):
    """Write (channels, z, y, x) as NIfTI with the channels on its last axis."""
    return nifti(path, array, grid or GRID)


def folder(path, write, **files):
    """A folder of files: name without suffix = array; `write` is a writer and its suffix."""
    writer, suffix = write
    path.mkdir(parents=True, exist_ok=True)
    for name, array in files.items():
        writer(path / f"{name}{suffix}", array)
    return path


def raw_png(path, width, depth, colour, rows):
    """Write a PNG of any depth and colour type from rows of bytes, as no library writes it."""

    def part(kind, data):
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    start = struct.pack(">IIBBBBB", width, len(rows), depth, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = part(b"IHDR", start) + part(b"IDAT", data) + part(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)
    return path
