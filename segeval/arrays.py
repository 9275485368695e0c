"""Names for array types."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.uint8] | NDArray[np.uint16]  # what a voxel is
Mask = NDArray[np.bool_]
Probabilities = NDArray[np.float32]  # (channels, voxels), in [0, 1]
Floats = NDArray[np.float64]
Counted = NDArray[np.int64]
Raw = NDArray[np.generic]  # as a file holds it
