"""Stored numbers as labels or as probabilities, and the errors where they are neither."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segeval.runtime.arrays import Labels, Raw
from segeval.runtime.errors import ReadError

StoredValues = Raw

LARGEST_LABEL = 65535  # the largest label value
WHITE = 255  # the 1 of a mask that was saved as black and white


def as_labels(values: Raw, path: Path) -> Labels:
    """Integers as uint8 or uint16, without a copy where that can be. Raises ReadError."""
    kind, width = values.dtype.kind, values.dtype.itemsize
    if kind == "b" or (kind == "u" and width == 1):
        return values.view(np.uint8)
    if kind == "u" and width == 2:
        return values.view(np.uint16)
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > LARGEST_LABEL:
        raise bad_labels_error(path, low, high)
    if width <= 2:
        return values.view(np.uint8 if width == 1 else np.uint16)
    return values.astype(np.uint16)


def whole_to_labels(values: StoredValues, path: Path) -> Labels:
    """Floats that are whole numbers as uint16. Raises ReadError."""
    low, high = float(values.min()), float(values.max())
    if not (values == np.rint(values)).all():
        raise ReadError(
            f"values from {low:.4g} to {high:.4g} are not all whole: no labels",
            where=path,
            help="--kind prob or --kind logits (--gt-kind prob for the ground truth)",
        )
    if low < 0 or high > LARGEST_LABEL:
        raise bad_labels_error(path, int(low), int(high))
    return values.astype(np.uint16)


def bad_labels_error(path: Path, low: int, high: int) -> ReadError:
    """The error for labels out of range."""
    return ReadError(
        f"labels from {low} to {high}: a label is 0 to {LARGEST_LABEL}",
        where=path,
        help="map the labels to this range, or say --kind prob or --kind logits if they are none",
    )


def scale_probabilities(values: Raw, path: Path, logits: bool) -> StoredValues:
    """Probabilities as floats: integers are shares of the largest value of their type."""
    if values.dtype.kind == "f":
        return values if values.dtype.itemsize >= 4 else values.astype(np.float32)
    if values.dtype.kind == "b" or logits:
        return values.astype(np.float64)
    if values.dtype.kind == "u" and values.dtype.itemsize <= 2:
        return values / np.float64(np.iinfo(values.dtype).max)
    return zero_one_probabilities(values, path)


def zero_one_probabilities(values: Raw, path: Path) -> StoredValues:
    """Wider integers as probabilities: only 0 and 1 have one meaning. Raises ReadError."""
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > 1:
        raise ReadError(
            f"{values.dtype} values from {low} to {high} are no probabilities",
            where=path,
            help="probabilities are floats, uint8 (of 255) or uint16 (of 65535)",
        )
    return values.astype(np.float64)


def not_probabilities_error(path: Path, low: float, high: float) -> ReadError:
    """The error for floats that are neither labels nor probabilities.

    low  the least value; where none is negative, any bound from below
    """
    start = f"from {low:.4g} to" if low < 0 else "up to"
    return ReadError(
        f"values {start} {high:.4g}, not all whole: no labels and no probabilities",
        where=path,
        help="--kind logits reads them as logits",
    )
