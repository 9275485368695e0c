"""The table in LaTeX with the rules of booktabs, to be read by `\\input` (CLI-U8)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from segeval.reports.table_content import lay_out_table
from segeval.reports.table_model import PLUS_MINUS, TableBlock, TableField
from segeval.request.settings import Settings
from segeval.runtime.frozen import replace
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import Scorecard

HEAD = "% \\usepackage{booktabs}; names beyond Latin letters need XeLaTeX or LuaLaTeX"
SIGNS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "[": "{[}",  # or a row that begins with it would be taken for the room behind the last
    "]": "{]}",
    "*": "{*}",
    PLUS_MINUS: r"$\pm$",
    "\u2212": "$-$",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the tables of classes and of whole cases; worst cases where they are asked for."""
    shown = lay_out_table(card, replace(settings, worst=settings.worst or 0))
    file.write(f"{HEAD}\n% {clean_name(shown.opening)}\n% {clean_name(card.signature)}\n")
    for block in shown.blocks:
        file.writelines(f"{line}\n" for line in latex_lines(block))


def latex_lines(block: TableBlock) -> Iterator[str]:
    """A table: title, heads, rows; a rule where the table breaks, what is strong in bold."""
    sides = "".join("r" if field.right else "l" for field in block.fields)
    yield f"\\begin{{tabular}}{{@{{}}{sides}@{{}}}}"
    yield r"\toprule"
    if block.title:
        many = len(block.fields)
        yield f"\\multicolumn{{{many}}}{{@{{}}l}}{{{escape_latex(block.title)}}} \\\\"
        yield r"\midrule"
    yield _latex_row([escape_latex(" ".join(field.head)) for field in block.fields])
    yield r"\midrule"
    for row in range(block.rows):
        if row in block.breaks:
            yield r"\midrule"
        cells = [_cell(field, row) for field in block.fields]
        yield _latex_row([_bold(c) for c in cells] if row in block.strong else cells)
    yield r"\bottomrule"
    yield r"\end{tabular}"


def _cell(field: TableField, row: int) -> str:
    """A cell; the sign of a number is a minus and no hyphen."""
    text = escape_latex(" ".join(field.cells[row].split()))
    return re.sub(r"(?<![\w.])-(?=\d)", "$-$", text) if field.right else text


def _latex_row(cells: list[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _bold(cell: str) -> str:
    return f"\\textbf{{{cell}}}" if cell else ""


def escape_latex(text: str) -> str:
    """The text so that LaTeX sets it as it is."""
    return "".join(SIGNS.get(letter, letter) for letter in clean_name(text))
