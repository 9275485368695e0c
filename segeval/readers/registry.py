"""Open a file with the reader that knows it; where none does, say what it is and what to do."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from segeval.readers import READERS
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import current
from segeval.runtime.packed_streams import read_head
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

if TYPE_CHECKING:
    from segeval.contours.structure_set import Contours

# Formats that are met and not read: what they are, and a way out.
OTHERS = {
    ".jpg": ("lossy compression changes label values", "write the mask as PNG"),
    ".jpeg": ("lossy compression changes label values", "write the mask as PNG"),
    ".hdr": ("a pair of .hdr and .img is not read", "convert it to .nii.gz"),
    ".img": ("a pair of .hdr and .img is not read", "convert it to .nii.gz"),
    ".dcm": ("a DICOM object that holds no segmentation", "give an RTSTRUCT or a SEG"),
    ".json": ("no JSON object or list", "COCO annotations and detections are read"),
    ".pkl": ("pickled objects are never loaded", "save a plain array (.npy, .npz)"),
}


LFS_POINTER = b"version https://git-lfs.github.com/spec/"
ANNEX_POINTER = b"/annex/objects/"
POLYGONS = ("labelme", "geojson", "mask_list", "yolo")  # readers of instances, a file an image


class Reader(Protocol):
    """A module that reads one format."""

    def claims(self, path: Path, head: bytes) -> bool:
        """Say whether the file is of this format, from its name and its first bytes."""

    def read(self, path: Path, reading: ReadOptions) -> Volume | Contours:
        """Open the file. Raises ReadError."""


def open_volume(path: Path, reading: ReadOptions) -> Volume:
    """Open a file that has a grid, of any format that is known. Raises ReadError."""
    found = open_file(path, reading)
    if not isinstance(found, Volume):
        raise contours_error(path)
    return found


def contours_error(path: Path) -> ReadError:
    """The error for contours where something with a grid is needed."""
    return ReadError(
        "contours, which lie on no grid",
        where=path,
        help="give a mask, a segmentation or an image here",
    )


def open_file(path: Path, reading: ReadOptions) -> Volume | Contours:
    """Open a file of any format that is known. Raises ReadError."""
    start = read_first_bytes(path)
    for name in READERS:
        reader = reader_named(name)
        if reader.claims(path, start):
            found = reader.read(path, reading)
            return check_grid(found) if isinstance(found, Volume) else found
    raise unknown_format_error(path, start)


def check_grid(volume: Volume) -> Volume:
    """A volume of a side whose voxels have a size and a place. Raises ReadError."""
    grid = volume.geometry
    if not grid.measurable:
        sides, place = (
            " x ".join(f"{n:g}" for n in (numbers or ())[::step])
            for numbers, step in ((grid.spacing, -1), (grid.origin, 1))
        )
        raise ReadError(
            f"no grid that can be measured: voxels of {sides} mm{place and f' at {place}'}",
            where=volume.path,
        )
    return replace(volume, side=current().side)


@cache
def reader_named(name: str) -> Reader:
    """The module of an entry of READERS; it is imported when it is first asked."""
    return cast(Reader, import_module(f"segeval.readers.{name}"))


def is_polygon_file(path: Path) -> bool:
    """Whether a file holds the polygons of one image."""
    try:
        start = read_head(path)
    except OSError:
        return False
    return any(reader_named(name).claims(path, start) for name in POLYGONS)


def read_first_bytes(path: Path) -> bytes:
    """The first bytes of a file, inflated. Raises ReadError where there are none to be had."""
    try:
        start = read_head(path)
        empty = not start and path.stat().st_size == 0
    except OSError as problem:
        raise ReadError(f"cannot be opened ({problem.strerror})", where=path) from problem
    if start.startswith(LFS_POINTER):
        raise ReadError(
            "a Git LFS pointer stands in place of the file",
            where=path,
            help="git lfs pull fetches the file itself",
        )
    if ANNEX_POINTER in start[:400] and b"\n" not in start.strip():
        raise ReadError(
            "a git-annex pointer stands in place of the file",
            where=path,
            help="git annex get (or datalad get) fetches the file itself",
        )
    if empty and path.suffix.lower() != ".txt":  # YOLO's form of an image without objects
        raise ReadError("the file is empty", where=path, help="write it again")
    return start


def unknown_format_error(path: Path, start: bytes) -> ReadError:
    """The error for a file that no reader claims."""
    suffix = path.suffix.lower()
    if start[128:132] == b"DICM":
        suffix = ".dcm"
    what, help = OTHERS.get(suffix, ("no format that is known", "NIfTI, NRRD, PNG, TIFF or NumPy"))
    return ReadError(what, where=path, help=help)
