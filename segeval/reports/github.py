"""GitHub Actions: the page of a build, and its annotations.

    summary  Markdown: verdicts, classes, the worst cases, what was not scored
    errors   `::error` commands, one a missed gate

A summary over 1 MiB is dropped as a whole and of a step's errors ten are shown, so rows are cut and
the tenth line says how many more there are.
"""

from __future__ import annotations

from collections.abc import Iterator

from segeval.reports.markdown import code_span, escape_markdown, markdown_table
from segeval.reports.problems import describe_problems
from segeval.reports.table_content import lay_out_table
from segeval.reports.table_model import (
    TableBlock,
    TableField,
    format_count,
)
from segeval.reports.values import worst_list_block
from segeval.reports.verdicts import missed_verdicts, verdict_headline
from segeval.request.settings import Settings
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import Scorecard

LIMIT = 900 << 10  # bytes; the service drops a summary of more than 1 MiB
MOST_ERRORS = 10  # errors a step that the service shows
MOST_WORST = 10


@frozen
class SummarySection:
    """A part of the summary, of which rows can be cut from the end."""

    head: tuple[str, ...]
    rows: tuple[str, ...] = ()
    foot: tuple[str, ...] = ()
    cut: int = 0

    @property
    def text(self) -> str:
        """The part as Markdown."""
        told = (f"… {format_count(self.cut, 'more row')}",) if self.cut else ()
        lines = [*self.head, *self.rows, *self.foot]
        return "\n".join([*lines, "", *told, ""] if told else [*lines, ""])

    @property
    def size(self) -> int:
        """Its bytes."""
        return len(self.text.encode("utf-8", "replace")) + 1


def job_summary(card: Scorecard, settings: Settings, limit: int = LIMIT) -> str:
    """The summary in at most so many bytes; "" where there is no room for one."""
    parts = fit_sections(list(_summary_sections(card, settings)), limit)
    return "".join(f"{part.text}\n" for part in parts)


def fit_sections(parts: list[SummarySection], limit: int) -> list[SummarySection]:
    """The parts with so many rows cut, always of the largest, that they fit; [] if none do."""
    while (excess := sum(part.size for part in parts) - limit) > 0:
        at = max(range(len(parts)), key=lambda at: (bool(parts[at].rows), parts[at].size))
        if not parts[at].rows:
            return []
        parts[at] = _shorten_section(parts[at], excess)
    return parts


def _shorten_section(part: SummarySection, excess: int) -> SummarySection:
    """The part without the rows at its end that are too much, one at the least."""
    rows, freed = list(part.rows), 0
    while rows and freed < excess:
        freed += len(rows.pop().encode("utf-8", "replace")) + 1
    return replace(part, rows=tuple(rows), cut=part.cut + len(part.rows) - len(rows))


def _summary_sections(card: Scorecard, settings: Settings) -> Iterator[SummarySection]:
    shown = lay_out_table(card, replace(settings, worst=0, per_case=False))
    word, what = verdict_headline(card, settings)
    yield SummarySection((f"## segeval: {', '.join(filter(None, (word, what))) or 'scored'}",))
    if card.gates:
        yield _table_section(_verdicts_block(card))
    yield SummarySection((escape_markdown(shown.opening),))
    yield from map(_table_section, shown.blocks)
    if worst := worst_list_block(card, settings, MOST_WORST):
        yield _table_section(worst)
    if wrong := describe_problems(card, settings):
        yield SummarySection(
            ("```text",), tuple(line.replace("`", "'") for line in wrong), ("```",)
        )
    if shown.closing:
        yield SummarySection(tuple(f"- {escape_markdown(line)}" for line in shown.closing))
    yield SummarySection((f"signature: {code_span(shown.signature)}",))
    if pages := [o.removeprefix("html:") for o in settings.output if o.endswith(".html")]:
        files = ", ".join(code_span(path) for path in pages)
        yield SummarySection((f"report with every case and pictures: {files} (see the artefacts)",))


def _table_section(block: TableBlock) -> SummarySection:
    lines = list(markdown_table(block))
    heads = len(lines) - block.rows
    return SummarySection(tuple(lines[:heads]), tuple(lines[heads:]))


def _verdicts_block(card: Scorecard) -> TableBlock:
    """What was judged, the missed gates first."""
    order = sorted(card.gates, key=lambda verdict: verdict.passed)
    words = tuple("PASS" if verdict.passed else "FAIL" for verdict in order)
    texts = tuple(clean_name(verdict.text) for verdict in order)
    fields = (TableField(("verdict",), words, "key"), TableField(("gate",), texts, "key"))
    return TableBlock(fields, strong=frozenset(range(len(missed_verdicts(card)))))


def error_commands(card: Scorecard) -> list[str]:
    """An `::error` command for every missed gate; of too many, the last says how many more."""
    found = missed_verdicts(card)
    few = found if len(found) <= MOST_ERRORS else found[: MOST_ERRORS - 1]
    lines = [_error_command(f"segeval {verdict.gate}", verdict.text) for verdict in few]
    if len(few) < len(found):
        more = format_count(len(found) - len(few), "more gate was missed", "more gates were missed")
        lines.append(_error_command("segeval", more))
    return lines


def _error_command(title: str, message: str) -> str:
    return f"::error title={_escape_property(title)}::{_escape_message(message)}"


def _escape_message(text: str) -> str:
    """Text as the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    """Text as a property of one, which ends at a comma or a colon."""
    return _escape_message(text).replace(":", "%3A").replace(",", "%2C")
