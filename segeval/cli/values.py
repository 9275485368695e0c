"""A choice as people write it, in an option, a variable or a TOML file, to its value and back.

One function a type of field reads both text and what TOML makes of it; a wrong word is answered
with the nearest right one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any, NamedTuple

from segeval.classes.class_list import ClassList
from segeval.classes.label_tables import (
    LabelTable,
    check_table,
    format_label_table,
    parse_label_table,
)
from segeval.classes.parse_classes import parse_classes
from segeval.cli.choices import Choice, misspelling_error
from segeval.grid.voxel_sides import is_side
from segeval.request.check_settings import check_form
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


def read_choice(choice: Choice, raw: object, where: str) -> Any:
    """The value of a choice, out of text or TOML. Raises RequestError."""
    known = value_type(choice)
    try:
        value = known.read(raw)
        _check_allowed(choice, value)
    except RequestError as problem:
        raise RequestError(
            problem.message, where=problem.where or where, facts=problem.facts, help=problem.help
        ) from problem
    except (ValueError, TypeError):
        message = f"{quote_wrong_value(raw)} is not {known.called}"
        raise RequestError(message, where=where, help=known.example) from None
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
    check_form(form, value)


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
    found = re.match(r"(\d{1,18}(?:\.\d+)?)\s*([A-Za-z]*)\Z", _read_text(raw).strip())
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
    if len(sides) not in (2, 3) or not all(map(is_side, sides)):
        raise ValueError
    return sides[::-1]


def _read_classes(raw: object) -> ClassList:
    if isinstance(raw, ClassList):
        return raw
    return parse_classes(",".join(_read_words(raw)))


def quote_toml(text: str) -> str:
    """Text as TOML: the escapes of JSON are those of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def format_size(size: int) -> str:
    """Bytes as people write them: 512MiB."""
    for power, unit in ((3, "GiB"), (2, "MiB"), (1, "KiB")):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power}{unit}"
    return f"{size}B"


def _write_sides(sides: tuple[float, ...]) -> str:
    return f"[{', '.join(format_number(side) for side in reversed(sides))}]"


def _write_words(words: tuple[object, ...]) -> str:
    return f"[{', '.join(quote_toml(str(word)) for word in words)}]"


def _write_labels(labels: tuple[int, ...]) -> str:
    return json.dumps(list(labels)) if labels else ""


def _write_label_table(table: LabelTable) -> str:
    return quote_toml(format_label_table(table)) if table else ""


class ValueType(NamedTuple):
    """What the command line knows of the values of a type.

    read     text, or what TOML makes of it, to the value
    called   what a wrong value is not
    write    the value as TOML
    many     a list: the option may be repeated
    example  how to write it, where that is not plain
    """

    read: Callable[[object], Any]
    called: str
    write: Callable[[Any], str] = json.dumps
    many: bool = False
    example: str = ""


def _list_of(read: Callable[[object], Any], called: str) -> ValueType:
    return ValueType(read, f"a list of {called}", _write_words, many=True)


# By the annotation of the field.
VALUE_TYPES = {
    "str": ValueType(_read_text, "text", quote_toml),
    "bool": ValueType(_read_flag, "true or false", example="write 1 or 0"),
    "int": ValueType(_read_integer, "a whole number", example="write a number such as 4"),
    "int | None": ValueType(_read_integer, "a whole number", example="write a number such as 4"),
    "float": ValueType(_read_number, "a number", example="write a number such as 0.5"),
    "float | None": ValueType(_read_number, "a number", example="write a number such as 0.5"),
    "tuple[float, ...] | None": ValueType(
        _read_side_lengths,
        "two or three sides in millimetres",
        _write_sides,
        example="write x,y,z: 0.98,0.98,3",
    ),
    "LabelTable": ValueType(_read_label_table, "a table of label values", _write_label_table),
    "tuple[int, ...]": ValueType(
        _read_labels,
        "a list of whole numbers",
        _write_labels,
        many=True,
        example="write 255, or several: 254,255",
    ),
    "tuple[str, ...]": _list_of(_read_words, "words"),
    "tuple[Metric, ...]": _list_of(_read_metrics, "metrics"),
    "tuple[Gate, ...]": _list_of(_read_gates, "rules"),
    "tuple[Charge, ...]": _list_of(_read_charges, "rules"),
    "ClassList": ValueType(_read_classes, "a list of classes", many=True),
}
BYTE_COUNT = ValueType(_read_size, "a size", lambda size: quote_toml(format_size(size)))


def value_type(choice: Choice) -> ValueType:
    """What is known of the values of a choice."""
    return BYTE_COUNT if choice.form.word == "SIZE" else VALUE_TYPES[choice.type]


def format_choice(choice: Choice, value: Any) -> str:
    """A value as TOML; "" where it has none."""
    return "" if value is None else value_type(choice).write(value)
