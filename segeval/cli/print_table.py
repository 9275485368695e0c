"""A table for people on a terminal, and the same as plain text in a pipe, never cut."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from segeval.runtime.safe_text import clean_name

TextRows = Sequence[Sequence[str]]


def print_rows(columns: Sequence[str], rows: TextRows, color: str = "auto") -> None:
    """Print a table on stdout; names in it may come from files."""
    from segeval.reports.terminal import can_draw

    rows = [[clean_name(cell) for cell in row] for row in rows]
    if can_draw(sys.stdout):
        _print_rich_table(columns, rows, color)
        return
    for line in plain_text_lines(columns, rows):
        click.echo(line)


def plain_text_lines(columns: Sequence[str], rows: TextRows) -> list[str]:
    """The lines of a table: columns as wide as their content, two spaces apart."""
    table = [columns, *rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(columns))]
    table.insert(1, ["-" * width for width in widths])
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]


def _print_rich_table(columns: Sequence[str], rows: TextRows, color: str) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from segeval.reports.terminal import make_console

    table = Table(box=box.HORIZONTALS, show_edge=False, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    make_console(sys.stdout, color).print(table)
