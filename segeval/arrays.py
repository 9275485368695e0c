"""Names for array types."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.unsignedinteger[Any]]  # what a voxel is: uint8 or uint16
Mask = NDArray[np.bool_]
Probabilities = NDArray[np.float32]  # (channels, voxels), in [0, 1]
Floats = NDArray[np.floating[Any]]  # float64 in results and sums
Counted = NDArray[np.int64]
Raw = NDArray[Any]  # as a file holds it
