"""Values over the cases: mean and deviation, n, and the worst case."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

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
from segeval.request.settings import Settings
from segeval.scorecard.card import OVERALL, WHOLE, Statistic
from segeval.scorecard.summary import Column

OfClass = Mapping[str, Mapping[str, Statistic]]


def leads(settings: Settings) -> str:
    """The statistic that stands in the table: semantic segmentation is pooled, as in its field."""
    return "pooled" if settings.preset == "semantic" else "mean"


def means(of_class: OfClass, heads: Sequence[Column], settings: Settings, title: str) -> Block:
    """A row for each class, and the mean over them."""
    classes = [name for name in of_class if name not in (WHOLE, OVERALL)]
    shown = [*classes, OVERALL] if len(classes) > 1 else classes
    heading = {head.name for head in heads}
    made = [{m: s for m, s in of_class[name].items() if m in heading} for name in shown]
    fields = [named("class", shown), *_counts(made)]
    fields += [_metric(head, made, settings) for head in heads]
    fields = filled(fields)
    leading = next(
        (head for head in heads if any(_has_worst(m.get(head.name)) for m in made)), None
    )
    if leading:
        fields += _worst(leading, made, settings)
    last = frozenset([len(classes)]) if len(classes) > 1 else frozenset[int]()
    return Block(tuple(fields), title, last, last)


def _has_worst(made: Statistic | None) -> bool:
    return made is not None and bool(made.worst_case)


def _counts(made: Sequence[Mapping[str, Statistic]]) -> list[Field]:
    """n, and where there are any the undefined and missing values: the most of any metric."""
    fields = []
    for name, attribute in (("n", "n"), ("undefined", "n_undefined"), ("missing", "n_missing")):
        numbers = [max((getattr(s, attribute) for s in m.values()), default=0) for m in made]
        if name == "n" or any(numbers):
            fields.append(Field((name,), tuple(map(str, numbers)), "count"))
    return fields


def _metric(head: Column, made: Sequence[Mapping[str, Statistic]], settings: Settings) -> Field:
    """Mean and deviation, or the pooled value."""
    word, decimal = _shown(head, made, settings), decimals(head, settings.digits)
    cells = [_cell(of_metric, head, word, decimal) for of_metric in made]
    extra = () if word == leads(settings) else (word,)
    return Field(titled(head) + extra, aligned(cells), "metric")


def _shown(head: Column, made: Sequence[Mapping[str, Statistic]], settings: Settings) -> str:
    """The statistic that stands in a column: the mean, where nothing could be pooled."""
    found = [of_metric[head.name] for of_metric in made if head.name in of_metric]
    return "mean" if all(math.isnan(one.pooled) for one in found) else leads(settings)


def _cell(
    of_metric: Mapping[str, Statistic], head: Column, word: str, decimal: int
) -> tuple[str, str, str]:
    """Number, deviation, and n where it is not that of the row."""
    one = of_metric.get(head.name)
    if one is None:
        return "", "", ""
    if word == "pooled":
        return figure(one.pooled, decimal), "", ""
    most = max(s.n for s in of_metric.values())
    more = [f"[{', '.join(figure(end, decimal) for end in one.interval)}]"] if one.interval else []
    more += [f"n={one.n}"] if one.n not in (most, 0) else []
    spread = "" if math.isnan(one.sd) else figure(one.sd, decimal)
    return figure(one.mean, decimal), spread, " ".join(more)


def _worst(
    head: Column, made: Sequence[Mapping[str, Statistic]], settings: Settings
) -> list[Field]:
    """The worst value of the leading metric, and its case."""
    decimal = decimals(head, settings.digits)
    found = [m.get(head.name) for m in made]
    values = [("" if one is None else figure(one.worst, decimal), "", "") for one in found]
    cases = tuple("" if one is None else clean(one.worst_case) for one in found)
    return [
        Field(("worst", *titled(head)), aligned(values), "worst"),
        Field(("in case",), cases, "worst_case"),
    ]


def whole_means(
    made: Mapping[str, Statistic], heads: Sequence[Column], settings: Settings
) -> Block:
    """The numbers of whole cases, one metric a row."""
    shown = [head for head in heads if head.name in made]
    each = [{head.name: made[head.name]} for head in shown]
    values, worst, cases = [], [], []
    for head, one in zip(shown, each, strict=True):
        values.append(_metric(head, [one], settings).cells[0].strip())
        worst.append(figure(one[head.name].worst, decimals(head, settings.digits)))
        cases.append(clean(one[head.name].worst_case))
    names = tuple(" ".join(titled(head)) for head in shown)
    words = dict.fromkeys(_shown(h, [one], settings) for h, one in zip(shown, each, strict=True))
    fields = [
        Field(("whole case",), names, "key"),
        *_counts(each),
        Field((" or ".join(words),), tuple(values), "metric"),
        Field(("worst",), tuple(worst), "worst"),
        Field(("in case",), tuple(cases), "worst_case"),
    ]
    return Block(tuple(fields))
