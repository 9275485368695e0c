"""Label maps as PNG: 8 bits a pixel where they are enough, else 16."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.runtime.arrays import Labels


def write(path: Path, labels: Labels, grid: Geometry) -> None:
    """Write a label map of two axes; a PNG does not keep where it lies."""
    from PIL import Image

    kind = np.uint8 if int(labels.max()) <= 255 else np.uint16
    Image.fromarray(labels.reshape(grid.shape[-2:]).astype(kind)).save(path, "PNG")
