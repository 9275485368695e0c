"""Choices that Python makes by their names, read as the command line reads its options (CLI-Y1)."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from segeval.classes.class_list import ClassList
from segeval.classes.label_tables import LabelTable, check_table, parse_label_table
from segeval.classes.make_classes import make_class_list
from segeval.classes.parse_classes import parse_classes
from segeval.request.check_settings import check_settings
from segeval.request.grammar import Charge, Gate, Metric, parse_charge, parse_gate, parse_metric
from segeval.request.presets import apply_preset
from segeval.request.settings import Settings, map_aliases
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import fields, replace

FIELDS = {field.name: field for field in fields(Settings)}


def combine_settings(settings: Settings | None, choices: Mapping[str, Any]) -> Settings:
    """The settings of a run: choices by name, then `settings`, then their preset, then defaults.

    settings  None where there are none
    choices   by field of Settings, as a user writes them; None is no choice
    Raises RequestError.
    """
    given = {name: read_given(name, value) for name, value in choices.items() if value is not None}
    if settings is not None and not isinstance(settings, Settings):
        raise RequestError(f"settings: {settings!r} is no segeval.Settings")
    base = settings or Settings()
    if "preset" in given:
        base = replace(base, preset=given["preset"])
    chosen = map_aliases(replace(apply_preset(base), **given))
    check_settings(chosen)
    return chosen


def read_given(name: str, value: Any) -> Any:
    """The value of a choice as Settings have it. Raises RequestError.

    name   of the field
    value  as a user writes it: text or numbers, one or several
    """
    read = GIVEN_VALUES.get(FIELDS[name].type.removesuffix(" | None"))
    try:
        return value if read is None else read(value)
    except RequestError as problem:
        raise RequestError(
            problem.message, where=problem.where or name, facts=problem.facts, help=problem.help
        ) from problem
    except (TypeError, ValueError, AttributeError, OverflowError):
        form = FIELDS[name].metadata["form"]
        help = f"one of {', '.join(form.words)}" if form.words else FIELDS[name].metadata["help"]
        raise RequestError(f"{name}: {value!r} is not understood", help=help) from None


def chosen_classes(classes: Any) -> ClassList:
    """The classes that Python chooses. Raises RequestError.

    classes  text as on the command line, a path; a list of names or label values; a mapping of
             label values and names, either way round; a ClassList
    """
    if isinstance(classes, ClassList):
        return classes
    if isinstance(classes, str | os.PathLike):
        return parse_classes(os.fspath(classes))
    if isinstance(classes, Mapping):
        if not classes:
            raise RequestError("the mapping names no class", help='write {1: "liver"}')
        made = make_class_list({str(key): value for key, value in classes.items()}, "classes")
        return replace(made, only=True)
    words = list(classes)
    if wrong := [w for w in words if not isinstance(w, str) and not _is_label(w)]:
        raise RequestError(
            f"{wrong[0]!r} is no name of a class and no label value", help="write names: ['liver']"
        )
    if not words:
        raise RequestError("the list names no class", help='write ["liver"], or leave it out')
    return parse_classes(",".join(map(str, words)))


def _is_label(word: Any) -> bool:
    return not isinstance(word, bool) and hasattr(word, "__index__")


def _text(value: Any) -> str:
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _flag(value: Any) -> bool:
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return bool(value)
    raise TypeError(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError(value)
    return operator.index(value)


def _number(value: Any) -> float:
    if isinstance(value, bool | str | bytes):
        raise TypeError(value)
    return float(value)


def _sides(value: Any) -> tuple[float, ...]:
    """One length an axis. Raises RequestError for one number, of whichever axis."""
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise RequestError(f"{value!r} is not one side for each axis", help="write (3, 1, 1)")
    return tuple(map(_number, value))


def _several(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    """Reads one value, or some."""

    def read_some(value: Any) -> tuple[Any, ...]:
        one = isinstance(value, str | os.PathLike) or not isinstance(value, Iterable)
        return tuple(map(read, [value] if one else value))

    return read_some


def _metrics(value: Any) -> tuple[Metric, ...]:
    """Metrics as text, one or some, or as values; a comma separates them."""
    some: Sequence[Any] = [value] if isinstance(value, str | Metric) else list(value)
    made: list[Metric] = []
    for one in some:
        words = one.split(",") if isinstance(one, str) else [one]
        made += [word if isinstance(word, Metric) else parse_metric(word.strip()) for word in words]
    return tuple(made)


def _label_table(value: Any) -> LabelTable:
    if isinstance(value, str | os.PathLike):
        return parse_label_table(os.fspath(value))
    return check_table(value.items() if isinstance(value, Mapping) else value)


# How the value of a field is made of what a user gives, by the field's type.
GIVEN_VALUES: Mapping[str, Callable[[Any], Any]] = {
    "str": _text,
    "bool": _flag,
    "int": _whole,
    "float": _number,
    "tuple[str, ...]": _several(_text),
    "tuple[int, ...]": _several(_whole),
    "tuple[float, ...]": _sides,
    "tuple[Metric, ...]": _metrics,
    "tuple[Charge, ...]": _several(lambda v: v if isinstance(v, Charge) else parse_charge(v)),
    "tuple[Gate, ...]": _several(lambda v: v if isinstance(v, Gate) else parse_gate(v)),
    "LabelTable": _label_table,
    "ClassList": chosen_classes,
}
