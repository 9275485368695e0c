"""Files of polygons, one an image: LabelMe JSON, YOLO text, GeoJSON; and the masks of them.

Every polygon is a mask of its class and an instance of it. It is filled as COCO's are
(kernels/rle.py): a pixel belongs to it by its centre. Where a file does not say how large its image
is, the image beside it does, or the other side.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.kernels.mask_runs import xor_edges
from segeval.kernels.mask_stack import stack_of
from segeval.kernels.rle import FARTHEST, NO_EDGES, ImageShape, edges_of_polygons, unite_edges
from segeval.readers.coco import places_by_value, unite_marks
from segeval.runtime.arrays import Counted, Floats
from segeval.runtime.errors import ImageSizeError, ReadError
from segeval.runtime.frozen import field, frozen
from segeval.runtime.inventory import UNKNOWN, current
from segeval.volume.channel import Channel, check_channel_count
from segeval.volume.instance_masks import plain_instances
from segeval.volume.instances import Instances
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

PICTURES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")
HEAD = 4096
Label = int | str


@frozen
class DrawnObject:
    """One object of a file.

    label  its class: a name, or a number
    parts  each of rings (n, 2), x and y: the first is its outline, others are holes
    score  nan where the file has none
    edges  masks that the file holds as pixels
    """

    label: Label
    parts: tuple[tuple[Floats, ...], ...]
    score: float = float("nan")
    edges: Counted = field(default_factory=lambda: NO_EDGES)


def polygon_volume(
    objects: Sequence[DrawnObject],
    shape: ImageShape,
    path: Path,
    reading: ReadOptions,
    names: dict[Label, str] | None = None,
) -> Volume:
    """The objects as one mask a class, and as instances.

    names  of the classes that are numbers; None: numbers are label values without names
    """
    check_channel_count(len({one.label for one in objects}), path, "classes")
    current().add_found("annotation", len(objects))
    current().add_scored("annotation", len(objects))
    kept = [one for one in objects if not one.score < reading.min_score]
    masks = stack_of(draw_objects(kept, shape), shape)
    scores = np.array([one.score for one in kept], np.float64)
    found = plain_instances(masks, tuple(one.label for one in kept), scores)
    by_label = places_by_value(found)
    told = names if names is not None else {v: v for v in by_label if isinstance(v, str)}
    labels = [*dict.fromkeys([*(told or ()), *sorted(by_label, key=str)])]
    channels = tuple(unite_marks(masks, by_label.get(label, ()), shape) for label in labels)
    numbers = names is None and any(isinstance(label, int) for label in labels)
    single = range(len(kept))
    box = found.corners()
    return Volume(
        Geometry(shape, reading.spacing),
        channels or (Channel(None, np.dtype(np.uint8), shape),),
        path,
        segments={}
        if numbers
        else {told.get(label, str(label)): (k, 1) for k, label in enumerate(labels)},
        values=tuple(labels) if numbers else None,
        regions=None
        if numbers
        else Instances(
            tuple(channel_loader(unite_marks(masks, (k,), shape)) for k in single),
            np.concatenate([box[:, :2], box[:, :2] + box[:, 2:]], axis=1),
            {label: told.get(label, str(label)) for label in labels},
        ),
        instances=lambda: found,
    )


def channel_loader(channel: Channel) -> Any:
    """What draws a channel."""
    return channel.source


def draw_objects(objects: Sequence[DrawnObject], shape: ImageShape) -> list[Counted]:
    """The edges of each object."""
    rings = [ring for one in objects for part in one.parts for ring in part]
    drawn = iter(edges_of_polygons(rings, shape))
    found = []
    for one in objects:
        parts = [xor_edges(np.concatenate([next(drawn) for _ in part])) for part in one.parts]
        found.append(unite_edges([part for part in (*parts, one.edges) if len(part)]))
    return found


def read_ring(points: Any, what: str, path: Path) -> Floats:
    """The corners of a ring, float64 (n, 2). Raises ReadError."""
    try:
        ring = np.asarray(points, np.float64)
    except (TypeError, ValueError) as problem:
        raise ReadError(f"{what} has corners that are no numbers", where=path) from problem
    if ring.ndim != 2 or ring.shape[1] < 2 or len(ring) < 3:
        raise ReadError(f"{what} has no three corners", where=path)
    ring = ring[:, :2]
    if not np.isfinite(ring).all() or np.abs(ring).max() > FARTHEST:
        raise ReadError(f"{what} has a corner that is no place in an image", where=path)
    return ring


def image_size(path: Path, reading: ReadOptions) -> ImageShape:
    """How large an image is: as the other side, or the image beside the file. Raises ReadError."""
    if reading.grid is not None and len(reading.grid) == 2:
        return reading.grid[0], reading.grid[1]
    if (picture := find_image(path)) is not None:
        from PIL import Image

        try:
            with Image.open(picture) as image:
                return image.height, image.width
        except (OSError, ValueError, SyntaxError) as problem:
            raise ReadError(f"not a readable image ({problem})", where=picture) from problem
    raise ImageSizeError(
        "the file does not say how large its image is",
        where=path,
        help="put the image beside it, or in images/ beside its folder",
    )


def find_image(path: Path) -> Path | None:
    """The image of a file of polygons: beside it, or in `images` where it is in `labels`."""
    folders = [path.parent]
    parts = path.parent.parts
    if "labels" in parts:
        at = len(parts) - 1 - parts[::-1].index("labels")
        folders.append(Path(*parts[:at], "images", *parts[at + 1 :]))
    else:
        folders.append(path.parent.parent / "images")
    for folder in folders:
        for suffix in PICTURES:
            for name in (path.stem + suffix, path.stem + suffix.upper()):
                if (folder / name).is_file():
                    return folder / name
    return None


def leave_without_mask(names: Sequence[str]) -> None:
    """Count objects that have no area: points, lines, boxes where polygons are expected."""
    current().add_found("annotation", len(names))
    current().set_aside("annotation", "without a mask", names, UNKNOWN, "W-no-mask")
