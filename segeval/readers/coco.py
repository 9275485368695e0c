"""COCO JSON: instances of images as polygons or runs, and detections with a score.

A file of instances has `images`, `annotations` and `categories`; every image is a case, called as
its file. A file of detections is a list; its images are those of the ground truth, by their id.
Masks of one category are united into a channel; as instances they stay apart, with their scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.kernels.mask_stack import MaskStack
from segeval.kernels.rle import ImageShape, draw_edges, unite_edges
from segeval.readers.coco_file import CocoFile, CocoImage, parse_coco
from segeval.readers.coco_marks import Id, flag_of, id_of
from segeval.readers.coco_masks import box_of, mark_name, number_of, stack_of_marks
from segeval.runtime.arrays import Counted, Raw
from segeval.runtime.errors import Note, ReadError
from segeval.runtime.frozen import frozen
from segeval.runtime.inventory import UNKNOWN, current
from segeval.volume.channel import Channel
from segeval.volume.instance_masks import InstanceMasks
from segeval.volume.instances import Instances
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

LOW = 0.5  # a score below which a detection is rarely shown
Mark = Mapping[str, Any]


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is JSON, from its name and its first character."""
    return path.suffix.lower() == ".json" and head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (
        b"{",
        b"[",
    )


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open one image of a file as a mask a category. Raises ReadError."""
    file = parse_coco(path)
    if file.images is None and file.panoptic:
        from segeval.readers import coco_panoptic

        return coco_panoptic.read_segments(file, id_of(reading.member), path, reading)
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
    if image.fault:
        current().add_found("annotation", file.count_marks(image))
        raise ReadError(f"{image.name}: {image.fault}", where=path)
    if file.panoptic:
        from segeval.readers import coco_panoptic

        return coco_panoptic.read_segments(file, image.number, path, reading, image)
    return read_instances(file, image, path, reading)


def read_instances(file: CocoFile, image: CocoImage, path: Path, reading: ReadOptions) -> Volume:
    """The instances of an image: one channel a category of the file, drawn when it is read."""
    marks = keep_known_categories(file, file.marks.get(image.number or 0), path)
    found = read_marks(marks, image.shape, path, file, image)
    report_masks("annotation", marks, found.masks)
    channels, segments = channels_of_categories(found, file, image.shape)
    single = np.flatnonzero(~found.crowd).tolist()
    notes: tuple[Note, ...] = ()
    if crowds := len(marks) - len(single):
        text = f"{crowds} crowd annotations are masks of their class and no instances"
        notes = (Note("N-crowds", text),)
    box = found.corners()[single].reshape(-1, 4)
    return Volume(
        Geometry(image.shape, reading.spacing),
        channels,
        path,
        segments=segments,
        notes=notes,
        regions=Instances(
            tuple(AnnotationDrawer(found.masks, (place,)) for place in single),
            np.concatenate([box[:, :2], box[:, :2] + box[:, 2:]], axis=1),
            {n: c.name for n, c in file.categories.items()},
        ),
        instances=lambda: found,
    )


def channels_of_categories(
    found: InstanceMasks, file: CocoFile, shape: ImageShape
) -> tuple[tuple[Channel, ...], dict[str, tuple[int, int]]]:
    """A channel for each category that the image has, and where each category of the file lies.

    Those that the image has not, mostly the greater part, are labels of one empty channel.
    """
    by_category = places_by_value(found)
    held = [number for number in file.categories if number in by_category]
    channels = [unite_marks(found.masks, by_category[number], shape) for number in held]
    place = {number: (at, 1) for at, number in enumerate(held)}
    rest = [number for number in file.categories if number not in by_category]
    place |= {number: (len(held), label) for label, number in enumerate(rest, 1)}
    if rest:
        channels.append(unite_marks(found.masks, (), shape))
    return tuple(channels), {c.name: place[number] for number, c in file.categories.items()}


def keep_known_categories(file: CocoFile, marks: Sequence[Mark], path: Path) -> list[Mark]:
    """The annotations of an image whose category the file has. Raises ReadError.

    One without a category is a fault; one of a category that is not listed is left aside.
    """
    inventory = current()
    inventory.add_found("annotation", len(marks))
    kept: list[Mark] = []
    lost: list[Mark] = []
    for place, mark in enumerate(marks):
        number = category_of(mark, place, path)
        (kept if number in file.categories else lost).append(mark)
    inventory.set_aside(
        "annotation",
        "of categories that the file does not list",
        dict.fromkeys(f"category_id {mark['category_id']}" for mark in lost),
        UNKNOWN,
        "W-unknown-category",
        count=len(lost),
    )
    return kept


def report_masks(kind: str, marks: Sequence[Mark], masks: MaskStack) -> None:
    """Say which annotations or detections have no pixel, and count the others as scored."""
    empty = np.flatnonzero(masks.ends == masks.begins).tolist()
    bare = [mark_name(marks[k], k) for k in empty if not marks[k].get("segmentation")]
    beside = [mark_name(marks[k], k) for k in empty if marks[k].get("segmentation")]
    inventory = current()
    inventory.set_aside(kind, "without a mask", bare, UNKNOWN, "W-no-mask")
    inventory.set_aside(kind, "whose mask has no pixel of the image", beside, UNKNOWN, "W-no-mask")
    inventory.add_scored(kind, len(marks) - len(empty))


def category_of(mark: Mark, place: int, path: Path) -> Id:
    """The category of an annotation or detection. Raises ReadError."""
    number = id_of(mark.get("category_id"))
    if number is None:
        told = repr(mark["category_id"])[:40] if "category_id" in mark else "none"
        raise ReadError(f"{mark_name(mark, place)} has no usable category_id ({told})", where=path)
    return number


def read_marks(
    marks: Sequence[Mark],
    shape: ImageShape,
    path: Path,
    file: CocoFile | None = None,
    image: CocoImage | None = None,
) -> InstanceMasks:
    """Annotations or detections as instances. Raises ReadError."""
    masks = stack_of_marks(marks, shape, path)
    each = list(enumerate(marks))
    boxes = [box_of(mark, place, path) for place, mark in each]
    scores = [number_of(mark, "score", place, path) for place, mark in each]
    # The size of a detection is that of its box where it has one: pycocotools reads results so.
    areas = [
        number_of(mark, "area", place, path) if np.isnan(score) else box[2] * box[3]
        for (place, mark), score, box in zip(each, scores, boxes, strict=True)
    ]
    order = image.number if image is not None and isinstance(image.number, int) else None
    return InstanceMasks(
        masks,
        tuple(category_of(mark, place, path) for place, mark in each),
        np.array([is_crowd(mark, place, path) for place, mark in each], np.bool_),
        np.array(scores, np.float64),
        np.array(areas, np.float64),
        np.array(boxes, np.float64).reshape(-1, 4),
        order,
        image.negative if image is not None else (),
        image.open_ended if image is not None else (),
        {n: c.group for n, c in file.categories.items() if c.group} if file is not None else {},
    )


def is_crowd(mark: Mark, place: int, path: Path) -> bool:
    """Whether an annotation is a region of its class and no instance. Raises ReadError."""
    try:
        return flag_of(mark, "iscrowd", False)
    except ValueError as problem:
        raise ReadError(f"{mark_name(mark, place)}: {problem}", where=path) from problem


def places_by_value(found: InstanceMasks) -> dict[Id, list[int]]:
    """The places of the instances of each category."""
    places: dict[Id, list[int]] = {}
    for place, value in enumerate(found.values):
        places.setdefault(value, []).append(place)
    return places


def read_detections(file: CocoFile, path: Path, reading: ReadOptions) -> Volume:
    """The detections of an image, which is as large as the ground truth. Raises ReadError."""
    if reading.grid is None or len(reading.grid) != 2 or not reading.member:
        raise ReadError(
            "detections do not say how large their images are and what they are called",
            where=path,
            help="score them as PRED against a COCO file of instances as GT",
        )
    shape = reading.grid[0], reading.grid[1]
    marks = list(file.marks.get(id_of(reading.member) or 0))
    inventory = current()
    inventory.add_found("detection", len(marks))
    scores = [number_of(mark, "score", place, path) for place, mark in enumerate(marks)]
    if reading.min_score > 0 and any(np.isnan(scores)):
        raise ReadError(
            f"--min-score {reading.min_score:g} of detections without scores", where=path
        )
    marks = [m for m, s in zip(marks, scores, strict=True) if not s < reading.min_score]
    inventory.set_aside(
        "detection", "below --min-score", (), "asked", count=len(scores) - len(marks)
    )
    found = read_marks(marks, shape, path)
    report_masks("detection", marks, found.masks)
    by_value = places_by_value(found)
    numbers = sorted(value for value in by_value if isinstance(value, int))
    names = [value for value in by_value if isinstance(value, str)]
    values: tuple[Id, ...] = (*numbers, *names)
    channels = [unite_marks(found.masks, by_value[value], shape) for value in values]
    return Volume(
        Geometry(shape, reading.spacing),
        tuple(channels) or (unite_marks(found.masks, (), shape),),
        path,
        values=values,
        notes=low_score_notes(scores, reading),
        instances=lambda: found,
    )


def low_score_notes(scores: Sequence[float], reading: ReadOptions) -> tuple[Note, ...]:
    """What to beware of where detections that nobody would show are part of the masks."""
    low = sum(score < LOW for score in scores)
    if not low or reading.min_score > 0:
        return ()
    text = (
        f"{low} of {len(scores)} detections have a score below {LOW:g} and are part of the masks; "
        f"--min-score {LOW:g} leaves them out"
    )
    return (Note("W-low-scores", text),)


def unite_marks(masks: MaskStack, places: Sequence[int], shape: ImageShape) -> Channel:
    """The union of some masks."""
    source = AnnotationDrawer(masks, tuple(places)) if places else None
    return Channel(source, np.dtype(np.uint8), shape)


@frozen
class AnnotationDrawer:
    """Draws the union of some masks of an image."""

    masks: MaskStack
    places: tuple[int, ...]

    def edges(self) -> Counted:
        """Where inside begins and ends, column by column."""
        return unite_edges([self.masks.mask(place) for place in self.places])

    def __call__(self) -> Raw:
        """The mask, 0 and 1."""
        mask: Raw = draw_edges(self.edges(), self.masks.shape).view(np.uint8)
        return mask
