"""Lists of masks, a text file an image: `masks/a_0.png 26 0.93`, a mask, its class and its score.

Cityscapes wants predictions of instances in this form. A mask is a picture of one channel, inside
where it is not 0; its path is told from the folder of the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from segeval.kernels.mask_stack import edges_of_mask
from segeval.kernels.rle import ImageShape
from segeval.readers.polygon_files import DrawnObject, image_size, polygon_volume
from segeval.runtime.arrays import Mask
from segeval.runtime.errors import ReadError
from segeval.runtime.inventory import current
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

LINE = re.compile(rb"\s*\S.*\.png[ \t]+\d+[ \t]+[-+.\deE]+\s*(?:\n|\r|\Z)", re.IGNORECASE)
FORM = "a line is `masks/a_0.png 26 0.93`: a picture, its class and its score"


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is a list of masks, from its name and its first line."""
    return path.suffix.lower() == ".txt" and LINE.match(head.lstrip(b"\xef\xbb\xbf")) is not None


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open the masks of an image as one a class, and as instances. Raises ReadError."""
    objects: list[DrawnObject] = []
    shape: ImageShape | None = None
    for picture, class_, score in list_entries(path):
        mask = read_mask(picture)
        shape = shape or (mask.shape[0], mask.shape[1])
        if mask.shape != shape:
            raise ReadError(
                f"a mask of {mask.shape[1]} x {mask.shape[0]} pixels, another of "
                f"{shape[1]} x {shape[0]}",
                where=picture,
                help="every mask is as large as the image",
            )
        edges = edges_of_mask(mask, (0, 0), shape)
        objects.append(DrawnObject(class_, (), score, edges))
    names = {one.label: str(one.label) for one in objects} if current().side == "gt" else None
    return polygon_volume(objects, shape or image_size(path, reading), path, reading, names)


def list_entries(path: Path) -> Iterator[tuple[Path, int, float]]:
    """The picture, class and score of every line. Raises ReadError."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError) as problem:
        raise ReadError(f"not a readable text ({problem})", where=path) from problem
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        name, *rest = line.strip().rsplit(maxsplit=2)
        try:
            class_, score = int(rest[0]), float(rest[1])
        except (IndexError, ValueError) as problem:
            raise ReadError(f"line {number} is no mask", where=path, help=FORM) from problem
        if class_ < 0 or not np.isfinite(score):
            raise ReadError(f"line {number} is no mask", where=path, help=FORM)
        yield path.parent / check_inside(name, number, path), class_, score


def check_inside(name: str, number: int, path: Path) -> Path:
    """A path below the folder of the list. Raises ReadError."""
    told = Path(name)
    if told.is_absolute() or ".." in told.parts:
        raise ReadError(
            f"line {number} names a picture outside the folder of the list",
            where=path,
            help="put the pictures beside the list or in a folder there",
        )
    return told


def read_mask(picture: Path) -> Mask:
    """Where a picture of one channel is not 0. Raises ReadError."""
    from segeval.readers import pictures

    with pictures.open_image(picture) as (image, _):
        values = pictures.decode_picture(image)
    if values.ndim != 2:
        raise ReadError(
            "a mask of several channels", where=picture, help="write it with one channel"
        )
    mask: Mask = values != 0
    return mask
