"""COCO files as sides: every image of the ground truth is a case, called as its file."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from segeval.pairing.cases import CaseFiles
from segeval.pairing.layouts import CaseEntry, SideLayout
from segeval.runtime.errors import RequestError

COCO = "coco"
SUFFIX = ".json"


def is_coco_path(path: Path) -> bool:
    """Whether a side is a COCO file, from its name."""
    return path.is_file() and path.suffix.lower() == SUFFIX


def coco_layout(path: Path, other: Path) -> SideLayout:
    """The images of a file. Raises ReadError, and RequestError for detections without images.

    other  the other side, whose images a list of detections is of
    """
    from segeval.readers.coco import parse_coco

    file = parse_coco(path)
    if file.images is not None:
        entries = [image_entry(path, name, name) for name in file.images]
        return SideLayout(COCO, tuple(entries), path, met=1, shared=1)
    of = parse_coco(other).images if is_coco_path(other) else None
    if of is None:
        raise RequestError(
            "a list of detections does not say what its images are called",
            where=path,
            help="give the COCO file of the instances as GT",
        )
    known = [image_entry(path, name, str(image["id"])) for name, image in of.items()]
    return SideLayout(COCO, tuple(known), path, met=1, shared=1)


def image_entry(path: Path, name: str, member: str) -> CaseEntry:
    """The entry of an image, by its file name."""
    image = PurePosixPath(name)
    side = CaseFiles(path.parent, {"": path}, member=member)
    return CaseEntry(name, image.with_suffix("").as_posix(), image.stem, side)
