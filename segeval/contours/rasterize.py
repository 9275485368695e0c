"""From polygons on slices to the mask of a structure (docs/contours.md, R1, R2, R5, R7, R12)."""

from __future__ import annotations

import numpy as np

from segeval.contours.placing import Placed, placed
from segeval.contours.rules import Rules, Voice, some
from segeval.contours.structure_set import Roi
from segeval.grid.slices import Slices, nearest
from segeval.kernels.mask_runs import Runs, covered, exclusive, runs_of
from segeval.kernels.outlines import picked
from segeval.kernels.raster import Polygons, inside, inside_or_on, on_centres, steps
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.errors import Note
from segeval.runtime.frozen import frozen

ON_CENTRES = 0.95  # share of vertices on voxel centres from which a writer traced masks (R12)


@frozen
class Drawn:
    """A structure as a mask. `status` is "" or `empty_after_rasterisation` (R9)."""

    runs: Runs
    placed: Placed
    notes: tuple[Note, ...] = ()
    status: str = ""


def drawn(roi: Roi, slices: Slices, rules: Rules, where: str = "") -> Drawn:
    """The mask of a structure on the grid of its slices. Raises CaseError."""
    on_slices = placed(roi, slices, rules, where)
    say = Voice(roi, where)
    pixels = in_pixels(on_slices)
    border(say, pixels, rules)
    mask = on_grid(say, filled(pixels, on_slices, rules), on_slices, rules)
    status = ""
    if not mask.count and not roi.empty:
        status = "empty_after_rasterisation"
        say("W-empty-after-rasterisation", "no voxel centre is inside of it")
    return Drawn(mask, on_slices, (*on_slices.notes, *say.notes), status)


def in_pixels(on_slices: Placed) -> Polygons:
    """The polygons in columns and rows."""
    geometry = on_slices.slices.geometry
    assert geometry.spacing is not None
    polygons = on_slices.polygons
    sides = np.array(geometry.spacing[:0:-1])
    return Polygons(polygons.points / sides, polygons.ends, polygons.planes)


def border(say: Voice, pixels: Polygons, rules: Rules) -> None:
    """Say if the contours run through voxel centres, so that half a voxel is missing (R12)."""
    share = on_centres(pixels.points)
    if share >= ON_CENTRES and rules.boundary != "inclusive":
        say("W-vertices-on-voxel-centres", f"{share:.0%} of the vertices lie on voxel centres; "
            "--rt-boundary inclusive counts the border as inside")  # fmt: skip


def filled(pixels: Polygons, on_slices: Placed, rules: Rules) -> Runs:
    """The mask on the slices of the series, by parity or by union of those that cross."""
    slices = on_slices.slices
    shape = (len(slices.positions), slices.geometry.shape[1], slices.geometry.shape[2])
    fill = inside_or_on if rules.boundary == "inclusive" else inside
    if rules.overlap != "union" or not on_slices.crossed:
        return fill(pixels, shape)
    groups = chains(on_slices.crossed)
    crossed = {i for group in groups for i in group}
    rest = [i for i in range(len(pixels.ends)) if i not in crossed]
    unions = [covered([fill(one(pixels, [i]), shape) for i in group]) for group in groups]
    return exclusive([fill(one(pixels, rest), shape), *unions])


def one(pixels: Polygons, which: list[int]) -> Polygons:
    """Some of the polygons, by number."""
    chosen = np.array(which, np.int64)
    return picked(pixels, chosen, pixels.planes[chosen])


def chains(pairs: tuple[tuple[int, int], ...]) -> list[set[int]]:
    """Pairs joined to groups."""
    groups: list[set[int]] = []
    for pair in pairs:
        touched = [g for g in groups if g & set(pair)]
        groups = [g for g in groups if g not in touched] + [set(pair).union(*touched)]
    return groups


