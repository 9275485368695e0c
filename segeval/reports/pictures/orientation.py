"""How a grid lies in the patient: which planes are axial, and what is at their edges (REPORT-T21).

Files store their axes in any order and direction: a sagittal series has its slices from right to
left. Planes are shown as radiology has them whatever that is: the head is up, the patient's left at
the right, in sagittal planes the front at the left.
"""

from __future__ import annotations

import math
from itertools import permutations

from segeval.grid.geometry import Geometry

LETTERS = ("R", "L"), ("A", "P"), ("I", "S")  # of the LPS axes, towards less and more
DOWN, RIGHT = (1, 1, -1), (1, 1, 1)  # LPS: down is P or I, to the right is L or P
NAMES = "axial", "coronal", "sagittal"
PATIENT = (2, 1, 0)  # the LPS axes that these planes lie across
UPRIGHT = math.cos(math.radians(30))


def anatomical_order(grid: Geometry) -> tuple[int, int, int]:
    """The axes of an array that axial, coronal and sagittal planes lie across.

    Each axis stands for one of the patient, so that all of them together deviate least; as stored
    where the file does not say how it lies.
    """
    directions = grid.directions
    if directions is None:
        return (0, 1, 2)
    orders = [(a, b, 3 - a - b) for a, b in permutations((0, 1, 2), 2)]
    return max(
        orders,
        key=lambda axes: sum(abs(directions[a][p]) for a, p in zip(axes, PATIENT, strict=True)),
    )


def runs_against(grid: Geometry, axis: int, wanted: tuple[int, int, int]) -> bool:
    """Whether an axis runs the other way than radiology shows it.

    wanted  the sign along each LPS axis
    """
    if grid.directions is None:
        return False
    patient = _patient_axis(grid, axis)
    return grid.directions[axis][patient] * wanted[patient] < 0


def side_letters(grid: Geometry, axis: int) -> tuple[str, str]:
    """The letters towards less and towards more of an axis of a grid that has directions."""
    assert grid.directions is not None
    patient = _patient_axis(grid, axis)
    less, more = LETTERS[patient]
    return (less, more) if grid.directions[axis][patient] > 0 else (more, less)


def name_plane(grid: Geometry, across: int) -> str:
    """What the plane across an axis is called; oblique where it is turned by over 30 degrees."""
    if not grid.placed or grid.directions is None:
        return f"across axis {'zyx'[across]}"
    name = NAMES[PATIENT.index(_patient_axis(grid, across))]
    return name if _is_upright(grid) else f"oblique {name}"


def _patient_axis(grid: Geometry, axis: int) -> int:
    """The axis of the patient that an axis of the array stands for."""
    return PATIENT[anatomical_order(grid).index(axis)]


def _is_upright(grid: Geometry) -> bool:
    directions = grid.directions or ()
    return all(abs(row[_patient_axis(grid, k)]) > UPRIGHT for k, row in enumerate(directions))
