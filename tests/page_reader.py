"""Reads a report as a reader of the page would: tables by section, numbers, links, charts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "img", "hr"}


@dataclass
class Cell:
    """A cell: what it shows, the number with all its digits, where it leads."""

    raw: str = ""
    exact: str | None = None
    numbers: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    id: str | None = None

    @property
    def text(self) -> str:
        """What it shows."""
        return self.raw.strip(" \n")


@dataclass
class Table:
    """A table within a section: heads and rows of cells."""

    section: str
    id: str | None
    metric: str = ""
    heads: list[str] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    row_ids: list[str | None] = field(default_factory=list)

    def column(self, head: str) -> list[Cell]:
        """The cells below a head."""
        at = self.heads.index(head)
        return [row[at] for row in self.rows]


class Page(HTMLParser):
    """The page, taken apart."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Table] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.tags: list[str] = []
        self.title = ""
        self._section, self._cell, self._head, self._in, self._metric = "", None, None, "", ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):  # noqa: C901 - one branch a tag
        given = dict(attrs)
        self.tags.append(tag)
        if given.get("id"):
            self.ids.append(given["id"])
        if tag in ("section", "header"):
            self._section = given["id"]
        if "data-metric" in given:
            self._metric = given["data-metric"]
        if tag in ("script", "style") or (tag == "title" and not self.title):
            self._in = tag
        if tag == "table":
            self.tables.append(Table(self._section, given.get("id")))
        if tag == "tr" and self.tables:
            self._cell = self._head = None
            self.tables[-1].rows.append([])
            self.tables[-1].row_ids.append(given.get("id"))
            self.tables[-1].metric = given.get("data-metric", self.tables[-1].metric)
        if tag in ("td", "th") and self.tables:
            self._cell = Cell(exact=given.get("data-v"), id=given.get("id"))
            self.tables[-1].rows[-1].append(self._cell)
        if tag == "data" and self._cell is not None:
            self._cell.numbers.append(given["value"])
        if tag == "a":
            self.links.append(given.get("href", ""))
            if self._cell is not None:
                self._cell.links.append(given.get("href", ""))

    def handle_endtag(self, tag):
        if tag == self._in:
            self._in = ""
        if tag == "thead":
            table = self.tables[-1]
            table.heads = [" ".join(cell.text.split()) for cell in table.rows.pop()]
            table.row_ids.pop()
        if tag in ("td", "th", "table"):
            self._cell = None

    def handle_data(self, data):
        if self._in == "title":
            self.title += data
        if self._in in ("script", "style"):
            return
        self.texts.append(data)
        if self._cell is not None:
            self._cell.raw += data

    @property
    def text(self) -> str:
        """Everything that is shown."""
        return " ".join(" ".join(self.texts).split())

    def of(self, section: str) -> list[Table]:
        """The tables of a section."""
        return [table for table in self.tables if table.section == section]


def strip_values(page: str, metric: str) -> dict[str, list[float]]:
    """The values that the dots of a chart stand for, by class, read back from where they lie."""
    start = page.index(f'<figure data-metric="{metric}"')
    chart = page[start : page.index("</figure>", start)]
    scale = {k: float(v) for k, v in re.findall(r'data-(low|high|start|end)="([^"]+)"', chart)}
    found = {}
    for name, path in re.findall(
        r'<g data-class="([^"]*)">(?:<path class="dots" d="([^"]*)"/>)?', chart
    ):
        places = [float(x) for x in re.findall(r"M([\d.]+) ", path)]
        share = (scale["high"] - scale["low"]) / (scale["end"] - scale["start"])
        found[name] = [scale["low"] + (x - scale["start"]) * share for x in places]
    return found


def pixel(page: str, metric: str) -> float:
    """How much a pixel of a chart is worth."""
    start = page.index(f'<figure data-metric="{metric}"')
    scale = dict(re.findall(r'data-(low|high|start|end)="([^"]+)"', page[start : start + 3000]))
    low, high, begin, end = (float(scale[k]) for k in ("low", "high", "start", "end"))
    return (high - low) / (end - begin)
