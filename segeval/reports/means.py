"""Values over the cases: mean and deviation, n, and the worst case."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from segeval.metrics.registry import leading_statistic
from segeval.reports.figure_form import FigureForm, figure_form
from segeval.reports.table_model import (
    TableBlock,
    TableField,
    align_cells,
    drop_empty_fields,
    head_lines,
    make_name_field,
)
from segeval.request.settings import Settings
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import OVERALL, WHOLE, Statistic
from segeval.scorecard.summary_columns import Column

MeansByClass = Mapping[str, Mapping[str, Statistic]]


def means_block(
    of_class: MeansByClass, heads: Sequence[Column], settings: Settings, title: str
) -> TableBlock:
    """A row for each class, and the mean over them."""
    classes = [name for name in of_class if name not in (WHOLE, OVERALL)]
    whole = len(classes) > 1 and OVERALL in of_class
    shown = [*classes, OVERALL] if whole else classes
    heading = {head.name for head in heads}
    made = [{m: s for m, s in of_class[name].items() if m in heading} for name in shown]
    fields = [make_name_field("class", shown), *_count_fields(made)]
    fields += [_metric_field(head, made, settings) for head in heads]
    fields = drop_empty_fields(fields)
    leading = next(
        (head for head in heads if any(_has_worst(m.get(head.name)) for m in made)), None
    )
    if leading:
        fields += _worst_fields(leading, made, settings)
    last = frozenset([len(classes)]) if whole else frozenset[int]()
    return TableBlock(tuple(fields), title, last, last)


def _has_worst(made: Statistic | None) -> bool:
    return made is not None and bool(made.worst_case)


def _count_fields(made: Sequence[Mapping[str, Statistic]]) -> list[TableField]:
    """n, and where there are any the undefined and missing values: the most of any metric."""
    fields = []
    for name, attribute in (("n", "n"), ("undefined", "n_undefined"), ("missing", "n_missing")):
        numbers = [max((getattr(s, attribute) for s in m.values()), default=0) for m in made]
        if name == "n" or any(numbers):
            fields.append(TableField((name,), tuple(map(str, numbers)), "count"))
    return fields


def _metric_field(
    head: Column, made: Sequence[Mapping[str, Statistic]], settings: Settings
) -> TableField:
    """Mean and deviation, or the pooled value."""
    word, form = _shown_statistic(head, made, settings), figure_form(head, settings)
    cells = [_mean_cell(of_metric, head, word, form) for of_metric in made]
    extra = () if word == settings.leads else (word,)
    return TableField(head_lines(head, settings) + extra, align_cells(cells), "metric")


def _shown_statistic(
    head: Column, made: Sequence[Mapping[str, Statistic]], settings: Settings
) -> str:
    """The statistic that stands in a column: the mean, where nothing could be pooled."""
    found = [of_metric[head.name] for of_metric in made if head.name in of_metric]
    if all(math.isnan(one.pooled) for one in found):
        return "mean"
    return leading_statistic(head.metric, settings.leads)


def _mean_cell(
    of_metric: Mapping[str, Statistic], head: Column, word: str, form: FigureForm
) -> tuple[str, str, str]:
    """Number, deviation, and n where it is not that of the row."""
    one = of_metric.get(head.name)
    if one is None:
        return "", "", ""
    if word == "pooled":
        return form.text(one.pooled), "", ""
    most = max(s.n for s in of_metric.values())
    more = [f"[{', '.join(form.text(end) for end in one.interval)}]"] if one.interval else []
    more += [f"n={one.n}"] if one.n not in (most, 0) else []
    spread = "" if math.isnan(one.sd) else form.text(one.sd)
    return form.text(one.mean), spread, " ".join(more)


def _worst_fields(
    head: Column, made: Sequence[Mapping[str, Statistic]], settings: Settings
) -> list[TableField]:
    """The worst value of the leading metric, and its case."""
    form = figure_form(head, settings)
    found = [m.get(head.name) for m in made]
    values = [("" if one is None else form.text(one.worst), "", "") for one in found]
    cases = tuple("" if one is None else clean_name(one.worst_case) for one in found)
    return [
        TableField(("worst", *head_lines(head, settings)), align_cells(values), "worst"),
        TableField(("in case",), cases, "worst_case"),
    ]


def whole_case_means(
    made: Mapping[str, Statistic], heads: Sequence[Column], settings: Settings
) -> TableBlock:
    """The numbers of whole cases, one metric a row."""
    shown = [head for head in heads if head.name in made]
    each = [{head.name: made[head.name]} for head in shown]
    values, worst, cases = [], [], []
    for head, one in zip(shown, each, strict=True):
        values.append(_metric_field(head, [one], settings).cells[0].strip())
        worst.append(figure_form(head, settings).text(one[head.name].worst))
        cases.append(clean_name(one[head.name].worst_case))
    names = tuple(" ".join(head_lines(head, settings)) for head in shown)
    words = dict.fromkeys(
        _shown_statistic(h, [one], settings) for h, one in zip(shown, each, strict=True)
    )
    fields = [
        TableField(("whole case",), names, "key"),
        *_count_fields(each),
        TableField((" or ".join(words),), tuple(values), "metric"),
        TableField(("worst",), tuple(worst), "worst"),
        TableField(("in case",), tuple(cases), "worst_case"),
    ]
    return TableBlock(tuple(fields))
