"""Masks of regions of interest (.npz): the maps of a mask head, pasted into the image.

    masks     (R, K, m, m) logits, a map a class; K = 1 is class-agnostic
    boxes     (R, 4) x1, y1, x2, y2 in pixels of the image
    labels    (R,) which of the K maps counts
    scores    (R,), optional
    gt_index  (R,), optional: the instance of each RoI, from 0; -1 of none

The volume has a channel a label: the union of its pasted masks. It is as large as the ground truth,
for the file does not say how large the image is.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.grid.geometry import Geometry
from segeval.kernels.rois import paste_map, select_maps, threshold_map
from segeval.kernels.softmax import sigmoid
from segeval.runtime.arrays import Mask, Raw
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import replace
from segeval.runtime.memory_budget import check_room
from segeval.volume.channel import Channel
from segeval.volume.instances import RoiMasks
from segeval.volume.read_options import ReadOptions
from segeval.volume.volume import Volume

if TYPE_CHECKING:
    from segeval.volume.instance_masks import InstanceMasks

NEEDED = ("masks", "boxes", "labels")
OPTIONAL = ("scores", "gt_index")
ZIP = b"PK\x03\x04"
# What the library raises of damaged archives: names that are no UTF-8, versions that are not yet.
BROKEN_ARCHIVE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError,
                  struct.error)  # fmt: skip
SHAPES = "masks (R, K, m, m), boxes (R, 4), labels (R,)"


def claims(path: Path, head: bytes) -> bool:
    """Say whether the file is an archive with the arrays of RoIs, from the names in it."""
    if not head.startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return {f"{key}.npy" for key in NEEDED}.issubset(archive.namelist())
    except BROKEN_ARCHIVE:
        return False


def read(path: Path, reading: ReadOptions) -> Volume:
    """Open RoIs as one mask a label over the image. Raises ReadError."""
    rois = make_roi_masks(read_roi_arrays(path, reading.room), path)
    if reading.grid is None or len(reading.grid) != 2:
        found = "no image" if reading.grid is None else f"a volume of {len(reading.grid)} axes"
        raise ReadError(
            f"masks of RoIs need the image that they are pasted into, and there is {found}",
            where=path,
            help="they are scored as a prediction, against a ground truth of two axes",
        )
    kept = select_by_score(rois, reading.min_score, path)
    labels = np.unique(rois.labels[kept]).tolist()
    channels = tuple(
        paste_union(rois, np.flatnonzero(kept & (rois.labels == label)), reading)
        for label in labels
    )
    shift = find_label_offset(labels, reading, path)
    values = tuple(label + shift for label in labels)
    return Volume(
        Geometry(reading.grid, reading.spacing),
        channels or (Channel(None, np.dtype(np.uint8), reading.grid),),
        path,
        values=values,
        regions=replace(rois, below=int((~kept).sum())),
        instances=roi_instances(rois, kept, shift, reading),
    )


def read_roi_arrays(path: Path, room: int) -> dict[str, Raw]:
    """The arrays of the file, which are held as a whole. Raises ReadError.

    room  bytes that the case may keep
    """
    try:
        with zipfile.ZipFile(path) as archive:
            kept = [f"{key}.npy" for key in (*NEEDED, *OPTIONAL)]
            size = sum(one.file_size for one in archive.infolist() if one.filename in kept)
        check_room(path, "the masks of the regions of interest", 2 * size, room)
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in (*NEEDED, *OPTIONAL) if key in file.files}
    except BROKEN_ARCHIVE as problem:
        raise ReadError(f"not a readable .npz ({problem})", where=path) from problem


def make_roi_masks(arrays: dict[str, Raw], path: Path) -> RoiMasks:
    """The RoIs of arrays that fit each other. Raises ReadError."""
    masks, boxes, labels = (arrays[key] for key in NEEDED)
    count = len(masks) if masks.ndim else 0
    fits = masks.ndim == 4 and masks.shape[2] == masks.shape[3] and min(masks.shape[1:]) > 0
    fits = fits and boxes.shape == (count, 4) and labels.shape == (count,)
    fits = fits and all(arrays[key].shape == (count,) for key in OPTIONAL if key in arrays)
    if not fits:
        shapes = [f"{key} {array.shape}" for key, array in arrays.items()]
        raise ReadError(
            "the arrays of the RoIs do not fit each other",
            where=path,
            facts=(", ".join(shapes),),
            help=SHAPES,
        )
    check_roi_values(arrays, path)
    return RoiMasks(
        masks,
        boxes.astype(np.float64),
        labels.astype(np.int64),
        arrays.get("scores"),
        arrays.get("gt_index"),
    )


def check_roi_values(arrays: dict[str, Raw], path: Path) -> None:
    """Refuse numbers that are no logits, no boxes and no labels. Raises ReadError."""
    masks, labels = arrays["masks"], arrays["labels"]
    if masks.dtype.kind != "f":
        raise ReadError(
            f"masks of {masks.dtype} are no logits", where=path, help="save the floats of the head"
        )
    for key in ("masks", "boxes", "scores"):
        if key in arrays and (bad := int((~np.isfinite(arrays[key])).sum())):
            raise ReadError(f"{bad} values of {key} are not finite", where=path)
    for key in ("labels", "gt_index"):
        if key in arrays and arrays[key].dtype.kind not in "iu":
            raise ReadError(f"{key} of {arrays[key].dtype} are no whole numbers", where=path)
    if not len(masks):
        return
    maps = masks.shape[1]
    if labels.min() < 0 or (maps > 1 and labels.max() >= maps):
        raise ReadError(
            f"labels from {labels.min()} to {labels.max()} of {maps} maps a RoI",
            where=path,
            help="a label is the number of its map, from 0",
        )
    if masks.min() >= 0 and masks.max() <= 1:
        raise ReadError(
            f"masks from {masks.min():.4g} to {masks.max():.4g} look like probabilities",
            where=path,
            help="save the logits: the values before the sigmoid",
        )


def select_by_score(
    rois: RoiMasks, least: float, path: Path
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which RoIs are pasted: those with a score of at least so much. Raises ReadError."""
    if rois.scores is None:
        if least > 0:
            raise ReadError(
                f"--min-score {least:g} of a file without scores",
                where=path,
                help="save them as `scores`, or leave out --min-score",
            )
        return np.ones(len(rois.labels), bool)
    enough: np.ndarray[Any, np.dtype[np.bool_]] = rois.scores >= least
    return enough


