"""Values as they are: of every case and class, of the whole case, and the worst of them."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.metrics.registry import find
from segeval.reports.table_model import (
    Block,
    Field,
    aligned,
    clean,
    decimals,
    figure,
    filled,
    named,
    titled,
)
from segeval.request.grammar import parse
from segeval.request.settings import Settings
from segeval.scorecard.card import OVERALL, WHOLE, CaseResult, Row, Scorecard
from segeval.scorecard.row_index import census
from segeval.scorecard.summary import Column, Value, worst_first


def values(rows: Sequence[Row], heads: Sequence[Column], settings: Settings) -> Block:
    """The values of every case and class; the case is named where there are several."""
    keyed: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        keyed.setdefault((row.case, row.class_), []).append(row)
    cases = [case for case, _ in keyed]
    first = [not at or cases[at - 1] != case for at, case in enumerate(cases)]
    fields = [named("class", [class_ for _, class_ in keyed])]
    if len(set(cases)) > 1:
        starts = [case if new else "" for case, new in zip(cases, first, strict=True)]
        fields.insert(0, named("case", starts))
    fields += [_metric_values(head, list(keyed.values()), settings) for head in heads]
    notes = [_note(of_key) for of_key in keyed.values()]
    if any(notes):
        fields.append(Field(("note",), tuple(notes), "note"))
    last = [at for at, (_, class_) in enumerate(keyed) if class_ == OVERALL]
    breaks = last if len(set(cases)) == 1 else [at for at, new in enumerate(first) if new and at]
    crowded = len(keyed) > len(set(cases))
    return Block(
        tuple(filled(fields)),
        breaks=frozenset(breaks if crowded else ()),
        strong=frozenset(last),
    )


def _metric_values(head: Column, keyed: Sequence[Sequence[Row]], settings: Settings) -> Field:
    decimal = decimals(head, settings.digits)
    cells = []
    for rows in keyed:
        found = next((row.value for row in rows if head.holds(row)), None)
        cells.append(("" if found is None else figure(found, decimal), "", ""))
    return Field(titled(head), aligned(cells), "metric")


def _note(rows: Sequence[Row]) -> str:
    """Why there is no value, or what a value must be read with."""
    words = [row.reason if row.metric else row.reason or row.status for row in rows]
    return ", ".join(dict.fromkeys(word for word in words if word))


def whole_values(case: CaseResult, heads: Sequence[Column], settings: Settings) -> Block:
    """The numbers of the whole case, one a row."""
    rows = [row for row in case.rows if row.class_ == WHOLE and row.metric]
    pairs = [(head, row) for head in heads for row in rows if head.holds(row)]
    values = [(figure(row.value, decimals(head, settings.digits)), "", "") for head, row in pairs]
    notes = tuple(row.reason for _, row in pairs)
    fields = [
        Field(("whole case",), tuple(" ".join(titled(head)) for head, _ in pairs), "key"),
        Field(("value",), aligned(values) if values else (), "metric"),
        *([Field(("note",), notes, "note")] if any(notes) else []),
    ]
    return Block(tuple(fields))


def worst_cases(card: Scorecard, heads: Sequence[Column], settings: Settings) -> Block:
    """The worst values of every class and metric with their cases, the worst first."""
    ranked = _ranked(card, heads, settings.worst)
    keys = []
    for class_ in census(card.cases).order:
        depth = max(len(ranked[head].get(class_, ())) for head in heads)
        keys += [(class_, at) for at in range(depth)]
    fields = [named("worst cases", ["" if at else class_ for class_, at in keys])]
    for head in heads:
        lists = [(ranked[head].get(class_, []), at) for class_, at in keys]
        fields += _ranks(head, [r[at] if at < len(r) else None for r, at in lists], settings)
    breaks = [place for place, (_, at) in enumerate(keys) if place and not at]
    return Block(tuple(fields), breaks=frozenset(breaks if settings.worst > 1 else ()))


def _ranked(
    card: Scorecard, heads: Sequence[Column], most: int
) -> dict[Column, dict[str, list[Value]]]:
    """The worst rows of each column and class; none of a metric without a better side."""
    found: dict[Column, dict[str, list[Value]]] = {head: {} for head in heads}
    counted = census(card.cases)
    for head in heads:
        definition = find(parse(head.metric).name)
        for class_ in counted.order if definition is not None and definition.better else ():
            better = definition.better  # type: ignore[union-attr]
            found[head][class_] = worst_first(counted, head, better, most, class_)
    return found


def _ranks(head: Column, rows: Sequence[Value | None], settings: Settings) -> list[Field]:
    if not any(rows):
        return []
    decimal = decimals(head, settings.digits)
    values = [("" if row is None else figure(row.value, decimal), "", "") for row in rows]
    cases = tuple("" if row is None else clean(row.case) for row in rows)
    return [Field(titled(head), aligned(values), "metric"), Field(("in case",), cases, "key")]
