"""Topology of a mask: components, loops, cavities, the Euler number, and its skeleton.

    b0  components of the mask
    b1  loops: b0 - chi in the plane, b0 + b2 - chi in space
    b2  cavities: components of the background without the outer one (in the plane that is b1)
    chi the Euler number, an alternating sum over runs along the last axis, n(M) runs of a mask M:
        voxels touch at corners   n(M) - n(M + y) - n(M + z) + n(M + y + z + yz)   unions
        voxels touch at faces     n(M) - n(M y) - n(M z) + n(M y z yz)             intersections
        of the mask with itself moved by one row (y), one plane (z) or both. It is what is left of
        corners - edges + faces - voxels when each is counted as a union or intersection of runs.

Outside the array is background. If the mask touches at corners (26, 8 in the plane), its background
touches at faces (6, 4), and the reverse. Sources: Kong and Rosenfeld, Comput. Vis. Graph. Image
Process. 48(3), 1989; skeletons: Zhang and Suen, Commun. ACM 27(3), 1984 (plane), Lee et al., CVGIP
56(6), 1994 (space), as scikit-image thins: the order of the axes is part of the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.mask_runs import MaskRuns, cover_at_least, runs_of_box
from segeval.runtime.arrays import Counted, Mask

FULL, FACES = "full", "faces"  # how voxels of the mask touch: 26 or 8, and 6 or 4
LEE = "lee"  # thinning of volumes; anything else is that of pictures
NOTHING: Counted = np.zeros(0, np.int64)


def betti_numbers(mask: Mask, touching: str = FULL) -> tuple[int, ...]:
    """Components and loops of a picture; components, loops and cavities of a volume.

    mask      bool (y, x) or (z, y, x)
    touching  full: 26 (8) neighbours for the mask and 6 (4) for its background; faces: the reverse
    """
    runs = framed_runs(mask)
    if not len(runs.edges):
        return (0,) * mask.ndim
    chi = euler_of_runs(runs, touching)
    b0 = count_components(runs, touching)
    if mask.ndim == 2:
        return b0, b0 - chi
    other = FACES if touching == FULL else FULL
    b2 = count_components(complement(runs), other) - 1
    return b0, b0 + b2 - chi, b2


def euler_number(mask: Mask, touching: str = FULL) -> int:
    """Components less loops, plus cavities in space.

    mask      bool (y, x) or (z, y, x)
    touching  full or faces, as in `betti_numbers`
    """
    return euler_of_runs(framed_runs(mask), touching)


def framed_runs(mask: Mask) -> MaskRuns:
    """The runs of a mask with one voxel of background around it, so that none ends a row."""
    shape = tuple(n + 2 for n in mask.shape)
    return runs_of_box(mask, (1,) * mask.ndim, shape)


def complement(runs: MaskRuns) -> MaskRuns:
    """The runs of the background; those at the ends of rows are one with the next row's."""
    return MaskRuns(runs.shape, np.concatenate([[0], runs.edges, [runs.size]]).astype(np.int64))


