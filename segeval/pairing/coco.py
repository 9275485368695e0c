"""COCO files as sides: every image of the ground truth is a case, called as its file."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from segeval.pairing.cases import Side
from segeval.pairing.layouts import Entry, Layout
from segeval.runtime.errors import RequestError

COCO = "coco"
SUFFIX = ".json"


def is_coco(path: Path) -> bool:
    """Whether a side is a COCO file, from its name."""
    return path.is_file() and path.suffix.lower() == SUFFIX


def annotated(path: Path, other: Path) -> Layout:
    """The images of a file. Raises ReadError, and RequestError for detections without images.

    other  the other side, whose images a list of detections is of
    """
    from segeval.readers.coco import taken_apart

    file = taken_apart(path)
    if file.images is not None:
        entries = [entry(path, name, name) for name in file.images]
        return Layout(COCO, tuple(entries), path)
    of = taken_apart(other).images if is_coco(other) else None
    if of is None:
        raise RequestError(
            "a list of detections does not say what its images are called",
            where=path,
            help="give the COCO file of the instances as GT",
        )
    known = [entry(path, name, str(image["id"])) for name, image in of.items()]
    return Layout(COCO, tuple(known), path)


def entry(path: Path, name: str, member: str) -> Entry:
    """The entry of an image, by its file name."""
    image = PurePosixPath(name)
    side = Side(path.parent, {"": path}, member=member)
    return Entry(name, image.with_suffix("").as_posix(), image.stem, side)
