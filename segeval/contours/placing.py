"""From contours of a file to polygons on slices (docs/contours.md, R3 to R6, R9 to R13).

Nothing is repaired: a contour counts as it is, is left out with a note, or stops its structure.
"""

from __future__ import annotations

import numpy as np

from segeval.contours.rules import Rules, Voice, some
from segeval.contours.structure_set import Contour, Roi
from segeval.grid.slices import Slices
from segeval.kernels.outlines import chosen, crossing, grouped, joined, off_plane, repeated, thin
from segeval.kernels.polygons import areas
from segeval.kernels.raster import Polygons
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.errors import Note
from segeval.runtime.frozen import frozen

SAME_PLANE = 0.01  # mm between contours of one plane (R3)
SAME_POINT = 0.001  # mm between vertices of one contour stored twice (R4)
FLAT = 0.1  # mm, and degrees, that a contour may leave its plane (R13)
DISPUTED = 0.01  # mm² from which contours cross and do not only touch (R5)
BESIDE = 0.01  # share of the gap that a plane may lie beside its slice without a note (R6)


@frozen
class Placed:
    """A structure on slices.

    polygons  what counts, millimetres along rows and columns from the grid's origin; the plane of
              each is the slice that it lies on
    crossed   pairs of them that cross (R5)
    """

    polygons: Polygons
    slices: Slices
    crossed: tuple[tuple[int, int], ...] = ()
    notes: tuple[Note, ...] = ()


def placed(roi: Roi, slices: Slices, rules: Rules, where: str = "") -> Placed:
    """The contours of a structure that count, each on its slice. Raises CaseError."""
    say = Voice(roi, where)
    points = parsed(say, rules)
    polygons = Polygons(np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0, np.int64))
    if points:
        polygons = on_planes(say, points, slices)
    if not len(polygons.ends):
        return Placed(polygons, slices, (), tuple(say.notes))
    crossed = crossings(say, polygons)
    outside(say, polygons, slices)
    return Placed(polygons, slices, crossed, tuple(say.notes))


def parsed(say: Voice, rules: Rules) -> list[Floats]:
    """The points of every contour that is an area. Raises CaseError for bad numbers (S4)."""
    contours = say.roi.areas
    found = [ring(c) for c in contours]
    bad = sum(points is None for points in found)
    if bad:
        text = f"{bad} of {some(len(contours), 'contour')} have numbers that cannot be read"
        if rules.bad != "skip":
            raise say.error(text, "partial", "--rt-bad-contour skip leaves them out")
        say("W-bad-contour", text)
    return [points for points in found if points is not None]


def ring(contour: Contour) -> Floats | None:
    """The points of a contour without a last one that repeats the first (R11)."""
    points = contour.points()
    if points is None or len(points) < 2 or np.abs(points[0] - points[-1]).max() > SAME_POINT:
        return points
    return points[:-1]


def on_planes(say: Voice, points: list[Floats], slices: Slices) -> Polygons:
    """Polygons on their slices: flat, each once, one plane a slice. Raises CaseError."""
    flat, ends = joined(points)
    flat = in_plane(flat, slices)
    area = ~thin(flat[:, :2], ends)
    if left := int((~area).sum()):
        say("N-degenerate-contour", f"{some(left, 'contour')} without an area left out")
    heights = level(say, flat, ends, slices, area)
    plane, planes = grouped(heights, SAME_PLANE)
    polygons = chosen(Polygons(flat[:, :2], ends, np.zeros(len(ends), np.int64)), area)
    polygons = Polygons(polygons.points, polygons.ends, plane)
    polygons = once(say, polygons)
    slice_of = assigned(say, planes, slices)
    kept = chosen(polygons, slice_of[polygons.planes] >= 0)
    return Polygons(kept.points, kept.ends, slice_of[kept.planes])


def in_plane(points: Floats, slices: Slices) -> Floats:
    """Millimetres from the grid's origin along a row, along a column and along the normal."""
    geometry = slices.geometry
    assert geometry.directions is not None
    axes = np.array(geometry.directions)[::-1].T
    turned: Floats = (points - np.array(geometry.origin)) @ axes
    return turned


