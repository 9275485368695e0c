"""The table in Markdown, for an issue, a summary of a build, or a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from segeval.reports.problems import problems
from segeval.reports.table_content import view
from segeval.reports.table_model import Block
from segeval.request.settings import Settings
from segeval.scorecard.card import Scorecard


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the tables, the signature and the problems."""
    shown = view(card, settings)
    parts = [escaped(shown.opening), *("\n".join(table(block)) for block in shown.blocks)]
    if shown.closing:
        parts.append("\n".join(f"- {escaped(line)}" for line in shown.closing))
    parts.append(f"signature: {code(shown.signature)}")
    if wrong := problems(card, settings):
        parts.append("\n".join(["```text", *wrong, "```"]))
    file.write("\n\n".join(parts) + "\n")


def table(block: Block) -> Iterator[str]:
    """The lines of a table: title, heads, rule, rows."""
    if block.title:
        yield f"**{escaped(block.title)}**\n"
    yield _row(escaped(" ".join(field.head)) for field in block.fields)
    yield _row("---:" if field.right else "---" for field in block.fields)
    for row in range(block.rows):
        cells = (escaped(" ".join(field.cells[row].split())) for field in block.fields)
        yield _row(f"**{c}**" if c and row in block.strong else c for c in cells)


def _row(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escaped(text: str) -> str:
    """The text so that Markdown shows it as it is."""
    for sign in "\\`*_[]<>|~":
        text = text.replace(sign, f"\\{sign}")
    return text


def code(text: str) -> str:
    """The text as code."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"
