"""The slices of a DICOM series that lie on the planes of the masks, as the masks store them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.readers.series import Series, SliceHeader
from segeval.runtime.arrays import Floats
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen

HALF = 0.5  # of a voxel that a slice may be off its plane
STEP = 0.01  # of a voxel that a step of a slice may differ from one of the masks


@frozen
class PlacedSlice:
    """A slice on a plane of a grid.

    plane    the plane
    path     its file
    shape    rows and columns of the file
    turned   its columns run along the rows of the grid
    upwards  its rows run the other way than those of the grid
    left     and so do its columns
    """

    plane: int
    path: Path
    shape: tuple[int, int]
    turned: bool
    upwards: bool
    left: bool

    def as_stored(self, pixels: Floats) -> Floats:
        """Its pixels as the grid stores them."""
        shown = pixels.T if self.turned else pixels
        return shown[:: -1 if self.upwards else 1, :: -1 if self.left else 1]


def series_planes(
    among: Sequence[Series], grid: Geometry, wanted: range
) -> Iterator[tuple[int, Floats]]:
    """The slices of the series that has most on the planes of a grid. Raises ReadError."""
    best: dict[int, PlacedSlice] = {}
    for series in among:
        found = {one.plane: one for one in slices_on_planes(series.images, grid)}
        best = found if len(found) > len(best) else best
    if not best:
        many = sum(len(series.images) for series in among)
        raise ReadError(f"no slice of the series ({many}) has the grid of the masks")
    for k in wanted:
        if k in best:
            yield k, best[k].as_stored(read_slice(best[k].path, best[k].shape))


def slices_on_planes(images: Iterable[SliceHeader], grid: Geometry) -> Iterator[PlacedSlice]:
    """The slices that lie on a plane of a grid and have its pixels, in whatever direction."""
    if not grid.placed:
        return
    back = np.linalg.inv(grid.affine())
    for image in images:
        if len(image.position) == 3 and len(image.orientation) == 6 and len(image.spacing) == 2:
            found = _place_slice(image, grid, back)
            if found is not None:
                yield found


def _place_slice(image: SliceHeader, grid: Geometry, back: Floats) -> PlacedSlice | None:
    """A slice on a plane of a grid; None where it lies on none.

    back  from LPS millimetres to voxels of the grid
    """
    along = np.reshape(image.orientation, (2, 3)) * np.array(image.spacing[::-1])[:, None]
    right, down = (along @ back[:3, :3].T).tolist()  # a column further, and a row further
    first = back @ np.array([*image.position, 1.0])
    turned = abs(down[2]) > abs(down[1])
    rows, columns = (right[1], down[2]) if turned else (down[1], right[2])
    straight = np.zeros((2, 3))
    straight[0, 2 - turned], straight[1, 1 + turned] = np.sign(
        (right[2 - turned], down[1 + turned])
    )
    shape = image.shape[::-1] if turned else image.shape
    if np.abs([right, down] - straight).max() > STEP or shape != grid.shape[1:]:
        return None
    ends = [n - 1 if step < 0 else 0 for n, step in zip(shape, (rows, columns), strict=True)]
    plane = round(float(first[0]))
    if np.abs(first[1:3] - ends).max() > HALF or abs(first[0] - plane) > HALF:
        return None
    if not 0 <= plane < grid.shape[0]:
        return None
    return PlacedSlice(plane, image.path, image.shape, turned, rows < 0, columns < 0)


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
