"""What the values of a map of instances stand for: an id says its class, and what it is of it.

ids     every value above 0 is an instance of class 1
N       id = class * N + instance; an id below N is its class without instances
table   the class of every id is told, and which are crowds or void
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from segeval.runtime.arrays import Labels, Raw
from segeval.runtime.errors import ReadError
from segeval.runtime.frozen import field, frozen
from segeval.volume.value_kinds import LARGEST_LABEL

TOP = (1 << 63) - 1  # the largest id
WIDE = 1 << 32  # ids from here on need 64 bits
EXACT = {2: 1 << 11, 4: 1 << 24, 8: 1 << 53}  # the largest whole number, by bytes of a float


@frozen
class IdCoding:
    """How ids are read.

    divisor  N; 0: every id above 0 is of class 1, or as the table says
    classes  class value of each id; empty: by the divisor
    kinds    of ids that are no instance: stuff, crowd, region or void
    ignored  an id, or the class of ids, that is void; classes give it this value
    """

    divisor: int = 0
    classes: Mapping[int, int] = field(default_factory=dict)
    kinds: Mapping[int, str] = field(default_factory=dict)
    ignored: int | None = None

    @property
    def is_plain(self) -> bool:
        """Whether every id above 0 is an instance of class 1."""
        return not (self.divisor or self.classes or self.kinds)

    def labels_of(self, ids: Labels) -> Labels:
        """The class values of ids, uint8 or uint16, as long as they are. KeyError."""
        if self.classes or self.divisor or self.ignored is not None:
            found, place = np.unique(ids, return_inverse=True)
            values = self.classes_of(found.astype(np.int64))
            kind = np.uint8 if int(values.max(initial=0)) < 256 else np.uint16
            made: Any = values.astype(kind)[place.reshape(ids.shape)]
            return made  # type: ignore[no-any-return]
        mask: Labels = (ids != 0).view(np.uint8)
        return mask

    def classes_of(self, ids: Raw) -> Raw:
        """The class values of ids, int64, the ignored value of what is void. KeyError."""
        values = self._plain(ids)
        if self.ignored is not None:
            values = np.where(
                (ids == self.ignored) | (values == self.ignored), self.ignored, values
            )
        return values

    def _plain(self, ids: Raw) -> Raw:
        if self.classes:
            return np.array([self.classes[int(one)] for one in ids], np.int64)
        if self.divisor:
            values: Raw = np.where(ids >= self.divisor, ids // self.divisor, ids)
            return values
        one: Raw = (ids != 0).astype(np.int64)
        return one


def as_ids(values: Raw, path: Path) -> Labels:
    """Whole numbers from 0 on as ids, int64 where 32 bits do not hold them. Raises ReadError."""
    if values.dtype.kind == "b":
        return values.view(np.uint8)
    if values.dtype.kind == "f" and not (values == np.rint(values)).all():
        raise ReadError(
            "values that are not whole numbers are no ids of instances",
            where=path,
            help="leave out --instances ids, or threshold the scores and number the components",
        )
    if values.dtype.kind == "u" and values.dtype.itemsize <= 4:
        return values
    high = check_id_range(values, path)
    kind = np.uint16 if high <= LARGEST_LABEL else np.uint32 if high < WIDE else np.int64
    return values.astype(kind)


def check_id_range(values: Raw, path: Path) -> int:
    """The largest of some ids. Raises ReadError where one is none, or was rounded."""
    low, high = values.min(), values.max()
    top = EXACT.get(values.dtype.itemsize, TOP) if values.dtype.kind == "f" else TOP
    if low < 0 or high > top:
        rounded = ", beyond which numbers of this type are rounded" if top < TOP else ""
        raise ReadError(
            f"values from {low:g} to {high:g}: an id of an instance is 0 to {top}{rounded}",
            where=path,
        )
    return int(high)
