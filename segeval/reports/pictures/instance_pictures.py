"""A small picture of one instance, for the lists of those that were missed or are false.

The plane with most of the instance: its own outline stands out, so do those of the other side that
share a voxel with it; all other instances are thin and grey, each by itself, for what else lies
there says why it was missed. Rule REPORT-T16.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.reports.pictures.contour_paths import mask_outlines, path_data
from segeval.reports.pictures.draw_planes import (
    LARGEST,
    PlaceImage,
    Plane,
    draw_image,
    draw_letters,
    layout_plane,
)
from segeval.reports.pictures.draw_tints import LUMA
from segeval.reports.pictures.instance_outlines import MOST, FoundInstance
from segeval.reports.pictures.orientation import anatomical_order, name_plane
from segeval.reports.pictures.planes import STORED, ClassView
from segeval.runtime.arrays import Mask

SIDE = 112.0  # pixels
LEAST = 8.0  # voxels around the instance at least
SLICES = 1.2  # how often the other distances that of slices is
AROUND = 1.5  # its own sizes that are shown around it, on each side of its middle
MOST_BYTES = 4 << 10
KINDS = "truth", "pred"
NOTHING = np.zeros((0, 0), bool)


def view_instance(found: FoundInstance, grid: Geometry) -> ClassView:
    """What is shown of an instance: the plane with most of it, and what lies around it there."""
    sides = grid.spacing or (1.0,) * len(grid.shape)
    box, order = found.box(), anatomical_order(grid) if len(sides) == 3 else STORED
    at = [(a + b) // 2 for a, b in box]
    across = slice_axis(grid, order) if len(box) == 3 else -1
    shown = [k for k in range(len(box)) if k != across]
    reach = max(AROUND * max((box[k][1] - box[k][0]) * sides[k] for k in shown), LEAST * min(sides))
    around = [math.ceil(reach / side) if k in shown else 0 for k, side in enumerate(sides)]
    if across >= 0:
        at[across] = found.thickest_plane(across)
    window = tuple(
        (max(0, k - more), min(n, k + more + 1))
        for k, n, more in zip(at, grid.shape, around, strict=True)
    )
    corner = tuple(a for a, _ in window)
    return ClassView(
        NOTHING, NOTHING, corner, grid.shape, sides, grid.unit, tuple(at), window, None, 0, order
    )


def slice_axis(grid: Geometry, order: tuple[int, ...]) -> int:
    """The axis that slices lie across, by their distance; of a grid without slices the axial one.

    order  the axes that axial, coronal and sagittal planes lie across
    """
    sides = grid.spacing or (1.0,) * len(grid.shape)
    most = max(range(len(sides)), key=lambda k: sides[k])
    rest = max(side for k, side in enumerate(sides) if k != most)
    return most if sides[most] > SLICES * rest else order[0]


def draw_instance(  # noqa: PLR0913 - what, where, over what
    found: FoundInstance,
    view: ClassView,
    grid: Geometry,
    image: Sequence[Any] | None,
    place: PlaceImage,
    text: str,
) -> str:
    """The small picture with what its plane is called below it.

    image  the planes of the image within the window, grey levels of a volume; None: masks alone
    text   what it is of, for those who do not see it
    """
    flat = len(view.shape) == 2
    across = 0 if flat else slice_axis(grid, view.order)
    plane = layout_picture(view) if flat else layout_plane(view, across, grid, SIDE)
    height, width = plane.size
    parts = [f'<rect class="dark" width="{width:.1f}" height="{height:.1f}"/>']
    if image is not None:
        shown = grey_picture(image[0]) if flat else image[across]
        parts.append(draw_image(shown, plane, (place, MOST_BYTES)))
    parts.append(draw_instances(found, view, plane))
    parts += [] if flat else draw_letters(plane, grid)
    caption = (
        "" if flat else f"{name_plane(grid, across)} {view.at[across] + 1} of {view.shape[across]}"
    )
    label = escape(f"{text}{', ' if caption else ''}{caption}", quote=True)
    return (
        f'<svg class="thumb" viewBox="0 0 {width:.1f} {height:.1f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
        + (f'<span class="remark">{escape(caption)}</span>' if caption else "")
    )


def layout_picture(view: ClassView) -> Plane:
    """The layout of a picture, rows downwards."""
    (a, b), (c, d) = view.window
    extent = (b - a) * view.spacing[0], (d - c) * view.spacing[1]
    scale = min(SIDE / max(extent), LARGEST)
    sizes = view.spacing[0] * scale, view.spacing[1] * scale
    return Plane(-1, 0, 1, False, False, sizes, (extent[0] * scale, extent[1] * scale))


def grey_picture(image: Any) -> Any:
    """A picture in grey, uint8: colours would be taken for those of outlines."""
    grey = image if image.ndim == 2 else image[..., :3] @ LUMA
    return (grey * min(1.0, 255 / max(float(grey.max()), 1.0))).astype(np.uint8)


def draw_instances(found: FoundInstance, view: ClassView, plane: Plane) -> str:
    """The outlines within the window: others thin and grey, below the instance and its partners."""
    rows, columns = (n / 2 for n in plane.scale)
    rows, columns = -rows if plane.flipped else rows, -columns if plane.mirrored else columns
    x, y = plane.place(view, [0.0] * len(view.shape))
    move = f"translate({x:.2f} {y:.2f}) scale({columns:.4f} {rows:.4f})"
    corner = view.corner[plane.down], view.corner[plane.right]
    paths = [
        f'<path class="{kind}" d="{data}"/>'
        for kind, mask in outlines_of(found, view, plane)
        if (data := path_data(mask_outlines(plane.turn(mask)), *corner))
    ]
    return f'<g transform="{move}">{"".join(paths)}</g>'


def outlines_of(found: FoundInstance, view: ClassView, plane: Plane) -> Iterator[tuple[str, Mask]]:
    """Kind and mask of what is drawn in the plane, the instance itself last."""
    box = view.window
    shape = [b - a for k, (a, b) in enumerate(box) if k != plane.across]
    partners = {1 - found.side: found.touching(), found.side: {found.number}}
    for side, kind in enumerate(KINDS):
        others = [n for n in found.inside(side, box) if n not in partners[side]]
        for number in others[:MOST]:
            yield f"other {kind}-side", found.paint(side, number, box).reshape(shape)
    for side in (1 - found.side, found.side):
        own = " own" if side == found.side else ""
        for number in sorted(partners[side]):
            yield f"{KINDS[side]}{own}", found.paint(side, number, box).reshape(shape)
