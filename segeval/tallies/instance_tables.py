"""The sparse tables of a data set's instances, by class: what is kept, pooled and read again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from segeval.runtime.frozen import frozen
from segeval.tallies.instance_sides import AUTO
from segeval.tallies.instance_table import InstanceTable

UNION = -1  # the place of all classes as one
WITH_VOID = "+void"  # of a key: components with what the prediction has in void


class Measured(Protocol):
    """The instances of a case, of which the tables that were asked for are there."""

    def measured_tables(self) -> InstanceTables:
        """They."""


@frozen
class InstanceTables:
    """The tables of the cases of a data set, by class and key; nothing can be measured any more."""

    kept: Mapping[str, Mapping[str, tuple[InstanceTable, ...]]]

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(name for name in self.kept if name)

    def is_stuff(self, place: int) -> bool:
        """Whether a class has one segment and no instances."""
        own = self.kept[self.classes[place]].values()
        return any(table.stuff for tables in own for table in tables)

    def tables(
        self, place: int, connectivity: str = AUTO, void: bool = False
    ) -> tuple[InstanceTable, ...]:
        """The tables of a class, one a case; of all classes as one where the place is UNION."""
        name = "" if place == UNION else self.classes[place]
        key = connectivity + WITH_VOID if void else connectivity
        return self.kept.get(name, {}).get(key, ())

    def with_void(self) -> InstanceTables:
        """The same, where a table that void makes no difference to stands under both keys."""
        return InstanceTables(
            {
                name: {key + WITH_VOID: own for key, own in tables.items()} | dict(tables)
                for name, tables in self.kept.items()
            }
        )

    def dilated(self, place: int, steps: int, limit: float) -> tuple[InstanceTable, ...]:
        """The lesions of BraTS 2023, one table a case."""
        return self.kept[self.classes[place]].get(f"brats-2023:{steps}:{limit:g}", ())

    def to_json(self) -> dict[str, Any]:
        """The form in which they are kept with their case."""
        return {
            name: {
                key: [table.to_json() for table in own]
                for key, own in tables.items()
                if own is not tables.get(key.removesuffix(WITH_VOID)) or WITH_VOID not in key
            }
            for name, tables in self.kept.items()
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> InstanceTables:
        """Read them again."""
        tables = {
            name: {
                key: tuple(InstanceTable.from_json(table) for table in own)
                for key, own in tables.items()
            }
            for name, tables in kept.items()
        }
        return cls(tables).with_void()

    @staticmethod
    def pool_cases(many: Iterable[InstanceTables | Measured]) -> InstanceTables:
        """The tables of several cases side by side, by class and key."""
        found: dict[str, dict[str, tuple[InstanceTable, ...]]] = {}
        for one in many:
            tables = one if isinstance(one, InstanceTables) else one.measured_tables()
            for name, own in tables.kept.items():
                kept = found.setdefault(name, {})
                for key, more in own.items():
                    kept[key] = kept.get(key, ()) + more
        return InstanceTables(found)
