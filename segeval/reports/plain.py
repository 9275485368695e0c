"""The table for a pipe: ASCII, as wide as it needs to be, nothing folded and nothing cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segeval.reports.table_model import PLUS_MINUS, TableBlock, TableField, pad_text

GAP = "  "
LONG_TABLE = 40  # rows after which the heads stand below the table too


def plain_lines(block: TableBlock) -> Iterator[str]:
    """The lines of a table."""
    fields = [_ascii(field) for field in block.fields]
    widths = [field.width for field in fields]  # each looks at every cell
    rule = GAP.join("-" * width for width in widths)
    heads = list(_heads(fields))
    if block.title:
        yield block.title
    yield from (*heads, rule)
    for row in range(block.rows):
        if row in block.breaks:
            yield rule
        both = zip(fields, widths, strict=True)
        yield _line([pad_text(f.cells[row], width, f.right) for f, width in both])
    if block.rows > LONG_TABLE:
        yield from (rule, *heads)


def replace_signs(text: str) -> str:
    """The text without the one sign of ours that is not ASCII; names stay as they are."""
    return text.replace(PLUS_MINUS, "+/-")


def _ascii(field: TableField) -> TableField:
    return TableField(field.head, tuple(map(replace_signs, field.cells)), field.kind)


def _heads(fields: Sequence[TableField]) -> Iterator[str]:
    """The lines of the heads; what has fewer lines stands at the bottom."""
    height = max(len(field.head) for field in fields)
    heads = [("",) * (height - len(field.head)) + field.head for field in fields]
    for lines in zip(*heads, strict=True):
        both = zip(lines, fields, strict=True)
        yield _line([pad_text(line, field.width, field.right) for line, field in both])


def _line(texts: Sequence[str]) -> str:
    return GAP.join(texts).rstrip()
