"""Values as they are: of every case and class, of the whole case, and the worst of them."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.metrics.registry import find_metric
from segeval.reports.figure_form import figure_form
from segeval.reports.table_model import (
    TableBlock,
    TableField,
    align_cells,
    drop_empty_fields,
    head_lines,
    make_name_field,
)
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import OVERALL, WHOLE, CaseResult, Row, Scorecard
from segeval.scorecard.row_index import index_rows
from segeval.scorecard.summary import metric_columns
from segeval.scorecard.summary_columns import Column
from segeval.scorecard.value_statistics import CaseValue, worst_values


def values_block(rows: Sequence[Row], heads: Sequence[Column], settings: Settings) -> TableBlock:
    """The values of every case and class; the case is named where there are several."""
    keyed: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        keyed.setdefault((row.case, row.class_), []).append(row)
    cases = [case for case, _ in keyed]
    first = [not at or cases[at - 1] != case for at, case in enumerate(cases)]
    fields = [make_name_field("class", [class_ for _, class_ in keyed])]
    if len(set(cases)) > 1:
        starts = [case if new else "" for case, new in zip(cases, first, strict=True)]
        fields.insert(0, make_name_field("case", starts))
    fields += [_metric_values(head, list(keyed.values()), settings) for head in heads]
    notes = [_note_field_text(of_key) for of_key in keyed.values()]
    if any(notes):
        fields.append(TableField(("note",), tuple(notes), "note"))
    last = [at for at, (_, class_) in enumerate(keyed) if class_ == OVERALL]
    breaks = last if len(set(cases)) == 1 else [at for at, new in enumerate(first) if new and at]
    crowded = len(keyed) > len(set(cases))
    return TableBlock(
        tuple(drop_empty_fields(fields)),
        breaks=frozenset(breaks if crowded else ()),
        strong=frozenset(last),
    )


def _metric_values(head: Column, keyed: Sequence[Sequence[Row]], settings: Settings) -> TableField:
    form = figure_form(head, settings)
    cells = []
    for rows in keyed:
        found = next((row.value for row in rows if head.holds(row)), None)
        cells.append(("" if found is None else form.text(found), "", ""))
    return TableField(head_lines(head, settings), align_cells(cells), "metric")


def _note_field_text(rows: Sequence[Row]) -> str:
    """Why there is no value, or what a value must be read with."""
    words = [row.reason if row.metric else row.reason or row.status for row in rows]
    return ", ".join(dict.fromkeys(word for word in words if word))


def whole_case_values(case: CaseResult, heads: Sequence[Column], settings: Settings) -> TableBlock:
    """The numbers of the whole case, one a row."""
    rows = [row for row in case.rows if row.class_ == WHOLE and row.metric]
    pairs = [(head, row) for head in heads for row in rows if head.holds(row)]
    values = [(figure_form(head, settings).text(row.value), "", "") for head, row in pairs]
    notes = tuple(row.reason for _, row in pairs)
    fields = [
        TableField(
            ("whole case",), tuple(" ".join(head_lines(head, settings)) for head, _ in pairs), "key"
        ),
        TableField(("value",), align_cells(values) if values else (), "metric"),
        *([TableField(("note",), notes, "note")] if any(notes) else []),
    ]
    return TableBlock(tuple(fields))


def worst_list_block(card: Scorecard, settings: Settings, most: int) -> TableBlock | None:
    """The worst values of the first metric that has a better side, with their cases (CLI-U6)."""
    for head in metric_columns(card.cases, card.metrics):
        definition = find_metric(parse_metric(head.metric).name)
        if definition is None or not definition.better:
            continue
        worst = worst_values(index_rows(card.cases), head, definition.better, most)
        return _listed_block(head, worst, settings) if len(card.cases) > 1 and worst else None
    return None


def _listed_block(head: Column, rows: Sequence[CaseValue], settings: Settings) -> TableBlock:
    form = figure_form(head, settings)
    figures = [(form.text(row.value), "", "") for row in rows]
    notes = tuple(row.reason for row in rows)
    return TableBlock(
        (
            make_name_field("worst cases", [row.case for row in rows]),
            make_name_field("class", [row.class_ for row in rows]),
            TableField((" ".join(head_lines(head, settings)),), align_cells(figures), "metric"),
            *([TableField(("note",), notes, "note")] if any(notes) else []),
        )
    )


def worst_cases_block(card: Scorecard, heads: Sequence[Column], settings: Settings) -> TableBlock:
    """The worst values of every class and metric with their cases, the worst first."""
    most = settings.worst or 0
    ranked = _worst_rows(card, heads, most)
    keys = []
    for class_ in index_rows(card.cases).order:
        depth = max(len(ranked[head].get(class_, ())) for head in heads)
        keys += [(class_, at) for at in range(depth)]
    fields = [make_name_field("worst cases", ["" if at else class_ for class_, at in keys])]
    for head in heads:
        lists = [(ranked[head].get(class_, []), at) for class_, at in keys]
        fields += _rank_fields(head, [r[at] if at < len(r) else None for r, at in lists], settings)
    breaks = [place for place, (_, at) in enumerate(keys) if place and not at]
    return TableBlock(tuple(fields), breaks=frozenset(breaks if most > 1 else ()))


def _worst_rows(
    card: Scorecard, heads: Sequence[Column], most: int
) -> dict[Column, dict[str, list[CaseValue]]]:
    """The worst rows of each column and class; none of a metric without a better side."""
    found: dict[Column, dict[str, list[CaseValue]]] = {head: {} for head in heads}
    counted = index_rows(card.cases)
    for head in heads:
        definition = find_metric(parse_metric(head.metric).name)
        for class_ in counted.order if definition is not None and definition.better else ():
            better = definition.better  # type: ignore[union-attr]
            found[head][class_] = worst_values(counted, head, better, most, class_)
    return found


def _rank_fields(
    head: Column, rows: Sequence[CaseValue | None], settings: Settings
) -> list[TableField]:
    if not any(rows):
        return []
    form = figure_form(head, settings)
    values = [("" if row is None else form.text(row.value), "", "") for row in rows]
    cases = tuple("" if row is None else clean_name(row.case) for row in rows)
    return [
        TableField(head_lines(head, settings), align_cells(values), "metric"),
        TableField(("in case",), cases, "key"),
    ]
