"""Masks of regions of interest (RoIs): what a mask head is trained on, and where its masks go.

Every resampling here is a product of two: along y and along x. A row of weights says how much of
each input row an output row takes, so a map m x m of an image is `by_y @ image @ by_x.T`.

    target         samples of a RoI (x1, y1, x2, y2)
    torchvision    RoIAlign, no half-pixel shift, side at least 1; soft values kept
    detectron2     RoIAlign, shifted by -1/2; then >= 1/2
    matterport     m points from index y1 to y2 - 1; 0 outside; rounded half to even

    paste          at pixel centre x
    detectron2     u = (x + 1/2 - x1) / (x2 - x1) m - 1/2, 0 beyond the map; mask where >= 1/2
    matterport     the same of a whole-number box
    torchvision    map padded by 1, box grown by (m + 2) / m and cut to whole numbers; > 1/2

Pasted areas differ by several per cent between the three, more on small boxes: never mix.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.resample import linear_part
from segeval.runtime.arrays import Floats, Mask, Raw

RoiBox = Sequence[float]  # x1, y1, x2, y2
Matches = NDArray[np.int64]
Patch = tuple[slice, slice, Floats]  # rows, columns, probabilities there
PAD = 1  # cells that torchvision puts around a map


def linear_weights(places: Floats, n: int) -> Floats:
    """Weights of linear interpolation at some places of n cells; cells outside weigh nothing.

    returns  (len(places), n)
    """
    weights: Floats = np.maximum(1 - np.abs(places[:, None] - np.arange(n)), 0)
    return weights


def roi_align_weights(start: float, stop: float, m: int, n: int, shift: bool) -> Floats:
    """How much of each of n rows a RoIAlign takes into each of its m rows.

    Samples beyond -1 or n add 0; between, they are clamped to the image.

    shift    detectron2: by half a pixel, sides as they are; else a side is at least 1
    returns  (m, n)
    """
    start, stop = (start - 0.5, stop - 0.5) if shift else (start, stop)
    side = stop - start if shift else max(stop - start, 1.0)
    step = side / m
    samples = max(int(np.ceil(step)), 1)
    place = start + step * (np.arange(m)[:, None] + (np.arange(samples) + 0.5) / samples)
    inside = (place >= -1) & (place <= n)
    taken = np.flatnonzero(inside)
    total = np.zeros((m, n))
    np.add.at(total, taken // samples, linear_weights(np.clip(place.ravel()[taken], 0, n - 1), n))
    return total / samples


def point_weights(start: float, stop: float, m: int, n: int) -> Floats:
    """How much of each of n rows the m points from `start` to `stop - 1` take; 0 outside."""
    place = start + np.arange(m) * ((stop - 1 - start) / (m - 1) if m > 1 else 0.0)
    inside = (place >= 0) & (place <= n - 1)
    return linear_weights(place, n) * inside[:, None]


def roi_target(mask: Raw, box: RoiBox, m: int, rule: str) -> Floats:
    """What the mask head of a RoI is trained on.

    mask     (H, W), the instance
    box      x1, y1, x2, y2 in pixels of the image
    m        cells a side
    rule     torchvision, detectron2 or matterport
    returns  float64 (m, m)
    """
    x1, y1, x2, y2 = box
    height, width = mask.shape
    if rule == "matterport":
        by_y, by_x = point_weights(y1, y2, m, height), point_weights(x1, x2, m, width)
        return np.rint(_weigh_mask(by_y, mask, by_x))
    shift = rule == "detectron2"
    by_y, by_x = (
        roi_align_weights(y1, y2, m, height, shift),
        roi_align_weights(x1, x2, m, width, shift),
    )
    soft = _weigh_mask(by_y, mask, by_x)
    return (soft >= 0.5).astype(np.float64) if shift else soft


def _weigh_mask(by_y: Floats, mask: Raw, by_x: Floats) -> Floats:
    """by_y @ mask @ by_x.T, over the part of the image that has any weight."""
    rows, columns = (np.flatnonzero(w.any(axis=0)) for w in (by_y, by_x))
    if not len(rows) or not len(columns):
        return np.zeros((len(by_y), len(by_x)))
    y, x = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    product: Floats = by_y[:, y] @ mask[y, x].astype(np.float64) @ by_x[:, x].T
    return product


def select_maps(maps: Raw, labels: Raw) -> Raw:
    """Of the K maps of each RoI, the one of its label: the others never count.

    maps     (R, K, m, m); K = 1 is class-agnostic
    labels   (R,)
    returns  (R, m, m)
    """
    one: Raw = maps[np.arange(len(maps)), labels if maps.shape[1] > 1 else np.zeros_like(labels)]
    return one


def count_mask_cells(logits: Raw, targets: Floats) -> tuple[int, int, int, int]:
    """Cells of selected logits: all, those of the target, false positives, false negatives.

    A cell is predicted where its logit is above 0, as detectron2 counts them.

    logits   of the target's class, any shape
    targets  the same shape, 0 to 1
    """
    truth = targets > 0.5
    wrong = (logits > 0) != truth
    missed = int((wrong & truth).sum())
    return truth.size, int(truth.sum()), int(wrong.sum()) - missed, missed


def paste_map(probabilities: Floats, box: RoiBox, shape: tuple[int, int], rule: str) -> Patch:
    """The map of a RoI on the grid of its image, where it is not 0.

    probabilities  (m, m)
    box            x1, y1, x2, y2; whole numbers for matterport
    shape          (H, W) of the image
    rule           detectron2, torchvision or matterport
    """
    if rule == "torchvision":
        return _paste_as_torchvision(probabilities, box, shape)
    m = len(probabilities)
    x1, y1, x2, y2 = box
    parts = [_touched_rows(y1, y2, m, shape[0], rule), _touched_rows(x1, x2, m, shape[1], rule)]
    (rows, by_y), (columns, by_x) = parts
    return rows, columns, by_y @ probabilities @ by_x.T


def _touched_rows(start: float, stop: float, m: int, n: int, rule: str) -> tuple[slice, Floats]:
    """The rows of the image that a box touches, and how much of each row of the map they take."""
    side = stop - start
    reach = 0.5 * side / m if rule == "detectron2" else 0.0  # a cell fades out half a cell beyond
    first = max(int(np.floor(start - reach)), 0)
    last = min(max(int(np.ceil(stop + reach)), first), n)
    if side <= 0:
        return slice(first, first), np.zeros((0, m))
    centres = np.arange(first, last) + 0.5
    return slice(first, last), linear_weights((centres - start) / side * m - 0.5, m)


def _paste_as_torchvision(probabilities: Floats, box: RoiBox, shape: tuple[int, int]) -> Patch:
    """Pad, grow, truncate, resample, cut off what lies outside."""
    padded = np.pad(probabilities, PAD)
    x1, y1, x2, y2 = _grow_box(box, len(padded) / len(probabilities))
    size = max(y2 - y1 + 1, 1), max(x2 - x1 + 1, 1)
    rows = slice(max(y1, 0), max(min(y2 + 1, shape[0]), max(y1, 0)))
    columns = slice(max(x1, 0), max(min(x2 + 1, shape[1]), max(x1, 0)))
    parts = range(rows.start - y1, rows.stop - y1), range(columns.start - x1, columns.stop - x1)
    return rows, columns, linear_part(padded, size, parts, "half_pixel")


def _grow_box(box: RoiBox, scale: float) -> tuple[int, int, int, int]:
    """A box grown about its centre, its corners cut to whole numbers."""
    x1, y1, x2, y2 = box
    half_x, half_y = (x2 - x1) * 0.5 * scale, (y2 - y1) * 0.5 * scale
    x, y = (x2 + x1) * 0.5, (y2 + y1) * 0.5
    return int(x - half_x), int(y - half_y), int(x + half_x), int(y + half_y)


def threshold_map(probabilities: Floats, rule: str, threshold: float = 0.5) -> Mask:
    """The mask that a pasted map gives: torchvision leaves the threshold itself out.

    probabilities  any shape
    rule           torchvision, detectron2 or matterport
    threshold      detectron2 and matterport take it in
    returns        bool, the same shape
    """
    mask: Mask = probabilities > threshold if rule == "torchvision" else probabilities >= threshold
    return mask


def match_boxes(boxes: Floats, others: Floats, least: float = 0.5) -> Matches:
    """For each box the one that it overlaps best, as in training; -1 where that is too little.

    boxes, others  float64 (R, 4) and (n, 4), x1, y1, x2, y2
    least          intersection over union that is enough
    returns        int64 (R,), the first of equals
    """
    if not len(others) or not len(boxes):
        return np.full(len(boxes), -1, np.int64)
    a, b = boxes[:, None], others[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    common = np.maximum(sides, 0).prod(axis=-1)
    areas = [(box[..., 2:] - box[..., :2]).prod(axis=-1) for box in (a, b)]
    share = common / np.maximum(areas[0] + areas[1] - common, np.finfo(float).tiny)
    best: Matches = share.argmax(axis=1)
    best[share.max(axis=1) < least] = -1
    return best


def mask_box(mask: Raw) -> tuple[float, ...]:
    """The smallest box x1, y1, x2, y2 around a mask; a point where it is empty."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return 0.0, 0.0, 0.0, 0.0
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)