def euler_of_runs(runs: MaskRuns, touching: str) -> int:
    """The Euler number of framed runs."""
    steps = [1 if len(runs.shape) == 2 else runs.shape[1], 1][: len(runs.shape) - 1]
    steps = [step * runs.shape[-1] for step in steps]
    total = 0
    for moved in product((False, True), repeat=len(steps)):
        used = [step for step, on in zip(steps, moved, strict=True) if on]
        shifts = [sum(part) for part in product(*((0, step) for step in used))]
        copies = [MaskRuns((), runs.edges + shift) for shift in shifts]
        least = 1 if touching == FULL else len(copies)
        both = cover_at_least(copies, least) if len(copies) > 1 else runs
        total += (-1) ** len(used) * (len(both.edges) // 2)
    return total if touching == FACES or len(steps) % 2 == 0 else -total


def count_components(runs: MaskRuns, touching: str) -> int:
    """Components of framed runs, or of the background around them.

    touching  full: runs of neighbouring lines touch where they are one voxel apart; faces: not
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    start, stop = runs.edges[::2], runs.edges[1::2]
    pairs = [touching_runs(start, stop, *line) for line in lines_ahead(runs.shape, touching)]
    one, other = (np.concatenate(part) for part in zip(*pairs, strict=True))
    links = coo_array((np.ones(len(one), np.int8), (one, other)), (len(start), len(start)))
    return int(connected_components(links, directed=False, return_labels=False))


def lines_ahead(shape: Sequence[int], touching: str) -> Iterator[tuple[int, int]]:
    """The lines after a line that it may touch: how far they are, and the reach along them."""
    width = shape[-1]
    plane = width * shape[-2]
    reach = int(touching == FULL)
    yield width, reach
    if len(shape) == 3:
        yield plane, reach
        if reach:
            yield plane - width, reach
            yield plane + width, reach


def touching_runs(start: Counted, stop: Counted, ahead: int, reach: int) -> tuple[Counted, Counted]:
    """Pairs of runs of which the second touches the first moved by `ahead`.

    start, stop  int64 (n,), rising
    returns      places of the first and of the second of each pair
    """
    first = np.searchsorted(stop, start + ahead - reach, "right")
    last = np.searchsorted(start, stop + ahead + reach, "left")
    times = np.maximum(last - first, 0)
    one = np.repeat(np.arange(len(start)), times)
    begun = np.cumsum(times) - times
    other = np.arange(times.sum()) + np.repeat(first - begun, times)
    return one, other.astype(np.int64)


def skeleton(mask: Mask, rule: str = "", order: str = "zyx") -> Mask:
    """The skeleton of a mask, thinned on its box with one voxel around it.

    mask   bool (y, x) or (z, y, x)
    rule   zhang or lee; "": zhang in the plane and lee in space, which has no other
    order  zyx: as the array lies; xyz: with its axes reversed, as programs read NIfTI arrays
    """
    from skimage import morphology

    thinning: Any = morphology
    box = tuple(
        slice(int(where.min()), int(where.max()) + 1) if len(where) else slice(0, 0)
        for where in (
            np.flatnonzero(mask.any(axis=tuple(a for a in range(mask.ndim) if a != axis)))
            for axis in range(mask.ndim)
        )
    )
    thin: Mask = np.zeros(mask.shape, np.bool_)
    if mask[box].size:
        padded = np.pad(mask[box], 1)
        turned = np.ascontiguousarray(padded.T) if order == "xyz" else padded
        found = thinning.skeletonize(turned, method=rule or None)
        inner = (slice(1, -1),) * mask.ndim
        thin[box] = (found.T if order == "xyz" else found)[inner]
    return thin


def skeleton_length(thin: Mask, spacing: Sequence[float]) -> float:
    """The summed distances of all pairs of touching skeleton voxels (26 or 8 neighbours).

    thin     bool, a skeleton
    spacing  along each axis
    returns  in the unit of the spacing; small triangles at junctions count whole, so it is rough
    """
    padded = np.pad(thin, 1)
    at = np.flatnonzero(padded)
    flat: NDArray[np.bool_] = padded.ravel()
    strides = [int(np.prod(padded.shape[axis + 1 :])) for axis in range(thin.ndim)]
    total = 0.0
    for step in product((-1, 0, 1), repeat=thin.ndim):
        if step > (0,) * thin.ndim:
            pairs = int(flat[at + int(np.dot(step, strides))].sum())
            total += pairs * step_length(step, spacing)
    return total


def step_length(step: Sequence[int], spacing: Sequence[float]) -> float:
    """The length of a step between voxels, on a skewed grid along its own axes."""
    axes = getattr(spacing, "axes", None)
    along = np.multiply(step, spacing) if axes is None else np.asarray(step) @ axes
    return float(np.linalg.norm(along))
