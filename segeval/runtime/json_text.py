"""JSON that others wrote: whatever is wrong with it is a ValueError."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any


def parse_json(text: str | bytes, parse_constant: Callable[[str], Any] | None = None) -> Any:
    """The content of JSON text.

    parse_constant  what becomes of NaN, Infinity and -Infinity; None: they are numbers

    Raises ValueError, of nesting that is too deep for the parser as well.
    """
    try:
        return json.loads(text, parse_constant=parse_constant)
    except RecursionError as problem:
        raise ValueError("it is nested too deeply") from problem
