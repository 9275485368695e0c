"""GitHub Actions: the page of a build, and its annotations.

    summary  Markdown: verdicts, classes, the worst cases, what was not scored
    errors   `::error` commands, one a missed gate

A summary over 1 MiB is dropped as a whole and of a step's errors ten are shown, so rows are cut and
the tenth line says how many more there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segeval.metrics.registry import find
from segeval.reports.markdown import code, escaped, table
from segeval.reports.problems import problems
from segeval.reports.table_content import view
from segeval.reports.table_model import Block, Field, clean, counted, decimals, figure
from segeval.reports.verdicts import headline, missed
from segeval.request.grammar import parse
from segeval.request.settings import Settings
from segeval.runtime.frozen import frozen, replace
from segeval.scorecard.card import Scorecard
from segeval.scorecard.row_index import census
from segeval.scorecard.summary import Column, Value, columns, worst_first

LIMIT = 900 << 10  # bytes; the service drops a summary of more than 1 MiB
MOST = 10  # errors a step that the service shows
WORST = 10


@frozen
class Part:
    """A part of the summary, of which rows can be cut from the end."""

    head: tuple[str, ...]
    rows: tuple[str, ...] = ()
    foot: tuple[str, ...] = ()
    cut: int = 0

    @property
    def text(self) -> str:
        """The part as Markdown."""
        told = (f"… {counted(self.cut, 'more row')}",) if self.cut else ()
        lines = [*self.head, *self.rows, *self.foot]
        return "\n".join([*lines, "", *told, ""] if told else [*lines, ""])

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self.text.encode("utf-8", "replace")) + 1


def summary(card: Scorecard, settings: Settings, limit: int = LIMIT) -> str:
    """The summary in at most so many bytes; "" where there is no room for one."""
    parts = fitted(list(_parts(card, settings)), limit)
    return "".join(f"{part.text}\n" for part in parts)


def fitted(parts: list[Part], limit: int) -> list[Part]:
    """The parts with so many rows cut, always of the largest, that they fit; [] if none do."""
    while (excess := sum(part.size for part in parts) - limit) > 0:
        at = max(range(len(parts)), key=lambda at: (bool(parts[at].rows), parts[at].size))
        if not parts[at].rows:
            return []
        parts[at] = _shorter(parts[at], excess)
    return parts


def _shorter(part: Part, excess: int) -> Part:
    """The part without the rows at its end that are too much, one at the least."""
    rows, freed = list(part.rows), 0
    while rows and freed < excess:
        freed += len(rows.pop().encode("utf-8", "replace")) + 1
    return replace(part, rows=tuple(rows), cut=part.cut + len(part.rows) - len(rows))


def _parts(card: Scorecard, settings: Settings) -> Iterator[Part]:
    shown = view(card, replace(settings, worst=0, per_case=False))
    word, what = headline(card, settings)
    yield Part((f"## segeval: {', '.join(filter(None, (word, what))) or 'scored'}",))
    if card.gates:
        yield _table(_verdicts(card))
    yield Part((escaped(shown.opening),))
    yield from map(_table, shown.blocks)
    if worst := _worst(card, settings):
        yield _table(worst)
    if wrong := problems(card, settings):
        yield Part(("```text",), tuple(line.replace("`", "'") for line in wrong), ("```",))
    if shown.closing:
        yield Part(tuple(f"- {escaped(line)}" for line in shown.closing))
    yield Part((f"signature: {code(shown.signature)}",))


def _table(block: Block) -> Part:
    lines = list(table(block))
    heads = len(lines) - block.rows
    return Part(tuple(lines[:heads]), tuple(lines[heads:]))


def _verdicts(card: Scorecard) -> Block:
    """What was judged, the missed gates first."""
    order = sorted(card.gates, key=lambda verdict: verdict.passed)
    words = tuple("PASS" if verdict.passed else "FAIL" for verdict in order)
    texts = tuple(clean(verdict.text) for verdict in order)
    fields = (Field(("verdict",), words, "key"), Field(("gate",), texts, "key"))
    return Block(fields, strong=frozenset(range(len(missed(card)))))


def _worst(card: Scorecard, settings: Settings) -> Block | None:
    """The worst values of the first metric that has a better side, with their cases."""
    for head in columns(card.cases, card.metrics):
        definition = find(parse(head.metric).name)
        if definition is None or not definition.better:
            continue
        worst = worst_first(census(card.cases), head, definition.better, WORST)
        return _listed(head, worst, settings) if len(card.cases) > 1 and worst else None
    return None


def _listed(head: Column, rows: Sequence[Value], settings: Settings) -> Block:
    unit = f" [{head.unit}]" if head.unit else ""
    figures = tuple(figure(row.value, decimals(head, settings.digits)) for row in rows)
    return Block(
        (
            Field(("worst cases",), tuple(clean(row.case) for row in rows), "key"),
            Field(("class",), tuple(clean(row.class_) for row in rows), "key"),
            Field((f"{head.metric}{unit}",), figures, "metric"),
            Field(("note",), tuple(row.reason for row in rows), "note"),
        )
    )


def errors(card: Scorecard) -> list[str]:
    """An `::error` command for every missed gate; of too many, the last says how many more."""
    found = missed(card)
    few = found if len(found) <= MOST else found[: MOST - 1]
    lines = [_error(f"segeval {verdict.gate}", verdict.text) for verdict in few]
    if len(few) < len(found):
        more = counted(len(found) - len(few), "more gate was missed", "more gates were missed")
        lines.append(_error("segeval", more))
    return lines


def _error(title: str, message: str) -> str:
    return f"::error title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    """Text as the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Text as a property of one, which ends at a comma or a colon."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
