"""Label maps as files of every format that holds them, written by the libraries of the formats."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from segeval.runtime.arrays import Labels
from segeval.selftest.shapes import BOX, NUMBERS, SLAB, SPACING

Writer = Callable[[Path, Labels], None]


def write_picture(path: Path, labels: Labels) -> None:
    """A picture of (rows, columns) in the format of the suffix."""
    from PIL import Image

    Image.fromarray(labels).save(path)


def write_nifti(path: Path, labels: Labels) -> None:
    """NIfTI-1 of (z, y, x), with the spacing."""
    import nibabel

    library: Any = nibabel
    affine = np.diag([*SPACING[::-1], 1.0])
    library.save(library.Nifti1Image(labels.T, affine), path)


def write_mgh(path: Path, labels: Labels) -> None:
    """MGH of FreeSurfer."""
    import nibabel

    library: Any = nibabel
    affine = np.diag([*SPACING[::-1], 1.0])
    library.save(library.MGHImage(labels.T, affine), path)


def write_nrrd(path: Path, labels: Labels) -> None:
    """NRRD; as `.seg.nrrd` with the segments of 3D Slicer."""
    import nrrd

    library: Any = nrrd
    header: dict[str, Any] = {
        "space": "left-posterior-superior",
        "space directions": np.diag(SPACING[::-1]),
        "space origin": np.zeros(3),
        "encoding": "gzip",
    }
    if path.name.endswith(".seg.nrrd"):
        for place, name in enumerate((BOX, SLAB)):
            header |= {
                f"Segment{place}_ID": name,
                f"Segment{place}_Name": name,
                f"Segment{place}_Layer": "0",
                f"Segment{place}_LabelValue": str(NUMBERS[name]),
            }
    library.write(str(path), np.asfortranarray(labels.T), header)


def write_mha(path: Path, labels: Labels) -> None:
    """MetaImage with packed data in the same file."""
    packed = zlib.compress(labels.tobytes())
    size = " ".join(map(str, labels.shape[::-1]))
    sides = " ".join(map(str, SPACING[::-1]))
    head = (
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
        f"CompressedData = True\nCompressedDataSize = {len(packed)}\n"
        "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\n"
        f"ElementSpacing = {sides}\nDimSize = {size}\nElementType = MET_UCHAR\n"
        "ElementDataFile = LOCAL\n"
    )
    path.write_bytes(head.encode() + packed)


def write_array(path: Path, labels: Labels) -> None:
    """An array of NumPy."""
    np.save(path, labels)


def write_archive(path: Path, labels: Labels) -> None:
    """An archive of NumPy."""
    np.savez_compressed(path, labels=labels)


PICTURES: Mapping[str, Writer] = dict.fromkeys((".png", ".tif", ".bmp", ".gif"), write_picture)
VOLUMES: Mapping[str, Writer] = {
    ".nii": write_nifti,
    ".nii.gz": write_nifti,
    ".nrrd": write_nrrd,
    ".seg.nrrd": write_nrrd,
    ".mha": write_mha,
    ".mgz": write_mgh,
    ".npy": write_array,
    ".npz": write_archive,
}
