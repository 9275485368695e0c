"""The masks of COCO annotations: polygons, runs, or strings of runs; all of an image at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segeval.kernels.mask_stack import MaskStack, stack_of
from segeval.kernels.rle import (
    FARTHEST,
    NO_EDGES,
    ImageShape,
    decode_rle,
    edges_of_counts,
    edges_of_polygons,
    unite_edges,
)
from segeval.runtime.arrays import Counted, Floats
from segeval.runtime.errors import ReadError

Mark = Mapping[str, Any]


def stack_of_marks(marks: Sequence[Mark], shape: ImageShape, path: Path) -> MaskStack:
    """The masks of annotations, an empty one for each that has none. Raises ReadError."""
    polygons: list[Floats] = []
    owners: list[int] = []
    masks: list[Counted] = [NO_EDGES] * len(marks)
    for place, mark in enumerate(marks):
        try:
            drawing = mark.get("segmentation") or ()
            if isinstance(drawing, Mapping):
                masks[place] = edges_of_runs(drawing, shape)
            else:
                corners = polygons_of(drawing)
                polygons += corners
                owners += [place] * len(corners)
        except (KeyError, TypeError, ValueError, OverflowError) as problem:
            raise cannot_be_drawn(mark, place, problem, path) from problem
    parts: dict[int, list[Counted]] = {}
    for owner, edges in zip(owners, edges_of_polygons(polygons, shape), strict=True):
        parts.setdefault(owner, []).append(edges)
    for place, those in parts.items():
        masks[place] = unite_edges(those)
    return stack_of(masks, shape)


def cannot_be_drawn(mark: Mark, place: int, problem: Exception, path: Path) -> ReadError:
    """The error of an annotation whose mask is none."""
    text = f"{mark_name(mark, place)} cannot be drawn ({problem})"
    return ReadError(text, where=path, help="segmentation is polygons, or runs of the image's size")


def mark_name(mark: Mark, place: int) -> str:
    """What an annotation or detection is called in messages."""
    return f"annotation {mark['id']}" if "id" in mark else f"entry {place + 1} of the image"


def edges_of_runs(drawing: Mapping[str, Any], shape: ImageShape) -> Counted:
    """The edges of runs. Raises ValueError, KeyError or TypeError."""
    if tuple(drawing["size"]) != shape:
        raise ValueError(f"runs of {list(drawing['size'])} in an image of {list(shape)}")
    runs = drawing["counts"]
    if isinstance(runs, str):
        return edges_of_counts(decode_rle(runs), shape[0] * shape[1])
    if not all(
        isinstance(run, int) or (isinstance(run, float) and run.is_integer()) for run in runs
    ):
        raise ValueError("lengths of runs are whole numbers")
    return edges_of_counts([int(run) for run in runs], shape[0] * shape[1])


def polygons_of(drawing: Any) -> list[Floats]:
    """The corners of each polygon of an annotation. Raises ValueError or TypeError."""
    if not isinstance(drawing, (list, tuple)):
        raise TypeError("it is neither polygons nor runs")
    if drawing and isinstance(drawing[0], (int, float)):
        drawing = [drawing]  # one polygon without the list around it
    found: list[Floats] = []
    for polygon in drawing:
        if isinstance(polygon, list) and not polygon:
            continue  # `[[]]`, as some programs write what has no outline
        corners = np.asarray(polygon, np.float64)
        if corners.ndim == 2 and corners.shape[1] == 2:  # [[x, y], …]
            corners = corners.ravel()
        if corners.ndim != 1 or len(corners) % 2 or len(corners) < 6:
            raise ValueError(f"a polygon of {corners.size} numbers has no three corners")
        if not np.isfinite(corners).all() or np.abs(corners).max() > FARTHEST:
            raise ValueError("a corner is no place in an image")
        found.append(corners.reshape(-1, 2))
    return found


def number_of(mark: Mark, key: str, place: int, path: Path) -> float:
    """A number of an annotation, nan where it has none. Raises ReadError."""
    value = mark.get(key)
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        name = mark_name(mark, place)
        raise ReadError(f"{key} {value!r} of {name} is no number"[:200], where=path)
    return float(value)


def box_of(mark: Mark, place: int, path: Path) -> tuple[float, ...]:
    """The box x, y, w, h that an annotation has; nan where it has none. Raises ReadError."""
    box = mark.get("bbox")
    if box is None or box == []:
        return (math.nan,) * 4
    fits = isinstance(box, (list, tuple)) and len(box) == 4
    if not fits or not all(
        isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v) for v in box
    ):
        name = mark_name(mark, place)
        raise ReadError(
            f"bbox {box!r} of {name} is no box"[:200], where=path, help="[x, y, width, height]"
        )
    return tuple(map(float, box))
