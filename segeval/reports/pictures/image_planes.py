"""The planes of a case's image that are shown: found beside the masks, each plane read once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.pairing.cases import Case
from segeval.pairing.files import strip_format_suffix
from segeval.readers.registry import open_volume
from segeval.reports.pictures.planes import ClassView, Window
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import CaseError, ReadError
from segeval.volume.align import align_volume
from segeval.volume.channel_streams import open_channels
from segeval.volume.read_options import ReadOptions

AT_A_TIME = 4 << 20  # voxels that are read at a time
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
# What stands behind the name of a case in the name of its image, and of its mask.
OF_IMAGES = r"[_.-]?(0000|ct|mr|mri|pet|img|image|imaging|leftimg8bit|t1c?e?|t2w?|flair|volume)"
OF_MASKS = r"[_.-]?(gt|seg|label|labels|mask|gtfine_labelids|gtfine_labeltrainids|segmentation)"
HALF = 0.5  # of a voxel that a slice may be off its plane


def list_images(folder: str) -> dict[str, Path]:
    """The image files of a folder by name; of one below a folder also by that folder's."""
    root = Path(folder)
    found: dict[str, Path] = {}
    for path in sorted(p for p in root.rglob("*") if p.is_file() and not p.name.startswith(".")):
        stem = strip_format_suffix(path.name)
        stem = Path(stem).stem if path.suffix.lower() in PICTURES else stem
        inside = path.relative_to(root).parent.as_posix()
        for name in (stem, *([inside, f"{inside}/{stem}"] if inside != "." else [])):
            found.setdefault(name.lower(), path)
    return found


def find_case_image(case: Case, images: Mapping[str, Path]) -> Path | None:
    """The image of a case: by its name, with the words that images and masks carry left out."""
    if case.image is not None:
        return case.image
    names = {plain_name(name): path for name, path in reversed(list(images.items()))}
    for name in (case.id, Path(case.id).name, Path(case.truth.shown).name):
        for key in (name.lower(), strip_format_suffix(name).lower()):
            if key in images:
                return images[key]
            if plain_name(key) in names:
                return names[plain_name(key)]
    return None


def plain_name(name: str) -> str:
    """A name without the words at its end that say image or mask."""
    short = name.lower()
    for words in (OF_IMAGES, OF_MASKS):
        short = re.sub(f"{words}$", "", short)
    return short


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
    """A 2-D image, grey or in colours. Raises CaseError."""
    from PIL import Image

    if path is None:
        raise ReadError("there is no image of this case")
    try:
        with Image.open(path) as opened:
            kept = opened.convert("RGB") if opened.mode not in ("L", "I;16", "I", "F") else opened
            found: Floats = np.asarray(kept, np.float64)
    except (OSError, ValueError, Image.DecompressionBombError) as problem:
        raise ReadError(f"the image cannot be read ({problem})", where=path) from problem
    if found.shape[:2] != grid.shape:
        raise ReadError(f"the image has {found.shape[1]}x{found.shape[0]} pixels", where=path)
    return found


def volume_planes(path: Path, grid: Geometry, wanted: range) -> Iterator[tuple[int, Floats]]:
    """The planes of an image file on the grid of the masks, in order. Raises CaseError."""
    volume = align_volume(open_volume(path, ReadOptions()), grid)
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
        pixels = np.asarray(data.pixel_array, np.float32)
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
    if not any(np.isfinite(axial).any() for axial, _, _ in made):
        raise CaseError("the image does not reach the structure")
    return made


def empty_planes(view: ClassView) -> tuple[Floats, Floats, Floats]:
    """Room for the three planes of a view."""
    (z0, z1), (y0, y1), (x0, x1) = view.window
    shapes = ((y1 - y0, x1 - x0), (z1 - z0, x1 - x0), (z1 - z0, y1 - y0))
    one, two, three = (np.full(shape, np.nan, np.float32) for shape in shapes)
    return one, two, three
