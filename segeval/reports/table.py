"""The table that a person reads: on a terminal with rules and colour, in a pipe as plain text."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import IO, Any

from segeval.reports import plain
from segeval.reports.fold_columns import GAP, block_width, fit_block
from segeval.reports.problems import describe_problems
from segeval.reports.table_content import TableContent, lay_out_table
from segeval.reports.table_model import PLUS_MINUS, TableBlock
from segeval.reports.terminal import can_draw, make_console, uses_colour
from segeval.reports.verdicts import gates_line, shown_verdicts
from segeval.request.settings import Settings
from segeval.runtime.frozen import replace
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import Scorecard
from segeval.scorecard.short_signature import short_signature


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the table, the signature and, in a file, the problems: stdout's stand on stderr."""
    shown = lay_out_table(card, settings)
    if "metrics" in card.fields and not settings.verbose:
        shown = replace(shown, signature=short_signature(card.signature, card.fields))
    wrong = (
        [] if file is sys.stdout else [*describe_problems(card, settings), *_judged(card, settings)]
    )
    if can_draw(file) or uses_colour(file, settings.color):
        _draw_rich(shown, wrong, file, settings)
    else:
        file.writelines(f"{line}\n" for line in _plain_lines(shown, wrong))


def _judged(card: Scorecard, settings: Settings) -> Iterator[str]:
    """The verdicts, in a file; on a terminal they stand on stderr."""
    for verdict in shown_verdicts(card, settings) if card.gates else ():
        yield clean_name(f"{'PASS' if verdict.passed else 'FAIL'} {verdict.line}")
    if card.gates:
        yield from (f"error: {clean_name(text)}" for text in card.refused)
        yield gates_line(card, settings)


def _plain_lines(shown: TableContent, wrong: list[str]) -> Iterator[str]:
    yield plain.replace_signs(shown.opening)
    for block in shown.blocks:
        yield ""
        yield from plain.plain_lines(block)
    yield ""
    yield from shown.closing
    yield f"signature: {shown.signature}"
    if wrong:
        yield ""
        yield from wrong


def _draw_rich(shown: TableContent, wrong: list[str], file: IO[str], settings: Settings) -> None:
    from rich.text import Text

    out = make_console(file, settings.color)
    out.print(Text(shown.opening, "bold"))
    for block in shown.blocks:
        draw_block(block, out, "no room for the worst case of each class: --worst 1 names them")
    out.print()
    for line in shown.closing:
        out.print(Text(line, "yellow"))
    whole = " " not in shown.signature  # the full one, which is copied as one word
    out.print(Text(f"signature: {shown.signature}", "dim"), soft_wrap=whole)
    if wrong:
        out.print()
    for line in wrong:
        out.print(_problem_text(line), soft_wrap=True)


def draw_block(block: TableBlock, out: Any, no_room: str) -> None:
    """Draw a table on a console of rich, in as many parts as fit its width.

    no_room  what is said where the cases that it names have no place
    """
    from rich.text import Text

    width = out.width
    parts = fit_block(block, width)
    for part in parts:
        out.print()
        if part.title:
            out.print(Text(part.title, "bold"))
        # A terminal that is still too narrow folds the lines; rich would cut the numbers.
        out.width = max(width, block_width(part))
        out.print(_rich_table(part), crop=False)
        out.width = width
    if block.worst and not any(part.worst for part in parts):
        out.print(Text(no_room, "dim"))


def _problem_text(line: str) -> Any:
    from rich.text import Text

    text = Text(line)
    text.highlight_regex(r"^error:", "bold red")
    text.highlight_regex(r"^  help:", "cyan")
    return text


def _rich_table(block: TableBlock) -> Any:
    """The table as rich draws it; every width is known, so it has nothing to fold."""
    from rich import box
    from rich.table import Table

    table = Table(
        box=box.HORIZONTALS,
        show_edge=False,
        pad_edge=False,
        padding=(0, GAP - 1, 0, 0),  # the box adds one
        header_style="bold",
        show_footer=block.rows > plain.LONG_TABLE,
        footer_style="bold",
    )
    for place, field in enumerate(block.fields, 1):
        head = "\n".join(field.head)
        side: Any = "right" if field.right else "left"
        # Before rich 15 the least width of the last column counts the gap that it has not.
        least = field.width if place < len(block.fields) else None
        table.add_column(head, head, justify=side, no_wrap=True, min_width=least)
    for row in range(block.rows):
        if row in block.breaks:
            table.add_section()
        cells = [_rich_cell(f.cells[row], f.kind) for f in block.fields]
        table.add_row(*cells, style="bold" if row in block.strong else "")
    return table


def _rich_cell(text: str, kind: str) -> Any:
    from rich.text import Text

    cell = Text(text, "dim" if kind == "count" else "")
    if kind == "metric":
        cell.highlight_regex(rf"{PLUS_MINUS}.*|^ *-$", "dim")
    if kind == "note":
        cell.stylize("yellow")
    return cell
