"""`segeval classes [LIST]`: the class lists that ship, and what a list says of label values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from segeval.cli.options import Command, complete_class_lists
from segeval.runtime.errors import RequestError

if TYPE_CHECKING:
    from segeval.classes.class_list import ClassDef, ClassList

WIDTH = 80  # columns of the lists


def show_classes(given: Mapping[str, Any]) -> int:
    """List the class lists that ship, or show the classes of a LIST: a name, a file, 5=liver."""
    if given["list"]:
        show_list(given["list"])
        return 0
    for line in shipped_lists_lines():
        click.echo(line)
    return 0


def shipped_lists_lines() -> Iterator[str]:
    """A line for each list that ships: its name, how many classes, what it is."""
    from textwrap import shorten

    from segeval.classes.shipped_lists import list_source, shipped_list, shipped_list_names

    names = shipped_list_names()
    most = max(map(len, names))
    for name in names:
        made = shipped_list(name)
        assert made is not None  # it is one of the names
        line = f"{name:<{most}}  {len(made.classes):>3}  "
        yield line + shorten(list_source(name)[0], WIDTH - len(line), placeholder=" …")


def show_list(text: str) -> None:
    """Print the classes of a list, in order, then what is left out and where it stands."""
    from segeval.classes.shipped_lists import list_source, shipped_list
    from segeval.cli.messages import print_message
    from segeval.cli.print_table import print_rows

    made = read_list(text)
    coloured = any(class_.colour for class_ in made.classes)
    rows = [[_values(class_), class_.name, _colour(class_)] for class_ in made.classes]
    columns = ["value", "class", "colour"]
    kept = len(columns) if coloured else -1
    print_rows(columns[:kept], [row[:kept] for row in rows])
    if left_out := made.ignored or (() if made.ignore is None else (made.ignore,)):
        print_message(f"left out: {', '.join(map(str, left_out))}", err=False)
    if shipped_list(text) is not None:
        print_message(" ".join(list_source(text)), err=False)


def read_list(text: str) -> ClassList:
    """What `--classes` would take. Raises RequestError for a word that is no list and no file."""
    from segeval.classes.parse_classes import is_class_file, parse_classes
    from segeval.classes.shipped_lists import shipped_list, shipped_list_names
    from segeval.cli.choices import misspelling_error

    if "=" in text or is_class_file(text) or shipped_list(text) is not None:
        return parse_classes(text)
    known = shipped_list_names()
    problem = misspelling_error(f"no class list and no file {text!r}", text, known)
    raise RequestError(problem.message, help=problem.help or "segeval classes lists them")


def _values(class_: ClassDef) -> str:
    return "+".join(map(str, class_.labels or ()))


def _colour(class_: ClassDef) -> str:
    return "{},{},{}".format(*class_.colour) if class_.colour else ""


command = Command(
    "classes",
    show_classes,
    [click.Argument(["list"], required=False, shell_complete=complete_class_lists)],
    ["segeval classes", "segeval classes cityscapes", "segeval classes dataset.json"],
)
