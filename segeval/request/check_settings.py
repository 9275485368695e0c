"""Settings that were made in Python are held to what the command line allows (ACCOUNT-A37).

A field says by its type and its form what it may be. A wrong word is answered with the nearest
right one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from segeval.classes.class_list import ClassList
from segeval.request.grammar import Charge, Gate, Metric
from segeval.request.settings import ChoiceForm, Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import FrozenField, fields

RESAMPLE_WORDS = ("never", "gt", "pred", "union", "image")  # anything else is a file


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _tuple_of(*types: type) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, tuple)
        and all(isinstance(one, types) and not isinstance(one, bool) for one in value)
    )


def _is_integers(value: Any) -> bool:
    return _is_integer(value) or _tuple_of(int)(value)  # one may stand alone


def _is_label_table(value: Any) -> bool:
    return isinstance(value, tuple) and all(_tuple_of(int)(p) and len(p) == 2 for p in value)


# Type of a field: whether a value is of it, and what to say of one that is not.
TYPES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "str": (lambda value: isinstance(value, str), "a word"),
    "bool": (lambda value: isinstance(value, bool), "True or False"),
    "int": (_is_integer, "a whole number"),
    "float": (_is_number, "a number"),
    "tuple[str, ...]": (_tuple_of(str), "a tuple of words"),
    "tuple[int, ...]": (_is_integers, "whole numbers"),
    "tuple[float, ...]": (_tuple_of(int, float), "a tuple of numbers"),
    "tuple[Metric, ...]": (_tuple_of(Metric), "a tuple of metrics: (parse_metric('dice'),)"),
    "tuple[Gate, ...]": (_tuple_of(Gate), "a tuple of gates: (parse_gate('dice=0.9'),)"),
    "tuple[Charge, ...]": (_tuple_of(Charge), "a tuple of charges"),
    "LabelTable": (_is_label_table, "pairs of label values: ((3, 4), (0, 255))"),
    "ClassList": (lambda value: isinstance(value, ClassList), "a ClassList: parse_classes('1=x')"),
}


def check_settings(settings: Settings) -> None:
    """Refuse what no door of the program would let in. Raises RequestError."""
    for field in fields(settings):
        _check_field(field, getattr(settings, field.name))
    resample = settings.resample
    if resample not in RESAMPLE_WORDS and "://" not in resample and not Path(resample).exists():
        near = _nearest(resample, RESAMPLE_WORDS)
        help = f"did you mean {near}?" if near else f"write {', '.join(RESAMPLE_WORDS)} or a file"
        raise RequestError(f"resample: {resample!r} is no word and no file", help=help)


def _check_field(field: FrozenField, value: Any) -> None:
    kind, _, rest = field.type.partition(" | ")
    if value is None and rest == "None":
        return
    holds, what = TYPES.get(kind, (lambda value: True, ""))
    if not holds(value):
        raise RequestError(f"{field.name}: {value!r} is not {what}")
    form = field.metadata["form"]
    if form.words and value not in form.words:
        near = _nearest(str(value), form.words)
        raise RequestError(
            f"{field.name}: {value!r} is none of {', '.join(form.words)}",
            help=f"did you mean {near}?" if near else "",
        )
    try:
        check_form(form, value)
    except RequestError as problem:
        raise RequestError(f"{field.name}: {problem.message}", help=problem.help) from problem


def check_form(form: ChoiceForm, value: Any) -> None:
    """Refuse a number that is too small or too large, and what can be no path. Raises RequestError.

    form   how the choice is written
    value  of one choice; one of several in a tuple
    """
    if form.least is not None and _is_number(value) and value < form.least:
        raise RequestError(f"{value} is below {form.least}", help=f"write {form.least} or more")
    if form.most is not None and _is_number(value) and value > form.most:
        shown = str(value)[:30]
        raise RequestError(f"{shown} is above {form.most}", help=f"write {form.most} or less")
    if form.path:
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and "\0" in text:
                raise RequestError(f"{text!r} is no path: it holds a NUL")


def _nearest(word: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, known, 1, 0.5)), "")
