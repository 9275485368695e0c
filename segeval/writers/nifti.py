"""Label maps as NIfTI, on the grid that they were read on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.runtime.arrays import Floats, Labels


def write(path: Path, labels: Labels, grid: Geometry) -> None:
    """Write a label map (z, y, x) or (y, x)."""
    import nibabel

    library: Any = nibabel
    array = labels.reshape(grid.shape)
    image = library.Nifti1Image(array.T, ras_affine(grid))
    image.header.set_xyzt_units("mm")
    with open_gzip_output(path) if path.suffix == ".gz" else path.open("wb") as file:
        image.to_stream(file)


def open_gzip_output(path: Path) -> Any:
    """A gzip file to write, which holds no date: the same labels are the same bytes.

    isal packs masks ten times faster than zlib, where it has a wheel.
    """
    try:
        from isal import igzip

        library: Any = igzip
    except ImportError:
        import gzip

        library = gzip
    return library.GzipFile(path, "wb", 1, mtime=0)


def ras_affine(grid: Geometry) -> Floats:
    """From (x, y, z) indices to RAS millimetres; voxel sides alone where there is no more."""
    if grid.placed:
        order = [2, 1, 0, 3] if len(grid.shape) == 3 else [1, 0, 2, 3]
        placed: Floats = np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine()[:, order]
        return placed
    sides = list(reversed(grid.spacing or (1.0,) * len(grid.shape)))
    return np.diag([*sides, *[1.0] * (4 - len(sides))])
