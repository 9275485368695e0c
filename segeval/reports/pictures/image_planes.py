"""The planes of a case's image that are shown: found beside the masks, each plane read once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry, format_shape
from segeval.pairing.cases import Case
from segeval.readers.registry import open_volume
from segeval.reports.pictures.planes import ClassView, Window
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import CaseError, ReadError
from segeval.volume.align import align_volume, read_whole_channel
from segeval.volume.channel_streams import open_channels
from segeval.volume.read_options import ReadOptions

AT_A_TIME = 4 << 20  # voxels that are read at a time
BY_PILLOW = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".gif")
SIDES = "image", "masks"  # what a grid is of
HALF = 0.5  # of a voxel that a slice may be off its plane


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
        volume_planes(path, grid, wanted) if path is not None else dicom_planes(case, grid, wanted)
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


def dicom_planes(case: Case, grid: Geometry, wanted: range) -> Iterator[tuple[int, Floats]]:
    """The slices of the case's series that lie on the planes of the grid. Raises CaseError."""
    best: dict[int, Path] = {}
    for series in case.series:
        found = dict(slices_on_planes(series.images, grid))
        best = found if len(found) > len(best) else best
    if not best:
        raise ReadError("there is no image of this case")
    for k in wanted:
        if k in best:
            yield k, read_slice(best[k], grid.shape[1:])


def slices_on_planes(images: Iterable[Any], grid: Geometry) -> Iterator[tuple[int, Path]]:
    """The plane of each slice that lies on one and has the grid's pixels."""
    if not grid.placed:
        return
    back = np.linalg.inv(grid.affine())
    for image in images:
        if tuple(image.shape) != grid.shape[1:] or len(image.position) != 3:
            continue
        place = back @ np.array([*image.position, 1.0])
        if np.abs(place[1:3]).max() < HALF and abs(place[0] - round(place[0])) < HALF:
            yield round(float(place[0])), image.path


def read_slice(path: Path, shape: tuple[int, ...]) -> Floats:
    """The pixels of one slice in its own unit. Raises ReadError."""
    import pydicom

    library: Any = pydicom
    try:
        data = library.dcmread(path)
        if "PixelData" not in data:
            raise ReadError("a slice holds no pixels", where=path)
        pixels = np.asarray(data.pixel_array, np.float32)
    except ReadError:
        raise
    except Exception as problem:  # a codec raises what it likes
        raise ReadError(
            f"the pixels cannot be read ({type(problem).__name__})",
            where=path,
            help="compressed pixels need a decoder: the extra `images`",
        ) from problem
    if pixels.shape != shape:
        raise ReadError("the pixels are not those of the header", where=path)
    slope = float(getattr(data, "RescaleSlope", 1) or 1)
    return pixels * slope + float(getattr(data, "RescaleIntercept", 0) or 0)


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
