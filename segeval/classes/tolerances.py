"""Published tolerances of the normalised surface distance, by structure: `data/tolerances.toml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from segeval.classes.names import primary_name
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import frozen

FILE = Path(__file__).parents[1] / "data" / "tolerances.toml"


@frozen
class ToleranceTable:
    """The tolerances of one source.

    source  who published them, and what they are
    mm      by primary name of the structure, without its side where both have one
    """

    source: str
    mm: Mapping[str, float]


@lru_cache(1)
def load_tolerance_tables() -> dict[str, ToleranceTable]:
    """Every table, by name."""
    import tomllib

    content = tomllib.loads(FILE.read_text("utf-8"))
    made = {}
    for name, rows in content.items():
        if isinstance(rows, dict):
            mm = {key: float(value) for key, value in rows.items() if key != "source"}
            made[name] = ToleranceTable(rows["source"], mm)
    return made


def check_tolerance_tables(names: Iterable[str]) -> None:
    """Raises RequestError for a table that does not exist."""
    for name in names:
        if name not in load_tolerance_tables():
            raise RequestError(
                f"there is no table of tolerances {name!r}",
                help=f"there are {', '.join(load_tolerance_tables())}; "
                "one length for all classes is nsd@2mm, one of a class stands in [classes.NAME]",
            )


def find_published_tolerance(name: str, wanted: Iterable[str]) -> tuple[float, str] | None:
    """The tolerance of a structure in mm and the first of some tables that has it."""
    primary = primary_name(name)
    if primary is None:
        return None
    either = primary.removesuffix("_L").removesuffix("_R")
    for table in wanted:
        mm = load_tolerance_tables()[table].mm
        found = mm.get(primary, mm.get(either))
        if found is not None:
            return found, table
    return None
