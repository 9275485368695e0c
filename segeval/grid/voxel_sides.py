"""What the side of a voxel can be; without NumPy, for the command line asks before it loads it."""

from __future__ import annotations

LEAST_SIDE, MOST_SIDE = 1e-9, 1e9  # mm: from less than an atom to beyond the Moon


def is_side(millimetres: float) -> bool:
    """Whether a number is the side of a voxel."""
    return LEAST_SIDE <= millimetres <= MOST_SIDE
