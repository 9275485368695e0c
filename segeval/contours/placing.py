"""From contours of a file to polygons on slices (docs/contours.md, R3 to R6, R9 to R13).

Nothing is repaired: a contour counts as it is, is left out with a note, or stops its structure.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from segeval.contours.rules import DrawingRules, NoteCollector, count_phrase
from segeval.contours.sharing import drop_copies
from segeval.contours.structure_set import Contour, Roi
from segeval.grid.slices import Slices
from segeval.kernels.outlines import (
    crossing_polygons,
    find_repeated_polygons,
    find_thin_polygons,
    group_heights,
    join_polygons,
    keep_polygons,
    plane_deviations,
)
from segeval.kernels.polygons import polygon_areas
from segeval.kernels.raster import Polygons
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.errors import CaseError, Note
from segeval.runtime.frozen import field, frozen

DRAWN_ON = "keep the series that it was drawn on in the case; or leave it out: --classes NAMES"
SAME_PLANE = 0.01  # mm between contours of one plane (DICOM-R3)
SAME_POINT = 0.001  # mm between vertices of one contour stored twice (DICOM-R4)
FLAT_LIMIT = 0.1  # mm, and degrees, that a contour may leave its plane (DICOM-R13)
CROSSING_AREA = 0.01  # mm² from which contours cross and do not only touch (DICOM-R5)
BESIDE_SHARE = (
    0.01  # share of the gap that a plane may lie beside its slice without a note (DICOM-R6)
)


@frozen
class PlacedContours:
    """A structure on slices.

    polygons  what counts, millimetres along rows and columns from the grid's origin; the plane of
              each is the slice that it lies on
    crossed   pairs of them that cross (DICOM-R5)
    found     how many contours and planes of contours there were
    ends      how many of them no value stands for, by kind and status
    """

    polygons: Polygons
    slices: Slices
    crossed: tuple[tuple[int, int], ...] = ()
    notes: tuple[Note, ...] = ()
    found: Mapping[str, int] = field(default_factory=dict)
    ends: tuple[tuple[tuple[str, str], int], ...] = ()


def place_contours(
    roi: Roi, slices: Slices, rules: DrawingRules, where: str = ""
) -> PlacedContours:
    """The contours of a structure that count, each on its slice. Raises CaseError."""
    say = NoteCollector(roi, where)
    if roi.twins and roi.areas:
        raise shared_number(say)
    points = parse_contours(say, rules)
    polygons = Polygons(np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0, np.int64))
    if points:
        polygons = place_on_planes(say, points, slices)
    if not len(polygons.ends):
        return PlacedContours(polygons, slices, (), tuple(say.notes), *count_ends(say))
    crossed = contour_crossings(say, polygons)
    note_area_outside(say, polygons, slices)
    return PlacedContours(polygons, slices, crossed, tuple(say.notes), *count_ends(say))


def count_ends(
    say: NoteCollector,
) -> tuple[dict[str, int], tuple[tuple[tuple[str, str], int], ...]]:
    """How many contours and planes there were, and what became of those that do not count."""
    found = {"contour": len(say.roi.areas), "plane": say.planes}
    return {kind: count for kind, count in found.items() if count}, tuple(say.left.items())


def parse_contours(say: NoteCollector, rules: DrawingRules) -> list[Floats]:
    """The points of every contour that is an area. Raises CaseError for bad numbers (DICOM-S4)."""
    contours = say.roi.areas
    found = [drop_closing_point(c) for c in contours]
    bad = sum(points is None for points in found)
    if bad:
        of = f"{bad} of {count_phrase(len(contours), 'contour')}"
        text = f"{of} have numbers that cannot be read, or that lie metres off"
        if rules.bad != "skip":
            raise say.error(text, "partial", "--rt-bad-contour skip leaves them out")
        say("W-bad-contour", text)
        say.leave("contour", "bad_numbers", bad)
    return [points for points in found if points is not None]


def shared_number(say: NoteCollector) -> CaseError:
    """The error for two structures of one number: nothing tells whose the contours are.

    Rule ACCOUNT-A19.
    """
    roi = say.roi
    names = ", ".join(repr(name) for name in (roi.name, *roi.twins))
    return say.error(
        f"{names} have one number, so nothing tells whose the contours are",
        "shared_number",
        "give each structure of the file a number of its own; --classes can leave both out",
    )


def drop_closing_point(contour: Contour) -> Floats | None:
    """The points of a contour without a last one that repeats the first (DICOM-R11)."""
    points = contour.points()
    if points is None or len(points) < 2 or np.abs(points[0] - points[-1]).max() > SAME_POINT:
        return points
    return points[:-1]


def place_on_planes(say: NoteCollector, points: list[Floats], slices: Slices) -> Polygons:
    """Polygons on their slices: flat, each once, without copies. Raises CaseError."""
    flat, ends = join_polygons(points)
    flat = to_plane_coordinates(flat, slices)
    area = ~find_thin_polygons(flat[:, :2], ends)
    if left := int((~area).sum()):
        say("N-degenerate-contour", f"{count_phrase(left, 'contour')} without an area left out")
        say.leave("contour", "no_area", left)
    heights = contour_heights(say, flat, ends, slices, area)
    plane, planes = group_heights(heights, SAME_PLANE)
    say.planes = len(planes)
    polygons = keep_polygons(Polygons(flat[:, :2], ends, np.zeros(len(ends), np.int64)), area)
    polygons = drop_repeated_contours(say, Polygons(polygons.points, polygons.ends, plane))
    slice_of = assign_slices(say, polygons, planes, slices)
    kept = keep_polygons(polygons, slice_of[polygons.planes] >= 0)
    # A contour stored twice may lie a hair beside itself, and so on two planes of one slice.
    return drop_repeated_contours(say, Polygons(kept.points, kept.ends, slice_of[kept.planes]))


def to_plane_coordinates(points: Floats, slices: Slices) -> Floats:
    """Millimetres from the grid's origin along a row, along a column and along the normal."""
    geometry = slices.geometry
    assert geometry.directions is not None
    axes = np.array(geometry.directions)[::-1].T
    turned: Floats = (points - np.array(geometry.origin)) @ axes
    return turned


