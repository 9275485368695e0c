"""Reads a report as a reader of the page would: tables by section, numbers, links, charts."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from html import unescape
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


@dataclass
class Scale:
    """The axis of a chart, read from its attributes: values to pixels and back."""

    low: float
    high: float
    start: float
    end: float
    bend: float = 0.0

    @classmethod
    def first_in(cls, text: str) -> Scale:
        """That which stands first in a part of a page."""
        at = text.index("data-low=")
        found = re.findall(
            r'data-(low|high|start|end|bend)="([^"]+)"', text[at : text.index(">", at)]
        )
        return cls(**{key: float(value) for key, value in found})

    def _bent(self, value: float) -> float:
        return math.asinh(value / self.bend) if self.bend else value

    def pixel(self, value: float) -> float:
        """Where a value stands."""
        low, high = self._bent(self.low), self._bent(self.high)
        return self.start + (self._bent(value) - low) / (high - low) * (self.end - self.start)

    def value(self, pixel: float) -> float:
        """What stands at a pixel."""
        low, high = self._bent(self.low), self._bent(self.high)
        found = low + (pixel - self.start) / (self.end - self.start) * (high - low)
        return math.sinh(found) * self.bend if self.bend else found


def metric_chart(page: str, metric: str) -> str:
    """The chart of every case of a metric."""
    start = page.index(f'<figure data-metric="{metric}"')
    return page[start : page.index("</figure>", start)]


def strip_pixels(chart: str) -> dict[str, list[float]]:
    """Where the dots of a chart lie, by class."""
    lines = re.findall(r'<g data-class="([^"]*)">(?:<path class="dots" d="([^"]*)"/>)?', chart)
    return {name: [float(x) for x in re.findall(r"M([\d.]+) ", path)] for name, path in lines}


def charts_of(page: str, section: str, kind: str) -> dict[str, str]:
    """The charts of a kind in a section of the page, by their titles."""
    start = page.index(f'<section id="{section}"')
    part = page[start : page.index("</section>", start)]
    found = re.findall(rf'<svg class="chart {kind}".*?</svg>', part, re.DOTALL)
    return {unescape(re.search(r"<title>(.*?)</title>", one)[1]): one for one in found}
