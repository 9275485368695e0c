"""Masks as COCO writes them: runs down the columns of an image, and polygons.

    counts    lengths of runs of 0, 1, 0, 1, … of the image read column by column
    string    the same as text: 5 bits a character from "0" on, differences to the run before last
    polygon   x0, y0, x1, y1, … in pixels, drawn at five times the size and cut at pixel centres

What the three give is what pycocotools gives, to the pixel: reports on COCO are made with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segeval.runtime.arrays import Mask

SCALE = 5  # of the grid that a polygon's border is drawn on
ImageShape = tuple[int, int]


def decode_rle(text: str) -> list[int]:
    """The runs of a compressed string. ValueError where it is none."""
    counts: list[int] = []
    value = shift = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64:
            raise ValueError(f"{character!r} is no character of a run")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = shift = 0
    if shift:
        raise ValueError("the last run is cut off")
    return counts


def mask_of_rle(counts: Sequence[int], shape: ImageShape) -> Mask:
    """The mask of runs. ValueError where they are not as long as the image.

    shape    (H, W)
    returns  bool (H, W)
    """
    runs = np.asarray(counts, np.int64)
    if (runs < 0).any() or runs.sum() != shape[0] * shape[1]:
        raise ValueError(f"runs of {runs.sum()} pixels for an image of {shape[0] * shape[1]}")
    flat = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    return np.ascontiguousarray(flat.reshape(shape[1], shape[0]).T)


def mask_of_polygon(points: Sequence[float], shape: ImageShape) -> Mask:
    """The mask of a polygon: pixels between an odd and an even crossing of its column.

    shape    (H, W)
    returns  bool (H, W)
    """
    height, width = shape
    corners = np.trunc(SCALE * np.asarray(points, np.float64).reshape(-1, 2) + 0.5).astype(np.int64)
    edges = zip(corners, np.roll(corners, -1, axis=0), strict=True)
    border = np.concatenate([_rounded_line(*start, *end) for start, end in edges])
    x, y = border[:, 0], border[:, 1]
    step = np.flatnonzero(x[1:] != x[:-1])
    across = (np.minimum(x[1:], x[:-1])[step] + 0.5) / SCALE - 0.5
    down = (np.minimum(y[1:], y[:-1])[step] + 0.5) / SCALE - 0.5
    kept = (np.floor(across) == across) & (across >= 0) & (across <= width - 1)
    rows = np.ceil(np.clip(down[kept], 0, height)).astype(np.int64)
    places = across[kept].astype(np.int64) * height + rows
    crossed = np.bincount(places, minlength=height * width + 1)[: height * width]
    inside = np.cumsum(crossed) % 2 == 1
    return np.ascontiguousarray(inside.reshape(width, height).T)


def _rounded_line(
    x0: int, y0: int, x1: int, y1: int
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """The points of a line, one a step of its longer side, rounded as in the C of pycocotools."""
    wide, high = abs(x1 - x0), abs(y1 - y0)
    flat = wide >= high
    flip = x0 > x1 if flat else y0 > y1
    if flip:
        x0, y0, x1, y1 = x1, y1, x0, y0
    step = np.arange(max(wide, high) + 1)
    slope = ((y1 - y0) if flat else (x1 - x0)) / max(wide, high, 1)
    other = np.trunc((y0 if flat else x0) + slope * step + 0.5).astype(np.int64)
    points = np.stack([step + x0, other] if flat else [other, step + y0], axis=1)
    return points[::-1] if flip else points
