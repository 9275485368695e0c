"""The planes of a case's image that are shown: found beside the masks, each plane read once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from segeval.grid.geometry import Geometry, format_shape, format_spacing
from segeval.pairing.cases import Case
from segeval.readers.registry import open_volume
from segeval.reports.pictures.nearest_voxels import NearestVoxels, find_nearest
from segeval.reports.pictures.planes import ClassView, Window
from segeval.reports.pictures.series_planes import series_planes
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import CaseError, GeometryError, ReadError
from segeval.runtime.frozen import replace
from segeval.volume.align import align_volume, read_whole_channel
from segeval.volume.channel_streams import open_channels
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

AT_A_TIME = 4 << 20  # voxels that are read at a time
BY_PILLOW = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif")
SIDES = "image", "masks"  # what a grid is of


def image_planes(
    case: Case, path: Path | None, grid: Geometry, views: Sequence[ClassView]
) -> tuple[list[tuple[Floats, ...]], str]:
    """For each view its planes within its window, and how they were taken where that needs a word.

    A picture has one plane, (rows, columns) or (rows, columns, 3); a volume one for each axis.
    Raises CaseError where there is no image for them.
    """
    if len(grid.shape) == 2:
        picture = read_picture(path, grid)
        return [(cut_window(picture, view.window),) for view in views], ""
    windows = [view.window for view in views]
    wanted = range(min(w[0][0] for w in windows), max(w[0][1] for w in windows))
    if path is None:
        return collect_planes(series_planes(case.series, grid, wanted), views), ""
    volume, near = open_case_image(path, grid)
    found = collect_planes(volume_planes(volume, near, grid, wanted), views)
    own = format_spacing(volume.geometry.spacing or ())
    return found, "" if near is None else f"the nearest of its voxels of {own} mm"


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


def open_case_image(path: Path, grid: Geometry) -> tuple[Volume, NearestVoxels | None]:
    """An image on the grid of the masks, or in the order of their axes with what lies where.

    Raises CaseError where its axes are not those of the masks.
    """
    volume = open_volume(path, ReadOptions())
    try:
        return align_volume(volume, grid, SIDES), None
    except GeometryError:
        near = find_nearest(volume.geometry, grid)
        if near is None:
            raise
        return replace(volume, channels=tuple(v.turned(near.order) for v in volume.channels)), near


def volume_planes(
    volume: Volume, near: NearestVoxels | None, grid: Geometry, wanted: range
) -> Iterator[tuple[int, Floats]]:
    """The planes of an image on the grid of the masks, in order. Raises CaseError."""
    shape = grid.shape if near is None else near.shape
    needed = wanted if near is None else near.needed(wanted)
    for z, plane in read_planes(volume, shape, needed):
        yield from ((z, plane),) if near is None else near.place(z, plane)


def read_planes(
    volume: Volume, shape: tuple[int, ...], wanted: range
) -> Iterator[tuple[int, Floats]]:
    """Some planes of the first channel of an image, in order. Raises CaseError."""
    size = shape[1] * shape[2]
    step = max(1, AT_A_TIME // size)
    with open_channels(volume.channels[:1], step * size) as (stream,):
        for first in range(0, shape[0], step):
            many = min(step, shape[0] - first)
            part = np.asarray(stream.read(many * size), np.float32).reshape(many, *shape[1:])
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


def check_shown(planes: Sequence[Floats], part: bool) -> None:
    """Whether the planes of a view show something. Raises CaseError with the reason.

    part  the image may not reach as far as the masks
    """
    if not any(np.isfinite(plane).any() for plane in planes):
        if part:
            raise CaseError("the image does not reach where the structure lies")
        raise CaseError("the image holds no number where the structure lies, but nan")


def empty_planes(view: ClassView) -> tuple[Floats, Floats, Floats]:
    """Room for the three planes of a view."""
    (z0, z1), (y0, y1), (x0, x1) = view.window
    shapes = ((y1 - y0, x1 - x0), (z1 - z0, x1 - x0), (z1 - z0, y1 - y0))
    one, two, three = (np.full(shape, np.nan, np.float32) for shape in shapes)
    return one, two, three
