"""A table made to fit a terminal: nothing is cut, so what does not fit is folded, then divided.

In this order, until it fits: heads are folded at their underscores; names are folded; the worst
case is left to `--worst`; the metrics go into several tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from segeval.reports.blocks import Block, Field, places

GAP = 2  # spaces between fields
NAMES = ("key", "worst_case", "note")
NARROW = (28, 20, 14)  # names are folded to these, one after the other


def fitted(block: Block, width: int) -> list[Block]:
    """The table in a form that is at most so wide, or as narrow as it can be."""
    for form in _forms(block):
        if taken(form) <= width:
            return [form]
    return list(_divided(form, width))


def taken(block: Block) -> int:
    """Places that a table takes."""
    return sum(field.width for field in block.fields) + GAP * (len(block.fields) - 1)


def _forms(block: Block) -> Iterator[Block]:
    yield block
    block = replace(block, fields=tuple(map(_short_head, block.fields)))
    yield block
    for width in NARROW:
        yield replace(block, fields=tuple(_folded(field, width) for field in block.fields))
    kept = [field for field in block.fields if not field.kind.startswith("worst")]
    for width in NARROW:
        yield replace(block, fields=tuple(_folded(field, width) for field in kept))


def _short_head(field: Field) -> Field:
    """The head folded to the width of what is under it."""
    room = max([8, *(places(cell) for cell in field.cells)])
    return replace(field, head=tuple(part for line in field.head for part in fold(line, room)))


def _folded(field: Field, width: int) -> Field:
    if field.kind not in NAMES:
        return field
    return replace(field, cells=tuple("\n".join(fold(cell, width)) for cell in field.cells))


def fold(text: str, width: int) -> list[str]:
    """A name in lines of at most a width, cut after `_`, `-`, `.`, `/` or a space if it can be."""
    lines = [""]
    for part in re.findall(r"[^_\-./ ]*[_\-./ ]|[^_\-./ ]+", text):
        if lines[-1] and places(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
        while places(lines[-1]) > width:
            lines[-1:] = [lines[-1][:width], lines[-1][width:]]
    return lines


def _divided(block: Block, width: int) -> Iterator[Block]:
    """Several tables with the names in each and as many metrics as there is room for."""
    names = [field for field in block.fields if field.kind in ("key", "count")]
    others = [field for field in block.fields if field not in names]
    room: list[Field] = []
    for field in others:
        wider = replace(block, fields=(*names, *room, field))
        if room and taken(wider) > width:
            yield replace(block, fields=(*names, *room))
            room = []
        room.append(field)
    yield replace(block, fields=(*names, *room))
