"""Names for array types: `NDArray` of numpy.typing, which is not worth being loaded for them."""

from __future__ import annotations

from typing import Any

import numpy as np

Shape = tuple[Any, ...]

Labels = np.ndarray[Shape, np.dtype[np.unsignedinteger[Any]]]  # what a voxel is: uint8 or uint16
Mask = np.ndarray[Shape, np.dtype[np.bool_]]
Probabilities = np.ndarray[Shape, np.dtype[np.float32]]  # (channels, voxels), in [0, 1]
Floats = np.ndarray[Shape, np.dtype[np.floating[Any]]]  # float64 in results and sums
Counted = np.ndarray[Shape, np.dtype[np.int64]]
Raw = np.ndarray[Shape, np.dtype[Any]]  # as a file holds it
