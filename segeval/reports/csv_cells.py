"""Cells of CSV: names come from files, so a terminal and a spreadsheet must not act on them.

A file holds a name as it is, and whoever reads CSV gets it back. On a terminal what does not print
stands as its escape. With `--safe-csv` a text that a spreadsheet would take for a formula begins
with an apostrophe; numbers stay numbers.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import IO, Any

from segeval.request.settings import Settings
from segeval.runtime.safe_text import clean_name

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a text begins that a spreadsheet computes


class CsvWriter:
    """Rows of cells, separated by a delimiter."""

    def __init__(self, file: IO[str], settings: Settings, delimiter: str = ",") -> None:
        self._rows = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        self._safe, self._shown = settings.safe_csv, file.isatty()

    def write_row(self, cells: Sequence[Any]) -> None:
        """Write a row."""
        self._rows.writerow([self._cell(cell) for cell in cells])

    def write_rows(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows."""
        if not (self._safe or self._shown):
            self._rows.writerows(rows)
            return
        for row in rows:
            self.write_row(row)

    def _cell(self, cell: Any) -> Any:
        if not isinstance(cell, str):
            return cell
        if self._safe and cell.startswith(FORMULA) and not is_number(cell):
            cell = f"'{cell}"
        return clean_name(cell) if self._shown else cell


def is_number(text: str) -> bool:
    """Whether a text is a number, with its sign."""
    try:
        float(text)
    except ValueError:
        return False
    return True