def find_label_offset(labels: list[int], reading: ReadOptions, path: Path) -> int:
    """What makes the label value of a class out of a RoI's label. Raises ReadError."""
    if reading.roi_offset is not None:
        return reading.roi_offset
    if 0 in labels:
        raise ReadError(
            "RoIs with label 0: the background, or the first class?",
            where=path,
            help="--roi-offset 0: label k is the class of value k, 0 the background; "
            "--roi-offset 1: label k is the class of value k + 1, as detectron2 counts",
        )
    return 0


def pasted_masks(
    rois: RoiMasks, which: Raw, reading: ReadOptions
) -> Iterator[tuple[slice, slice, Mask]]:
    """Rows, columns and mask of each of some RoIs."""
    shape, rule = reading.grid, reading.paste
    assert shape is not None
    maps = sigmoid(select_maps(rois.logits[which], rois.labels[which]).astype(np.float64))
    for one, box in zip(maps, rois.boxes[which], strict=True):
        corners = np.rint(box) if rule == "matterport" else box
        rows, columns, patch = paste_map(one, corners.tolist(), (shape[0], shape[1]), rule)
        yield rows, columns, threshold_map(patch, rule, reading.threshold)


def roi_instances(
    rois: RoiMasks, kept: Raw, shift: int, reading: ReadOptions
) -> Callable[[], InstanceMasks]:
    """The RoIs as instances, each pasted on its own, made when they are asked for."""

    def made() -> InstanceMasks:
        from segeval.kernels.mask_stack import edges_of_mask, stack_of
        from segeval.volume.instance_masks import plain_instances

        assert reading.grid is not None
        shape, which = (reading.grid[0], reading.grid[1]), np.flatnonzero(kept)
        masks = [
            edges_of_mask(mask, (rows.start, columns.start), shape)
            for rows, columns, mask in pasted_masks(rois, which, reading)
        ]
        scores = None if rois.scores is None else rois.scores[which].astype(np.float64)
        values = tuple((rois.labels[which] + shift).tolist())
        return plain_instances(stack_of(masks, shape), values, scores)

    return made


def paste_union(rois: RoiMasks, which: Raw, reading: ReadOptions) -> Channel:
    """The union of some RoIs, pasted when it is asked for."""
    shape = reading.grid
    assert shape is not None

    def drawn() -> Raw:
        mask = np.zeros(shape, np.uint8)
        for rows, columns, patch in pasted_masks(rois, which, reading):
            mask[rows, columns] |= patch
        return mask

    return Channel(drawn, np.dtype(np.uint8), shape)
