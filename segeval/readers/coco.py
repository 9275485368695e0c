"""COCO JSON: instances of images as polygons or runs, and detections with a score.

A file of instances has `images`, `annotations` and `categories`; every image is a case, called as
its file. A file of detections is a list; its images are those of the ground truth, by their id.
Masks of one category are united into a channel; as instances they stay apart, crowds left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.kernels.rle import ImageShape, decode_rle, mask_of_polygon, mask_of_rle
from segeval.kernels.rois import mask_box
from segeval.runtime.arrays import Mask, Raw
from segeval.runtime.errors import Note, ReadError
from segeval.runtime.frozen import frozen
from segeval.volume.instances import Instances
from segeval.volume.volume import Channel, ReadOptions, Volume

KEYS = ("images", "annotations", "categories")
Annotation = Mapping[str, Any]


@frozen
class CocoFile:
    """A file, taken apart.

    images  of a file of instances, by file name; None of detections
    marks   the annotations or detections of each image, by its id
    names   of the categories, by id
    """

    images: Mapping[str, Mapping[str, Any]] | None
    marks: Mapping[int, Sequence[Annotation]]
    names: Mapping[int, str]


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is JSON, from its name and its first character."""
    return path.suffix.lower() == ".json" and head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (
        b"{",
        b"[",
    )


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open one image of a file as a mask a category. Raises ReadError."""
    file = parse_coco(path)
    if file.images is None:
        return read_detections(file, path, reading)
    names = list(file.images)
    if not reading.member and len(names) != 1:
        raise ReadError(
            f"the file holds {len(names)} images, and nothing says which of them is meant",
            where=path,
            help="give the file itself as PRED or GT: each image is a case",
        )
    image = file.images[reading.member or names[0]]
    return read_instances(file, image, path, reading)


def parse_coco(path: Path) -> CocoFile:
    """The images, annotations and categories of a file. Raises ReadError."""
    try:
        state = path.stat()
        return _parse_coco_version(path, state.st_mtime_ns, state.st_size)
    except OSError as problem:
        raise ReadError(f"cannot be opened ({problem.strerror})", where=path) from problem
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise ReadError(
            f"not a COCO file ({type(problem).__name__}: {problem})",
            where=path,
            help="an object with images, annotations and categories, or a list of detections",
        ) from problem


@lru_cache(4)
def _parse_coco_version(path: Path, changed: int, size: int) -> CocoFile:
    """The file as it is at a time; every image of it asks."""
    content = json.loads(path.read_text("utf-8-sig"))
    if isinstance(content, list):
        return CocoFile(None, annotations_by_image(content), {})
    images, marks, categories = (content[key] for key in KEYS)
    named = {str(image["file_name"]): image for image in images}
    if len(named) != len(images):
        raise ValueError(f"{len(images)} images have {len(named)} file names")
    names = {int(c["id"]): str(c["name"]) for c in categories}
    if len(set(names.values())) != len(categories):
        raise ValueError("two categories share a name or an id")
    return CocoFile(named, annotations_by_image(marks), names)


def annotations_by_image(marks: Sequence[Annotation]) -> dict[int, list[Annotation]]:
    """Annotations by the id of their image, in the order of the file."""
    found: dict[int, list[Annotation]] = {}
    for mark in marks:
        found.setdefault(int(mark["image_id"]), []).append(mark)
    return found


def read_instances(
    file: CocoFile, image: Mapping[str, Any], path: Path, reading: ReadOptions
) -> Volume:
    """The instances of an image: one channel a category of the file, drawn when it is read."""
    shape = int(image["height"]), int(image["width"])
    marks = file.marks.get(int(image["id"]), [])
    single = [mark for mark in marks if not mark.get("iscrowd")]
    channels = tuple(
        annotated_channel([m for m in marks if int(m["category_id"]) == one], shape, path)
        for one in file.names
    )
    notes: tuple[Note, ...] = ()
    if crowds := len(marks) - len(single):
        text = f"{crowds} crowd annotations are masks of their class and no instances"
        notes = (Note("N-crowds", text),)
    return Volume(
        Geometry(shape, reading.spacing),
        channels,
        path,
        segments={name: (place, 1) for place, name in enumerate(file.names.values())},
        notes=notes,
        regions=Instances(
            tuple(AnnotationDrawer((mark,), shape, path) for mark in single),
            np.array([annotation_box(mark, shape, path) for mark in single], np.float64).reshape(
                -1, 4
            ),
            dict(file.names),
        ),
    )


def read_detections(file: CocoFile, path: Path, reading: ReadOptions) -> Volume:
    """The detections of an image, which is as large as the ground truth. Raises ReadError."""
    if reading.grid is None or len(reading.grid) != 2 or not reading.member.isdecimal():
        raise ReadError(
            "detections do not say how large their images are and what they are called",
            where=path,
            help="score them as PRED against a COCO file of instances as GT",
        )
    shape = reading.grid[0], reading.grid[1]
    marks = file.marks.get(int(reading.member), [])
    if reading.min_score > 0 and any("score" not in mark for mark in marks):
        raise ReadError(
            f"--min-score {reading.min_score:g} of detections without scores", where=path
        )
    marks = [m for m in marks if m.get("score", 0) >= reading.min_score or "score" not in m]
    values = sorted({int(mark["category_id"]) for mark in marks})
    by_value = [[m for m in marks if int(m["category_id"]) == value] for value in values]
    channels = [annotated_channel(those, shape, path) for those in by_value or [[]]]
    return Volume(Geometry(shape, reading.spacing), tuple(channels), path, values=tuple(values))


def annotated_channel(marks: Sequence[Annotation], shape: ImageShape, path: Path) -> Channel:
    """The union of some annotations."""
    source = AnnotationDrawer(tuple(marks), shape, path) if marks else None
    return Channel(source, np.dtype(np.uint8), shape)


@frozen
class AnnotationDrawer:
    """Draws the union of some annotations over an image."""

    marks: tuple[Annotation, ...]
    shape: ImageShape
    path: Path

    def __call__(self) -> Raw:
        """The mask, 0 and 1. Raises ReadError."""
        mask = np.zeros(self.shape, bool)
        for mark in self.marks:
            mask |= annotation_mask(mark, self.shape, self.path)
        return mask.view(np.uint8)


def annotation_mask(mark: Annotation, shape: ImageShape, path: Path) -> Mask:
    """The mask of one annotation: runs, a string of them, or polygons. Raises ReadError."""
    try:
        drawing = mark["segmentation"]
        if isinstance(drawing, Mapping):
            if tuple(drawing["size"]) != shape:
                raise ValueError(f"runs of {drawing['size']} in an image of {list(shape)}")
            runs = drawing["counts"]
            return mask_of_rle(decode_rle(runs) if isinstance(runs, str) else runs, shape)
        mask = np.zeros(shape, bool)
        for polygon in drawing:
            mask |= mask_of_polygon(polygon, shape)
    except (KeyError, TypeError, ValueError) as problem:
        raise ReadError(
            f"annotation {mark.get('id', '')} cannot be drawn ({problem})", where=path
        ) from problem
    return mask


def annotation_box(mark: Annotation, shape: ImageShape, path: Path) -> tuple[float, ...]:
    """The box x1, y1, x2, y2 of an annotation: its own, or else that of its mask."""
    if len(mark.get("bbox") or ()) == 4:
        x, y, width, height = map(float, mark["bbox"])
        return x, y, x + width, y + height
    return mask_box(annotation_mask(mark, shape, path))
