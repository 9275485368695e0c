"""Shapes whose numbers follow from their sides, and the numbers.

Two boxes: one is moved by two voxels along x, the other grown by a voxel on both sides along y. So
all that is said of them is exact, whatever the format. Two balls of one centre are known to what
voxels can say of them.
"""

from __future__ import annotations

from math import log

import numpy as np

from segeval.runtime.arrays import Floats, Labels
from segeval.runtime.frozen import frozen

SHAPE = (24, 40, 40)  # planes, rows, columns
SPACING = (3.0, 1.0, 0.5)  # mm along z, y, x
BOX, SLAB = "box", "slab"
# First voxel and the one after the last, along z, y, x.
BOXES = {
    "gt": {BOX: ((6, 18), (10, 30), (8, 32)), SLAB: ((19, 23), (12, 20), (10, 18))},
    "pred": {BOX: ((6, 18), (10, 30), (10, 34)), SLAB: ((19, 23), (11, 21), (10, 18))},
}
NUMBERS = {BOX: 1, SLAB: 2}
RADII = {"gt": 15.0, "pred": 18.0}  # voxels of 1 mm
BALL_ROOM = 41
SURE = {"gt": 0.8, "other": 0.3}  # probability inside the reference, and outside it


@frozen
class Expected:
    """A number that a metric has to give.

    value      the number
    tolerance  how far from it is right
    why        where the number comes from
    """

    class_: str
    metric: str
    value: float
    tolerance: float
    why: str


EXACT = 1e-9  # of numbers of a handful of operations
SINGLE = 2e-7  # of probabilities that are stored with 24 bits


def box_labels(side: str) -> Labels:
    """Both boxes as a label map, uint8 of SHAPE. `side` is `gt` or `pred`."""
    labels = np.zeros(SHAPE, np.uint8)
    for name, (z, y, x) in BOXES[side].items():
        labels[slice(*z), slice(*y), slice(*x)] = NUMBERS[name]
    return labels


def box_picture(side: str) -> Labels:
    """A plane in which the moved box lies, uint8 (rows, columns)."""
    return np.ascontiguousarray(box_labels(side)[10])


def picture_values() -> list[Expected]:
    """What the plane has to give; distances are pixels."""
    return [
        Expected(BOX, "dice", 22 / 24, EXACT, "22 of 24 columns in common"),
        Expected(BOX, "iou", 22 / 26, EXACT, "22 columns of 26"),
        Expected(BOX, "hd", 2.0, EXACT, "moved by 2 pixels"),
    ]


def box_values() -> list[Expected]:
    """What both boxes have to give on a grid of SPACING."""
    return [
        Expected(BOX, "dice", 22 / 24, EXACT, "22 of 24 columns in common"),
        Expected(BOX, "iou", 22 / 26, EXACT, "22 columns of 26"),
        Expected(BOX, "hd", 1.0, EXACT, "moved by 2 voxels of 0.5 mm"),
        Expected(BOX, "hd:as=monai", 1.0, EXACT, "the same between border voxels"),
        Expected(BOX, "nsd@1mm", 1.0, EXACT, "no point is farther than 1 mm"),
        Expected(BOX, "volume_difference", 0.0, EXACT, "equal volumes"),
        Expected(SLAB, "dice", 2 * 256 / 576, EXACT, "256 voxels inside of 320"),
        Expected(SLAB, "hd", 1.0, EXACT, "grown by 1 voxel of 1 mm"),
        Expected(SLAB, "volume_difference", 0.096, EXACT, "64 voxels of 1.5 mm3 more"),
    ]


def ball_labels(side: str) -> Labels:
    """A ball in the middle of a cube, uint8."""
    away = np.indices((BALL_ROOM,) * 3) - BALL_ROOM // 2
    ball: Labels = (np.square(away).sum(axis=0) <= RADII[side] ** 2).astype(np.uint8)
    return ball


def ball_values() -> list[Expected]:
    """What two balls of one centre have to give; voxels know their surfaces to half a side."""
    small, large = RADII["gt"], RADII["pred"]
    apart, why = large - small, "concentric balls of 15 and 18 mm"
    return [
        Expected("ball", "dice", 2 * small**3 / (small**3 + large**3), 0.005, why),
        Expected("ball", "hd", apart, 0.5, why),
        Expected("ball", "masd:as=relaxed", apart, 0.05, why),
        Expected("ball", "hd95:as=monai", apart, 0.5, why),
    ]


def half_truth() -> Labels:
    """A mask of 300 of 1200 pixels, uint8 (30, 40)."""
    mask = np.zeros((30, 40), np.uint8)
    mask[:, :10] = 1
    return mask


def half_scores() -> Floats:
    """A probability of 0.8 inside the mask and of 0.3 outside it, float32."""
    return np.where(half_truth() == 1, SURE["gt"], SURE["other"]).astype(np.float32)


def score_values() -> list[Expected]:
    """What these probabilities have to give."""
    inside, outside = 300, 900
    p, q = SURE["gt"], SURE["other"]
    cost = -(inside * log(p) + outside * log(1 - q)) / (inside + outside)
    square = (inside * (1 - p) ** 2 + outside * q**2) / (inside + outside)
    doubt = (inside * (1 - p) + outside * q) / (inside + outside)
    return [
        Expected("mask", "bce", cost, SINGLE, "-(300 log 0.8 + 900 log 0.7) / 1200"),
        Expected("mask", "brier", square, SINGLE, "(300 0.2^2 + 900 0.3^2) / 1200"),
        Expected("mask", "ece", doubt, SINGLE, "always right, and 0.8 or 0.7 sure of it"),
        Expected("mask", "dice", 1.0, EXACT, "0.8 is inside, 0.3 is not"),
    ]


def instance_ids(side: str) -> Labels:
    """Ids of three squares of 8 x 8 pixels: found but moved, missed, found; and one that is not."""
    ids = np.zeros((40, 40), np.uint8)
    places = {
        "gt": {1: (2, 2), 2: (2, 20), 3: (20, 2)},
        "pred": {7: (2, 4), 8: (20, 2), 9: (28, 28)},
    }[side]
    for number, (row, column) in places.items():
        ids[row : row + 8, column : column + 8] = number
    return ids


def instance_values() -> list[Expected]:
    """What the squares have to give: two are matched, of IoU 48 / 80 and 1."""
    overlaps = 48 / 80 + 1
    return [
        Expected("1", "pq", overlaps / (2 + 0.5 + 0.5), EXACT, "(48/80 + 1) / (2 + 1/2 + 1/2)"),
        Expected("1", "rq", 2 / 3, EXACT, "2 / (2 + 1/2 + 1/2)"),
    ]
