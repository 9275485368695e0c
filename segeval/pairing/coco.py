"""COCO files as sides: every image of the ground truth is a case, called as its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from segeval.pairing.cases import CaseFiles
from segeval.pairing.side_layout import CaseEntry, SideLayout, is_coco_path
from segeval.readers.coco_marks import Id, id_of
from segeval.runtime.errors import NothingToScore, ReadError, RequestError
from segeval.runtime.inventory import KNOWN, UNKNOWN, current

if TYPE_CHECKING:
    from segeval.readers.coco_file import CocoFile, CocoImage

COCO = "coco"


def coco_layout(path: Path, other: Path) -> SideLayout:
    """The images of a file. Raises RequestError where it cannot be used at all.

    other  the other side, whose images a list of detections is of
    """
    file = parse_whole_side(path)
    if file.images is None and current().side == "gt" and is_coco_path(other):
        refuse_swapped_sides(path, other)
    report_strays(file)
    if file.images is not None:
        entries = [image_entry(path, name, name) for name in file.images]
        return SideLayout(COCO, tuple(entries), path, met=1, shared=1)
    of = parse_whole_side(other).images if is_coco_path(other) else None
    if of is None:
        raise RequestError(
            "a list of detections does not say what its images are called",
            where=path,
            help="give the COCO file of the instances as GT",
        )
    members = members_of_images(file, of, path)
    known = [image_entry(path, name, member) for name, member in members.items()]
    return SideLayout(COCO, tuple(known), path, met=1, shared=1)


def refuse_swapped_sides(path: Path, other: Path) -> None:
    """Raise RequestError where the ground truth is a list of detections of the other side's images
    (ACCOUNT-A32)."""
    if parse_whole_side(other).images is not None:
        raise RequestError(
            "the ground truth is a list of detections, and the prediction has the images",
            where=path,
            help=f"the sides are swapped: --pred {path} --gt {other} in place of PRED and GT",
        )


def parse_whole_side(path: Path) -> CocoFile:
    """A file, taken apart. Raises RequestError: it holds the whole side."""
    from segeval.readers.coco_file import parse_coco

    try:
        return parse_coco(path)
    except ReadError as problem:
        raise RequestError(
            problem.message, where=problem.where, facts=problem.facts, help=problem.help
        ) from problem


def report_strays(file: CocoFile) -> None:
    """Count the annotations that belong to nothing, and categories that are none."""
    inventory = current()
    kind = "annotation" if file.images is not None else "detection"
    for stray in file.strays:
        inventory.add_found(kind, stray.count)
        inventory.set_aside(kind, stray.reason, stray.names, UNKNOWN, stray.code, count=stray.count)
    inventory.add_found("class", len(file.grouping))
    inventory.set_aside("class", "that only group other categories", file.grouping, KNOWN)


def members_of_images(
    file: CocoFile, images: Mapping[str, CocoImage], path: Path
) -> dict[str, str]:
    """How each image of the ground truth is called in a list of detections, by its file name.

    That is its id; where no detection has the id of an image, its file name, or that without the
    suffix, as some programs write it. Raises NothingToScore where nothing fits.
    """
    stems = Counter(one for image in images.values() for one in stem_of_image(image))
    alone = max(stems.values(), default=0) < 2  # two images of one stem: it names neither
    for call in CALLED if alone else CALLED[:-1]:
        called: dict[Id, str] = {}
        for image in images.values():
            called |= dict.fromkeys(call(image), image.name)
        if not len(file.marks) or any(number in called for number in file.marks):
            report_unknown_images(file, called)
            known = {name: str(own) for own, name in called.items()}
            return {name: known.get(name, name) for name in images}
    raise NothingToScore(
        f"none of the {count_all(file, file.marks)} detections is of an image of the ground truth",
        where=path,
        facts=(
            f"image_id of the detections {list_some_ids(file.marks)}",
            f"id of the images of the ground truth "
            f"{list_some_ids(image.number for image in images.values())}",
        ),
        help="give the file of the images that the detections are of",
    )


def ids_of_image(image: CocoImage) -> tuple[Id, ...]:
    """The ids of an image; several where it stands more than once in its file."""
    return image.twins or (() if image.number is None else (image.number,))


def name_of_image(image: CocoImage) -> tuple[Id, ...]:
    """The file name of an image, as it is compared with an id."""
    return tuple(filter(None, [id_of(image.name)]))


def stem_of_image(image: CocoImage) -> tuple[Id, ...]:
    """The file name without folder and suffix."""
    return tuple(filter(None, [id_of(PurePosixPath(image.name).stem)]))


CALLED = (ids_of_image, name_of_image, stem_of_image)


def report_unknown_images(file: CocoFile, known: Container[Id]) -> None:
    """Count the detections of images that the ground truth does not have."""
    lost = [number for number in file.marks if number not in known]
    inventory = current()
    inventory.add_found("detection", count_all(file, lost))
    inventory.set_aside(
        "detection",
        "of images that the ground truth does not have",
        [f"image_id {number}" for number in lost],
        UNKNOWN,
        "W-unknown-image",
        count=count_all(file, lost),
    )


def count_all(file: CocoFile, numbers: Iterable[Id]) -> int:
    """How many detections some images have."""
    return sum(file.marks.count(number) for number in numbers)


def list_some_ids(ids: object) -> str:
    """A few ids."""
    shown = [str(one) for one in ids]  # type: ignore[attr-defined]
    return ", ".join(shown[:4]) + (" …" if len(shown) > 4 else "")


def image_entry(path: Path, name: str, member: str) -> CaseEntry:
    """The entry of an image, by its file name."""
    image = PurePosixPath(name)
    side = CaseFiles(path.parent, {"": path}, member=member)
    return CaseEntry(name, image.with_suffix("").as_posix(), image.stem, side)
