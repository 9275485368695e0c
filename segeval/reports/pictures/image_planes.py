"""The planes of a case's image that are shown: found beside the masks, each plane read once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from segeval.grid.geometry import Geometry, format_shape
from segeval.pairing.cases import Case
from segeval.readers.registry import open_volume
from segeval.reports.pictures.planes import ClassView, Window
from segeval.reports.pictures.series_planes import series_planes
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import CaseError, ReadError
from segeval.volume.align import align_volume, read_whole_channel
from segeval.volume.channel_streams import open_channels
from segeval.volume.read_options import ReadOptions

AT_A_TIME = 4 << 20  # voxels that are read at a time
BY_PILLOW = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif")
SIDES = "image", "masks"  # what a grid is of


def image_planes(
    case: Case, path: Path | None, grid: Geometry, views: Sequence[ClassView]
) -> list[tuple[Floats, ...]]:
    """For each view its planes within its window. Raises CaseError where there is no image for it.

    A picture has one plane, (rows, columns) or (rows, columns, 3); a volume one for each axis.
    """
    if len(grid.shape) == 2:
        picture = read_picture(path, grid)
        return [(cut_window(picture, view.window),) for view in views]
    windows = [view.window for view in views]
    wanted = range(min(w[0][0] for w in windows), max(w[0][1] for w in windows))
    planes = (
        volume_planes(path, grid, wanted)
        if path is not None
        else series_planes(case.series, grid, wanted)
    )
    return collect_planes(planes, views)


def cut_window(picture: Floats, window: Window) -> Floats:
    """A part of a picture."""
    (a, b), (c, d) = window
    return picture[a:b, c:d]


def read_picture(path: Path | None, grid: Geometry) -> Floats:
    """A 2-D image, grey or in colours; one of 8 bits stays uint8. Raises CaseError."""
    if path is None:
        raise ReadError("there is no image of this case")
    if not path.name.lower().endswith(BY_PILLOW):
        volume = align_volume(open_volume(path, ReadOptions()), grid, SIDES)
        return np.asarray(read_whole_channel(volume.channels[0], grid), np.float64)
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as opened:
            turned = opened.size != grid.shape[::-1]  # a camera may say how it was held
            shown = ImageOps.exif_transpose(opened) if turned else opened
            kept = shown.convert("RGB") if shown.mode not in ("L", "I;16", "I", "F") else shown
            found: Floats = np.asarray(kept)
    except (OSError, ValueError, Image.DecompressionBombError) as problem:
        raise ReadError("the image cannot be read", where=path) from problem
    if found.shape[:2] != grid.shape:
        own = format_shape(found.shape[:2])
        raise ReadError(f"the image has {own} pixels, the masks {format_shape(grid.shape)}")
    return found


def volume_planes(path: Path, grid: Geometry, wanted: range) -> Iterator[tuple[int, Floats]]:
    """The planes of an image file on the grid of the masks, in order. Raises CaseError."""
    volume = align_volume(open_volume(path, ReadOptions()), grid, SIDES)
    size = grid.shape[1] * grid.shape[2]
    step = max(1, AT_A_TIME // size)
    with open_channels(volume.channels[:1], step * size) as (stream,):
        for first in range(0, grid.shape[0], step):
            many = min(step, grid.shape[0] - first)
            part = np.asarray(stream.read(many * size), np.float32).reshape(many, *grid.shape[1:])
            yield from ((first + k, part[k]) for k in range(many) if first + k in wanted)


def collect_planes(
    planes: Iterator[tuple[int, Floats]], views: Sequence[ClassView]
) -> list[tuple[Floats, ...]]:
    """Three planes of each view out of planes that come once; what never comes is nan."""
    made: list[tuple[Floats, ...]] = [empty_planes(view) for view in views]
    for z, plane in planes:
        for view, (axial, coronal, sagittal) in zip(views, made, strict=True):
            (z0, z1), (y0, y1), (x0, x1) = view.window
            if not z0 <= z < z1:
                continue
            if z == view.at[0]:
                axial[:] = plane[y0:y1, x0:x1]
            coronal[z - z0] = plane[view.at[1], x0:x1]
            sagittal[z - z0] = plane[y0:y1, view.at[2]]
    return made


def check_shown(planes: Sequence[Floats], sliced: bool) -> None:
    """Whether the planes of a view show something. Raises CaseError with the reason.

    sliced  they are of a series, which may lack slices
    """
    if not any(np.isfinite(plane).any() for plane in planes):
        if sliced:
            raise CaseError("the image has no slice where the structure lies")
        raise CaseError("the image holds no number where the structure lies, but nan")


def empty_planes(view: ClassView) -> tuple[Floats, Floats, Floats]:
    """Room for the three planes of a view."""
    (z0, z1), (y0, y1), (x0, x1) = view.window
    shapes = ((y1 - y0, x1 - x0), (z1 - z0, x1 - x0), (z1 - z0, y1 - y0))
    one, two, three = (np.full(shape, np.nan, np.float32) for shape in shapes)
    return one, two, three
