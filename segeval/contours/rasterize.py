"""From polygons on slices to the mask of a structure (docs/contours.md, R1, R2, R5, R7, R12)."""

from __future__ import annotations

import numpy as np

from segeval.contours.placing import PlacedContours, place_contours
from segeval.contours.rules import DrawingRules, NoteCollector, count_phrase
from segeval.contours.structure_set import Roi
from segeval.grid.slices import Slices, nearest_position
from segeval.kernels.mask_runs import MaskRuns, cover_at_least, cover_odd, runs_of_box
from segeval.kernels.outlines import pick_polygons
from segeval.kernels.raster import (
    Polygons,
    consecutive_numbers,
    rasterize_polygons,
    rasterize_with_border,
    share_on_centres,
)
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.errors import Note
from segeval.runtime.frozen import frozen

ON_CENTRES = 0.95  # share of vertices on voxel centres from which a writer traced masks (DICOM-R12)


@frozen
class RasterizedStructure:
    """A structure as a mask. `status` is "" or `empty_after_rasterisation` (DICOM-R9)."""

    runs: MaskRuns
    placed: PlacedContours
    notes: tuple[Note, ...] = ()
    status: str = ""


def rasterize_structure(
    roi: Roi, slices: Slices, rules: DrawingRules, where: str = ""
) -> RasterizedStructure:
    """The mask of a structure on the grid of its slices. Raises CaseError."""
    on_slices = place_contours(roi, slices, rules, where)
    say = NoteCollector(roi, where)
    pixels = to_pixels(on_slices)
    note_borders_on_centres(say, pixels, rules)
    mask = move_to_grid(say, fill_polygons(pixels, on_slices, rules), on_slices, rules)
    status = ""
    if not mask.count and not roi.empty:
        status = "empty_after_rasterisation"
        say("W-empty-after-rasterisation", "no voxel centre is inside of it")
    return RasterizedStructure(mask, on_slices, (*on_slices.notes, *say.notes), status)


def to_pixels(on_slices: PlacedContours) -> Polygons:
    """The polygons in columns and rows."""
    geometry = on_slices.slices.geometry
    assert geometry.spacing is not None
    polygons = on_slices.polygons
    sides = np.array(geometry.spacing[:0:-1])
    return Polygons(polygons.points / sides, polygons.ends, polygons.planes)


def note_borders_on_centres(say: NoteCollector, pixels: Polygons, rules: DrawingRules) -> None:
    """Say if the contours run through voxel centres, so that half a voxel is missing.

    Rule DICOM-R12.
    """
    share = share_on_centres(pixels.points)
    if share >= ON_CENTRES and rules.boundary != "inclusive":
        say("W-vertices-on-voxel-centres", f"{share:.0%} of the vertices lie on voxel centres; "
            "--rt-boundary inclusive counts the border as inside")  # fmt: skip


def fill_polygons(pixels: Polygons, on_slices: PlacedContours, rules: DrawingRules) -> MaskRuns:
    """The mask on the slices of the series, by parity or by union of those that cross."""
    slices = on_slices.slices
    shape = (len(slices.positions), slices.geometry.shape[1], slices.geometry.shape[2])
    fill = rasterize_with_border if rules.boundary == "inclusive" else rasterize_polygons
    if rules.overlap != "union" or not on_slices.crossed:
        return fill(pixels, shape)
    groups = group_pairs(on_slices.crossed)
    crossed = {i for group in groups for i in group}
    rest = [i for i in range(len(pixels.ends)) if i not in crossed]
    unions = [
        cover_at_least([fill(select_polygons(pixels, [i]), shape) for i in group])
        for group in groups
    ]
    return cover_odd([fill(select_polygons(pixels, rest), shape), *unions])


def select_polygons(pixels: Polygons, which: list[int]) -> Polygons:
    """Some of the polygons, by number."""
    chosen = np.array(which, np.int64)
    return pick_polygons(pixels, chosen, pixels.planes[chosen])


def group_pairs(pairs: tuple[tuple[int, int], ...]) -> list[set[int]]:
    """Pairs joined to groups."""
    groups: list[set[int]] = []
    for pair in pairs:
        touched = [g for g in groups if g & set(pair)]
        groups = [g for g in groups if g not in touched] + [set(pair).union(*touched)]
    return groups


