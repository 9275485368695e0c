"""Three planes of a volume with the contours of both sides and the largest error (REPORT-T21).

Contours are lines over the image, never fills: ground truth solid sky blue, prediction dashed
orange. The axes keep their millimetres, whatever the voxels are; the head is up, the patient's left
is at the right, as radiology has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.grid.geometry import Geometry
from segeval.reports.pictures.contour_paths import mask_outlines, path_data
from segeval.reports.pictures.orientation import (
    DOWN,
    RIGHT,
    name_plane,
    runs_against,
    side_letters,
)
from segeval.reports.pictures.planes import ClassView
from segeval.reports.table_model import format_count
from segeval.runtime.frozen import frozen

SIDE = 256.0  # pixels at most
LARGEST = 8.0  # pixels a unit of length, so that what is tiny is not blown up
NOTHING, TENTH = 1e-6, 0.05  # lengths: of surfaces that are one, and less than 0.1 when rounded
Bytes = NDArray[np.uint8]
QUALITIES = (70, 55, 40, 28, 18, 10, 4)
PlaceImage = Callable[[bytes, str], str]  # where the bytes of an image of a suffix can be had
Put = tuple[PlaceImage, int]  # and how many they may be
MOST_BYTES = 16 << 10


@frozen
class Plane:
    """How one plane is drawn: which axis is down, which to the right, and the pixels of a voxel.

    across     the axis that the plane is across
    down       the axis of the rows, right that of the columns
    flipped    rows run upwards
    mirrored   columns run to the left
    scale      pixels of a voxel along rows and columns
    """

    across: int
    down: int
    right: int
    flipped: bool
    mirrored: bool
    scale: tuple[float, float]
    size: tuple[float, float]

    def place(self, view: ClassView, point: Sequence[float]) -> tuple[float, float]:
        """The pixel (x, y) of a point in voxels of the grid."""
        row = (point[self.down] - view.window[self.down][0] + 0.5) * self.scale[0]
        column = (point[self.right] - view.window[self.right][0] + 0.5) * self.scale[1]
        return (
            self.size[1] - column if self.mirrored else column,
            self.size[0] - row if self.flipped else row,
        )

    def turn(self, stored: Any) -> Any:
        """A plane with the rows of the array as it is shown: with the axis `down` first."""
        return stored.T if self.down > self.right else stored


def layout_plane(view: ClassView, across: int, grid: Geometry, side: float = SIDE) -> Plane:
    """The layout of the plane across an axis.

    side  pixels of its longer side, at most
    """
    down, right = (axis for axis in view.order if axis != across)
    extent = [(view.window[a][1] - view.window[a][0]) * view.spacing[a] for a in (down, right)]
    scale = min(side / max(extent), LARGEST)
    sizes = (view.spacing[down] * scale, view.spacing[right] * scale)
    return Plane(
        across,
        down,
        right,
        runs_against(grid, down, DOWN),
        runs_against(grid, right, RIGHT),
        sizes,
        (extent[0] * scale, extent[1] * scale),
    )


def draw_view(
    view: ClassView,
    grid: Geometry,
    images: Sequence[Bytes] | None,
    place: PlaceImage,
    most: int = MOST_BYTES,
) -> str:
    """The planes of a class side by side.

    images  grey levels of each plane within its window; None: the masks alone
    most    bytes of an image
    """
    parts = []
    for axis in view.order:
        plane = layout_plane(view, axis, grid)
        shown = None if images is None else images[axis]
        parts.append(draw_plane(view, plane, grid, shown, (place, most)))
    return f'<div class="planes">{"".join(parts)}</div>'


def draw_plane(view: ClassView, plane: Plane, grid: Geometry, image: Bytes | None, put: Put) -> str:
    """One plane with what is known of it."""
    height, width = plane.size
    name = name_plane(grid, plane.across)
    number = view.at[plane.across] + 1
    text = f"{name} {number} of {view.shape[plane.across]}"
    parts = [f'<rect class="dark" width="{width:.1f}" height="{height:.1f}"/>']
    if image is not None:
        parts.append(draw_image(image, plane, put))
    parts += draw_outlines(view, plane)
    parts += draw_error(view, plane)
    parts += draw_letters(plane, grid)
    caption = text
    if plane.across == view.order[0] and view.voxels:
        differ = "differs" if view.voxels == 1 else "differ"
        caption += f", {format_count(view.voxels, 'voxel')} {differ}"
    return (
        f'<figure class="plane"><svg viewBox="0 0 {width:.1f} {height:.1f}" '
        f'width="{width:.0f}" height="{height:.0f}" role="img" '
        f'aria-label="{escape(caption, quote=True)}">{"".join(parts)}</svg>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def draw_image(image: Bytes, plane: Plane, put: Put) -> str:
    """Grey levels of a plane, scaled to its true aspect."""
    from PIL import Image

    place, most = put
    height, width = (max(1, round(side)) for side in plane.size)
    shown = plane.turn(image)[:: -1 if plane.flipped else 1, :: -1 if plane.mirrored else 1]
    picture = Image.fromarray(np.ascontiguousarray(shown))
    picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    return (
        f'<image href="{place(webp(picture, most), ".webp")}" width="{plane.size[1]:.1f}" '
        f'height="{plane.size[0]:.1f}" preserveAspectRatio="none"/>'
    )


def webp(picture: Any, most: int, lossless: bool = False) -> bytes:
    """A picture of Pillow as WebP: of the best quality that takes at most so many bytes."""
    for quality in QUALITIES:
        file = BytesIO()
        picture.save(file, "WEBP", quality=quality, method=4, lossless=lossless)
        if lossless or file.tell() <= most:
            break
    return file.getvalue()


def draw_outlines(view: ClassView, plane: Plane) -> list[str]:
    """The outlines of both sides."""
    rows, columns = (n / 2 for n in plane.scale)
    rows, columns = -rows if plane.flipped else rows, -columns if plane.mirrored else columns
    x, y = plane.place(view, [0.0] * 3)
    move = f"translate({x:.2f} {y:.2f}) scale({columns:.4f} {rows:.4f})"
    corner = view.corner[plane.down], view.corner[plane.right]
    paths = []
    for kind, mask in zip(("truth", "pred"), view.plane(plane.across), strict=True):
        if data := path_data(mask_outlines(plane.turn(mask)), *corner):
            paths.append(f'<path class="{kind}" d="{data}"/>')
    return [f'<g transform="{move}">{"".join(paths)}</g>'] if paths else []


def draw_error(view: ClassView, plane: Plane) -> list[str]:
    """The largest error, where it lies in the plane or before it; its length is the true one."""
    if view.error is None or view.error.length < NOTHING:
        return []
    ends = [
        [c + e for c, e in zip(view.corner, end, strict=True)]
        for end in (view.error.start, view.error.end)
    ]
    first = view.order[0]
    if plane.across == first and min(abs(end[first] - view.at[first]) for end in ends) > 1:
        return []
    (a, b), (c, d) = (plane.place(view, end) for end in ends)
    x, y = (a + c) / 2 + 5, (b + d) / 2 - 5
    x = min(max(x, 2), plane.size[1] - 50)
    y = min(max(y, 12), plane.size[0] - 4)
    digits = ".1f" if view.error.length >= TENTH else ".1g"
    length = f"{view.error.length:{digits}} {view.unit}"
    line = f"M{a:.1f} {b:.1f}L{c:.1f} {d:.1f}"
    return [
        f'<path class="halo" d="{line}"/>'
        f'<path class="error" data-length="{view.error.length!r}" d="{line}"/>'
        f'<text class="said" x="{x:.1f}" y="{y:.1f}">{length}</text>'
    ]


def draw_letters(plane: Plane, grid: Geometry) -> list[str]:
    """Where the patient's sides are, where the file says so."""
    if not grid.placed or grid.directions is None:
        return []
    height, width = plane.size
    right, down = side_letters(grid, plane.right), side_letters(grid, plane.down)
    top, bottom = down[::-1] if plane.flipped else down
    right = right[::-1] if plane.mirrored else right
    places = (
        (right[0], 4, height / 2 + 4, "start"),
        (right[1], width - 4, height / 2 + 4, "end"),
        (top, width / 2, 12, "middle"),
        (bottom, width / 2, height - 4, "middle"),
    )
    return [
        f'<text class="side" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{letter}</text>'
        for letter, x, y, anchor in places
    ]
