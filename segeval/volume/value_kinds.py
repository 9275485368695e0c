"""Stored numbers as labels or as probabilities, and the errors where they are neither."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from segeval.runtime.arrays import Labels, Raw
from segeval.runtime.errors import ReadError

StoredValues = Raw

LARGEST_LABEL = 65535  # the largest label value
NEAR_WHOLE = 0.01  # how far a stored label may be from a whole number (ACCOUNT-A15)
MOSTLY = 0.9  # share of whole values from which others were interpolated
WHITE = 255  # the 1 of a mask that was saved as black and white


def as_labels(values: Raw, path: Path, side: str = "") -> Labels:
    """Integers as uint8 or uint16, without a copy where that can be. Raises ReadError.

    side  gt or pred, for what an error says; "" where it is not known
    """
    kind, width = values.dtype.kind, values.dtype.itemsize
    if kind == "b" or (kind == "u" and width == 1):
        return values.view(np.uint8)
    if kind == "u" and width == 2:
        return values.view(np.uint16)
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > LARGEST_LABEL:
        raise bad_labels_error(path, low, high, side)
    if width <= 2:
        return values.view(np.uint8 if width == 1 else np.uint16)
    return values.astype(np.uint16)


def whole_to_labels(values: StoredValues, path: Path, side: str = "") -> tuple[Labels, float]:
    """Floats near to whole numbers as uint16, and how far the farthest is off (ACCOUNT-A15).

    side  gt or pred, for what an error says
    Raises ReadError.
    """
    rounded, off = round_values(values, path, side)
    low, high = float(rounded.min()), float(rounded.max())
    if low < 0 or high > LARGEST_LABEL:
        raise bad_labels_error(path, int(low), int(high), side)
    return rounded.astype(np.uint16), off


def round_values(values: StoredValues, path: Path, side: str = "") -> tuple[StoredValues, float]:
    """Values rounded to whole numbers, and how far the farthest was off. Raises ReadError."""
    rounded = np.rint(values)
    off = float(np.abs(values - rounded).max(initial=0))
    if not off <= NEAR_WHOLE:
        low, high = float(values.min()), float(values.max())
        raise ReadError(
            f"values from {low:.4g} to {high:.4g} are not all whole: no labels",
            where=path,
            help=suggest_kind(values, low, high, side),
        )
    return rounded, off


def suggest_kind(values: StoredValues, low: float, high: float, side: str) -> str:
    """What values that are no labels may be; a side is read as another kind by its own option."""
    if low >= 0 and high <= 1:
        kind = "--gt-kind prob" if side == "gt" else "--kind prob"
        return f"{kind} reads them as probabilities"
    if low >= 0 and float(np.mean(np.abs(values - np.rint(values)) <= NEAR_WHOLE)) > MOSTLY:
        return "most are whole: labels that were interpolated; resample them by nearest neighbour"
    if side == "gt":
        return "a ground truth holds labels, or shares from 0 to 1 (--gt-kind prob): write it so"
    return "--kind logits reads them as logits"


def bad_labels_error(path: Path, low: int, high: int, side: str) -> ReadError:
    """The error for labels out of range: no advice joins two labels in one."""
    remap = f"--remap-{side or 'gt'}"
    if low < 0:
        ignored = f"--ignore-label={low} leaves those voxels out; " if side == "gt" else ""
        help = f"{ignored}{remap}={low}=0 makes them background"
    else:
        help = (
            f"{remap} {high}=N gives it a value N that no other label has; "
            "--instances ids, if values are ids of instances"
        )
    return ReadError(
        f"labels from {low} to {high}: a label is 0 to {LARGEST_LABEL}", where=path, help=help
    )


def replace_labels(
    values: Raw, table: Mapping[int, int], path: Path, kept: int | None = None, side: str = ""
) -> Labels:
    """Label values by a table, all at once, as uint16; what it does not name stays.

    values  integers, or floats near to whole numbers
    table   new value of an old one
    kept    a value that the table makes and that must not be in the data already
    side    gt or pred, for what an error says
    Raises ReadError.
    """
    if values.dtype.kind == "f":
        values = round_values(values, path, side)[0].astype(np.int64)
    if kept is not None and bool((values == kept).any()) and kept not in table:
        raise ReadError(
            f"the data has the label {kept}, which stands for ignored values here",
            where=path,
            help=f"--remap-{side or 'gt'} {kept}=N gives it a value N that no other label has",
        )
    made: Raw
    if values.dtype.kind in "ub" and values.dtype.itemsize == 1:
        every = [table.get(value, value) for value in range(256)]
        made = np.array(every, np.int64)[values.view(np.uint8)]
    else:
        made = values.astype(np.int64)
        old = np.array(sorted(table), np.int64)
        place = np.searchsorted(old, made).clip(max=len(old) - 1)
        named = old[place] == made
        made[named] = np.array([table[int(value)] for value in old])[place[named]]
    low, high = int(made.min()), int(made.max())
    if low < 0 or high > LARGEST_LABEL:
        problem = bad_entry_error(path, low, high, table)
        raise problem or bad_labels_error(path, low, high, side)
    return made.astype(np.uint16)


def bad_entry_error(path: Path, low: int, high: int, table: Mapping[int, int]) -> ReadError | None:
    """The error for labels out of range that the table makes; None where the data has them."""
    bad = low if low < 0 else high
    old = next((old for old, new in table.items() if new == bad), None)
    if old is None:
        return None
    ignored = f"--ignore-label={bad} leaves those voxels out, or " if bad < 0 else ""
    return ReadError(
        f"the table of labels makes {old} to {bad}: a label is 0 to {LARGEST_LABEL}",
        where=path,
        help=f"{ignored}write {old}=0 in place of {old}={bad}",
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


def not_probabilities_error(
    path: Path, low: float, high: float, values: StoredValues, side: str
) -> ReadError:
    """The error for floats that are neither labels nor probabilities.

    low     the least value; where none is negative, any bound from below
    values  some of them, which may be labels, or labels that were interpolated
    side    gt or pred: each is read as another kind by its own option
    """
    start = f"from {low:.4g} to" if low < 0 else "up to"
    if not np.any(np.abs(values - np.rint(values)) > NEAR_WHOLE):
        return ReadError(
            f"whole values {start} {high:.4g}: no probabilities",
            where=path,
            help="--gt-kind labels reads them as labels"
            if side == "gt"
            else "--kind labels reads them as labels",
        )
    return ReadError(
        f"values {start} {high:.4g}, not all whole: no labels and no probabilities",
        where=path,
        help=suggest_kind(values, low, high, side),
    )
