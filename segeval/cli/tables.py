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

from segeval.classes.class_list import ClassDef, ClassList, Colour, listed
from segeval.cli.choices import wrong_word
from segeval.cli.values import quoted, shown
from segeval.request.grammar import Gate, parse_gate, parse_quantity, plain
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import replace

Where = Callable[..., str]  # the keys inside a table to the place in the file

PARTS = ("label", "labels", "color", "aliases", "tolerance", "union", "gates")


def class_table(raw: Mapping[str, Any], where: Where) -> tuple[ClassList, list[Gate]]:
    """The classes of [classes.NAME] tables and the gates in them. Raises RequestError."""
    classes, gates = [], []
    for name, parts in raw.items():
        if not isinstance(parts, Mapping):
            raise RequestError(
                f"{shown(parts)} is no class", where=where(name), help=f"write [classes.{name}]"
            )
        classes.append(_class(name, parts, where))
        of_class = parts.get("gates", {})
        gates += gate_table(of_class, f"{name}/", lambda *key, at=name: where(at, "gates", *key))
    return _list(tuple(_united(c, classes) for c in classes)), gates


def _class(name: str, parts: Mapping[str, Any], where: Where) -> ClassDef:
    for key in parts:
        if key not in PARTS:
            problem = wrong_word(f"unknown key {key!r} of a class", key, PARTS)
            help = problem.help or f"there are {', '.join(PARTS)}"
            raise RequestError(problem.message, where=where(name, key), help=help)
    given = {key: READ[key](parts[key], where(name, key)) for key in parts if key in READ}
    labels = given.get("labels", given.get("label"))
    return ClassDef(
        name,
        labels,
        given.get("color"),
        given.get("aliases", ()),
        given.get("tolerance", ""),
        given.get("union", ()),
    )


def _united(class_: ClassDef, classes: list[ClassDef]) -> ClassDef:
    """A union whose parts all have labels has theirs."""
    labels = {c.name: c.labels for c in classes}
    parts = [labels.get(name) for name in class_.union]
    if class_.labels is not None or not parts or not all(parts):
        return class_
    return replace(class_, labels=tuple(sorted({v for part in parts for v in part or ()})))


def _list(classes: tuple[ClassDef, ...]) -> ClassList:
    """The list that names labels where a class has one, and picks names where none has."""
    if any(c.labels is not None or c.colour is not None for c in classes):
        return listed(classes)
    return ClassList(classes, select=True)


def gate_table(raw: object, before: str, where: Where) -> list[Gate]:
    """The gates of a table: rule = bar. Raises RequestError."""
    if not isinstance(raw, Mapping):
        raise RequestError(f"{shown(raw)} is no table of gates", where=where(), help="dice = 0.85")
    return [_gate(before + rule, bar, where(rule)) for rule, bar in raw.items()]


def _gate(rule: str, bar: object, where: str) -> Gate:
    if isinstance(bar, bool) or not isinstance(bar, int | float | str):
        raise RequestError(f"{shown(bar)} is no bar", where=where, help='write 0.85 or "5mm"')
    try:
        return parse_gate(f"{rule}={bar if isinstance(bar, str) else plain(bar)}")
    except RequestError as problem:
        raise RequestError(problem.message, where=where, help=problem.help) from problem


def _labels(raw: object, where: str) -> tuple[int, ...]:
    values = raw if isinstance(raw, list) else [raw]
    if not values or any(isinstance(v, bool) or not isinstance(v, int) or v < 0 for v in values):
        raise RequestError(f"{shown(raw)} is no label value", where=where, help="write 5 or [1, 2]")
    return tuple(values)


def _colour(raw: object, where: str) -> Colour:
    found = re.match(r"#([0-9a-fA-F]{6})\Z", raw) if isinstance(raw, str) else None
    if not found:
        raise RequestError(f"{shown(raw)} is no colour", where=where, help='write "#56b4e9"')
    red, green, blue = bytes.fromhex(found[1])
    return red, green, blue


def _names(raw: object, where: str) -> tuple[str, ...]:
    words = [raw] if isinstance(raw, str) else raw
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise RequestError(f"{shown(raw)} is no list of names", where=where)
    return tuple(words)


def _tolerance(raw: object, where: str) -> str:
    try:
        quantity = parse_quantity(raw if isinstance(raw, str) else "")
    except RequestError:
        quantity = None
    if quantity is None or quantity.unit not in ("mm", "px") or quantity.number < 0:
        raise RequestError(f"{shown(raw)} is no tolerance", where=where, help='write "1mm"')
    return str(quantity)


READ: dict[str, Callable[[Any, str], Any]] = {
    "label": _labels,
    "labels": _labels,
    "color": _colour,
    "aliases": _names,
    "tolerance": _tolerance,
    "union": _names,
}


def class_lines(class_: ClassDef) -> list[str]:
    """The [classes.NAME] table of a class, as TOML."""
    lines = [f"[classes.{quoted(class_.name)}]"]
    if class_.labels is not None:
        lines.append(f"labels = [{', '.join(str(v) for v in class_.labels)}]")
    if class_.colour is not None:
        lines.append(f'color = "#{bytes(class_.colour).hex()}"')
    for key, names in (("aliases", class_.aliases), ("union", class_.union)):
        if names:
            lines.append(f"{key} = [{', '.join(quoted(name) for name in names)}]")
    if class_.tolerance:
        lines.append(f"tolerance = {quoted(class_.tolerance)}")
    return lines


def gate_line(gate: Gate) -> str:
    """A gate as a line of the [gates] table."""
    bar = plain(gate.bar.number) if not gate.bar.unit else quoted(str(gate.bar))
    return f"{quoted(gate.rule)} = {bar}"
