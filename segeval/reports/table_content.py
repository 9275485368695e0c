"""What the table says: classes down, metrics across, and what a reader must know beside it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from segeval.reports.means import means_block, whole_case_means
from segeval.reports.problems import count_left_out
from segeval.reports.table_model import TableBlock, format_count
from segeval.reports.values import (
    values_block,
    whole_case_values,
    worst_cases_block,
    worst_list_block,
)
from segeval.request.settings import Settings
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import GROUPS, OVERALL, POOLED, WHOLE, CaseResult, Row, Scorecard
from segeval.scorecard.empty_class_policy import ONE_SIDED_REASONS
from segeval.scorecard.row_index import index_rows
from segeval.scorecard.summary import metric_columns
from segeval.scorecard.summary_columns import Column

WORST = 5  # cases that are named below the table
EMPTY = {"", "both_empty", POOLED, *ONE_SIDED_REASONS}  # of what is no want of input


@frozen
class TableContent:
    """A table in words.

    opening  the line above: how many cases, and what the numbers are
    closing  the lines below: why values are undefined, and which classes were not scored
    """

    opening: str
    blocks: tuple[TableBlock, ...]
    closing: tuple[str, ...]
    signature: str


def lay_out_table(card: Scorecard, settings: Settings) -> TableContent:
    """Lay out a scorecard."""
    settings = replace(settings, leads=card.leads)
    every = metric_columns(card.cases, card.metrics)
    void = {head: why for head in every if (why := lacking_input(card, head))}
    heads = [head for head in every if head not in void] or every
    if len(card.cases) == 1:
        blocks = _one_case(card, heads, settings)
    else:
        blocks = _many_cases(card, heads, settings)
    kept = tuple(block for block in blocks if block.rows and len(block.fields) > 1)
    below = closing_lines(card, settings)
    if len(heads) < len(every):
        below += [
            f"not in the table: {head.name}, {why} in every case" for head, why in void.items()
        ]
    return TableContent(opening_line(card, settings), kept, tuple(below), card.signature)


def lacking_input(card: Scorecard, head: Column) -> str:
    """What a metric needs and no case has, as the reason says it: probabilities, contours.

    Classes that are empty are no such reason: an empty column is then what there is to say.
    """
    kinds = [kind for kind in index_rows(card.cases).kinds if head.counts(kind)]
    reasons = {"" if kind.number else kind.reason for kind in kinds}
    return reasons.pop() if len(reasons) == 1 and not reasons & EMPTY else ""


def opening_line(card: Scorecard, settings: Settings) -> str:
    """How many cases and classes there are, and what the numbers of the table are."""
    scored, every = index_rows(card.cases).scored, len(card.cases)
    classes = set(card.summary.get("", {})) - {WHOLE, OVERALL, *GROUPS}
    many = f", {format_count(len(classes), 'class', 'classes')}" if classes else ""
    if every == 1:
        return f"case {clean_name(card.cases[0].case)}{many if scored else ': not scored'}"
    cases = format_count(every, "case") if scored == every else f"{scored} of {every} cases scored"
    what = "pooled over the cases" if card.leads == "pooled" else _means_text(card)
    return f"{cases}{many}: {what}" if scored else f"{every} cases, none scored"


def _means_text(card: Scorecard) -> str:
    """What stands beside the means."""
    level = card.fields.get("ci")
    interval = f" [{100 * level:g} % interval]" if level else ""
    return f"mean ± sd{interval} over the cases"


def closing_lines(card: Scorecard, settings: Settings) -> list[str]:
    """Why values are undefined; which classes were not scored, and in how many cases."""
    texts, found = [], index_rows(card.cases)
    reasons: Counter[str] = Counter()
    lost: dict[str, Counter[str]] = {}
    for kind, rows in found.kinds.items():
        if kind.metric and kind.status == "undefined":
            reasons[kind.reason] += rows.count
        elif not kind.metric and kind.class_:
            lost.setdefault(kind.status, Counter())[clean_name(kind.class_)] += rows.count
    if reasons:
        texts.append("undefined: " + ", ".join(f"{n} {why}" for why, n in reasons.most_common()))
    for status, classes in lost.items():
        named = [f"{name} in {format_count(n, 'case')}" for name, n in classes.most_common(5)]
        more = [f"{len(classes) - 5} more classes"] if len(classes) > 5 else []
        texts.append(f"{status}: {', '.join(named + more)}")
    texts += instance_lines(card)
    if skipped := count_left_out(card, settings):
        texts.append(f"left out: {format_count(skipped, 'case')} without a prediction")
    return texts


def instance_lines(card: Scorecard) -> list[str]:
    """How many instances are found, missed and spurious: a line a class, by the first metric."""
    lines = {}
    for class_, of_metric in card.summary.get("", {}).items():
        for made in of_metric.values():
            if made.counts and class_ not in lines:
                from segeval.metrics.instance_counts import describe_counts

                lines[class_] = describe_counts(clean_name(class_), made.counts)
    return list(lines.values())


def _one_case(card: Scorecard, heads: Sequence[Column], settings: Settings) -> list[TableBlock]:
    case = with_numbers_of_data_set(card)
    rows = [row for row in case.rows if row.class_ and row.class_ != WHOLE]
    mean = card.summary.get("", {}).get(OVERALL, {})
    classes = list(dict.fromkeys(row.class_ for row in rows))
    if len(classes) > 1:
        own = {row.metric for row in rows if row.status == POOLED}
        rows += [
            Row(case.case, OVERALL, name, s.pooled if name in own else s.mean)
            for name, s in mean.items()
        ]
    return [values_block(rows, heads, settings), whole_case_values(case, heads, settings)]


def with_numbers_of_data_set(card: Scorecard) -> CaseResult:
    """The one case of a data set, with the numbers that the data set has and no case."""
    case, summary = card.cases[0], card.summary.get("", {})
    pooled = {row.metric: row for row in case.rows if row.status == POOLED}
    if not pooled:
        return case
    kept = [row for row in case.rows if row.status != POOLED]
    made = [
        pooled[name]._replace(class_=class_, value=one.pooled, reason="")
        for class_, of_metric in summary.items()
        for name, one in of_metric.items()
        if class_ != OVERALL and name in pooled and math.isfinite(one.pooled)
    ]
    whole = {row.metric for row in made if row.class_ == WHOLE}
    return replace(
        case, rows=(*kept, *made, *(row for name, row in pooled.items() if name not in whole))
    )


def _many_cases(card: Scorecard, heads: Sequence[Column], settings: Settings) -> list[TableBlock]:
    blocks = []
    if settings.per_case:
        blocks.append(
            values_block([row for case in card.cases for row in case.rows], heads, settings)
        )
    for group, of_class in card.summary.items():
        number = index_rows(card.cases).groups[group]
        title = f"group {clean_name(group)}: {format_count(number, 'case')}" if group else ""
        blocks.append(means_block(of_class, heads, settings, title))
        blocks.append(whole_case_means(of_class.get(WHOLE, {}), heads, settings))
    if settings.worst is None:
        blocks += [block] if (block := worst_list_block(card, settings, WORST)) else []
    elif settings.worst > 0:
        blocks.append(worst_cases_block(card, heads, settings))
    return blocks
