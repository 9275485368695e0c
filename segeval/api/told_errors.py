"""Errors at the door of Python: facts and help below them, and options by their Python names.

A traceback shows an error's one sentence; what to do about it is shown as its notes (PEP 678).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from segeval.classes.shipped_lists import shipped_list_names
from segeval.request.settings import Settings
from segeval.runtime.errors import SegevalError
from segeval.runtime.frozen import FrozenField, fields

P = ParamSpec("P")
R = TypeVar("R")

VALUE = r"""'[^']*'|"[^"]*"|[^\s'"]*[^\s'".,;:)]"""
OPTION = re.compile(rf"(?<![\w-])--(?P<option>[a-z][a-z-]*[a-z])(?:[ =](?P<value>{VALUE}))?")
FREE = re.compile(r"[\d,=/#*]|\.\w|^['\"]")  # what no word of a sentence has
NUMBER = re.compile(r"-?\d+(\.\d+)?")
WORDS = {"instances": ("ids", "components", "beside"), "resample": ("gt", "pred", "union", "image")}
# Of an exit status, a terminal and files, which Python has otherwise.
COMMAND_ONLY = {
    "output", "format", "quiet", "verbose", "log_file", "color", "progress", "no_ci", "error",
    "ignore", "gates", "only_gates", "exit_zero", "resume",
}  # fmt: skip
PLACEHOLDER = re.compile(r"[A-Z]+(=[A-Z]+)?")


def tell_in_python(function: Callable[P, R]) -> Callable[P, R]:
    """A function of the Python face whose errors say in a traceback what to do."""

    @wraps(function)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except SegevalError as error:
            if not getattr(error, "__notes__", None):  # else a function inside has told it
                error.help = python_words(error.help)
                place = [f"  in {error.where}"] if error.where else []
                for line in (*place, *error.lines()[1:]):
                    error.add_note(line)
            raise

    return told


def python_words(text: str) -> str:
    """Advice with the options of the command as the keywords that they are in Python."""
    return OPTION.sub(_keyword, text)


def _keyword(found: re.Match[str]) -> str:
    field = OPTIONS.get(found["option"])
    if field is None:
        return found[0]
    if field.type == "bool":
        return f"{field.name}=True{found[0][found.end('option') - found.start() :]}"
    value = found["value"] or ""
    words = field.metadata["form"].words or WORDS.get(field.name, ())
    if field.name == "classes":
        words = shipped_list_names()
    if not (value in words or FREE.search(value) or PLACEHOLDER.fullmatch(value)):
        rest = found[0][found.end("option") - found.start() :]  # a word of the sentence
        return f"{field.name}{rest}"
    return f"{field.name}={_literal(field.name, value)}"


def _literal(name: str, value: str) -> str:
    """A value of the command line as Python writes it; what stands for a value stays."""
    if name == "spacing" and FREE.search(value):  # x,y,z there; arrays are (z, y, x)
        return f"({', '.join(reversed(value.split(',')))})"
    if NUMBER.fullmatch(value) or PLACEHOLDER.fullmatch(value):
        return value
    return f'"{value.strip(chr(39) + chr(34))}"'


def _option(field: FrozenField) -> str:
    return field.metadata["form"].option or field.name.replace("_", "-")


OPTIONS = {_option(field): field for field in fields(Settings) if field.name not in COMMAND_ONLY}
