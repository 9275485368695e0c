"""The memory that measuring a class takes, known before anything is measured.

It follows from the box around both masks and from what their surfaces consist of. How many elements
that are is bounded by the voxels of the masks, more closely by their faces, and counted in slabs of
a few planes where no bound is close enough to decide. The bytes of each were measured;
`benchmarks/p24_estimates.py` holds them against the peaks of whole runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import product
from math import prod

import numpy as np

from segeval.kernels.borders import boundary_voxels, neighbour_steps
from segeval.kernels.depths import erode_box
from segeval.kernels.distance_tables import TABLE_STEPS, code_samples, reach_of_steps
from segeval.kernels.mesh import code_table, corner_codes
from segeval.kernels.skewed import SkewedSpacing
from segeval.runtime.arrays import Counted, Mask
from segeval.runtime.frozen import frozen

MIB = 1 << 20
PART = 5 << 18  # elements that are worked on at a time, at most
MASK_BYTES = 2  # of both masks, for a voxel of their box
POINTS = ("border", "contour", "solid")  # elements that are voxels
TABLES = ("mesh", "depths", "deep")  # what looks distances up, and needs a margin of their reach


@frozen
class MemoryCost:
    """What measuring takes, in bytes.

    cell     for a cell of the box and of the margin around it
    element  for an element of either surface
    part     more for each element of the part that is worked on
    inside   for a voxel of either mask
    apart    for a voxel of one mask that the other has not; of a shell, for a face of either mask
    fixed    tables, buffers and the libraries that are loaded
    of       what the elements are: the surface, runs, or voxels in the reach of what is outside
    first    what is measured before and left again, but for its distances
    """

    cell: int
    element: int = 0
    part: int = 0
    inside: int = 0
    apart: int = 0
    fixed: int = 0
    of: str = "surface"
    first: str = ""


COSTS = {
    "mesh": MemoryCost(2, 31, 60, fixed=24 * MIB),
    "flat mesh": MemoryCost(2, 29, 60, fixed=10 * MIB),
    "relaxed": MemoryCost(25, 445, fixed=38 * MIB),
    "subvoxel": MemoryCost(57, 445, fixed=38 * MIB),
    "once": MemoryCost(9, 445, fixed=30 * MIB),
    "corners": MemoryCost(3, 61, fixed=9 * MIB),
    "border": MemoryCost(2, 50, fixed=6 * MIB),
    "contour": MemoryCost(3, 44, fixed=32 * MIB),
    "solid": MemoryCost(3, 16, inside=26, apart=70, fixed=32 * MIB, first="contour"),
    "skewed": MemoryCost(4, 46, inside=34, apart=130, fixed=32 * MIB),
    "depths": MemoryCost(6, 56, fixed=8 * MIB, of="shell"),
    "flat depths": MemoryCost(6, 40, fixed=8 * MIB, of="shell"),
    "deep": MemoryCost(6, 75, apart=64, fixed=14 * MIB, of="shell"),
    "flat deep": MemoryCost(6, 32, apart=60, fixed=16 * MIB, of="shell"),
    "components": MemoryCost(2, 320, fixed=36 * MIB, of="runs"),
    "skeleton": MemoryCost(4, inside=8, fixed=42 * MIB, of="runs"),
    "rims": MemoryCost(6, fixed=32 * MIB, of="runs"),
    "planes": MemoryCost(0, fixed=14 * MIB, of="runs"),
}
FLAT = {how: f"flat {how}" for how in TABLES}  # have smaller tables and fewer neighbours
SKEWED = dict.fromkeys((*POINTS, "corners"), "skewed") | {"mesh": "once"}


@frozen
class MaskContents:
    """What both masks of a class have, added up.

    inside    voxels
    apart     voxels of one that the other has not; of a shell, faces to what is outside
    elements  of their surfaces, as a convention measures them
    """

    inside: int
    apart: int
    elements: int


def measuring_bytes(
    how: str, shape: tuple[int, ...], spacing: tuple[float, ...], has: MaskContents
) -> int:
    """Bytes that measuring a class takes at most.

    how      a name of `Convention.elements`
    shape    of the box around both masks
    spacing  along each axis; with one less, slices along the first axis are measured
    has      what the masks have
    """
    skewed = isinstance(spacing, SkewedSpacing)
    other = SKEWED if skewed else FLAT if len(spacing) == 2 else {}
    cost = COSTS[other.get(how, how)]
    around = (1,) * len(spacing) if skewed else _margin(how, tuple(spacing))
    cells = prod(n + 2 * m for n, m in zip(shape[-len(spacing) :], around, strict=True))
    before = measuring_bytes(cost.first, shape, spacing, has) if cost.first else 0
    own = (
        cost.fixed
        + MASK_BYTES * prod(shape)
        + cost.cell * cells
        + cost.element * has.elements
        + cost.part * min(has.elements, PART)
        + cost.inside * has.inside
        + cost.apart * has.apart
    )
    return max(own, before)


def _margin(how: str, spacing: tuple[float, ...]) -> tuple[int, ...]:
    """Cells that are put around a crop."""
    if how in TABLES:
        return tuple(n + 1 for n in reach_of_steps(spacing, TABLE_STEPS[len(spacing)]))
    return neighbour_steps(spacing).margin if how in (*POINTS, "corners") else (1,) * len(spacing)


def bound_contents(how: str, axes: int, inside: int, faces: int | None = None) -> MaskContents:
    """The most that masks can have.

    how     a name of `Convention.elements`
    axes    of what is measured at a time
    inside  voxels of both masks
    faces   of them that something outside is behind; None: as many as so many voxels can have
    """
    most = 2 * axes * inside if faces is None else min(faces, 2 * axes * inside)
    if how in POINTS:
        return MaskContents(inside, inside, inside if how != "border" else min(inside, most))
    return MaskContents(inside, inside, int(elements_a_face(how, axes) * most) + 1)


def count_contents(how: str, slabs: Iterable[tuple[Mask, Mask]], alone: bool) -> MaskContents:
    """What masks have, counted slab by slab.

    how    a name of `Convention.elements`
    slabs  both masks of some planes, with a voxel of what is around on every side; the last slab is
           the plane behind the last of them. Or slices, each with the pixels around it
    alone  the slabs are slices
    """
    inside, apart, elements = 0, 0, 0
    for truth, pred in slabs:
        inner = (slice(1, -1),) * truth.ndim
        inside += sum(int(np.count_nonzero(mask[inner])) for mask in (truth, pred))
        apart += int(np.count_nonzero(truth[inner] != pred[inner]))
        elements += sum(_count_elements(how, mask, alone) for mask in (truth, pred))
    return MaskContents(inside, apart, elements)


def count_shell(slabs: Iterable[tuple[Mask, Mask]], reach: Sequence[int]) -> int:
    """The voxels of masks that have something outside in a box around them.

    slabs  both masks of some planes, with as much of what is around as the box reaches
    reach  voxels that the box goes along each axis, either way
    """
    count = 0
    for sides in slabs:
        inner = tuple(slice(steps, -steps) for steps in reach)
        for mask in sides:
            near = mask[inner] & ~erode_box(mask, reach)[inner]
            count += int(np.count_nonzero(near))
    return count


def _count_elements(how: str, mask: Mask, alone: bool) -> int:
    inner = (slice(1, -1),) * mask.ndim
    if how in POINTS:
        return int(np.count_nonzero(boundary_voxels(mask, diagonal=how != "border")[inner]))
    codes = corner_codes((mask if alone else mask[:-1]).view(np.uint8)).ravel()
    counts = np.bincount(codes, minlength=1 << (1 << mask.ndim))
    return int(counts @ elements_of_codes(how, mask.ndim))


@cache
def elements_of_codes(how: str, axes: int) -> Counted:
    """How many elements a cell of each code has.

    how   mesh, corners, once, relaxed or subvoxel
    axes  2 or 3
    """
    if how == "corners":
        whole = (1 << (1 << axes)) - 1
        return np.array([0 < code < whole for code in range(whole + 1)], np.int64)
    if how in TABLES:
        return np.diff(code_samples(axes).start)
    return np.diff(code_table(axes, "once" if axes == 3 and how == "once" else "faces").start)


@cache
def elements_a_face(how: str, axes: int) -> float:
    """The most elements that there are for a face between inside and outside.

    A face is an edge between voxel centres, which is in two cells in 2-D and in four in 3-D.
    """
    number = np.arange(1 << (1 << axes))
    inside = number[:, None] >> np.arange(1 << axes) & 1
    corners = np.array(list(product((0, 1), repeat=axes)))
    crossed = np.zeros(len(number))
    for one, other in product(range(len(corners)), repeat=2):
        if one < other and np.abs(corners[one] - corners[other]).sum() == 1:
            crossed += inside[:, one] != inside[:, other]
    some = crossed > 0
    most = float((elements_of_codes(how, axes)[some] / crossed[some]).max())
    return most * float(1 << (axes - 1))


def box_faces(shape: Sequence[int]) -> int:
    """The faces of voxels on the sides of a box, for two masks.

    shape  of the box
    """
    return sum(4 * prod(shape) // n for n in shape if n)
