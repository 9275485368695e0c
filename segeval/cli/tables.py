"""The tables of a settings file: [classes.NAME] and [gates].

[classes.Brainstem]
label = 7                 or labels = [7, 8]
color = "#56b4e9"         in colour-coded pictures
aliases = ["brain stem"]
tolerance = "1mm"         of nsd
gates = { dice = 0.85 }

[classes.Parotids]
union = ["Parotid_L", "Parotid_R"]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from segeval.classes.class_list import ClassDef, ClassList, Colour
from segeval.classes.make_classes import labelled_class_list
from segeval.cli.choices import misspelling_error
from segeval.cli.values import quote_toml, quote_wrong_value
from segeval.request.grammar import Gate, format_number, parse_gate, parse_quantity
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import replace

KeyOrigin = Callable[..., str]  # the keys inside a table to the place in the file

MOST_CLASSES = 10_000  # of a settings file; those of any data set are fewer
PARTS = ("label", "labels", "color", "aliases", "tolerance", "union", "gates")


def read_class_tables(raw: Mapping[str, Any], where: KeyOrigin) -> tuple[ClassList, list[Gate]]:
    """The classes of [classes.NAME] tables and the gates in them. Raises RequestError."""
    if len(raw) > MOST_CLASSES:
        said = f"{len(raw)} classes, and at most {MOST_CLASSES} are read"
        raise RequestError(said, where=where())
    classes, gates = [], []
    for name, parts in raw.items():
        if not isinstance(parts, Mapping):
            raise RequestError(
                f"{quote_wrong_value(parts)} is no class",
                where=where(name),
                help=f"write [classes.{name}]",
            )
        classes.append(_read_class(name, parts, where))
        of_class = parts.get("gates", {})
        gates += read_gate_table(
            of_class, f"{name}/", lambda *key, at=name: where(at, "gates", *key)
        )
    return _make_class_list(tuple(_label_union(c, classes) for c in classes)), gates


def _read_class(name: str, parts: Mapping[str, Any], where: KeyOrigin) -> ClassDef:
    for key in parts:
        if key not in PARTS:
            problem = misspelling_error(f"unknown key {key!r} of a class", key, PARTS)
            help = problem.help or f"there are {', '.join(PARTS)}"
            raise RequestError(problem.message, where=where(name, key), help=help)
    given = {
        key: PART_READERS[key](parts[key], where(name, key)) for key in parts if key in PART_READERS
    }
    labels = given.get("labels", given.get("label"))
    return ClassDef(
        name,
        labels,
        given.get("color"),
        given.get("aliases", ()),
        given.get("tolerance", ""),
        given.get("union", ()),
    )


def _label_union(class_: ClassDef, classes: list[ClassDef]) -> ClassDef:
    """A union whose parts all have labels has theirs."""
    if class_.labels is not None or not class_.union:
        return class_
    labels = {c.name: c.labels for c in classes}
    parts = [labels.get(name) for name in class_.union]
    if not all(parts):
        return class_
    return replace(class_, labels=tuple(sorted({v for part in parts for v in part or ()})))


def _make_class_list(classes: tuple[ClassDef, ...]) -> ClassList:
    """The list that names labels where a class has one; of the others it says something.

    Rule ACCOUNT-A5.
    """
    named = labelled_class_list(tuple(c for c in classes if c.labels is not None))
    return replace(named, remarks=tuple(c for c in classes if c.labels is None))


def read_gate_table(raw: object, before: str, where: KeyOrigin) -> list[Gate]:
    """The gates of a table: rule = bar. Raises RequestError."""
    if not isinstance(raw, Mapping):
        raise RequestError(
            f"{quote_wrong_value(raw)} is no table of gates", where=where(), help="dice = 0.85"
        )
    return [_read_gate(before + rule, bar, where(rule)) for rule, bar in raw.items()]


def _read_gate(rule: str, bar: object, where: str) -> Gate:
    if isinstance(bar, bool) or not isinstance(bar, int | float | str):
        raise RequestError(
            f"{quote_wrong_value(bar)} is no bar", where=where, help='write 0.85 or "5mm"'
        )
    try:
        return parse_gate(f"{rule}={bar if isinstance(bar, str) else format_number(bar)}")
    except RequestError as problem:
        raise RequestError(problem.message, where=where, help=problem.help) from problem


def _read_labels(raw: object, where: str) -> tuple[int, ...]:
    values = raw if isinstance(raw, list) else [raw]
    if not values or any(isinstance(v, bool) or not isinstance(v, int) or v < 0 for v in values):
        raise RequestError(
            f"{quote_wrong_value(raw)} is no label value", where=where, help="write 5 or [1, 2]"
        )
    return tuple(values)


def _read_colour(raw: object, where: str) -> Colour:
    found = re.match(r"#([0-9a-fA-F]{6})\Z", raw) if isinstance(raw, str) else None
    if not found:
        raise RequestError(
            f"{quote_wrong_value(raw)} is no colour", where=where, help='write "#56b4e9"'
        )
    red, green, blue = bytes.fromhex(found[1])
    return red, green, blue


def _read_names(raw: object, where: str) -> tuple[str, ...]:
    words = [raw] if isinstance(raw, str) else raw
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise RequestError(f"{quote_wrong_value(raw)} is no list of names", where=where)
    return tuple(words)


def _read_tolerance(raw: object, where: str) -> str:
    try:
        quantity = parse_quantity(raw if isinstance(raw, str) else "")
    except RequestError:
        quantity = None
    if quantity is None or quantity.unit not in ("mm", "px") or quantity.number < 0:
        raise RequestError(
            f"{quote_wrong_value(raw)} is no tolerance", where=where, help='write "1mm"'
        )
    return str(quantity)


PART_READERS: dict[str, Callable[[Any, str], Any]] = {
    "label": _read_labels,
    "labels": _read_labels,
    "color": _read_colour,
    "aliases": _read_names,
    "tolerance": _read_tolerance,
    "union": _read_names,
}


def class_lines(class_: ClassDef) -> list[str]:
    """The [classes.NAME] table of a class, as TOML."""
    lines = [f"[classes.{quote_toml(class_.name)}]"]
    if class_.labels is not None:
        lines.append(f"labels = [{', '.join(str(v) for v in class_.labels)}]")
    if class_.colour is not None:
        lines.append(f'color = "#{bytes(class_.colour).hex()}"')
    for key, names in (("aliases", class_.aliases), ("union", class_.union)):
        if names:
            lines.append(f"{key} = [{', '.join(quote_toml(name) for name in names)}]")
    if class_.tolerance:
        lines.append(f"tolerance = {quote_toml(class_.tolerance)}")
    return lines


def gate_line(gate: Gate) -> str:
    """A gate as a line of the [gates] table."""
    bar = format_number(gate.bar.number) if not gate.bar.unit else quote_toml(str(gate.bar))
    return f"{quote_toml(gate.rule)} = {bar}"
