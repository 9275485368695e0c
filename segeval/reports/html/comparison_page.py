"""The page of several models over the same cases: class tables side by side, ranks, what moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segeval import __version__
from segeval.reports.comparison import ModelComparison
from segeval.reports.html.charts import PAGE, Layout, with_unit
from segeval.reports.html.definition_section import definition_section
from segeval.reports.html.difference_charts import Change, draw_changes, draw_ranks
from segeval.reports.html.page import SCRIPT, STYLE, asset, environment
from segeval.reports.html.shown import (
    Heading,
    headings,
    label,
    leading,
    place_of_class,
    show_number,
)
from segeval.reports.table_model import format_count
from segeval.request.settings import Settings
from segeval.scorecard.card import OVERALL, Scorecard
from segeval.scorecard.row_index import index_rows
from segeval.statistics.bootstrap import RESAMPLES
from segeval.statistics.compare import Difference, Ranking

MOVED = 30
NONE = float("nan")


def render_comparison(
    found: ModelComparison,
    cards: Sequence[Scorecard],
    settings: Settings,
    different: Sequence[str] = (),
    split: bool = False,
) -> str:
    """The page as text.

    cards      in the order of the models
    different  what cases a model lacks that another has, and how else they differ, in words
    split      style and script are files beside it
    """
    own = {} if split else {"style": asset(STYLE), "script": asset(SCRIPT)}
    heads = compared_headings(cards, settings)
    tables = [table for head in heads if (table := class_table(found, head))["rows"]]
    page = environment().get_template("compare.html.j2")
    said: str = page.render(
        sentence=f"{len(found.models)} models over {format_count(found.cases, 'case')}",
        models=[
            model_row(name, card, heads) for name, card in zip(found.models, cards, strict=True)
        ],
        heads=heads,
        different=different,
        level=show_number(100 * found.level, 0),
        tables=tables,
        ranks=[part for head in heads if (part := rank_part(found, head)) is not None],
        resamples=RESAMPLES,
        moved=moved_rows(found, heads),
        definitions=definition_section(cards[0], heads),
        version=__version__,
        split=split,
        **own,
    )
    return said


def compared_headings(cards: Sequence[Scorecard], settings: Settings) -> list[Heading]:
    """The metrics of the first model that have a better side."""
    return [head for head in headings(cards[0], settings) if head.definition.better]


def model_row(name: str, card: Scorecard, heads: Sequence[Heading]) -> dict[str, Any]:
    """What a model has."""
    of_class = card.summary.get("", {})
    names = [n for n in of_class if n != OVERALL]
    whole: Mapping[str, Any] = of_class.get(OVERALL) or (of_class[names[0]] if names else {})
    return {
        "name": name,
        "cases": len(card.cases),
        "scored": index_rows(card.cases).scored,
        "overall": [h.show(whole[h.key].mean if h.key in whole else NONE) for h in heads],
    }


def class_table(found: ModelComparison, head: Heading) -> dict[str, Any]:
    """The classes of a metric: a mean a model, and the differences to the first."""
    apart: dict[str, dict[int, Difference]] = {}
    for one in found.differences:
        if one.name.metric == head.name and one.name.unit == head.unit:
            apart.setdefault(one.name.class_, {})[one.model] = one
    rows = []
    for ranking in rankings_of(found, head):
        class_ = ranking.name.class_
        best = min(ranking.rank_of_means)
        rows.append(
            {
                "name": label(class_),
                "place": place_of_class(class_),
                "n": ranking.n,
                "means": [
                    (head.show(mean), rank == best)
                    for mean, rank in zip(ranking.means, ranking.rank_of_means, strict=True)
                ],
                "differences": [
                    difference_cells(apart.get(class_, {}).get(k), head)
                    for k in range(1, len(found.models))
                ],
            }
        )
    return {
        "heading": head,
        "rows": rows,
        "charts": [
            (found.models[model], chart)
            for model in range(1, len(found.models))
            if (chart := draw_model_differences(found, head, model))
        ],
    }


def rankings_of(found: ModelComparison, head: Heading) -> list[Ranking]:
    """The classes in which all models have values of a metric."""
    return [r for r in found.rankings if r.name.metric == head.name and r.name.unit == head.unit]


def difference_cells(one: Difference | None, head: Heading) -> dict[str, Any]:
    """A difference with its interval and its test."""
    values = (NONE,) * 4 if one is None else (one.difference, one.low, one.high, one.p_holm)
    difference, low, high = (head.show_change(v, 1) for v in values[:3])
    return {"difference": difference, "low": low, "high": high, "p": show_number(values[3], 3)}


def draw_model_differences(
    found: ModelComparison, head: Heading, model: int, layout: Layout = PAGE
) -> str:
    """A line a class: a model minus the first; "" where they share no class."""
    own = [
        one
        for one in found.differences
        if (one.model, one.name.metric, one.name.unit) == (model, head.name, head.unit) and one.n
    ]
    worse = {"higher": -1.0, "lower": 1.0}.get(head.definition.better, 0.0)
    changes = [
        Change(
            label(one.name.class_),
            f"#{place_of_class(one.name.class_)}",
            one.difference,
            one.low,
            one.high,
            one.difference * worse > 0 and not one.low <= 0 <= one.high,
        )
        for one in own
    ]
    title = f"{head.name}: {found.models[model]} minus {found.models[0]}"
    return draw_changes(title, with_unit("difference", head.unit), changes, layout) if own else ""


def rank_part(
    found: ModelComparison, head: Heading
) -> tuple[Heading, str, list[dict[str, Any]]] | None:
    """The chart of ranks of a metric, and the same as a table."""
    rankings = rankings_of(found, head)
    if not rankings:
        return None
    rows = [
        {
            "name": label(ranking.name.class_),
            "model": model,
            "rank": show_number(ranking.rank_of_means[k], 1),
            "low": show_number(ranking.low[k], 1),
            "high": show_number(ranking.high[k], 1),
            "mean_rank": show_number(ranking.mean_rank[k], 2),
            "first": show_number(100 * ranking.first[k], 1),
        }
        for ranking in rankings
        for k, model in enumerate(found.models)
    ]
    return head, draw_ranks(head.key, found.models, rankings), rows


def moved_rows(found: ModelComparison, heads: Sequence[Heading]) -> list[dict[str, Any]]:
    """The cases that moved most in the leading metric, the largest change first."""
    head = leading(heads)
    if head is None:
        return []
    worse = -1.0 if head.definition.better == "higher" else 1.0
    rows = [
        (one, case, change)
        for one in found.differences
        if one.name.metric == head.name and one.name.unit == head.unit
        for case, change in one.moved
        if change
    ]
    rows.sort(key=lambda row: -abs(row[2]))
    return [
        {
            "case": case,
            "class": label(one.name.class_),
            "link": place_of_class(one.name.class_),
            "metric": head.name,
            "model": found.models[one.model],
            "difference": head.show_change(change),
            "word": "worse" if change * worse > 0 else "better",
        }
        for one, case, change in rows[:MOVED]
    ]
