"""Many masks of one image as runs, and what pairs of them share: nothing is painted.

A mask is its edges, flat places at which inside begins and ends (kernels/rle.py), in any one order
of the pixels that all masks share. How much of mask b lies before a place is a search among the
edges of b; what two masks share is a sum of that over the edges of a. All pairs of an image whose
boxes meet are answered by one search.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segeval.kernels.mask_runs import runs_of_box
from segeval.kernels.rle import NO_EDGES, ImageShape, draw_edges
from segeval.runtime.arrays import Counted, Floats, Mask
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import frozen

BOUNDARY = 0.02  # width of a boundary, as a share of the image's diagonal
AT_A_TIME = 1 << 20  # pairs of boxes, or edges of pairs
MOST_PAIRS = 1 << 22  # masks of one image that overlap; crowded ones have some hundred thousand


@frozen
class MaskStack:
    """Masks of one image, column by column.

    shape  (H, W)
    edges  int64, of all masks one after another; each rising, an even number of them
    ends   int64 (n,), for each mask the place behind its last edge
    """

    shape: ImageShape
    edges: Counted
    ends: Counted

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def begins(self) -> Counted:
        """For each mask the place of its first edge."""
        begins: Counted = np.concatenate([[0], self.ends[:-1]]).astype(np.int64)
        return begins if len(self.ends) else self.ends

    @property
    def owner(self) -> Counted:
        """For each edge the mask that it belongs to."""
        owner: Counted = np.repeat(np.arange(len(self)), self.ends - self.begins)
        return owner

    @property
    def areas(self) -> Counted:
        """Pixels of each mask."""
        lengths = self.edges[1::2] - self.edges[::2]
        total = np.concatenate([[0], np.cumsum(lengths)])
        areas: Counted = total[self.ends // 2] - total[self.begins // 2]
        return areas.astype(np.int64)

    def boxes(self) -> Counted:
        """The box x1, y1, x2, y2 of each mask, the last two beyond it; zeros of an empty one.

        returns  int64 (n, 4)
        """
        height = self.shape[0]
        start, stop = self.edges[::2], self.edges[1::2] - 1
        left, right = start // height, stop // height
        across = right > left  # a run that goes on to the next column touches top and bottom
        top = np.where(across, 0, start % height)
        bottom = np.where(across, height - 1, stop % height)
        found = np.zeros((len(self), 4), np.int64)
        some = self.ends > self.begins
        at = self.begins[some] // 2
        if len(at):
            found[some] = np.stack(
                [
                    np.minimum.reduceat(left, at),
                    np.minimum.reduceat(top, at),
                    np.maximum.reduceat(right, at) + 1,
                    np.maximum.reduceat(bottom, at) + 1,
                ],
                axis=1,
            )
        return found

    def mask(self, place: int) -> Counted:
        """The edges of one mask.

        place    the number of the mask
        returns  int64 (k,), strictly rising, an even number
        """
        return self.edges[self.ends[place - 1] if place else 0 : self.ends[place]]

    def some(self, places: Counted) -> MaskStack:
        """Some of the masks.

        places   int64 (k,), numbers of masks
        returns  masks in that order
        """
        if len(places) == len(self):
            return self
        return stack_of([self.mask(place) for place in places.tolist()], self.shape)


def stack_of(masks: Sequence[Counted], shape: ImageShape) -> MaskStack:
    """Masks by their edges.

    masks  edges of each, int64, strictly rising
    shape  rows and columns of the image
    """
    ends = np.cumsum([len(edges) for edges in masks]).astype(np.int64)
    return MaskStack(shape, np.concatenate([NO_EDGES, *masks]).astype(np.int64), ends)


def edges_of_mask(mask: Mask, corner: tuple[int, int], shape: ImageShape) -> Counted:
    """The edges, column by column, of a mask that is a box of an image.

    mask    bool (h, w)
    corner  row and column of its first pixel in the image
    shape   (H, W) of the image
    """
    return runs_of_box(mask.T, corner[::-1], shape[::-1]).edges


def box_pairs(a: Counted | Floats, b: Counted | Floats) -> tuple[Counted, Counted]:
    """The pairs whose boxes share a pixel.

    a, b     (n, 4) and (m, 4), x1, y1, x2, y2, the last two beyond the box
    returns  place in a and in b of each pair, in the order of a, then of b

    Raises ReadError where there are more pairs than any image has.
    """
    found, count = [], 0
    rows = max(AT_A_TIME // max(len(b), 1), 1)
    for start in range(0, max(len(a), 1), rows):
        one, other = a[start : start + rows, None], b[None]
        meet = np.minimum(one[..., 2:], other[..., 2:]) > np.maximum(one[..., :2], other[..., :2])
        first, second = np.nonzero(meet.all(axis=-1))
        found.append((first.astype(np.int64) + start, second.astype(np.int64)))
        count += len(first)
        check_pair_count(count)
    first, second = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return first, second


def check_pair_count(count: int) -> None:
    """Refuse masks of one image that lie on each other as no real ones do. Raises ReadError."""
    if count > MOST_PAIRS:
        raise ReadError(
            f"masks of one image that overlap in more than {MOST_PAIRS} pairs",
            status="over_budget",
        )


def shared_pixels(a: MaskStack, b: MaskStack, first: Counted, second: Counted) -> Counted:
    """The pixels that the masks of each pair share.

    first, second  place in a and in b of each pair
    returns        int64, one a pair
    """
    if not len(first) or not len(b.edges):
        return np.zeros(len(first), np.int64)
    size = a.shape[0] * a.shape[1] + 1
    keys = b.owner * size + b.edges
    lengths = np.diff(b.edges, append=0)
    inside = np.concatenate([[0], np.cumsum(np.where(np.arange(len(keys)) % 2, 0, lengths))])
    begins, behind = a.begins, b.begins

    def shared(first: Counted, second: Counted) -> Counted:
        begin = begins[first]
        times = a.ends[first] - begin
        pair = np.repeat(np.arange(len(first)), times)
        edge = np.arange(len(pair)) + np.repeat(begin - (np.cumsum(times) - times), times)
        asked = a.edges[edge]
        at = np.searchsorted(keys, second[pair] * size + asked, "right")
        before = inside[at] - inside[behind[second[pair]]]
        open_run = at % 2 == 1  # the run that the place lies in counts up to it
        before -= np.where(open_run, b.edges[np.minimum(at, len(keys) - 1)] - asked, 0)
        sign = np.where(edge % 2 == 1, 1, -1)
        return np.bincount(pair, sign * before, len(first)).astype(np.int64)

    edges = np.cumsum(a.ends[first] - begins[first])
    cuts = np.searchsorted(edges, np.arange(AT_A_TIME, int(edges[-1]), AT_A_TIME))
    parts = zip(np.split(first, cuts), np.split(second, cuts), strict=True)
    return np.concatenate([shared(*part) for part in parts])


def boundary_width(shape: ImageShape) -> int:
    """The width of a boundary in pixels: 2 % of the diagonal, at least 1 (Cheng et al. 2021).

    shape  rows and columns of the image
    """
    return max(1, round(BOUNDARY * float(np.hypot(*shape))))


def boundaries(masks: MaskStack, width: int) -> MaskStack:
    """What lies within some pixels of the outside of each mask; beyond the image is outside.

    masks  of one image
    width  in pixels, at least 1
    """
    boxes = masks.boxes()
    return stack_of(
        [_boundary(masks.mask(k), boxes[k], masks.shape, width) for k in range(len(masks))],
        masks.shape,
    )


def _boundary(edges: Counted, box: Counted, shape: ImageShape, width: int) -> Counted:
    """A mask without the pixels whose square of 2 width + 1 lies all inside it."""
    x1, y1, x2, y2 = box.tolist()
    if min(x2 - x1, y2 - y1) <= 2 * width:  # no square fits
        return edges
    crop, corner = crop_of_edges(edges, shape)
    rim = crop & ~erode_rows(erode_rows(crop, width).T, width).T
    return edges_of_mask(rim, corner, shape)


def crop_of_edges(edges: Counted, shape: ImageShape) -> tuple[Mask, tuple[int, int]]:
    """A mask inside its box, of which alone the pixels are drawn.

    edges    of the mask, int64, strictly rising, an even number
    shape    rows and columns of the image
    returns  bool (h, w), and row and column of its first pixel in the image
    """
    if not len(edges):
        return np.zeros((0, 0), np.bool_), (0, 0)
    x1, y1, x2, y2 = stack_of([edges], shape).boxes()[0].tolist()
    height, inner = shape[0], y2 - y1
    if inner == height:
        return draw_edges(edges - x1 * height, (height, x2 - x1)), (0, x1)
    column, row = edges // height, edges % height
    # Nothing goes on in the next column here, but a run may end with its own.
    ends = (row == 0) & (np.arange(len(edges)) % 2 == 1)
    column, row = column - ends, np.where(ends, height, row)
    return draw_edges((column - x1) * inner + row - y1, (inner, x2 - x1)), (y1, x1)


def erode_rows(mask: Mask, width: int) -> Mask:
    """Pixels of which `width` neighbours on either side along the last axis are inside too."""
    total = np.zeros((mask.shape[0], mask.shape[1] + 1), np.int32)
    np.cumsum(mask, axis=1, out=total[:, 1:])
    full = 2 * width + 1
    inner: NDArray[np.bool_] = np.zeros(mask.shape, np.bool_)
    if mask.shape[1] >= full:
        inner[:, width:-width] = total[:, full:] - total[:, :-full] == full
    return inner


def box_overlaps(a: Floats, b: Floats, first: Counted, second: Counted) -> Floats:
    """The areas that boxes x, y, w, h of each pair share, as pycocotools computes them.

    a, b           (n, 4) and (m, 4)
    first, second  (k,) rows of a and of b
    returns        float64 (k,), square pixels
    """
    one, other = a[first], b[second]
    sides = np.minimum(one[:, :2] + one[:, 2:], other[:, :2] + other[:, 2:])
    sides = sides - np.maximum(one[:, :2], other[:, :2])
    shared: Floats = np.where((sides > 0).all(axis=1), sides.prod(axis=1), 0.0)
    return shared
