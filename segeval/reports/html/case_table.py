"""REPORT-T19: the table of all cases as text on disk: a page of very many has no room for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from segeval.reports.html.case_section import CaseRow
from segeval.runtime.spill import SpillFile

PART = 500  # rows that are made into text at once


class CaseTable:
    """The rows of all cases as the page has them, and what its filters offer.

    rows      in their order
    template  of some rows
    grouped   they have a column of groups
    """

    def __init__(self, rows: Iterable[CaseRow], template: Any, grouped: bool) -> None:
        self.grouped, self.count = grouped, 0
        self._classes: dict[str, None] = {}
        self._statuses: dict[str, None] = {}
        self._text, self._sizes = SpillFile(), []
        left = iter(rows)
        while part := list(islice(left, PART)):
            self.count += len(part)
            self._classes |= dict.fromkeys(row.class_ for row in part if row.class_)
            self._statuses |= dict.fromkeys(row.status for row in part)
            text = template.render(rows=part, grouped=grouped).encode("utf-8", "surrogatepass")
            self._sizes.append((self._text.add(text), len(text)))

    @property
    def classes(self) -> list[str]:
        """The classes that there are, in the order of the rows."""
        return list(self._classes)

    @property
    def statuses(self) -> list[str]:
        """The words for rows that there are."""
        return list(self._statuses)

    def parts(self) -> Iterator[str]:
        """The text, some rows at a time."""
        for place, size in self._sizes:
            yield self._text.read(place, size).decode("utf-8", "surrogatepass")
