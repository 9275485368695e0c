"""A choice as people write it, in an option, a variable or a TOML file, to its value and back.

One function a type of field reads both text and what TOML makes of it; a wrong word is answered
with the nearest right one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any

from segeval.classes.class_list import ClassList, parse_classes
from segeval.classes.label_tables import (
    LabelTable,
    check_table,
    format_label_table,
    parse_label_table,
)
from segeval.cli.choices import Choice, misspelling_error
from segeval.request.grammar import (
    Charge,
    Gate,
    Metric,
    format_number,
    parse_charge,
    parse_gate,
    parse_metric,
)
from segeval.request.settings import CODE
from segeval.runtime.errors import RequestError

BYTES = {"": 1, "B": 1} | {
    f"{letter}{binary}B": base**power
    for power, letter in enumerate("KMGT", 1)
    for binary, base in (("", 1000), ("I", 1024))
}
YES = ("1", "true", "yes", "on")
NO = ("0", "false", "no", "off", "")
SIDES = "X,Y[,Z]"


def read_choice(choice: Choice, raw: object, where: str) -> Any:
    """The value of a choice, out of text or TOML. Raises RequestError."""
    try:
        value = VALUE_READERS["size" if choice.form.word == "SIZE" else choice.type](raw)
        _check_allowed(choice, value)
    except RequestError as problem:
        raise RequestError(
            problem.message, where=problem.where or where, facts=problem.facts, help=problem.help
        ) from problem
    except (ValueError, TypeError):
        message = f"{quote_wrong_value(raw)} is not {KIND[choice.type]}"
        raise RequestError(message, where=where, help=EXAMPLE.get(choice.type, "")) from None
    return value


def _check_allowed(choice: Choice, value: Any) -> None:
    form = choice.form
    if form.words and value not in form.words:
        raise misspelling_error(
            f"{quote_wrong_value(value)} is none of {', '.join(form.words)}", value, form.words
        )
    if form is CODE:
        from segeval.cli.codes import CODES

        for code in (code for code in value if code not in CODES):
            raise misspelling_error(f"there is no warning {code!r}", code, CODES)
    if form.least is not None and value is not None and value < form.least:
        raise RequestError(f"{value} is below {form.least}")


def quote_wrong_value(raw: object) -> str:
    """A wrong value, as it was written."""
    return repr(raw) if isinstance(raw, str) else json.dumps(raw, default=str)


def _read_text(raw: object) -> str:
    if not isinstance(raw, str):
        raise TypeError
    return raw


def _read_flag(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    word = _read_text(raw).strip().lower()
    if word not in YES + NO:
        raise ValueError
    return word in YES


def _read_integer(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    return int(_read_text(raw))


def _read_number(raw: object) -> float:
    number = raw if isinstance(raw, int | float) and not isinstance(raw, bool) else _read_text(raw)
    if not isfinite(float(number)):
        raise ValueError
    return float(number)


def _read_size(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    found = re.match(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)\Z", _read_text(raw).strip())
    if not found or found[2].upper() not in BYTES:
        raise RequestError(
            f"{quote_wrong_value(raw)} is no size", help="write 512MiB, 2GB or a count of bytes"
        )
    return int(float(found[1]) * BYTES[found[2].upper()])


def _read_words(raw: object) -> tuple[str, ...]:
    return tuple(_read_text(word) for word in _as_list(raw))


def _as_list(raw: object) -> Sequence[Any]:
    """A list as it is; text is a list of one."""
    return raw if isinstance(raw, list | tuple) else [_read_text(raw)]


def split_words(text: str) -> list[str]:
    """The words of a comma list."""
    return [word.strip() for word in text.split(",") if word.strip()]


def _read_metrics(raw: object) -> tuple[Metric, ...]:
    """Metrics, each once, in the order in which they were asked for."""
    return tuple(
        dict.fromkeys(
            parse_metric(word) for words in _read_words(raw) for word in split_words(words)
        )
    )


def _read_gates(raw: object) -> tuple[Gate, ...]:
    gates = (g if isinstance(g, Gate) else parse_gate(_read_text(g)) for g in _as_list(raw))
    return tuple(dict.fromkeys(gates))


def _read_charges(raw: object) -> tuple[Charge, ...]:
    charges = (c if isinstance(c, Charge) else parse_charge(_read_text(c)) for c in _as_list(raw))
    return tuple(dict.fromkeys(charges))


def _read_labels(raw: object) -> tuple[int, ...]:
    """Label values, negative ones too: 2,3 or -1."""
    words = [raw] if isinstance(raw, int) and not isinstance(raw, bool) else _as_list(raw)
    values = [v for word in words for v in (split_words(word) if isinstance(word, str) else [word])]
    return tuple(dict.fromkeys(_read_integer(value) for value in values))


def _read_label_table(raw: object) -> LabelTable:
    """A table of label values: text, or a table of TOML."""
    if isinstance(raw, dict):
        return check_table(raw.items())
    if isinstance(raw, tuple):
        return check_table(raw)
    return parse_label_table(_read_text(raw))


def _read_side_lengths(raw: object) -> tuple[float, ...]:
    """Millimetres, written x,y,z, in the order of the arrays."""
    sides = tuple(
        _read_number(word) for word in (split_words(raw) if isinstance(raw, str) else _as_list(raw))
    )
    if len(sides) not in (2, 3) or not all(side > 0 for side in sides):
        raise ValueError
    return sides[::-1]


def _read_classes(raw: object) -> ClassList:
    if isinstance(raw, ClassList):
        return raw
    return parse_classes(",".join(_read_words(raw)))


VALUE_READERS: dict[str, Callable[[object], Any]] = {
    "str": _read_text,
    "bool": _read_flag,
    "int": _read_integer,
    "int | None": _read_integer,
    "float | None": _read_number,
    "float": _read_number,
    "size": _read_size,
    "tuple[float, ...] | None": _read_side_lengths,
    "tuple[str, ...]": _read_words,
    "tuple[int, ...]": _read_labels,
    "LabelTable": _read_label_table,
    "tuple[Metric, ...]": _read_metrics,
    "tuple[Gate, ...]": _read_gates,
    "tuple[Charge, ...]": _read_charges,
    "ClassList": _read_classes,
}
KIND = {
    "str": "text",
    "bool": "true or false",
    "int": "a whole number",
    "int | None": "a whole number",
    "float | None": "a number",
    "float": "a number",
    "tuple[float, ...] | None": "two or three sides in millimetres",
    "tuple[str, ...]": "a list of words",
    "tuple[int, ...]": "a list of whole numbers",
    "LabelTable": "a table of label values",
    "tuple[Metric, ...]": "a list of metrics",
    "tuple[Gate, ...]": "a list of rules",
    "tuple[Charge, ...]": "a list of rules",
    "ClassList": "a list of classes",
}
EXAMPLE = {"tuple[float, ...] | None": "write x,y,z: 0.98,0.98,3", "bool": "write 1 or 0"}


def format_choice(choice: Choice, value: Any) -> str:
    """A value as TOML; "" where it has none."""
    if value is None:
        return ""
    if choice.form.word == "SIZE":
        return quote_toml(format_size(value))
    if choice.form.word == SIDES:
        return f"[{', '.join(format_number(side) for side in reversed(value))}]"
    if choice.type == "LabelTable":
        return quote_toml(format_label_table(value)) if value else ""
    if choice.type == "tuple[int, ...]":
        return json.dumps(list(value)) if value else ""
    if isinstance(value, tuple):
        return f"[{', '.join(quote_toml(str(word)) for word in value)}]"
    return quote_toml(value) if isinstance(value, str) else json.dumps(value)


def quote_toml(text: str) -> str:
    """Text as TOML: the escapes of JSON are those of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def format_size(size: int) -> str:
    """Bytes as people write them: 512MiB."""
    for power, unit in ((3, "GiB"), (2, "MiB"), (1, "KiB")):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power}{unit}"
    return f"{size}B"
