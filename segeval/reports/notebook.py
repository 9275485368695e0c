"""The table of classes as HTML for a notebook: no script, no style sheet, every name escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import IO

from segeval.reports.problems import describe_problems
from segeval.reports.table_content import lay_out_table
from segeval.reports.table_model import TableBlock
from segeval.reports.verdicts import gates_line, shown_verdicts
from segeval.request.settings import Settings
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import Scorecard
from segeval.scorecard.short_signature import short_signature

SPACE = "padding:2px 8px;"


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the tables, the verdicts, the signature and what is wrong, as a piece of a page."""
    shown = lay_out_table(card, settings)
    signature = shown.signature
    if "metrics" in card.fields:
        signature = short_signature(signature, card.fields)
    parts = [_paragraph(shown.opening)]
    parts += ["\n".join(html_table(block)) for block in shown.blocks]
    if card.gates:
        judged = shown_verdicts(card, settings)
        lines = [f"{'PASS' if one.passed else 'FAIL'} {one.line}" for one in judged]
        parts += map(_paragraph, [*lines, *card.refused, gates_line(card, settings)])
    parts += map(_paragraph, [*shown.closing, signature])
    if wrong := describe_problems(card, settings):
        parts.append(f"<pre>{_shown(chr(10).join(map(clean_name, wrong)), clean=False)}</pre>")
    file.write("<div>\n" + "\n".join(parts) + "\n</div>\n")


def html_table(block: TableBlock) -> Iterator[str]:
    """The lines of a table.

    block  its fields, with the texts of their cells
    """
    yield "<table>"
    if block.title:
        yield f"<caption>{_shown(block.title)}</caption>"
    aligned = [f"{SPACE}text-align:{'right' if f.right else 'left'}" for f in block.fields]
    heads = [_shown(" ".join(field.head)) for field in block.fields]
    yield "<thead><tr>" + _cells("th", heads, aligned) + "</tr></thead><tbody>"
    for row in range(block.rows):
        cells = [_shown(" ".join(field.cells[row].split())) for field in block.fields]
        strong = row in block.strong
        cells = [f"<b>{cell}</b>" if strong and cell else cell for cell in cells]
        yield f"<tr>{_cells('td', cells, aligned)}</tr>"
    yield "</tbody></table>"


def _cells(tag: str, texts: list[str], aligned: list[str]) -> str:
    pairs = zip(texts, aligned, strict=True)
    return "".join(f'<{tag} style="{style}">{text}</{tag}>' for text, style in pairs)


def _paragraph(text: str) -> str:
    return f"<p>{_shown(text)}</p>"


def _shown(text: str, clean: bool = True) -> str:
    return escape(clean_name(text) if clean else text)