def contour_heights(
    say: NoteCollector, flat: Floats, ends: Counted, slices: Slices, area: Mask
) -> Floats:
    """The height of each contour that has an area; it must lie in a slice plane (DICOM-R13)."""
    assert slices.geometry.spacing is not None
    heights, away, tilt = plane_deviations(flat, ends)
    bend = max(FLAT_LIMIT, 0.05 * slices.geometry.spacing[0])
    leaves = area & ((away > bend) | ((away > FLAT_LIMIT) & (tilt > FLAT_LIMIT)))
    # A line seen along the slices is upright: thin on the plane, yet a contour elsewhere.
    leaves |= ~area & (away > bend)
    if leaves.any():
        raise say.error(
            f"{count_phrase(int(leaves.sum()), 'contour')} of {len(ends)} leave the slice plane "
            f"by up to {away.max():.3g} mm",
            "contour_not_in_slice_plane",
            DRAWN_ON,
        )
    return heights[area]


def drop_repeated_contours(say: NoteCollector, polygons: Polygons) -> Polygons:
    """Each contour once, or those stored twice would vanish by parity (DICOM-R4)."""
    if not len(polygons.ends):
        return polygons
    again = find_repeated_polygons(polygons, SAME_POINT)
    if count := int(again.sum()):
        say("W-duplicate-contour", f"{count_phrase(count, 'contour')} stored twice, counted once")
        say.leave("contour", "stored_twice", count)
    return keep_polygons(polygons, ~again)


def assign_slices(
    say: NoteCollector, polygons: Polygons, planes: Floats, slices: Slices
) -> Counted:
    """The slice of each plane, -1 for those that have none (DICOM-R6, R10). Raises CaseError.

    planes  mm of each along the normal of the slices
    """
    place = slices.nearest(planes)
    away = np.abs(planes - slices.positions[place])
    gap = gaps_beside(planes, place, slices)
    share = away / gap
    out = (share > 0.5 + 1e-6) | slices.beyond(planes)
    if count := int(out.sum()):
        text = (
            f"{count} of {count_phrase(len(planes), 'contour plane')} lie outside the image series"
        )
        if 2 * count > len(planes):
            raise say.error(text, "outside_image", DRAWN_ON)
        say("W-outside-image", text)
        say.leave("plane", "outside_image", count)
        say.leave("contour", "outside_image", int(out[polygons.planes].sum()))
    if (beside := away[~out & (share > BESIDE_SHARE)]).size:
        beside_planes = count_phrase(len(beside), "contour plane")
        say("N-plane-offset", f"{beside_planes} lie up to {beside.max():.3g} mm beside their slice")
    place[out] = -1
    return drop_copies(say, polygons, planes, place, away, gap)


def gaps_beside(planes: Floats, place: Counted, slices: Slices) -> Floats:
    """The gap between slices on the side of the slice on which each plane lies."""
    assert slices.geometry.spacing is not None
    if len(slices.positions) == 1:
        return np.full(len(planes), slices.geometry.spacing[0])
    gaps = np.diff(slices.positions)
    above = planes >= slices.positions[place]
    beside: Floats = gaps[np.clip(np.where(above, place, place - 1), 0, len(gaps) - 1)]
    return beside


def contour_crossings(say: NoteCollector, polygons: Polygons) -> tuple[tuple[int, int], ...]:
    """Pairs of contours of one plane that cross each other (DICOM-R5)."""
    pairs, disputed = crossing_polygons(polygons, CROSSING_AREA)
    if pairs:
        say("W-crossing-contours", f"{count_phrase(len(pairs), 'pair')} of contours cross, "
            f"{disputed.sum():.4g} mm² are claimed by both")  # fmt: skip
    return tuple(pairs)


def note_area_outside(say: NoteCollector, polygons: Polygons, slices: Slices) -> None:
    """Say which share of the area the grid cuts off in the plane (DICOM-R10)."""
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
    both = polygon_areas(Polygons(polygons.points, polygons.ends, plane), frame, count)
    share = 1 - both.both.sum() / both.a.sum() if both.a.any() else 0.0
    if share > 0:
        say("W-outside-image", f"{share:.2%} of the area lies outside the image")
