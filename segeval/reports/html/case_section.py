"""REPORT-T11, T12, T19: the worst cases, the missed and spurious structures, and all cases as a
table.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from segeval.reports.html.shown import (
    Heading,
    Shown,
    label,
    leading,
    metrics_of_classes,
    place_of_case,
    place_of_class,
    show_three,
)
from segeval.reports.html.volume_section import volumes_of
from segeval.reports.html.worst_reasons import Sizes, why_bad
from segeval.runtime.frozen import frozen
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import POOLED, UNCOUNTED, WHOLE, CaseResult, Row, Scorecard
from segeval.scorecard.empty_class_policy import ONE_SIDED_REASONS
from segeval.scorecard.row_index import RowIndex, index_rows
from segeval.scorecard.value_statistics import BADNESS, CaseValue, worst_values

MOST, A_CLASS = 30, 5  # worst cases over all, and of one class
ABSENT = 3  # one part of so many is left to structures that one side alone has

LISTED = 400  # missed and spurious structures that are listed


@frozen
class CaseRow:
    """A class of a case."""

    case: str
    place: str
    first: bool
    class_: str
    class_place: str
    status: str
    note: str
    group: str
    cells: tuple[Shown, ...]


@frozen
class WorstRow:
    """One of the worst values, and why it is so."""

    rank: int
    case: str
    link: str
    class_: str
    label: str
    values: tuple[Shown, ...]
    why: str


def all_case_rows(card: Scorecard, heads: Sequence[Heading]) -> Iterator[CaseRow]:
    """All cases in their order, class by class; a case that was not scored is one row."""
    for case in card.cases:
        by_class: dict[str, list[Row]] = {}
        for row in case.rows:
            by_class.setdefault(row.class_, []).append(row)
        for place, (class_, rows) in enumerate(by_class.items()):
            yield _case_row(case, class_, rows, heads, not place)


def _case_row(
    case: CaseResult, class_: str, rows: Sequence[Row], heads: Sequence[Heading], first: bool
) -> CaseRow:
    cells = []
    for head in heads:
        found = next((row for row in rows if row.metric and head.column.holds(row)), None)
        cells.append(Shown("") if found is None else head.show(found.value))
    words = dict.fromkeys(r.reason or ("" if r.status == "ok" else r.status) for r in rows)
    note = ", ".join(word.replace("_", " ") for word in words if word)
    return CaseRow(
        case.case,
        place_of_case(case.case),
        first,
        label(class_) if class_ else "",
        place_of_class(class_),
        status_of(rows),
        note,
        case.group,
        tuple(cells),
    )


def status_of(rows: Sequence[Row]) -> str:
    """One word for the rows of a class: what the filter offers."""
    reasons = {row.reason for row in rows}
    if any(not row.metric and row.status not in UNCOUNTED for row in rows):
        return "not scored"
    if reasons & {"pred_empty", "class_absent"}:
        return "missed"
    if "gt_empty" in reasons:
        return "spurious"
    if all(row.status == POOLED for row in rows):
        return POOLED
    if all(row.status != "ok" for row in rows):
        return "undefined"
    return "ok"


def worst_rows(card: Scorecard, heads: Sequence[Heading], pictures: int = 0) -> list[WorstRow]:
    """The worst values of the leading metric, at most some of each class.

    pictures  that are asked for: more than the usual number of rows have a row each
    """
    head = leading(heads, metrics_of_classes(card))
    if head is None:
        return []
    found = index_rows(card.cases)
    chosen = choose_worst(found, head, max(MOST, pictures))
    wanted = {value.case for value in chosen}
    rows: dict[tuple[str, str], list[Row]] = {}
    volumes: dict[tuple[str, str], Sizes] = {}
    places = {name: k for k, name in enumerate(found.names) if name in wanted}
    for name, k in places.items():
        case = card.cases[k]
        for row in case.rows:
            rows.setdefault((name, row.class_), []).append(row)
        volumes |= {(name, class_): sizes for class_, sizes in volumes_of(case).items()}
    return [
        WorstRow(
            rank,
            value.case,
            place_of_case(value.case),
            value.class_,
            label(value.class_),
            tuple(_cell(head_, rows.get((value.case, value.class_), ())) for head_ in heads),
            why_bad(
                rows.get((value.case, value.class_), ()), volumes.get((value.case, value.class_))
            ),
        )
        for rank, value in enumerate(chosen, 1)
    ]


def choose_worst(found: RowIndex, head: Heading, most: int) -> list[CaseValue]:
    """The worst values of a column, at most some of each class, the worst first.

    Structures that one side alone has are as bad as can be, and have a section of their own: they
    take a part of the list, so that what is there and bad is seen beside them.
    """
    bad, better = BADNESS[head.definition.better], head.definition.better
    absent: list[CaseValue] = []
    present: list[CaseValue] = []
    lone = Counter[str]()
    for kind, rows in found.kinds.items():
        if kind.reason in ONE_SIDED_REASONS and kind.number and head.column.counts(kind):
            lone[kind.class_] += rows.count
    for class_ in found.order:
        depth = A_CLASS + lone[class_]
        own = worst_values(found, head.column, better, depth, class_)
        absent += [value for value in own if value.reason in ONE_SIDED_REASONS][:A_CLASS]
        present += [value for value in own if value.reason not in ONE_SIDED_REASONS][:A_CLASS]
    ordered = [sorted(part, key=lambda v: -bad(v.value)) for part in (absent, present)]
    some = ordered[0][: max(most // ABSENT, most - len(present))]
    kept = Counter[str]()
    chosen = []
    for value in sorted([*some, *ordered[1]], key=lambda v: -bad(v.value)):
        kept[value.class_] += 1
        if kept[value.class_] <= A_CLASS:
            chosen.append(value)
    return chosen[:most]


def _cell(head: Heading, rows: Sequence[Row]) -> Shown:
    found = next((row for row in rows if row.metric and head.column.holds(row)), None)
    return Shown("") if found is None else head.show(found.value)


def one_sided_rows(card: Scorecard) -> dict[str, Any]:
    """REPORT-T12: structures that one side alone has, with the volume of that side."""
    found: dict[str, list[dict[str, Any]]] = {"missed": [], "spurious": []}
    more = 0
    for case in card.cases:
        seen: dict[str, str] = {}
        for row in case.rows:
            if row.reason in ONE_SIDED_REASONS and row.class_ not in ("", WHOLE):
                seen.setdefault(row.class_, row.reason)
        sizes = volumes_of(case) if seen else {}
        for class_, reason in seen.items():
            kind = "spurious" if reason == "gt_empty" else "missed"
            if len(found[kind]) >= LISTED:
                more += 1
                continue
            truth, pred, unit = sizes.get(class_, (math.nan, math.nan, ""))
            size = pred if kind == "spurious" else truth
            found[kind].append(
                {
                    "case": case.case,
                    "link": place_of_case(case.case),
                    "class": clean_name(class_),
                    "class_link": place_of_class(class_),
                    "size": show_three(size),
                    "unit": unit,
                }
            )
    return {**found, "more": more}
