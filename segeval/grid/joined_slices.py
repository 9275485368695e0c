"""Slices of several series on one grid, slices that lack their images, and slices in a slanted row.

Two sides may be drawn on different series of one patient, some images may be lost, a gantry may be
tilted: contours lie at their own places in millimetres all the same (docs/rules/ACCOUNT.md, A21,
A22, A24).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.grid.slices import (
    HOLE_GAPS,
    MOST_PLANES,
    PARALLEL,
    Frame,
    Slices,
    check_apart,
    fit_even_grid,
    nearest_position,
)
from segeval.runtime.arrays import Floats, Mask
from segeval.runtime.errors import GeometryError, Note
from segeval.runtime.frozen import replace

SAME_SIZE = 1e-3  # share by which two spacings may differ and be the same
SLACK = 0.01  # of a voxel: so much may stand out of a grid
FINER = 1.5  # times as fine as slices, or as the other side, are contours with planes of their own


def join_grids(many: Sequence[Slices]) -> Geometry:
    """One grid for slices of several series, extended to hold them all (ACCOUNT-A21).

    Each axis is taken from the series with the finer spacing along it; of equal ones, from the one
    that begins lower. The order of the series changes nothing but the signs of axes.

    many  slices whose normals are parallel; the first one decides for others
    """
    grids = [one.geometry for one in many]
    normal = np.array(grids[0].directions)[0]
    grids = [g for g in grids if abs(float(np.array(g.directions)[0] @ normal)) >= PARALLEL]
    base = min(grids, key=lambda g: (_area(g), g.origin))
    turned = [g if order is None else g.reordered(order)
              for g in grids for order in (base.reorder(g),)]  # fmt: skip
    fit = [g for g in turned if not g.directions_differ(base)]
    axes = [_finest_axis(fit, k) for k in range(3)]
    low, high = _extent(turned, base)
    origin, shape = np.zeros(3), []
    assert base.directions is not None
    for k, (side, begin) in enumerate(axes):
        before = max(0, int(np.ceil((begin - side / 2 - low[k]) / side - SLACK)))
        start = begin - before * side
        shape.append(max(1, int(np.ceil((high[k] - start) / side + 0.5 - SLACK))))
        origin += start * np.array(base.directions[k])
    spacing = tuple(side for side, _ in axes)
    return Geometry(tuple(shape), spacing, tuple(origin.tolist()), base.directions)


def _area(grid: Geometry) -> float:
    """mm² of a pixel, so rounded that equal ones are equal."""
    assert grid.spacing is not None
    return float(f"{grid.spacing[1] * grid.spacing[2]:.3g}")


def _finest_axis(grids: Sequence[Geometry], axis: int) -> tuple[float, float]:
    """The finest spacing along an axis, and where along it the grid with that begins."""
    found = []
    for grid in grids:
        assert grid.spacing is not None
        assert grid.directions is not None
        begin = float(np.dot(np.array(grid.origin), grid.directions[axis]))
        found.append((grid.spacing[axis], begin))
    finest = min(side for side, _ in found)
    return min((f for f in found if f[0] <= finest * (1 + SAME_SIZE)), key=lambda f: (f[1], f[0]))


def _extent(grids: Sequence[Geometry], base: Geometry) -> tuple[Floats, Floats]:
    """The lowest and the highest place of all voxels along the axes of a grid, borders included."""
    found = []
    for grid in grids:
        ends = np.array(list(product(*((-0.5, n - 0.5) for n in grid.shape))))
        found.append(ends @ grid.affine()[:3, :3].T + grid.affine()[:3, 3])
    at = np.concatenate(found) @ np.array(base.directions).T
    return at.min(axis=0), at.max(axis=0)


def are_same_slices(one: Slices, other: Slices) -> bool:
    """Whether two series have the same slices in the same pixels."""
    return (
        len(one.positions) == len(other.positions)
        and not list(one.geometry.differences(other.geometry))
        and bool(np.allclose(one.positions, other.positions, atol=SLACK))
    )


# Slices whose images were lost in transfer.


def find_unheld_planes(slices: Slices, heights: Floats) -> Mask:
    """Which contour planes no slice of a series holds (ACCOUNT-A22).

    A slice holds what lies within half of the usual gap: not what lies where slices were lost, nor
    beyond the ends. Where the planes are evenly finer than the slices, every second slice was lost.

    heights  mm of the planes along the normal from the first slice, rising
    """
    positions = slices.positions
    assert slices.geometry.spacing is not None
    gaps = np.diff(positions)
    usual = float(np.median(gaps)) if len(gaps) else slices.geometry.spacing[0]
    place = slices.nearest(heights)
    away = np.abs(heights - positions[place])
    reach = np.full(len(heights), usual / 2)
    if len(gaps):
        beside = np.clip(np.where(heights >= positions[place], place, place - 1), 0, len(gaps) - 1)
        inside = (heights >= positions[0]) & (heights <= positions[-1])
        whole = gaps[beside] <= HOLE_GAPS * usual
        reach = np.where(inside & whole, gaps[beside], usual) / 2
        reach = np.where(heights < positions[0], gaps[0] / 2, reach)
        reach = np.where(heights > positions[-1], gaps[-1] / 2, reach)
    if (own := _even_gap(heights)) is not None and own * FINER <= usual:
        reach = np.minimum(reach, own / 2)
    unheld: Mask = away > reach * (1 + 1e-6) + 1e-6
    return unheld


def _even_gap(heights: Floats) -> float | None:
    """The gap of planes that are evenly spaced, up to a few holes; None of others."""
    gaps = np.diff(heights)
    if len(gaps) < 3:
        return None
    usual = float(np.median(gaps))
    even = np.abs(gaps / usual - np.maximum(np.rint(gaps / usual), 1)) <= 0.1
    return usual if even.mean() >= 0.9 else None


def complete_slices(slices: Slices, heights: Floats, where: str) -> Slices:
    """Slices with planes of contours among them that none of them holds. Raises GeometryError.

    Between slices and added planes that lie farther apart, slices on which nothing was drawn stand.

    heights  mm along the normal from the first slice, of the planes that are added
    """
    added = np.concatenate([slices.positions, heights])
    order = np.argsort(added, kind="stable")
    positions, new = added[order], (order >= len(slices.positions))
    gaps = np.diff(slices.positions)
    usual = float(np.median(gaps)) if len(gaps) else float(slices.thickness[0])
    usual = min(usual, _even_gap(np.sort(heights)) or usual)
    if (positions[-1] - positions[0]) / usual > MOST_PLANES * len(positions):
        raise GeometryError("contours lie too far from the image series", where=where)
    filled = [positions[:1]]
    for k in range(1, len(positions)):
        gap = float(positions[k] - positions[k - 1])
        count = max(round(gap / usual), 1) if new[k - 1] or new[k] else 1
        filled.append(np.linspace(positions[k - 1], positions[k], count + 1)[1:])
    names = _names_of(np.concatenate(filled), slices)
    more = completion_notes(slices, heights, where)
    kept = tuple(n for n in slices.notes if n.code not in ("N-uneven-slices", "W-missing-slices"))
    return arrange_positions(slices.geometry, np.concatenate(filled), names, (*kept, *more), where)


def completion_notes(slices: Slices, heights: Floats, where: str) -> Iterator[Note]:
    """The warnings on contour planes that no slice of a series holds."""
    beyond = (heights < slices.positions[0]) | (heights > slices.positions[-1])
    for these, code, what in (
        (~beyond, "W-completed-slices", "lie where the image series has lost slices"),
        (beyond, "W-outside-image", "lie outside the image series"),
    ):
        if count := int(these.sum()):
            shown = ", ".join(f"{h:.4g}" for h in heights[these][:8]) + ", …" * (count > 8)
            text = (
                f"{count} contour planes {what}: slices are added for them, at {shown} mm from "
                "its first slice"
            )
            yield Note(code, text, where)


def _names_of(positions: Floats, slices: Slices) -> tuple[str, ...]:
    """The image of each position; "" where there is none."""
    if not slices.images:
        return ()
    place = slices.nearest(positions)
    near = np.abs(positions - slices.positions[place]) < SLACK
    return tuple(slices.images[i] if ok else "" for i, ok in zip(place, near, strict=True))


def arrange_positions(
    geometry: Geometry,
    positions: Floats,
    images: tuple[str, ...],
    notes: tuple[Note, ...],
    where: str,
) -> Slices:
    """Slices at some heights above the first plane of a grid, in the pixels of that grid."""
    assert geometry.spacing is not None
    assert geometry.directions is not None
    first = positions[0]
    origin = np.array(geometry.origin) + first * np.array(geometry.directions[0])
    step, count, more = fit_even_grid(positions - first, first, geometry.spacing[0], where)
    made = replace(
        geometry,
        shape=(count, *geometry.shape[1:]),
        spacing=(step, *geometry.spacing[1:]),
        origin=tuple(origin.tolist()),
    )
    source = nearest_position(positions - first, np.arange(count) * step)
    return Slices(made, positions - first, source, images, (*notes, *more))


# Slices of a tilted gantry.


def arrange_slanted(
    frame: Frame, corners: Floats, images: Sequence[str], gap: float | None, where: str
) -> Slices:
    """Slices that are shifted sideways against each other, on a grid that holds all of them.

    The images are no grid; contours need none: each lies in the patient where it lies, and stands
    for a slab as thick as its slices lie apart along their normal. Raises GeometryError.

    corners  (n, 3) LPS millimetres of the centre of each first pixel
    """
    heights = corners @ np.array(frame.normal)
    order = np.argsort(heights, kind="stable")
    corners, positions = corners[order], heights[order] - heights[order[0]]
    check_apart(positions, where)
    size = np.array(frame.spacing)
    axes = np.array([frame.along_column, frame.along_row])
    drift = (corners - corners[0]) @ axes.T / size
    low = np.floor(drift.min(axis=0) + SLACK)
    more = np.ceil(drift.max(axis=0) - SLACK) - low
    step, count, notes = fit_even_grid(positions, float(heights[order[0]]), gap, where)
    origin = corners[0] + (low * size) @ axes
    shape = (count, *(int(n) for n in np.array(frame.shape) + more))
    geometry = Geometry(
        shape,
        (step, *frame.spacing),
        tuple(origin.tolist()),
        (frame.normal, frame.along_column, frame.along_row),
    )
    beside = f"the slices lie up to {np.abs(drift * size).max():.4g} mm beside each other"
    text = f"{beside} (a tilted gantry): contours are drawn where they lie, on {geometry}"
    source = nearest_position(positions, np.arange(count) * step)
    named = tuple(images[i] for i in order) if images else ()
    return Slices(geometry, positions, source, named, (*notes, Note("W-tilted", text, where)))


def unique_heights(heights: Floats, within: float) -> Iterator[int]:
    """The first of the things that lie at one height, in the order of heights."""
    last = -np.inf
    for place in np.argsort(heights, kind="stable"):
        if heights[place] - last > within:
            last = heights[place]
            yield int(place)
