"""What all cases come to, counted once as they come: whatever is said of more than one of them.

A run may have more cases than memory, and its cases have few kinds of rows: a class, a metric, a
unit, a status and a reason. So summary, gates, tables and exit status work from the kinds, how
often each is there, and its numbers with the places of their cases: 12 bytes a number, which go to
disk as they become many. Only a report that lists cases reads them again.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from segeval.runtime.frozen import replace
from segeval.runtime.inventory import Inventory
from segeval.runtime.spill import SpillFile
from segeval.scorecard.card import (
    BY_NAME,
    BY_VALUE,
    CLASSES_BY,
    NOWHERE,
    UNCOUNTED,
    UNMET,
    WHOLE,
    CaseResult,
    find_faults,
)
from segeval.scorecard.case_json import NOTHING, case_to_json, has_metrics, rows_from_json
from segeval.scorecard.row_kinds import ClassOrder, PlainRows, RowKind, RowValues

CHUNK = 512  # cases after which the numbers of a kind go to disk
MOST_FORMS = 1000  # of cases of which it is remembered where their rows go
Values = Mapping[str, Mapping[str, Any]]  # of a case, by class and metric


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
        self._undefined: dict[tuple[str, str], list[tuple[RowKind, RowValues]]] = {}
        self._undefined_of = 0  # kinds that were there when these were gathered
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
        self._plain: dict[tuple[Any, ...], PlainRows] = {}
        for case in cases:
            self.add(case_to_json(replace(case, tallies=NOTHING)))

    def __len__(self) -> int:
        return len(self.names)

    def add(self, case: Mapping[str, Any]) -> None:
        """Count the next case, in its JSON form: of very many no objects are made."""
        place, group, status = len(self.names), case.get("group", ""), case["status"]
        values, facts = case.get("values", NOTHING), case.get("facts", NOTHING)
        scored = status in UNCOUNTED or any(map(has_metrics, values.values()))
        self.names.append(case["case"])
        self.groups[group] += 1
        self.statuses[status] += 1
        self._group_of.append(self._groups.setdefault(group, len(self._groups)))
        self._unit_of.append(self._unit(case.get("patient", "")))
        faults = "faults" in facts and find_faults(facts)
        if faults:
            self.faults[frozenset(fault["status"] for fault in faults.values())] += 1
        if not scored:
            self.lost[group, status] += 1
            self._unscored.append(place)
        if faults or not scored or "notes" in case or "error" in case:
            self.marked.append(place)
        self._count_values(case, values, place, (group, scored))
        self._count_items(case)
        self._find_classes(case, values, facts)
        if len(self.names) % CHUNK == 0:
            for rows in self.kinds.values():
                rows.put_away()

    def _count_values(
        self, case: Mapping[str, Any], values: Values, place: int, of_case: tuple[str, bool]
    ) -> None:
        """Count the rows of a case: most are numbers alone, of what others have numbers of too."""
        cells = [cell for of_metric in values.values() for cell in of_metric.values()]
        if set(map(type, cells)) != {float}:
            self._count_rows(case, place, of_case)
            return
        units = case.get("units", NOTHING)
        form = *of_case, *units.items(), *values, *map(tuple, values.values())
        if (plain := self._plain.get(form)) is None:
            plain = self._count_rows(case, place, of_case)
            if len(self._plain) < MOST_FORMS:
                self._plain[form] = plain
            return
        for add, value in zip(plain.add, cells, strict=True):
            add(place, value)
        self._classes.add_classes(plain.classes)

    def _count_rows(
        self, case: Mapping[str, Any], place: int, of_case: tuple[str, bool]
    ) -> PlainRows:
        """Count the rows of a case one by one; gives where they went."""
        group, scored = of_case
        classes: dict[str, None] = {}
        adds = []
        for row in rows_from_json(case):
            value = row.value
            key = (group, *row[1:3], *row[4:7], value == value, scored)
            rows = self.kinds.get(key)  # type: ignore[call-overload]
            if rows is None:
                rows = self.kinds[RowKind(*key)] = RowValues(self._scratch)
            rows.add(place, value)
            if row.class_:
                classes[row.class_] = None
            adds.append(rows.add_number)
        self._classes.add_classes(tuple(classes))
        return PlainRows(tuple(classes), tuple(adds))

    def _find_classes(
        self, case: Mapping[str, Any], values: Values, facts: Mapping[str, Any]
    ) -> None:
        """Note what the files of a case themselves say of its classes, where no list does."""
        called = case.get("own_names", NOTHING)
        self.joins = self.joins or bool("joined" in case or called)
        for count, fact in ((self.nowhere, NOWHERE), (self.unmet, UNMET)):
            if fact in facts:
                count.update(facts[fact])
        told = facts.get(CLASSES_BY)
        if told == BY_VALUE:
            own, joined = case.get("classes", ()), case.get("joined", ())
            self.value_classes[tuple([name for name in own if name not in joined])] = None
        elif told == BY_NAME:
            names = dict.fromkeys([*case.get("classes", ()), *values])
            names.pop(WHOLE, None)
            self.file_names.update(dict.fromkeys(called.get(n, n) for n in names))

    def _count_items(self, case: Mapping[str, Any]) -> None:
        """Add the inventory of a case; those of which all was scored are alike, and are counted."""
        items = case.get("inventory")
        if not items:
            return
        try:
            self._items[tuple(items.items())] += 1
        except TypeError:  # something has another end than a value
            self._special.merge(Inventory.from_json(items), case["case"])

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
        if not self._unscored:
            return dict(zip(self.names, range(len(self)), strict=True))
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

    def undefined(self, class_: str, metric: str) -> Sequence[tuple[RowKind, RowValues]]:
        """The kinds of a class and metric whose rows are undefined.

        class_  `overall` is every class
        """
        if self._undefined_of != len(self.kinds):
            self._undefined, self._undefined_of = {}, len(self.kinds)
            for kind, rows in self.kinds.items():
                if kind.status == "undefined":
                    for name in {kind.class_, "overall"}:
                        self._undefined.setdefault((name, kind.metric), []).append((kind, rows))
        return self._undefined.get((class_, metric), ())

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
