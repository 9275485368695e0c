"""A table made to fit a terminal: nothing is cut, so what does not fit is folded, then divided.

In this order, until it fits: heads are folded at their underscores; a few long names are folded;
the worst case is left to `--worst`; more names are folded; the metrics go into several tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from segeval.reports.table_model import TableBlock, TableField, text_width
from segeval.runtime.frozen import replace

GAP = 2  # spaces between fields
NAMES = ("key", "worst_case", "note")
NARROWEST_NAME = 14  # no name is folded to less
FOLDED_SHARE = 1 / 4  # share of the rows that may take two lines before something else gives way
_PARTS = r"[^_\-./ ]*[_\-./ ]|[^_\-./ ]+"


def fit_block(block: TableBlock, width: int) -> list[TableBlock]:
    """The table in a form that is at most so wide, or as narrow as it can be."""
    form = block
    for form in _fitting_forms(block, width):
        if block_width(form) <= width:
            return [form]
    return list(_divide_block(form, width))


def block_width(block: TableBlock) -> int:
    """Places that a table takes."""
    return sum(field.width for field in block.fields) + GAP * (len(block.fields) - 1)


def _fitting_forms(block: TableBlock, width: int) -> Iterator[TableBlock]:
    yield block
    block = replace(block, fields=tuple(map(_short_head, block.fields)))
    yield _fold_names(block, width, FOLDED_SHARE)
    kept = tuple(field for field in block.fields if not field.kind.startswith("worst"))
    yield _fold_names(replace(block, fields=kept), width, 1)


def _short_head(field: TableField) -> TableField:
    """The head folded at underscores to the width of what is under it."""
    room = max([8, *(text_width(cell) for cell in field.cells)])
    return replace(field, head=tuple(part for line in field.head for part in fold_text(line, room)))


def _fold_names(block: TableBlock, width: int, share: float) -> TableBlock:
    """The table with names folded as little as will do, in at most a share of its rows."""
    longest = max((field.width for field in block.fields if field.kind in NAMES), default=0)
    for most in range(longest, NARROWEST_NAME - 1, -1):
        if block_width(block) <= width:
            break
        narrow = replace(block, fields=tuple(_narrow_field(field, most) for field in block.fields))
        tall = sum(any("\n" in f.cells[row] for f in narrow.fields) for row in range(block.rows))
        if tall > share * block.rows:
            break
        if block_width(narrow) <= width or most == NARROWEST_NAME:
            return narrow
    return block


def _narrow_field(field: TableField, width: int) -> TableField:
    if field.kind not in NAMES:
        return field
    return replace(
        field, cells=tuple("\n".join(fold_text(cell, width, True)) for cell in field.cells)
    )


def fold_text(text: str, width: int, hard: bool = False) -> list[str]:
    """A text in lines of at most a width, divided after `_`, `-`, `.`, `/` or a space.

    hard  a part that is longer is divided too
    """
    lines = [""]
    for part in re.findall(_PARTS, text):
        if lines[-1] and text_width(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
        while hard and text_width(lines[-1]) > width:
            lines[-1:] = [lines[-1][:width], lines[-1][width:]]
    return lines


def _divide_block(block: TableBlock, width: int) -> Iterator[TableBlock]:
    """Several tables with the names in each and as many metrics as there is room for."""
    names = [field for field in block.fields if field.kind in ("key", "count")]
    others = [field for field in block.fields if field not in names]
    room: list[TableField] = []
    for field in others:
        wider = replace(block, fields=(*names, *room, field))
        if room and block_width(wider) > width:
            yield replace(block, fields=(*names, *room))
            room = []
        room.append(field)
    yield replace(block, fields=(*names, *room))
