"""The box around what the ground truth marks, and a margin: where calibration is of interest.

Most of a CT is background that no network doubts, and it swamps every error of calibration. The box
is one for all classes. It is found in a pass of its own over the ground truth, before the scores.
"""

from __future__ import annotations

import numpy as np

from segeval.metrics.registry import BOX
from segeval.opening.open_side import OpenSide
from segeval.request.grammar import Quantity, parse_quantity
from segeval.runtime.arrays import Mask, Raw
from segeval.scoring.paired_blocks import Plan
from segeval.scoring.slab_pass import SCORES_AT_A_TIME
from segeval.scoring.surfaces import check_length_unit
from segeval.tallies.box_mask import BoxedTally, ScoreTally, SliceBox
from segeval.volume.channel_streams import open_channels
from segeval.volume.volume import Volume


def tally_in_box(
    tally: ScoreTally, name: str, truth: OpenSide, channels: int, plan: Plan
) -> ScoreTally:
    """A tally as its name asks for it: of all voxels, or of those in a box. Raises CaseError.

    channels  of the prediction, which say whether channel 0 of a stack is the background
    """
    _, asked, margin = name.partition(f":{BOX}=")
    if not asked:
        return tally
    count, grid = len(truth.volume.channels), truth.volume.geometry
    covered = not truth.named and count > 1 and count == channels + bool(plan.onehot)
    inner = find_foreground_box(truth.volume, int(covered), plan)
    return BoxedTally(tally, grid.shape, inner and dilate_box(inner, parse_quantity(margin), truth))


def find_foreground_box(volume: Volume, first: int, plan: Plan) -> SliceBox | None:
    """The smallest box around every class of a ground truth; None where there is none.

    first  channel: the one before it is the background's
    """
    shape, size = volume.geometry.shape, volume.geometry.size
    plane = size // shape[0]
    chunk = max(SCORES_AT_A_TIME // plane, 1) * plane
    seen = [np.zeros(side, bool) for side in shape]
    with open_channels(volume.channels[first:], chunk) as opened:
        for start in range(0, size, chunk):
            count = min(chunk, size - start)
            marked = np.zeros(count, bool)
            for stream in opened:
                marked |= foreground_mask(stream.read(count), plan)
            if marked.any():
                mark_extent(seen, marked.reshape(-1, *shape[1:]), start // plane)
    ends = [np.flatnonzero(places)[[0, -1]] for places in seen if places.any()]
    return tuple(slice(int(a), int(b) + 1) for a, b in ends) or None


def mark_extent(seen: list[Mask], planes: Mask, first: int) -> None:
    """Note where along each axis some planes have anything."""
    axes = range(planes.ndim)
    for axis, places in enumerate(seen):
        found = planes.any(axis=tuple(other for other in axes if other != axis))
        part = slice(first, first + len(planes)) if axis == 0 else slice(None)
        places[part] |= found


def foreground_mask(values: Raw, plan: Plan) -> Mask:
    """Which voxels of the ground truth are of any class; shares are from the threshold on."""
    shares = plan.wanted[0].kind == "prob"
    marked: Mask = values >= plan.wanted[0].threshold if shares else values != 0
    if plan.ignored is not None:
        marked &= values != plan.ignored
    return marked


def dilate_box(box: SliceBox, margin: Quantity, truth: OpenSide) -> SliceBox:
    """A box and the voxels whose centres are no farther from it than a margin along each axis.

    Raises GeometryError for millimetres on a grid that has none.
    """
    grid = truth.volume.geometry
    if margin.unit == "mm":
        check_length_unit(f"{BOX}={margin}", "mm", truth)
    sides = grid.spacing if margin.unit == "mm" and grid.spacing else (1.0,) * len(grid.shape)
    steps = [int(margin.number / side + 1e-9) for side in sides]
    return tuple(
        slice(max(part.start - step, 0), min(part.stop + step, size))
        for part, step, size in zip(box, steps, grid.shape, strict=True)
    )
