"""COCO dictionaries and label maps to the tables of detections, without files."""

import numpy as np

from segeval.kernels.mask_stack import edges_of_mask, stack_of
from segeval.kernels.rle import decode_rle, edges_of_counts, edges_of_polygons, unite_edges
from segeval.tallies.detections import (
    COUNTS,
    CROWD,
    DetectionTally,
    ImageFacts,
    ScoredClasses,
    SideMasks,
    pool_tables,
)


def edges(mark, shape):
    """The edges of the mask of an annotation."""
    drawing = mark["segmentation"]
    if isinstance(drawing, dict):
        counts = drawing["counts"]
        counts = decode_rle(counts) if isinstance(counts, str) else counts
        return edges_of_counts(counts, shape[0] * shape[1])
    corners = [np.reshape(polygon, (-1, 2)) for polygon in drawing]
    return unite_edges(edges_of_polygons(corners, shape))


def side(marks, shape, places, own_boxes=True):
    """One side of an image."""
    masks = stack_of([edges(mark, shape) for mark in marks], shape)
    around = masks.boxes().astype(float)
    box = np.concatenate([around[:, :2], around[:, 2:] - around[:, :2]], axis=1)
    if own_boxes:
        for at, mark in enumerate(marks):
            box[at] = mark.get("bbox", box[at])
    area = masks.areas.astype(float)
    for at, mark in enumerate(marks):
        if "score" not in mark:
            area[at] = mark.get("area", area[at])
        elif "bbox" in mark:  # as pycocotools reads results
            area[at] = mark["bbox"][2] * mark["bbox"][3]
    return SideMasks(
        masks,
        np.array([places[mark["category_id"]] for mark in marks], np.int64),
        area,
        box.reshape(-1, 4),
        np.array([CROWD if m.get("iscrowd") else COUNTS for m in marks], np.int64),
        np.array([mark.get("score", np.nan) for mark in marks], float),
    )


def tables(truth, pred, union=False, boundary=False):
    """The tables of a data set of COCO dictionaries."""
    categories = sorted(truth["categories"], key=lambda c: c["id"])
    ids = [c["id"] for c in categories]
    places = {number: at for at, number in enumerate(ids)}
    names = tuple(str(c["name"]) for c in categories)
    groups = tuple(c.get("frequency", "") for c in categories)
    tally = DetectionTally(ScoredClasses(names, tuple(ids), groups), union, boundary)
    found = []
    for image in truth["images"]:
        shape = image["height"], image["width"]
        sides = [
            [m for m in marks if m["image_id"] == image["id"] and m["category_id"] in places]
            for marks in (truth["annotations"], pred)
        ]
        lists = [
            tuple(places[c] for c in image.get(key, ()))
            for key in ("neg_category_ids", "not_exhaustive_category_ids")
        ]
        head = ImageFacts(image["id"], 0, 0, 0, *lists)
        found.append(
            tally.finish(head, side(sides[0], shape, places), side(sides[1], shape, places))
        )
    return pool_tables(found)


def cityscapes(arrays, detections, classes):
    """The tables of maps id = class * 1000 + i and of masks with scores."""
    numbers = tuple(sorted(classes))
    places = {number: at for at, number in enumerate(numbers)}
    tally = DetectionTally(ScoredClasses(tuple(classes[n] for n in numbers), numbers, ("",) * 3))
    found = []
    for scene, listed in detections.items():
        ids = arrays[f"gt_{scene}"]
        shape = ids.shape
        masks = np.unpackbits(arrays[f"pred_{scene}"], axis=-1)[..., : shape[1]] > 0
        kept = [(m, c, s) for m, c, s in listed if c in places]
        regions = [i for i in np.unique(ids).tolist() if (i if i < 1000 else i // 1000) in places]
        truth = plain_side(
            [ids == i for i in regions],
            [places[i if i < 1000 else i // 1000] for i in regions],
            [CROWD if i < 1000 else COUNTS for i in regions],
            shape,
        )
        pred = plain_side(
            [masks[m] for m, _, _ in kept], [places[c] for _, c, _ in kept],
            [COUNTS] * len(kept), shape, [s for _, _, s in kept],
        )  # fmt: skip
        void = edges_of_mask(
            np.isin(ids, (0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30)), (0, 0), shape
        )
        found.append(tally.finish(ImageFacts(int(scene), 0, 0, 0), truth, pred, void))
    return pool_tables(found)


def plain_side(masks, classes, kinds, shape, scores=None):
    """One side of drawn masks."""
    stack = stack_of([edges_of_mask(mask, (0, 0), shape) for mask in masks], shape)
    n = len(masks)
    return SideMasks(
        stack, np.array(classes, np.int64), stack.areas.astype(float), np.zeros((n, 4)),
        np.array(kinds, np.int64), np.array(scores or [np.nan] * n, float),
    )  # fmt: skip
