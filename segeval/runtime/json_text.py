"""JSON that others wrote: whatever is wrong with it is a ValueError."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any


def parse_json(text: str | bytes, parse_constant: Callable[[str], Any] | None = None) -> Any:
    """The content of JSON text.

    parse_constant  what becomes of NaN, Infinity and -Infinity; None: they are numbers

    Raises ValueError, of nesting that is too deep for the parser as well.
    """
    try:
        plain = text if isinstance(text, str) else text.decode(json.detect_encoding(text))
        return _decoder(parse_constant).decode(plain)
    except RecursionError as problem:
        raise ValueError("it is nested too deeply") from problem


@cache
def _decoder(parse_constant: Callable[[str], Any] | None) -> json.JSONDecoder:
    """Made once: json.loads makes one for every text, which takes as long as a short text."""
    return json.JSONDecoder(parse_constant=parse_constant)


def parse_json_once(text: str) -> Any:
    """The content of JSON text in which no key of an object stands twice.

    Of two values of one key a parser keeps the last. Raises ValueError.
    """
    try:
        return json.loads(text, object_pairs_hook=_keys_once)
    except RecursionError as problem:
        raise ValueError("it is nested too deeply") from problem


def _keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of these keys and values. Raises RepeatedKeyError."""
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        raise RepeatedKeyError(next(key for key in keys if keys.count(key) > 1))
    return made


class RepeatedKeyError(ValueError):
    """A key of an object stands twice; the text of the error is the key."""
