"""What a table is before it is drawn: fields down which texts are aligned already.

One description serves the terminal, the pipe and Markdown, so they cannot say different things.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from segeval.reports.figure_form import figure_form
from segeval.request.settings import Settings
from segeval.runtime.frozen import frozen
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.summary_columns import Column

PLUS_MINUS = "±"


@frozen
class TableField:
    """One column of a table.

    head   its lines: the name, then the unit
    cells  a text for each row
    kind   `key` (names, may be folded), `count`, `metric`, `worst`, `worst_case`, `note`
    """

    head: tuple[str, ...]
    cells: tuple[str, ...]
    kind: str

    @property
    def right(self) -> bool:
        """Whether it holds numbers."""
        return self.kind in ("count", "metric", "worst")

    @property
    def width(self) -> int:
        """Places that its widest text takes."""
        lines = [line for cell in (*self.head, *self.cells) for line in cell.split("\n")]
        return max(map(text_width, lines), default=0)


@frozen
class TableBlock:
    """A table.

    title   the line above it; may be empty
    breaks  the rows before which there is a line
    strong  the rows that are set in bold
    """

    fields: tuple[TableField, ...]
    title: str = ""
    breaks: frozenset[int] = frozenset()
    strong: frozenset[int] = frozenset()

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.fields[0].cells)

    @property
    def worst(self) -> bool:
        """Whether it names the worst cases."""
        return any(field.kind.startswith("worst") for field in self.fields)


def text_width(text: str) -> int:
    """Places that a text takes in a terminal: a wide letter takes two, an accent none."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)


def pad_text(text: str, width: int, right: bool = False) -> str:
    """The text with spaces up to a width."""
    space = " " * (width - text_width(text))
    return space + text if right else text + space


def align_cells(cells: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
    """Number, deviation and remark of each row as texts of one width, digit under digit."""
    if not cells:
        return ()
    number, deviation, remark = (
        max(map(len, part), default=0) for part in zip(*cells, strict=True)
    )
    texts = []
    for value, spread, more in cells:
        text = value.rjust(number)
        if deviation:
            sign = PLUS_MINUS if spread else " "
            text += f" {sign} {spread.rjust(deviation)}"
        texts.append(text + (f" {more.ljust(remark)}" if remark else ""))
    return tuple(texts)


def make_name_field(head: str, names: Sequence[str]) -> TableField:
    """A field of names."""
    return TableField((head,), tuple(map(clean_name, names)), "key")


def head_lines(head: Column, settings: Settings) -> tuple[str, ...]:
    """The lines of a metric's head: its name, and its unit."""
    unit = figure_form(head, settings).unit
    return (head.metric, f"[{unit}]") if unit else (head.metric,)


def drop_empty_fields(fields: Sequence[TableField]) -> list[TableField]:
    """The fields without the metrics that have no cell, which belong to the whole case."""
    return [f for f in fields if f.kind != "metric" or any(cell.strip() for cell in f.cells)]


def format_count(number: int, one: str, many: str = "") -> str:
    """`1 case`, `2 cases`."""
    return f"{number} {one if number == 1 else many or one + 's'}"
