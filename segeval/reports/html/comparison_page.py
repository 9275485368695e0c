"""The page of several models over the same cases: class tables side by side, ranks, what moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segeval import __version__
from segeval.reports.comparison import ModelComparison
from segeval.reports.html.charts import Axis, clipped, escape_text, grid_x, px, svg
from segeval.reports.html.definition_section import definition_section
from segeval.reports.html.drawings import PAGE, TOP
from segeval.reports.html.page import SCRIPT, STYLE, asset, environment
from segeval.reports.html.shown import (
    Heading,
    headings,
    label,
    leading,
    place_of_class,
    show_number,
    show_signed,
)
from segeval.reports.table_model import format_count
from segeval.request.settings import Settings
from segeval.scorecard.card import OVERALL, Scorecard
from segeval.scorecard.row_index import index_rows
from segeval.statistics.bootstrap import RESAMPLES
from segeval.statistics.compare import Difference, Ranking

MOVED = 30
LANE = 13  # pixels of a model's line
NONE = float("nan")


def render_comparison(
    found: ModelComparison,
    cards: Sequence[Scorecard],
    settings: Settings,
    different: Sequence[str] = (),
) -> str:
    """The page as text.

    cards      in the order of the models
    different  what cases a model lacks that another has, in words
    """
    heads = [head for head in headings(cards[0], settings) if head.definition.better]
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
        split=False,
        style=asset(STYLE),
        script=asset(SCRIPT),
    )
    return said


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
    return {"heading": head, "rows": rows}


def rankings_of(found: ModelComparison, head: Heading) -> list[Ranking]:
    """The classes in which all models have values of a metric."""
    return [r for r in found.rankings if r.name.metric == head.name and r.name.unit == head.unit]


def difference_cells(one: Difference | None, head: Heading) -> dict[str, Any]:
    """A difference with its interval and its test."""
    values = (NONE,) * 4 if one is None else (one.difference, one.low, one.high, one.p_holm)
    difference, low, high = (show_signed(v, head.decimals + 1) for v in values[:3])
    return {"difference": difference, "low": low, "high": high, "p": show_number(values[3], 3)}


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


def draw_ranks(title: str, models: Sequence[str], rankings: Sequence[Ranking]) -> str:
    """A line a class and model: the rank and the interval of the resamples."""
    block = LANE * len(models) + 10
    axis = Axis(1.0, float(max(len(models), 2)), PAGE.names + 14, PAGE.width - PAGE.side - 60, 1.0)
    height = TOP + block * len(rankings)
    parts = grid_x(axis, TOP, height, "rank")
    for place, ranking in enumerate(rankings):
        top = TOP + block * place
        name = label(ranking.name.class_)
        parts.append(
            f'<a href="#{place_of_class(ranking.name.class_)}"><text class="name" '
            f'x="{PAGE.names - 12}" y="{px(top + block / 2 + 3)}" text-anchor="end">'
            f"{escape_text(clipped(name))}<title>{escape_text(name)}</title></text></a>"
        )
        for k, model in enumerate(models):
            y = top + 5 + LANE * (k + 0.5)
            ends = px(axis.at(ranking.low[k])), px(axis.at(ranking.high[k]))
            at = axis.at(ranking.rank_of_means[k])
            parts.append(
                f'<path class="interval" d="M{ends[0]} {px(y)}H{ends[1]}"/>'
                f'<circle class="point" cx="{px(at)}" cy="{px(y)}" r="5.5">'
                f"<title>{escape_text(model)}: rank {ranking.rank_of_means[k]:g}</title></circle>"
                f'<text class="number" x="{px(at)}" y="{px(y + 3.2)}" text-anchor="middle">'
                f"{k + 1}</text>"
                f'<text class="count" x="{PAGE.width - 4}" y="{px(y + 3.5)}" text-anchor="end">'
                f"{k + 1}: first in {100 * ranking.first[k]:.0f} %</text>"
            )
    text = "; ".join(f"{k} is {model}" for k, model in enumerate(models, 1))
    drawing = f"<g {axis.attributes}>{''.join(parts)}</g>"
    return svg("changes ranks", PAGE.width, height + 34, title, text, [drawing], links=True)


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
            "difference": show_signed(change, head.decimals),
            "word": "worse" if change * worse > 0 else "better",
        }
        for one, case, change in rows[:MOVED]
    ]
