"""REPORT-T7: the first that a reader wants where no gate says it: the mean of the chief metric.

With its interval, its worst class and its worst case, and of whom and of when the page is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from segeval.reports.html.interval_cells import IntervalCell, interval_cell, lone_patient
from segeval.reports.html.shown import (
    Heading,
    Shown,
    label,
    leading,
    metrics_of_classes,
)
from segeval.reports.origin_keys import MADE, RESULTS
from segeval.reports.table_model import format_count
from segeval.runtime.frozen import frozen
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import GROUPS, OVERALL, WHOLE, Scorecard, Statistic
from segeval.scorecard.row_index import index_rows
from segeval.scorecard.value_statistics import BADNESS
from segeval.statistics.intervals import LEVEL, add_intervals

NONE = (math.nan, math.nan)
MOST = 3000  # cases of an interval that is made for the page


@frozen
class Headline:
    """The number that stands at the top.

    of            what it is a mean or a pooled value of
    worst_class   the class with the worst one and its value; "" where there is one class
    worst_case    the case with the worst one and its value
    interval      of a mean, with its level in percent
    made          whether the interval is made for the page, for the file has none
    """

    heading: Heading
    value: Shown
    of: str
    worst_class: tuple[str, Shown]
    worst_case: tuple[str, Shown]
    interval: IntervalCell
    level: str
    made: bool


def find_headline(card: Scorecard, heads: Sequence[Heading]) -> Headline | None:
    """The headline of a run; None where no metric has a value and a better side."""
    head = leading(heads, metrics_of_classes(card))
    summary = card.summary.get("", {})
    classes = {name: own[head.key] for name, own in summary.items() if head and head.key in own}
    if head is None or not classes:
        return None
    named = [name for name in classes if name not in (OVERALL, WHOLE, *GROUPS)]
    chosen = OVERALL if len(named) > 1 and OVERALL in classes else next(iter([*named, WHOLE]))
    made = classes.get(chosen)
    if made is None:
        return None
    leads = card.leads if card.leads == "pooled" and not math.isnan(made.pooled) else "mean"
    value = made.pooled if leads == "pooled" else made.mean
    if math.isnan(value):
        return None
    interval, own = _interval(card, head, chosen, made) if leads == "mean" else (NONE, False)
    return Headline(
        head,
        head.show(value),
        _of(leads, chosen, len(named), card),
        _worst_class(head, {name: classes[name] for name in named}, leads),
        (made.worst_case, head.show(made.worst)) if len(card.cases) > 1 else ("", Shown("")),
        interval_cell(*interval, made.n, head.show, lone_patient(card, chosen, head.name)),
        f"{100 * float(card.fields.get('ci') or LEVEL):g}",
        not own,
    )


def _of(leads: str, chosen: str, many: int, card: Scorecard) -> str:
    """`mean over 20 classes of 48 cases`."""
    cases = format_count(index_rows(card.cases).scored, "case")
    if chosen == OVERALL:
        return f"{leads} over {many} classes of {cases}"
    return f"{leads} over {cases}" + ("" if chosen == WHOLE else f", class {label(chosen)}")


def _worst_class(head: Heading, classes: Mapping[str, Statistic], leads: str) -> tuple[str, Shown]:
    values = {
        name: value
        for name, made in classes.items()
        if not math.isnan(value := made.pooled if leads == "pooled" else made.mean)
    }
    if len(values) < 2:
        return "", Shown("")
    bad = BADNESS[head.definition.better]
    name = max(values, key=lambda one: bad(values[one]))
    return name, head.show(values[name])


def _interval(
    card: Scorecard, head: Heading, chosen: str, made: Statistic
) -> tuple[tuple[float, float], bool]:
    """The interval of the mean, and whether the file has it; nan where there is none."""
    if made.interval is not None:
        return made.interval, True
    if len(card.cases) > MOST or len(card.cases) < 2 or made.n < 2:
        return NONE, False
    of_metric = {
        name: {head.key: own[head.key]}
        for name, own in card.summary.get("", {}).items()
        if head.key in own
    }
    level, seed = float(card.fields.get("ci") or LEVEL), int(card.fields.get("seed") or 0)
    found = add_intervals({"": of_metric}, card.cases, (head.name,), level, seed)
    return found[""].get(chosen, {})[head.key].interval or NONE, False


def describe_origin(card: Scorecard) -> dict[str, Any]:
    """Whose segmentations these are, against whose, and of when the page is."""
    roots = card.inputs.get("roots") or {}
    pred, truth = (_last_part(str(roots.get(side, ""))) for side in ("pred", "gt"))
    return {
        "model": clean_name(pred),
        "truth": clean_name(truth),
        "results": clean_name(str(card.run.get(RESULTS, ""))),
        "made": clean_name(str(card.run.get(MADE, ""))),
    }


def _last_part(path: str) -> str:
    parts = [part for part in PurePosixPath(path.replace("\\", "/")).parts if part not in "./"]
    return next((part for part in reversed(parts) if part != ".."), "")
