"""Class lists of the field that ship: `--classes cityscapes` (CLI-U7).

Each is a file of `data/classes` with its source: label values or unions of them, names, colours
where the data set has a colour map, and the values that its evaluation leaves out.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from segeval.classes.class_list import ClassDef, ClassList
from segeval.classes.make_classes import labelled_class_list

FOLDER = Path(__file__).parents[1] / "data" / "classes"


@cache
def shipped_list_names() -> tuple[str, ...]:
    """The names of the lists, in order."""
    return tuple(sorted(name.removesuffix(".toml") for name in os.listdir(FOLDER)))


@cache
def shipped_list(name: str) -> ClassList | None:
    """A list by its name, read without case; None where there is none of that name.

    name  what `--classes` says
    """
    word = _file_name(name)
    if word not in shipped_list_names():
        return None
    import tomllib

    content = tomllib.loads((FOLDER / f"{word}.toml").read_text("utf-8"))
    made = labelled_class_list(tuple(_class(*row) for row in content["classes"]))
    return made.leave_out(tuple(content.get("ignored", ())))


def list_source(name: str) -> tuple[str, str]:
    """What a list that ships is, in a sentence, and where it stands.

    name  what `--classes` says
    """
    import tomllib

    text = (FOLDER / f"{_file_name(name)}.toml").read_text("utf-8")
    return text.partition("\n")[0].removeprefix("# "), tomllib.loads(text)["source"]


def list_advice(name: str) -> str:
    """What a class that nothing stands for may have meant: a list of nearly this name; or "".

    name  what `--classes` says
    """
    from difflib import get_close_matches

    near = get_close_matches(_file_name(name), shipped_list_names(), 3, 0.75)
    return f"; or a list that ships: --classes {', --classes '.join(near)}" if near else ""


def _file_name(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def _class(value: int | list[int], name: str, colour: Any = None) -> ClassDef:
    """A class of a list: its label value or values, its name, its colour."""
    labels = tuple(value) if isinstance(value, list) else (value,)
    return ClassDef(name, labels, None if colour is None else tuple(colour))
