"""COCO panoptic: a PNG of segments an image, and a JSON that says what each is.

    id = R + 256 G + 65536 B of a pixel; 0 is void: nobody knows what is there
    segments_info   id, category_id, iscrowd of every segment; the JSON's areas are never used

The PNG lies in a folder called as the JSON, or beside it. The volume is a map of category ids; its
segments stay apart as instances. A segment that the JSON does not list is an error in a prediction,
and background with a warning in a ground truth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.kernels.mask_stack import edges_of_mask, stack_of
from segeval.readers.coco_file import CocoFile, CocoImage, list_of_entry
from segeval.readers.coco_marks import Id, flag_of, id_of
from segeval.runtime.arrays import Raw
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.inventory import UNKNOWN, current
from segeval.volume.channel import Channel
from segeval.volume.id_coding import IdCoding
from segeval.volume.instance_masks import InstanceMasks, plain_instances
from segeval.volume.instances import Instances
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

MOST = 65535  # of a category id in a label map
THING, STUFF, CROWD, REGION, VOID = "thing", "stuff", "crowd", "region", "void"


@frozen
class SegmentInfo:
    """What the JSON says of a segment."""

    category: int
    kind: str


def read_segments(
    file: CocoFile,
    number: Id | None,
    path: Path,
    reading: ReadOptions,
    image: CocoImage | None = None,
) -> Volume:
    """The segments of an image as a label map of categories. Raises ReadError.

    number  id of the image
    image   what a file of instances says of it
    """
    found = file.marks.get(number)
    if len(found) != 1:
        raise ReadError(
            f"{len(found)} annotations of the image {number}", where=path,
            help="a panoptic file has one annotation an image, with its segments_info",
        )  # fmt: skip
    png = png_of(found[0], image, path)
    ids = read_panoptic_ids(png)
    if image is not None and ids.shape != image.shape:
        raise ReadError(
            f"the PNG has {ids.shape[1]} x {ids.shape[0]} pixels and the JSON says "
            f"{image.shape[1]} x {image.shape[0]}",
            where=png,
        )
    told = segments_of(found[0], file, path)
    present = np.unique(ids).tolist()
    check_listed([one for one in present if one and one not in told], png)
    places = {one: told[one] for one in present if one in told}
    order = number if isinstance(number, int) else None
    return Volume(
        Geometry((ids.shape[0], ids.shape[1]), reading.spacing),
        (Channel(lambda: ids, ids.dtype, ids.shape),),
        png,
        names={c.number: c.name for c in file.categories.values() if isinstance(c.number, int)},
        regions=Instances((), np.zeros((0, 4)), {n: c.name for n, c in file.categories.items()}),
        instances=lambda: instances_of(ids, places, order),
        coding=IdCoding(
            classes={one: places[one].category if one in places else 0 for one in [0, *present]},
            kinds=kinds_of(places),
        ),
    )


def kinds_of(told: Mapping[int, SegmentInfo]) -> dict[int, str]:
    """Of which kind each id is that is no instance.

    Void of a prediction is asked for by torchmetrics alone.
    """
    kinds = {one: info.kind for one, info in told.items() if info.kind != THING}
    last = {info.category: one for one, info in told.items() if info.kind == CROWD}
    for one, kind in kinds.items():
        if kind == CROWD and last[told[one].category] != one:
            kinds[one] = REGION  # panopticapi subtracts the last crowd of a class alone
    return {0: VOID, **kinds}


def png_of(mark: Mapping[str, Any], image: CocoImage | None, path: Path) -> Path:
    """The PNG of an image. Raises ReadError."""
    name = mark.get("file_name")
    if not isinstance(name, str) or not name:
        stem = Path(image.name).stem if image is not None else str(mark.get("image_id"))
        name = f"{stem}.png"
    for folder in (path.with_suffix(""), path.parent):
        if (folder / name).is_file():
            return folder / name
    raise ReadError(
        f"there is no {name}",
        where=path,
        help=f"the PNG of the segments lies in {path.with_suffix('').name}/ or beside the JSON",
    )


def read_panoptic_ids(png: Path) -> Raw:
    """The ids of a PNG, uint32 (H, W). Raises ReadError."""
    from PIL import Image

    try:
        with Image.open(png) as picture:
            mode = picture.mode
            colours = np.asarray(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        raise ReadError(f"not a readable PNG ({problem})", where=png) from problem
    if mode not in ("RGB", "RGBA"):
        raise ReadError(
            f"a PNG of mode {mode} is no map of segments",
            where=png,
            help="id = R + 256 G + 65536 B, three channels of 8 bits",
        )
    red, green, blue = (colours[..., k].astype(np.uint32) for k in range(3))
    ids: Raw = red + 256 * green + 65536 * blue
    return ids


def segments_of(mark: Mapping[str, Any], file: CocoFile, path: Path) -> dict[int, SegmentInfo]:
    """What the JSON says of each segment. Raises ReadError."""
    told: dict[int, SegmentInfo] = {}
    for entry in list_of_entry(mark, "segments_info"):
        number = id_of(entry.get("id")) if isinstance(entry, Mapping) else None
        category = id_of(entry.get("category_id")) if isinstance(entry, Mapping) else None
        if not isinstance(number, int) or not isinstance(category, int) or not 0 < category <= MOST:
            raise ReadError(f"a segment without a usable id and category_id ({entry!r})"[:200],
                            where=path)  # fmt: skip
        if file.categories and category not in file.categories:
            raise ReadError(
                f"segment {number} is of category {category}, which the file does not list",
                where=path,
            )
        thing = not file.categories or file.categories[category].thing
        try:
            kind = CROWD if flag_of(entry, "iscrowd", False) else THING if thing else STUFF
        except ValueError as problem:
            raise ReadError(f"segment {number}: {problem}", where=path) from problem
        if told.setdefault(number, SegmentInfo(category, kind)) != SegmentInfo(category, kind):
            raise ReadError(f"two segments of an image have the id {number}", where=path)
    return told


def check_listed(lost: list[int], png: Path) -> None:
    """See that the JSON lists every id of the PNG. Raises ReadError for a prediction."""
    if not lost:
        return
    if current().side == "pred":
        ids = ", ".join(map(str, lost[:4]))
        raise ReadError(
            f"{len(lost)} segments are not listed in the JSON (ids {ids})",
            where=png,
            help="segments_info names every id of the PNG but 0",
        )
    current().add_found("segment", len(lost))
    current().set_aside(
        "segment",
        "that the JSON does not list",
        [f"{png.name} id {one}" for one in lost],
        UNKNOWN,
        "W-unlisted-segment",
    )


def instances_of(ids: Raw, told: Mapping[int, SegmentInfo], order: int | None) -> InstanceMasks:
    """The segments as instances: those of things, and crowds."""
    shape = (ids.shape[0], ids.shape[1])
    kept = [one for one, segment in told.items() if segment.kind != STUFF]
    masks = [edges_of_mask(mask, corner, shape) for mask, corner in crop_segments(ids, kept)]
    made = plain_instances(stack_of(masks, shape), tuple(told[one].category for one in kept))
    crowd = np.array([told[one].kind == CROWD for one in kept], np.bool_)
    void = edges_of_mask(ids == 0, (0, 0), shape)
    return replace(made, crowd=crowd, order=order, void=void)


def crop_segments(ids: Raw, wanted: list[int]) -> Iterator[tuple[Any, tuple[int, int]]]:
    """The mask of each of some ids in its box, and the corner of that."""
    for one in wanted:
        mask = ids == one
        rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
        y, x = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        yield mask[y, x], (int(rows[0]), int(columns[0]))
