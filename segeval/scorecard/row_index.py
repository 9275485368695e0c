"""What all cases come to, counted once as they come: whatever is said of more than one of them.

A run may have more cases than memory, and its cases have few kinds of rows: a class, a metric, a
unit, a status and a reason. So summary, gates, tables and exit status work from the kinds, how
often each is there, and its numbers with the places of their cases: 12 bytes a number, which go to
disk as they become many. Only a report that lists cases reads them again.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from segeval.runtime.inventory import Inventory
from segeval.runtime.spill import SpillFile
from segeval.scorecard.card import BY_NAME, BY_VALUE, CLASSES_BY, NOWHERE, UNMET, WHOLE, CaseResult

CHUNK = 512  # cases after which the numbers of a kind go to disk


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

    __slots__ = ("_chunks", "_places", "_scratch", "_values", "count", "first")

    def __init__(self, scratch: SpillFile) -> None:
        self.count, self.first = 0, 0
        self._places, self._values = array("I"), array("d")
        self._chunks: list[tuple[int, int, int]] = []
        self._scratch = scratch

    def add(self, place: int, value: float) -> None:
        """Add the row of a case."""
        if not self.count:
            self.first = place
        self.count += 1
        self._places.append(place)
        if value == value:
            self._values.append(value)

    def put_away(self) -> None:
        """Bring what is held to disk."""
        if self._places:
            content = self._places.tobytes() + self._values.tobytes()
            start = self._scratch.add(content)
            self._chunks.append((start, len(self._places), len(self._values)))
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
        self._order: list[str] = []
        self._last: tuple[str, ...] = ()

    def add(self, case: CaseResult) -> None:
        """Put the classes of the next case in their places."""
        self.add_classes(tuple(dict.fromkeys([row.class_ for row in case.rows if row.class_])))

    def add_classes(self, classes: tuple[str, ...]) -> None:
        """Put classes that are in order in their places."""
        if classes == self._last:
            return
        self._last, before = classes, ""
        for class_ in classes:
            if class_ not in self._order:
                self._order.insert(self._order.index(before) + 1 if before else 0, class_)
            before = class_

    @property
    def found(self) -> list[str]:
        """All of them in order."""
        return sorted(self._order, key=lambda class_: class_ == WHOLE)


class RowIndex:
    """Counts cases that are added in their order.

    names   of the cases
    kinds   the rows of each kind, in the order in which kinds were met first
    groups  cases of each group, those of none under ""
    lost    cases that were not scored, by group and status
    marked  places of the cases of which something is to be said: not scored, faults, notes
    faults  cases that have classes that could not be scored, by the statuses of these
    """

    def __init__(self, cases: Iterable[CaseResult] = ()) -> None:
        self.names: list[str] = []
        self.kinds: dict[RowKind, RowValues] = {}
        self.groups: Counter[str] = Counter()
        self.lost: Counter[tuple[str, str]] = Counter()
        self.statuses: Counter[str] = Counter()
        self.marked = array("I")
        self._unscored = array("I")
        self.faults: Counter[frozenset[str]] = Counter()
        self._classes = ClassOrder()
        self._group_of: array[int] = array("I")
        self._unit_of: array[int] = array("I")
        self._groups: dict[str, int] = {}
        self._patients: dict[str, int] = {}
        self._units = 0
        self._scratch = SpillFile()
        self._items: Counter[tuple[tuple[str, int], ...]] = Counter()
        self._special = Inventory()
        self.value_classes: dict[tuple[str, ...], None] = {}
        self.file_names: dict[str, None] = {}
        self.joins = False
        self.nowhere: Counter[str] = Counter()
        self.unmet: Counter[str] = Counter()
        for case in cases:
            self.add(case)

    def __len__(self) -> int:
        return len(self.names)

    def add(self, case: CaseResult) -> None:
        """Count the next case."""
        place, group, scored = len(self.names), case.group, case.scored
        self.names.append(case.case)
        self.groups[group] += 1
        self.statuses[case.status] += 1
        self._group_of.append(self._groups.setdefault(group, len(self._groups)))
        self._unit_of.append(self._unit(case.patient))
        faults = frozenset(fault["status"] for fault in case.faults.values())
        if faults:
            self.faults[faults] += 1
        if not scored:
            self.lost[group, case.status] += 1
            self._unscored.append(place)
        if faults or not scored or case.notes or case.error:
            self.marked.append(place)
        kinds = self.kinds
        for r in case.rows:
            value = r.value
            key = (group, r.class_, r.metric, r.unit, r.status, r.reason, value == value, scored)
            rows = kinds.get(key)  # type: ignore[call-overload]
            if rows is None:
                rows = kinds[RowKind(*key)] = RowValues(self._scratch)
            rows.add(place, value)
        self._classes.add(case)
        self._count_items(case)
        self._find_classes(case)
        if len(self.names) % CHUNK == 0:
            for rows in kinds.values():
                rows.put_away()

    def _find_classes(self, case: CaseResult) -> None:
        """Note what the files of a case themselves say of its classes, where no list does."""
        self.joins = self.joins or bool(case.joined or case.own_names)
        self.nowhere.update(case.facts.get(NOWHERE, ()))
        self.unmet.update(case.facts.get(UNMET, ()))
        told = case.facts.get(CLASSES_BY)
        if told == BY_VALUE:
            own = tuple([name for name in case.classes if name not in case.joined])
            self.value_classes[own] = None
        elif told == BY_NAME:
            names = dict.fromkeys([*case.classes, *(row.class_ for row in case.rows)])
            names.pop(WHOLE, None)
            self.file_names.update(dict.fromkeys(case.own_names.get(n, n) for n in names))

    def _count_items(self, case: CaseResult) -> None:
        """Add the inventory of a case; those of which all was scored are alike, and are counted."""
        if not case.inventory:
            return
        try:
            self._items[tuple(case.inventory.items())] += 1
        except TypeError:  # something has another end than a value
            self._special.merge(Inventory.from_json(case.inventory), case.case)

    @property
    def inventory(self) -> Inventory:
        """What became of everything that the cases hold."""
        total = Inventory()
        for items, cases in self._items.items():
            plain = {word: count * cases for word, count in items}
            total.merge(Inventory.from_json(plain))
        total.merge(self._special)
        return total

    @property
    def faulty(self) -> int:
        """How many cases have classes that could not be scored."""
        return self.faults.total()

    def _unit(self, patient: str) -> int:
        """The number of what is drawn together: a patient, else the case."""
        number = self._patients.setdefault(patient, self._units) if patient else self._units
        self._units += number == self._units
        return number

    @property
    def order(self) -> list[str]:
        """The classes of all cases, see ClassOrder."""
        return self._classes.found

    @property
    def scored(self) -> int:
        """How many cases were scored."""
        return len(self) - self.lost.total()

    @property
    def places(self) -> dict[str, int]:
        """The places of the cases that were scored, by name."""
        lost = set(self._unscored)
        return {name: k for k, name in enumerate(self.names) if k not in lost}

    def columns(self) -> dict[tuple[str, str], list[tuple[RowKind, RowValues]]]:
        """The kinds of each class and metric; a class that was not scored has the metric ""."""
        found: dict[tuple[str, str], list[tuple[RowKind, RowValues]]] = {}
        for kind, rows in self.kinds.items():
            found.setdefault((kind.class_, kind.metric), []).append((kind, rows))
        return found

    def of(self, group: str) -> Iterator[tuple[RowKind, RowValues]]:
        """The kinds of a group; "" is all cases."""
        for kind, rows in self.kinds.items():
            if group in ("", kind.group):
                yield kind, rows

    def lost_of(self, group: str) -> int:
        """Cases of a group that were not scored."""
        return sum(n for (own, _), n in self.lost.items() if group in ("", own))

    def inside(self, group: str) -> Any:
        """Whether each case is of a group, bool (cases,)."""
        import numpy as np

        if not group:
            return np.ones(len(self), bool)
        return np.array(self._group_of) == self._groups.get(group, -1)

    def units(self, inside: Any) -> Any:
        """What is drawn together of some cases: a number for each patient or case, from 0."""
        import numpy as np

        held = np.array(self._unit_of)[inside].tolist()
        number = {unit: k for k, unit in enumerate(dict.fromkeys(held))}
        return np.array([number[unit] for unit in held], int)


class CasesInMemory(tuple[CaseResult, ...]):
    """Cases in memory, counted when that is asked for."""

    @cached_property
    def census(self) -> RowIndex:
        """What they come to."""
        return RowIndex(self)


def index_rows(cases: Sequence[CaseResult]) -> RowIndex:
    """What cases come to: counted already, or now."""
    known: RowIndex | None = getattr(cases, "census", None)
    return RowIndex(cases) if known is None else known


def noteworthy_cases(cases: Sequence[CaseResult]) -> Iterator[CaseResult]:
    """The cases of which something is to be said."""
    return (cases[place] for place in index_rows(cases).marked)
