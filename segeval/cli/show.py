"""A table for people on a terminal, and the same as plain text in a pipe, never cut."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import IO

import click

Rows = Sequence[Sequence[str]]


def show(columns: Sequence[str], rows: Rows, color: str = "auto") -> None:
    """Print a table on stdout."""
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        _rich(columns, rows, color)
    else:
        for line in plain(columns, rows):
            click.echo(line)


def plain(columns: Sequence[str], rows: Rows) -> list[str]:
    """The lines of a table: columns as wide as their content, two spaces apart."""
    table = [columns, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(columns))]
    table.insert(1, ["-" * width for width in widths])
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def _rich(columns: Sequence[str], rows: Rows, color: str) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    plain_style = color == "never" or (color == "auto" and bool(os.environ.get("NO_COLOR")))
    console = Console(no_color=plain_style, highlight=False)
    table = Table(box=box.SIMPLE_HEAD, header_style="" if plain_style else "bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def coloured(stream: IO[str], color: str) -> bool:
    """Whether text on a stream is coloured: asked for, or a terminal that nobody told not to."""
    if color != "auto":
        return color == "always"
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()
