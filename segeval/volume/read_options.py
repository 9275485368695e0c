"""What a reader may be told of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval.runtime.frozen import field, frozen
from segeval.runtime.memory_budget import DEFAULT_BUDGET, PROGRAM_BYTES


@frozen
class ReadOptions:
    """What a reader may be told of the run.

    spacing       millimetres, along (z, y, x) or (y, x), for files that have none
    channel_axis  where the channels of an array lie; None: the format's axis, or the one that fits
    flat          arrays of three axes are pictures with `channel_axis`, and no volumes
    grid          shape of the other side, which tells a stack of channels from a volume
    low           scores may be of a lower resolution than the grid: then channels come first
    classes       how many classes there are, background not counted
    colours       label value of each colour (red, green, blue)
    ids           values are ids of instances: a colour is R + 256 G + 65536 B unless classes have
    unlisted      label value of colours that `colours` does not have; None: they are an error
    member        which image of a file of many
    series        pages of a file are frames
    paste         how masks of regions of interest get into the image; `threshold` cuts them
    min_score     regions and detections below it are left out
    roi_offset    label value of a region's label 0; None: 0, where none has it
    points_alone  both sides are points, so no side has a grid
    slices        of the other side: contours are drawn on them, frames of a segmentation are
                  placed on them where they lie on them
    room          bytes that a case may keep: what is decoded as a whole has to fit in
    """

    spacing: tuple[float, ...] | None = None
    channel_axis: int | None = None
    flat: bool = False
    grid: tuple[int, ...] | None = None
    low: bool = False
    classes: int | None = None
    colours: Mapping[tuple[int, int, int], int] = field(default_factory=dict)
    ids: bool = False
    unlisted: int | None = None
    member: str = ""
    series: bool = False
    paste: str = "detectron2"
    threshold: float = 0.5
    min_score: float = 0.0
    roi_offset: int | None = None
    points_alone: bool = False
    slices: Any = None  # segeval.grid.slices.Slices, of the same floor
    room: int = DEFAULT_BUDGET - PROGRAM_BYTES