def level(say: Voice, flat: Floats, ends: Counted, slices: Slices, area: Mask) -> Floats:
    """The height of each contour that has an area; it must lie in a slice plane (R13)."""
    assert slices.geometry.spacing is not None
    heights, away, tilt = off_plane(flat, ends)
    bend = max(FLAT, 0.05 * slices.geometry.spacing[0])
    leaves = area & ((away > bend) | ((away > FLAT) & (tilt > FLAT)))
    # A line seen along the slices is upright: thin on the plane, yet a contour elsewhere.
    leaves |= ~area & (away > bend)
    if leaves.any():
        raise say.error(
            f"{some(int(leaves.sum()), 'contour')} of {len(ends)} leave the slice plane by up to "
            f"{away.max():.3g} mm",
            "contour_not_in_slice_plane",
            "the contours were drawn on a series of another orientation",
        )
    return heights[area]


def once(say: Voice, polygons: Polygons) -> Polygons:
    """Each contour once, or those stored twice would vanish by parity (R4)."""
    if not len(polygons.ends):
        return polygons
    again = repeated(polygons, SAME_POINT)
    if count := int(again.sum()):
        say("W-duplicate-contour", f"{some(count, 'contour')} stored twice, counted once")
    return chosen(polygons, ~again)


def assigned(say: Voice, planes: Floats, slices: Slices) -> Counted:
    """The slice of each plane, -1 for those that have none (R6, R10). Raises CaseError."""
    place = slices.nearest(planes)
    away = np.abs(planes - slices.positions[place])
    share = away / gaps_beside(planes, place, slices)
    out = (share > 0.5 + 1e-6) | slices.beyond(planes)
    if count := int(out.sum()):
        text = f"{count} of {some(len(planes), 'contour plane')} lie outside the image series"
        if 2 * count > len(planes):
            raise say.error(text, "outside_image", "is this the series it was drawn on?")
        say("W-outside-image", text)
    if (beside := away[~out & (share > BESIDE)]).size:
        say("N-plane-offset", f"{some(len(beside), 'contour plane')} lie up to {beside.max():.3g} "
            "mm beside their slice")  # fmt: skip
    place[out] = -1
    return nearer(say, place, away)


def gaps_beside(planes: Floats, place: Counted, slices: Slices) -> Floats:
    """The gap between slices on the side of the slice on which each plane lies."""
    assert slices.geometry.spacing is not None
    if len(slices.positions) == 1:
        return np.full(len(planes), slices.geometry.spacing[0])
    gaps = np.diff(slices.positions)
    above = planes >= slices.positions[place]
    beside: Floats = gaps[np.clip(np.where(above, place, place - 1), 0, len(gaps) - 1)]
    return beside


def nearer(say: Voice, place: Counted, away: Floats) -> Counted:
    """One plane a slice: the closer one, then the lower (R6)."""
    order = np.lexsort((np.arange(len(place)), np.round(away, 6), place))
    second = np.zeros(len(place), np.bool_)
    second[order[1:]] = place[order][1:] == place[order][:-1]
    second &= place >= 0
    if count := int(second.sum()):
        say("N-planes-share-slice", f"{some(count, 'contour plane')} left out: another lies nearer "
            "to the same slice")  # fmt: skip
    return np.where(second, -1, place)


def crossings(say: Voice, polygons: Polygons) -> tuple[tuple[int, int], ...]:
    """Pairs of contours of one plane that cross each other (R5)."""
    pairs, disputed = crossing(polygons, DISPUTED)
    if pairs:
        say("W-crossing-contours", f"{some(len(pairs), 'pair')} of contours cross, "
            f"{disputed.sum():.4g} mm² are claimed by both")  # fmt: skip
    return tuple(pairs)


def outside(say: Voice, polygons: Polygons, slices: Slices) -> None:
    """Say which share of the area the grid cuts off in the plane (R10)."""
    geometry = slices.geometry
    assert geometry.spacing is not None
    sides = np.array(geometry.spacing[:0:-1])
    low, high = -sides / 2, (np.array(geometry.shape[:0:-1]) - 0.5) * sides
    if (polygons.points >= low).all() and (polygons.points <= high).all():
        return
    used, plane = np.unique(polygons.planes, return_inverse=True)
    corners = np.array([low, [high[0], low[1]], high, [low[0], high[1]]])
    count = len(used)
    frame = Polygons(np.tile(corners, (count, 1)), 4 * np.arange(1, count + 1), np.arange(count))
    both = areas(Polygons(polygons.points, polygons.ends, plane), frame, count)
    share = 1 - both.both.sum() / both.a.sum() if both.a.any() else 0.0
    if share > 0:
        say("W-outside-image", f"{share:.2%} of the area lies outside the image")