def move_to_grid(
    say: NoteCollector, mask: MaskRuns, on_slices: PlacedContours, rules: DrawingRules
) -> MaskRuns:
    """The mask of the slices on the planes of the grid, gaps filled where that is asked.

    Rule DICOM-R7.
    """
    slices = on_slices.slices
    used = np.unique(on_slices.polygons.planes)
    note_empty_slices(say, mask, used)
    take = np.arange(len(slices.positions))
    if len(used) and (missing := np.setdiff1d(np.arange(used[0], used[-1]), used)).size:
        if rules.gaps == "none":
            empty = count_phrase(len(missing), "slice")
            text = f"{empty} between drawn ones have no contour: {list_slice_numbers(missing)}"
            say("W-contour-gap", text)
        elif rules.gaps == "nearest":
            take[missing] = used[
                nearest_position(slices.positions[used], slices.positions[missing])
            ]
        else:
            mask = cover_at_least([mask, *interpolate_planes(mask, used, slices)])
    return take_slices(mask, take[slices.source], slices)


def list_slice_numbers(missing: Counted, most: int = 12) -> str:
    """Slice numbers as people read them."""
    shown = ", ".join(str(int(i)) for i in missing[:most])
    return f"{shown}, …" if len(missing) > most else shown


def note_empty_slices(say: NoteCollector, mask: MaskRuns, used: Counted) -> None:
    """Say how many drawn slices have no voxel: their contours are smaller than one (DICOM-R9)."""
    if count := int((mask.planes()[used] == 0).sum()):
        say("N-sub-voxel-contour", f"on {count_phrase(count, 'slice')} no voxel centre is inside")


def take_slices(mask: MaskRuns, source: Counted, slices: Slices) -> MaskRuns:
    """The mask on planes, each of which takes the slice that it is told to."""
    shape = slices.geometry.shape
    if np.array_equal(source, np.arange(mask.shape[0])):
        return MaskRuns(shape, mask.edges)
    size = shape[1] * shape[2]
    cuts = split_runs(mask, size)
    begin = np.searchsorted(cuts[::2], np.arange(mask.shape[0] + 1) * size)
    times = 2 * (begin[source + 1] - begin[source])
    shift = np.repeat((np.arange(len(source)) - source) * size, times)
    edges = cuts[consecutive_numbers(2 * begin[source], times)] + shift
    return cover_at_least([MaskRuns(shape, edges)])


def split_runs(mask: MaskRuns, size: int) -> Counted:
    """Edges with every run cut where a plane ends, so that planes can be moved."""
    start, end = mask.edges[::2], mask.edges[1::2]
    first, last = start // size, (end - 1) // size
    times = last - first + 1
    plane = consecutive_numbers(first, times)
    begin = np.maximum(np.repeat(start, times), plane * size)
    stop = np.minimum(np.repeat(end, times), (plane + 1) * size)
    return np.stack([begin, stop], axis=1).reshape(-1)


def interpolate_planes(mask: MaskRuns, used: Counted, slices: Slices) -> list[MaskRuns]:
    """Planes between drawn ones, from distances to the border interpolated between them.

    Rule DICOM-R7.
    """
    found = []
    for low, high in zip(used[:-1].tolist(), used[1:].tolist(), strict=True):
        if high - low > 1:
            found.append(interpolate_gap(mask, low, high, slices))
    return found


def interpolate_gap(mask: MaskRuns, low: int, high: int, slices: Slices) -> MaskRuns:
    """The planes between two drawn ones."""
    shape = slices.geometry.shape
    ends = [plane_mask(mask, z) for z in (low, high)]
    far = [signed_boundary_distance(m, slices) for m in ends]
    at = slices.positions
    share = (at[low + 1 : high] - at[low]) / (at[high] - at[low])
    box = np.stack([(1 - s) * far[0] + s * far[1] < 0 for s in share])
    return runs_of_box(box, (low + 1, 0, 0), (mask.shape[0], shape[1], shape[2]))


def plane_mask(mask: MaskRuns, z: int) -> Mask:
    """One plane of a mask."""
    rows, columns = mask.shape[1:]
    out = np.empty(rows * columns, np.uint8)
    mask.fill(z * rows * columns, out)
    return out.view(np.bool_).reshape(rows, columns)


def signed_boundary_distance(mask: Mask, slices: Slices) -> Floats:
    """Millimetres to the border, negative inside."""
    from scipy.ndimage import distance_transform_edt

    assert slices.geometry.spacing is not None
    sides = slices.geometry.spacing[1:]
    far = float(np.hypot(*np.multiply(mask.shape, sides)))
    out = distance_transform_edt(~mask, sides) if mask.any() else np.full(mask.shape, far)
    into = distance_transform_edt(mask, sides) if not mask.all() else np.full(mask.shape, far)
    signed: Floats = np.where(mask, -into, out)
    return signed
