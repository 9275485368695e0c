"""Rows by kind: what those have in common that differ in case and value alone; their numbers."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any, NamedTuple

from segeval.runtime.spill import SpillFile
from segeval.scorecard.card import WHOLE


class RowKind(NamedTuple):
    """What rows have in common that differ in case and value alone.

    number  whether they have one, infinite ones included
    scored  whether their cases were
    """

    group: str
    class_: str
    metric: str
    unit: str
    status: str
    reason: str
    number: bool
    scored: bool


class RowValues:
    """The rows of a kind: the places of their cases, and their numbers where the kind has some.

    first  the place of the first case that has one
    """

    __slots__ = ("_chunks", "_places", "_scratch", "_stored", "_values", "first")

    def __init__(self, scratch: SpillFile) -> None:
        self._stored, self.first = 0, 0
        self._places, self._values = array("I"), array("d")
        self._chunks: list[tuple[int, int, int]] = []
        self._scratch = scratch

    def add(self, place: int, value: float) -> None:
        """Add the row of a case."""
        if not self.count:
            self.first = place
        self._places.append(place)
        if value == value:
            self._values.append(value)

    def add_number(self, place: int, value: float) -> None:
        """Add the row of a case that is not the first of this kind, and has a number."""
        self._places.append(place)
        self._values.append(value)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._stored + len(self._places)

    def put_away(self) -> None:
        """Bring what is held to disk."""
        if self._places:
            content = self._places.tobytes() + self._values.tobytes()
            start = self._scratch.add(content)
            self._chunks.append((start, len(self._places), len(self._values)))
            self._stored += len(self._places)
            self._places, self._values = array("I"), array("d")

    def places(self) -> Any:
        """The places of the cases, uint32 (n,)."""
        import numpy as np

        if not self._chunks:
            return np.array(self._places, np.uint32)
        parts = [
            np.frombuffer(self._scratch.read(start, 4 * n), np.uint32)
            for start, n, _ in self._chunks
        ]
        return np.concatenate([*parts, np.array(self._places, np.uint32)])

    def numbers(self) -> tuple[Any, Any]:
        """Places of cases (n,) and values (n,), uint32 and float64; none of undefined rows."""
        import numpy as np

        values = np.array(self._values, np.float64)
        if self._chunks:
            parts = [
                np.frombuffer(self._scratch.read(start + 4 * n, 8 * m), np.float64)
                for start, n, m in self._chunks
            ]
            values = np.concatenate([*parts, values])
        return self.places()[: len(values)], values  # all rows of a kind have numbers, or none


class ClassOrder:
    """The classes of cases; one that is new comes after the one that it follows in its case.

    `all` is the last. So cases that lack a class do not disturb the order of the others.
    """

    def __init__(self) -> None:
        self._next = {"": ""}  # the class that follows each; "" is before the first
        self._last: tuple[str, ...] = ()

    def add_classes(self, classes: tuple[str, ...]) -> None:
        """Put classes that are in order in their places."""
        if classes == self._last:
            return
        self._last, before = classes, ""
        for class_ in classes:
            if class_ not in self._next:
                self._next[class_], self._next[before] = self._next[before], class_
            before = class_

    @property
    def found(self) -> list[str]:
        """All of them in order."""
        order, class_ = [], self._next[""]
        while class_:
            order.append(class_)
            class_ = self._next[class_]
        return sorted(order, key=lambda class_: class_ == WHOLE)


class PlainRows(NamedTuple):
    """Where the rows of cases go that are numbers alone, of the same classes, metrics and units.

    classes  in their order
    add      what adds the number of each row to its kind
    """

    classes: tuple[str, ...]
    add: tuple[Callable[[int, float], None], ...]
