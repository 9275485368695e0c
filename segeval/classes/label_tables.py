"""Tables that give label values other values: `3=4,0=255`, a CSV, a JSON, or one that ships
(ACCOUNT-A17).

All values change at once, so `1=2,2=1` swaps two labels; a value that no line names stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from segeval.runtime.errors import RequestError
from segeval.runtime.file_state import refuse_device
from segeval.runtime.json_text import RepeatedKeyError, parse_json_once

LabelTable = tuple[tuple[int, int], ...]
HELP = "write OLD=NEW for every label (3=4,0=255), or name a CSV of two columns, a JSON, or {names}"


@cache
def shipped_tables() -> dict[str, LabelTable]:
    """The tables that ship, by name."""
    import tomllib

    text = (Path(__file__).parents[1] / "data" / "label_tables.toml").read_text("utf-8")
    return {
        name: tuple((int(old), int(new)) for old, new in table["labels"])
        for name, table in tomllib.loads(text).items()
    }


def parse_label_table(text: str) -> LabelTable:
    """Read a table from its text, its file or its name. Raises RequestError."""
    word = text.strip()
    if word in shipped_tables():
        return shipped_tables()[word]
    if "=" in word and not Path(word).is_file():
        return check_table([part.partition("=")[::2] for part in word.split(",") if part.strip()])
    if not word.lower().endswith((".csv", ".tsv", ".txt", ".json")):
        raise RequestError(f"there is no table of labels {text!r}", help=table_help())
    return read_label_table(Path(word))


def read_label_table(path: Path) -> LabelTable:
    """Read a table from a CSV of two columns, or from a JSON object. Raises RequestError."""
    import csv

    try:
        refuse_device(path)
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise RequestError(f"cannot read the table of labels ({problem})", where=path) from problem
    if path.suffix.lower() == ".json":
        try:
            content = parse_json_once(text)
        except RepeatedKeyError as problem:
            raise RequestError(f"the label {problem} has two new values", where=path) from problem
        except ValueError as problem:
            raise RequestError(f"not a JSON file ({problem})", where=path) from problem
        if not isinstance(content, dict):
            raise RequestError("the table is no JSON object", where=path, help=table_help())
        return check_table(content.items(), path)
    separator = next((s for s in (";", "\t", ",") if s in text), ",")
    try:
        rows = [row for row in csv.reader(text.splitlines(), delimiter=separator) if any(row)]
    except csv.Error as problem:
        raise RequestError(f"not a table of labels ({problem})", where=path) from problem
    if rows and not any(cell.strip().lstrip("-").isdecimal() for cell in rows[0]):
        rows = rows[1:]  # a head
    return check_table([row[:2] for row in rows if len(row) >= 2], path)


def check_table(pairs: Iterable[Iterable[object]], where: object = "") -> LabelTable:
    """Pairs of whole numbers, each old value once. Raises RequestError."""
    table: dict[int, int] = {}
    for old, new in pairs:
        try:
            key, value = int(str(old)), int(str(new))
        except ValueError:
            message = f"{old}={new} does not give a label value another one"
            raise RequestError(message, where=where, help=table_help()) from None
        if table.setdefault(key, value) != value:
            raise RequestError(f"the label {key} has two new values", where=where)
    if not table:
        raise RequestError("the table of labels is empty", where=where, help=table_help())
    return tuple(table.items())


def table_help() -> str:
    """How a table is written."""
    return HELP.format(names=", ".join(shipped_tables()))


def format_label_table(table: LabelTable) -> str:
    """A table as text."""
    return ",".join(f"{old}={new}" for old, new in table)