def on_grid(say: Voice, mask: Runs, on_slices: Placed, rules: Rules) -> Runs:
    """The mask of the slices on the planes of the grid, gaps filled where that is asked (R7)."""
    slices = on_slices.slices
    used = np.unique(on_slices.polygons.planes)
    lone(say, mask, used)
    take = np.arange(len(slices.positions))
    if len(used) and (missing := np.setdiff1d(np.arange(used[0], used[-1]), used)).size:
        if rules.gaps == "none":
            say("W-contour-gap", f"{some(len(missing), 'slice')} between drawn ones have no "
                f"contour: {listed(missing)}")  # fmt: skip
        elif rules.gaps == "nearest":
            take[missing] = used[nearest(slices.positions[used], slices.positions[missing])]
        else:
            mask = covered([mask, *between(mask, used, slices)])
    return taken(mask, take[slices.source], slices)


def listed(missing: Counted, most: int = 12) -> str:
    """Slice numbers as people read them."""
    shown = ", ".join(str(int(i)) for i in missing[:most])
    return f"{shown}, …" if len(missing) > most else shown


def lone(say: Voice, mask: Runs, used: Counted) -> None:
    """Say how many drawn slices have no voxel: their contours are smaller than one (R9)."""
    if count := int((mask.planes()[used] == 0).sum()):
        say("N-sub-voxel-contour", f"on {some(count, 'slice')} no voxel centre is inside")


def taken(mask: Runs, source: Counted, slices: Slices) -> Runs:
    """The mask on planes, each of which takes the slice that it is told to."""
    shape = slices.geometry.shape
    if np.array_equal(source, np.arange(mask.shape[0])):
        return Runs(shape, mask.edges)
    size = shape[1] * shape[2]
    cuts = split(mask, size)
    begin = np.searchsorted(cuts[::2], np.arange(mask.shape[0] + 1) * size)
    times = 2 * (begin[source + 1] - begin[source])
    shift = np.repeat((np.arange(len(source)) - source) * size, times)
    edges = cuts[steps(2 * begin[source], times)] + shift
    return covered([Runs(shape, edges)])


def split(mask: Runs, size: int) -> Counted:
    """Edges with every run cut where a plane ends, so that planes can be moved."""
    start, end = mask.edges[::2], mask.edges[1::2]
    first, last = start // size, (end - 1) // size
    times = last - first + 1
    plane = steps(first, times)
    begin = np.maximum(np.repeat(start, times), plane * size)
    stop = np.minimum(np.repeat(end, times), (plane + 1) * size)
    return np.stack([begin, stop], axis=1).reshape(-1)


def between(mask: Runs, used: Counted, slices: Slices) -> list[Runs]:
    """Planes between drawn ones, from distances to the border interpolated between them (R7)."""
    found = []
    for low, high in zip(used[:-1].tolist(), used[1:].tolist(), strict=True):
        if high - low > 1:
            found.append(shaped(mask, low, high, slices))
    return found


def shaped(mask: Runs, low: int, high: int, slices: Slices) -> Runs:
    """The planes between two drawn ones."""
    shape = slices.geometry.shape
    ends = [plane_of(mask, z) for z in (low, high)]
    far = [border_distance(m, slices) for m in ends]
    at = slices.positions
    share = (at[low + 1 : high] - at[low]) / (at[high] - at[low])
    box = np.stack([(1 - s) * far[0] + s * far[1] < 0 for s in share])
    return runs_of(box, (low + 1, 0, 0), (mask.shape[0], shape[1], shape[2]))


def plane_of(mask: Runs, z: int) -> Mask:
    """One plane of a mask."""
    rows, columns = mask.shape[1:]
    out = np.empty(rows * columns, np.uint8)
    mask.fill(z * rows * columns, out)
    return out.view(np.bool_).reshape(rows, columns)


def border_distance(mask: Mask, slices: Slices) -> Floats:
    """Millimetres to the border, negative inside."""
    from scipy.ndimage import distance_transform_edt

    assert slices.geometry.spacing is not None
    sides = slices.geometry.spacing[1:]
    far = float(np.hypot(*np.multiply(mask.shape, sides)))
    out = distance_transform_edt(~mask, sides) if mask.any() else np.full(mask.shape, far)
    into = distance_transform_edt(mask, sides) if not mask.all() else np.full(mask.shape, far)
    signed: Floats = np.where(mask, -into, out)
    return signed
