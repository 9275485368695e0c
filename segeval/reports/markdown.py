"""The table in Markdown, for an issue, a summary of a build, or a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from segeval.reports.problems import describe_problems
from segeval.reports.table_content import lay_out_table
from segeval.reports.table_model import TableBlock
from segeval.reports.verdicts import gates_line, shown_verdicts
from segeval.request.settings import Settings
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import Scorecard


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the tables, the signature and the problems."""
    shown = lay_out_table(card, settings)
    parts = [
        escape_markdown(shown.opening),
        *("\n".join(markdown_table(block)) for block in shown.blocks),
    ]
    if card.gates:
        parts.append("\n".join(verdict_lines(card, settings)))
    if shown.closing:
        parts.append("\n".join(f"- {escape_markdown(line)}" for line in shown.closing))
    parts.append(f"signature: {code_span(shown.signature)}")
    parts += report_links(settings)
    if wrong := describe_problems(card, settings):
        parts.append("\n".join(["```text", *wrong, "```"]))
    file.write("\n\n".join(parts) + "\n")


def report_links(settings: Settings) -> list[str]:
    """Where the HTML report of the run is written to, if it is."""
    paths = [o.removeprefix("html:") for o in settings.output if o.endswith((".html", ".pdf"))]
    return [
        f"report: [{escape_markdown(path)}](<{path}>)" for path in paths if "figure-" not in path
    ]


def verdict_lines(card: Scorecard, settings: Settings) -> Iterator[str]:
    """The verdicts as a list, those that were missed first, and how many there are."""
    for verdict in sorted(shown_verdicts(card, settings), key=lambda one: one.passed):
        yield f"- {'PASS' if verdict.passed else '**FAIL**'} {escape_markdown(verdict.line)}"
    yield from (f"- **ERROR** {escape_markdown(text)}" for text in card.refused)
    yield f"\n{escape_markdown(gates_line(card, settings))}"


def markdown_table(block: TableBlock) -> Iterator[str]:
    """The lines of a table: title, heads, rule, rows."""
    if block.title:
        yield f"**{escape_markdown(block.title)}**\n"
    yield _markdown_row(escape_markdown(" ".join(field.head)) for field in block.fields)
    yield _markdown_row("---:" if field.right else "---" for field in block.fields)
    for row in range(block.rows):
        cells = (escape_markdown(" ".join(field.cells[row].split())) for field in block.fields)
        yield _markdown_row(f"**{c}**" if c and row in block.strong else c for c in cells)


def _markdown_row(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escape_markdown(text: str) -> str:
    """The text so that Markdown shows it as it is."""
    text = clean_name(text)
    for sign in "\\`*_[]<>|~":
        text = text.replace(sign, f"\\{sign}")
    return text


def code_span(text: str) -> str:
    """The text as code."""
    text = clean_name(text)
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"
