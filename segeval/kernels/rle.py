"""Masks as COCO writes them: runs down the columns of an image, and polygons.

    counts    lengths of runs of 0, 1, 0, 1, … of the image read column by column
    string    the same as text: 5 bits a character from "0" on, differences to the run before last
    polygon   x0, y0, x1, y1, … in pixels, drawn at five times the size and cut at pixel centres

All become edges: flat places, column by column, at which inside begins and ends. What the three
give is what pycocotools gives, to the pixel: reports on COCO are made with it. A polygon's border
is not walked: the steps between columns at which it crosses a pixel centre are computed, so a
polygon costs its columns, whatever its coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segeval.kernels.line_batches import split_lines
from segeval.kernels.mask_runs import xor_edges
from segeval.runtime.arrays import Counted, Floats, Mask

SCALE = 5  # of the grid that a polygon's border is drawn on
CENTRE = 2  # a column's centre, in steps of that grid
FARTHEST = 2.0**40  # pixels; nothing that lies farther out is a coordinate
ImageShape = tuple[int, int]
NO_EDGES: Counted = np.zeros(0, np.int64)


def decode_rle(text: str) -> Counted:
    """The runs of a compressed string. ValueError where it is none.

    text     as pycocotools writes `counts`
    returns  int64 (n,)
    """
    codes = np.frombuffer(text.encode("latin-1", "replace"), np.uint8).astype(np.int64) - 48
    if not len(codes):
        return NO_EDGES
    if codes.min() < 0 or codes.max() > 63:
        bad = text[int(np.flatnonzero((codes < 0) | (codes > 63))[0])]
        raise ValueError(f"{bad!r} is no character of a run")
    last = (codes & 32) == 0
    if not last[-1]:
        raise ValueError("the last run is cut off")
    ends = np.flatnonzero(last)
    begins = np.concatenate([[0], ends[:-1] + 1])
    if (ends - begins).max() > 11:
        raise ValueError("a run has more than 12 characters")
    shift = 5 * (np.arange(len(codes)) - np.repeat(begins, ends - begins + 1))
    counts = np.add.reduceat((codes & 31) << shift, begins)
    below = (codes[ends] & 16) > 0
    counts[below] -= np.int64(1) << (shift[ends][below] + 5)
    for first in (1, 2):  # from the fourth on, a run is told as the difference to that before last
        counts[first::2] = np.cumsum(counts[first::2])
    return counts


def edges_of_counts(counts: Sequence[int] | Counted, size: int) -> Counted:
    """The edges of runs. ValueError where they are not as long as the image.

    counts   lengths of runs, outside first
    size     pixels of the image
    returns  int64, strictly rising, an even number
    """
    runs = np.asarray(counts)
    if runs.dtype.kind not in "iu" and len(runs):
        raise ValueError("lengths of runs are whole numbers")
    runs = runs.astype(np.int64)
    if (runs < 0).any():
        raise ValueError(f"a run of {runs.min()} pixels")
    if (runs > size).any() or runs.sum() != size:
        raise ValueError(f"runs of {runs.sum()} pixels for an image of {size}")
    edges = np.cumsum(runs)
    edges = edges if len(edges) % 2 == 0 else edges[:-1]
    return edges if (runs[1:] > 0).all() else xor_edges(edges)


def edges_of_polygons(polygons: Sequence[Floats], shape: ImageShape) -> list[Counted]:
    """The edges of each of some polygons: pixels between an odd and an even crossing of a column.

    polygons  each float64 (n, 2), x and y of its corners in pixels, first not repeated
    shape     (H, W)
    returns   for each int64, strictly rising, an even number
    """
    if not polygons:
        return []
    height, width = shape
    size = height * width
    many = np.array([len(corners) for corners in polygons])
    corners = np.concatenate(polygons).astype(np.float64)
    if not np.isfinite(corners).all() or np.abs(corners).max(initial=0) > FARTHEST:
        raise ValueError("a corner is no place in an image")
    at = np.trunc(SCALE * corners + 0.5).astype(np.int64)
    ends = np.cumsum(many)
    after = np.arange(1, len(at) + 1)
    after[ends - 1] = ends - many
    owner = np.repeat(np.arange(len(polygons)), many)
    parts = []
    for some in split_lines(count_columns(at, at[after], width)):
        edge, column, row = crossings(at[some], at[after[some]], width)
        rows = np.ceil(np.clip((row + 0.5) / SCALE - 0.5, 0, height)).astype(np.int64)
        parts.append(xor_edges(owner[some][edge] * (size + 1) + column * height + rows))
    place = parts[0] if len(parts) == 1 else xor_edges(np.concatenate(parts))
    whose = place // (size + 1)
    cuts = np.searchsorted(whose, np.arange(1, len(polygons)))
    return [close_last_run(part, size) for part in np.split(place - whose * (size + 1), cuts)]


def close_last_run(edges: Counted, size: int) -> Counted:
    """Edges of which the last one may be missing, where inside ends with the image."""
    return np.append(edges, size) if len(edges) % 2 else edges


def count_columns(start: Counted, stop: Counted, width: int) -> Counted:
    """How many columns each of some lines steps over; as `crossings` has them."""
    left, right = np.minimum(start[:, 0], stop[:, 0]), np.maximum(start[:, 0], stop[:, 0])
    first = np.maximum(-((CENTRE - left) // SCALE), 0)
    last = np.minimum((right - 1 - CENTRE) // SCALE, width - 1)
    found: Counted = np.maximum(last - first + 1, 0)
    return found


def crossings(start: Counted, stop: Counted, width: int) -> tuple[Counted, Counted, Floats]:
    """Where lines step over the centre of a column, as pycocotools walks them.

    A line is walked along its longer side, the other coordinate rounded. A centre is stepped over
    between the steps 5 c + 2 and 5 c + 3; what counts is the lower row of the two.

    start, stop  int64 (n, 2), x and y on the fine grid
    width        columns of the image
    returns      for every crossing its line, its column, and its row on the fine grid
    """
    gap = np.abs(stop - start)
    flat = gap[:, 0] >= gap[:, 1]
    turned = np.where(flat, start[:, 0] > stop[:, 0], start[:, 1] > stop[:, 1])[:, None]
    a, b = np.where(turned, stop, start), np.where(turned, start, stop)
    left, right = np.minimum(a[:, 0], b[:, 0]), np.maximum(a[:, 0], b[:, 0])
    first = np.maximum(-((CENTRE - left) // SCALE), 0)
    last = np.minimum((right - 1 - CENTRE) // SCALE, width - 1)
    times = np.maximum(last - first + 1, 0)
    line = np.repeat(np.arange(len(a)), times)
    column = np.arange(len(line)) - np.repeat(np.cumsum(times) - times - first, times)
    x = SCALE * column + CENTRE
    length = np.maximum(gap.max(axis=1), 1)
    rise = np.where(flat, b[:, 1] - a[:, 1], b[:, 0] - a[:, 0]) / length
    row = np.empty(len(line))
    level = flat[line]
    one = line[level]
    heights = [np.trunc(a[one, 1] + rise[one] * (x[level] + k - a[one, 0]) + 0.5) for k in (0, 1)]
    row[level] = np.minimum(*heights)
    one = line[~level]
    row[~level] = a[one, 1] + first_step(a[one, 0], rise[one], x[~level]) - 1
    return line, column, row


def first_step(begin: Counted, rise: Floats, x: Counted) -> Floats:
    """The first step of a steep line that is beyond x: above it where the line rises, else on it.

    begin  x of the line's first point
    rise   change of x a step, between -1 and 1 and not 0
    """
    up = rise > 0
    goal = np.where(up, x + 0.5, x + 0.5 - 1e-9) - begin
    step: Floats = np.maximum(np.trunc(goal / rise) - 1, 1)
    for _ in range(4):
        reached = np.trunc(begin + rise * step + 0.5)
        step += ~np.where(up, reached > x, reached <= x)
    return step


def unite_edges(masks: Sequence[Counted]) -> Counted:
    """The edges of what any of some masks holds."""
    if len(masks) < 2:
        return masks[0] if masks else NO_EDGES
    edges = np.concatenate(masks)
    turn = np.concatenate([1 - 2 * (np.arange(len(one)) % 2) for one in masks])
    order = np.argsort(edges, kind="stable")
    at, depth = edges[order], np.cumsum(turn[order])
    last = np.diff(at, append=-1) != 0
    at, inside = at[last], depth[last] > 0
    found: Counted = at[inside != np.concatenate([[False], inside[:-1]])]
    return found


def draw_edges(edges: Counted, shape: ImageShape) -> Mask:
    """The mask of edges.

    shape    (H, W)
    returns  bool (H, W)
    """
    height, width = shape
    mask = np.zeros((height, width), np.bool_)
    if not len(edges):
        return mask
    first, last = int(edges[0]) // height, (int(edges[-1]) - 1) // height + 1
    lengths = np.diff(edges, prepend=first * height, append=last * height)
    flat = np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)
    mask[:, first:last] = flat.reshape(last - first, height).T
    return mask
