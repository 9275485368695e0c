"""A small picture of one instance, for the list of those that were missed (REPORT-T16).

A picture of a volume is its axial plane through the centre with both outlines, one of a picture the
tints of what was hit, missed and false. Both show the class around the instance, for what else
lies there says why it was missed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from segeval.grid.geometry import Geometry
from segeval.reports.pictures.case_masks import CaseMasks
from segeval.reports.pictures.draw_planes import (
    PlaceImage,
    draw_image,
    draw_outlines,
    layout_plane,
)
from segeval.reports.pictures.draw_tints import tinted_image
from segeval.reports.pictures.orientation import anatomical_order
from segeval.reports.pictures.planes import STORED, ClassView
from segeval.runtime.errors import CaseError
from segeval.runtime.frozen import frozen

SIDE = 96.0  # pixels
LEAST = 8.0  # voxels from the centre to the edge
AROUND = 2.5  # radii of the instance, seen as a ball, that are shown
MOST_BYTES = 4 << 10


@frozen
class InstanceSpot:
    """Where an instance lies.

    case, class_, id  what it is called
    centre            along the axes of the masks, in the unit of their spacing
    voxels            its size
    """

    case: str
    class_: str
    id: int
    centre: tuple[float, ...]
    voxels: int


def view_instance(masks: CaseMasks, spot: InstanceSpot) -> ClassView:
    """What is shown of an instance. Raises CaseError where the masks do not reach it."""
    box, truth, pred = masks.crop_class(spot.class_)
    grid = masks.read.start.grid
    sides = grid.spacing or (1.0,) * len(grid.shape)
    at = tuple(round(c / side) for c, side in zip(spot.centre, sides, strict=True))
    if not all(0 <= k < n for k, n in zip(at, grid.shape, strict=True)):
        raise CaseError("an instance lies outside the masks")
    volume = spot.voxels * math.prod(sides)
    ball, disc = (3 * volume / (4 * math.pi)) ** (1 / 3), (volume / math.pi) ** 0.5
    reach = max(AROUND * (ball if len(at) == 3 else disc), LEAST * min(sides))
    window = tuple(
        (max(0, k - math.ceil(reach / side)), min(n, k + math.ceil(reach / side) + 1))
        for k, n, side in zip(at, grid.shape, sides, strict=True)
    )
    corner = tuple(a for a, _ in box)
    order = anatomical_order(grid) if len(at) == 3 else STORED
    return ClassView(truth, pred, corner, grid.shape, sides, grid.unit, at, window, None, 0, order)


def draw_instance(
    view: ClassView, grid: Geometry, image: Sequence[Any] | None, place: PlaceImage, text: str
) -> str:
    """The small picture.

    image  the planes of the image within the window, grey levels of a volume; None: masks alone
    text   what it is of, for those who do not see it
    """
    if len(view.shape) == 2:
        return tinted_image(view, None if image is None else image[0], place, SIDE, text)
    plane = layout_plane(view, view.order[0], grid, SIDE)
    height, width = plane.size
    parts = [f'<rect class="dark" width="{width:.1f}" height="{height:.1f}"/>']
    if image is not None:
        parts.append(draw_image(image[plane.across], plane, (place, MOST_BYTES)))
    parts += draw_outlines(view, plane)
    return (
        f'<svg class="thumb" viewBox="0 0 {width:.1f} {height:.1f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{text}">{"".join(parts)}</svg>'
    )
