"""Presets of the package for settings that are made in Python: the same files, the same choices.

A choice that the settings make themselves wins over the preset; one that has its default does not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from segeval.classes.class_list import ClassDef, ClassList, labelled_class_list
from segeval.request.grammar import parse_charge, parse_metric
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import fields, replace

FOLDER = Path(__file__).parents[1] / "data" / "presets"


def preset_choices(name: str) -> dict[str, Any]:
    """What a preset chooses, by field. Raises RequestError where there is none of that name."""
    import tomllib

    path = FOLDER / f"{name}.toml"
    known = sorted(entry.removesuffix(".toml") for entry in os.listdir(FOLDER))
    if name not in known:
        raise RequestError(
            f"there is no preset {name!r}", help=f"there are {', '.join(known)}", where="preset"
        )
    types = {field.name: field.type for field in fields(Settings())}
    content = tomllib.loads(path.read_text("utf-8"))
    named = {key.replace("-", "_"): value for key, value in content.items()}
    return {key: READERS.get(types[key], _as_it_is)(value) for key, value in named.items()}


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


READERS: Mapping[str, Callable[[Any], Any]] = {
    "tuple[Metric, ...]": lambda texts: tuple(map(parse_metric, texts)),
    "tuple[Charge, ...]": lambda texts: tuple(map(parse_charge, texts)),
    "tuple[str, ...]": tuple,
    "tuple[int, ...]": _integers,
    "ClassList": _class_list,
}
