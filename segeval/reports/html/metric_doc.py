"""The docstring of a metric by its parts: the page quotes them."""

from __future__ import annotations

import re
from inspect import cleandoc

FIELDS = ("formula", "returns", "empty", "mirror", "renaming", "source")


def documentation(doc: str) -> tuple[str, list[tuple[str, str]]]:
    """The first paragraph, and the aligned fields (`formula`, `source`, …) after it."""
    paragraphs = cleandoc(doc).split("\n\n")
    first = " ".join(paragraphs[0].split())
    fields: list[tuple[str, str]] = []
    inside = False  # of one of the fields: other words that stand like them are left out
    for line in "\n".join(paragraphs[1:]).splitlines():
        if named := re.match(rf"({'|'.join(FIELDS)})\s+(.*)", line):
            fields.append((named[1], named[2].strip()))
        elif inside and line.startswith(" ") and line.strip():
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        inside = bool(named) or (inside and line.startswith(" "))
    return first, fields
