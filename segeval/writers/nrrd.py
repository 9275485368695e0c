"""Label maps as NRRD, on the grid that they were read on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.runtime.arrays import Labels


def write(path: Path, labels: Labels, grid: Geometry) -> None:
    """Write a label map (z, y, x) or (y, x)."""
    import nrrd

    library: Any = nrrd
    header: dict[str, Any] = {"encoding": "gzip"}
    if grid.placed:
        affine = grid.affine()
        header["space"] = "left-posterior-superior"
        header["space directions"] = affine[:3, list(reversed(range(len(grid.shape))))].T
        header["space origin"] = affine[:3, 3]
    elif grid.spacing is not None:
        header["spacings"] = np.array(list(reversed(grid.spacing)))
    library.write(str(path), np.asfortranarray(labels.reshape(grid.shape).T), header)
