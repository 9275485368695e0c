"""Presets of the package for settings that are made in Python: the same files, the same choices.

A choice that the settings make themselves wins over the preset; one that has its default does not.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from segeval.classes.class_list import ClassDef, ClassList
from segeval.classes.make_classes import labelled_class_list
from segeval.request.grammar import parse_charge, parse_metric
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import fields, replace

FOLDER = Path(__file__).parents[1] / "data" / "presets"


def preset_choices(name: str) -> dict[str, Any]:
    """What a preset chooses, by field. Raises RequestError where there is none of that name."""
    path = FOLDER / f"{name}.toml"
    known = sorted(entry.removesuffix(".toml") for entry in os.listdir(FOLDER))
    if name not in known:
        raise RequestError(
            f"there is no preset {name!r}", help=f"there are {', '.join(known)}", where="preset"
        )
    types = {field.name: field.type for field in fields(Settings())}
    content = read_preset(path.read_text("utf-8"))
    named = {key.replace("-", "_"): value for key, value in content.items()}
    return {key: PRESET_VALUES.get(types[key], _as_it_is)(value) for key, value in named.items()}


def read_preset(text: str) -> dict[str, Any]:
    """The content of the file of a preset; a TOML parser is loaded for tables and lists alone."""
    content = parse_plain_preset(text)
    if content is None:
        import tomllib

        content = tomllib.loads(text)
    return content


def parse_plain_preset(text: str) -> dict[str, Any] | None:
    """The content of a preset of ours with a key a line; None for one that has more.

    What we write there after the equals sign is JSON, too: no TOML parser is loaded for it.
    """
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    try:
        pairs = [line.split(" = ", 1) for line in lines]
        return {key: json.loads(value) for key, value in pairs}
    except ValueError:  # a table, or a list over several lines
        return None


def apply_preset(settings: Settings) -> Settings:
    """The settings with the choices of their preset where they have the default."""
    default = Settings()
    chosen = {
        key: value
        for key, value in preset_choices(settings.preset).items()
        if getattr(settings, key) == getattr(default, key)
    }
    return replace(settings, **chosen)


def _as_it_is(value: Any) -> Any:
    return value


def _class_list(tables: Mapping[str, Any]) -> ClassList:
    return labelled_class_list(
        tuple(ClassDef(name, tuple(table["labels"])) for name, table in tables.items())
    )


def _integers(value: Any) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


# How the value of a field is made of what TOML has, by the field's type.
PRESET_VALUES: Mapping[str, Callable[[Any], Any]] = {
    "tuple[Metric, ...]": lambda texts: tuple(map(parse_metric, texts)),
    "tuple[Charge, ...]": lambda texts: tuple(map(parse_charge, texts)),
    "tuple[str, ...]": tuple,
    "tuple[int, ...]": _integers,
    "ClassList": _class_list,
}
