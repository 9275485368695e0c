"""The page of several models over the same cases: class tables side by side, ranks, what moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from segeval import __version__
from segeval.reports.comparison import ModelComparison
from segeval.reports.html.charts import PAGE, Layout, with_unit
from segeval.reports.html.comparison_lacks import (
    Lacking,
    absent_structures,
    lacking_values,
    lacks_in_words,
)
from segeval.reports.html.comparison_overall import (
    common_means,
    leading_model,
    model_rows,
    overall_remarks,
)
from segeval.reports.html.definition_section import definition_section
from segeval.reports.html.difference_charts import Change, draw_changes, draw_ranks
from segeval.reports.html.interval_cells import IntervalCell, few_cases_text, interval_cell
from segeval.reports.html.page import SCRIPT, STYLE, asset, environment
from segeval.reports.html.shown import (
    Heading,
    headings,
    label,
    leading,
    place_of_class,
    show_number,
    show_p,
)
from segeval.reports.html.signed_values import SIGNED, is_signed
from segeval.reports.table_model import format_count
from segeval.request.settings import Settings
from segeval.runtime.frozen import frozen
from segeval.scorecard.card import Scorecard
from segeval.statistics.bootstrap import RESAMPLES
from segeval.statistics.compare import Difference, Ranking

MOVED = 30
NONE = float("nan")


@frozen
class ModelTable:
    """A metric of several models by class.

    charts  of the differences to the first model: the name of the other, and the drawing
    """

    heading: Heading
    rows: list[dict[str, Any]]
    charts: list[tuple[str, str]]

    @property
    def signed(self) -> bool:
        """Whether |v| is what is compared."""
        return is_signed(self.heading)


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
    lacking = lacking_values(cards, heads)
    tables = [table for head in heads if (table := class_table(found, head, lacking)).rows]
    overall = [common_means(found, head) for head in heads]
    page = environment().get_template("compare.html.j2")
    said: str = page.render(
        sentence=f"{len(found.models)} models over {format_count(found.cases, 'case')}",
        headline=leading_model(found, heads[0], overall[0]) if heads else None,
        models=model_rows(found, cards, heads, overall),
        overall=overall_remarks(found, heads, overall, lacking),
        signed=SIGNED,
        lacks=absent_structures(cards),
        few=few_cases_text(
            (f"{d.name.class_}/{d.name.metric}", d.patients) for d in found.differences
        ),
        heads=heads,
        different=different,
        level=show_number(100 * found.level, 0),
        tables=tables,
        places={row["place"] for table in tables for row in table.rows},
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


def class_table(found: ModelComparison, head: Heading, lacking: Sequence[Lacking]) -> ModelTable:
    """The classes of a metric: a mean a model, and the differences to the first.

    lacking  every class and metric that a model has values of, and who lacks some
    """
    apart: dict[str, dict[int, Difference]] = {}
    for one in found.differences:
        if one.name.metric == head.name and one.name.unit == head.unit:
            apart.setdefault(one.name.class_, {})[one.model] = one
    rankings = {ranking.name.class_: ranking for ranking in rankings_of(found, head)}
    rows = [
        class_row(one, rankings.get(one.class_), apart.get(one.class_, {}), head)
        for one in lacking
        if one.metric == head.name
    ]
    charts = [
        (found.models[model], chart)
        for model in range(1, len(found.models))
        if (chart := draw_model_differences(found, head, model))
    ]
    return ModelTable(head, rows, charts)


def class_row(
    lacking: Lacking, ranking: Ranking | None, apart: Mapping[int, Difference], head: Heading
) -> dict[str, Any]:
    """A class in a metric; without a case that all models have, every mean is blank."""
    models = range(len(lacking.values))
    blank = (NONE,) * len(lacking.values)
    best = min(ranking.rank_of_means) if ranking else NONE
    return {
        "name": label(lacking.class_),
        "place": place_of_class(lacking.class_),
        "n": ranking.n if ranking else 0,
        "means": [
            {
                "mean": head.show(mean),
                "size": head.show(size),
                "best": rank == best,
                "lacks": lacks_in_words(lacking, k),
            }
            for k, mean, size, rank in zip(
                models,
                ranking.means if ranking else blank,
                ranking.sizes if ranking else blank,
                ranking.rank_of_means if ranking else blank,
                strict=True,
            )
        ],
        "differences": [difference_cells(apart.get(k), head) for k in models[1:]],
    }


def rankings_of(found: ModelComparison, head: Heading) -> list[Ranking]:
    """The classes in which all models have values of a metric."""
    return [r for r in found.rankings if r.name.metric == head.name and r.name.unit == head.unit]


def difference_cells(one: Difference | None, head: Heading) -> dict[str, Any]:
    """A difference with its interval and its test."""
    values = (NONE,) * 4 if one is None else (one.difference, one.low, one.high, one.p_holm)
    n = 0 if one is None else one.n
    interval = interval_cell(values[1], values[2], n, lambda v: head.show_change(v, 1))
    if one is not None and one.patients == 1:
        interval = IntervalCell(why=f"one {'case' if n == 1 else 'patient'} has none")
    return {
        "difference": head.show_change(values[0], 1),
        "interval": interval,
        "p": show_p(values[3] if n > 1 else NONE),
    }


def draw_model_differences(
    found: ModelComparison, head: Heading, model: int, layout: Layout = PAGE
) -> str:
    """A line a class: a model minus the first; "" where they share no class."""
    own = [
        one
        for one in found.differences
        if (one.model, one.name.metric, one.name.unit) == (model, head.name, head.unit) and one.n
    ]
    worse = -1.0 if head.definition.better == "higher" else 1.0  # of |v| where it has a sign
    changes = [
        Change(
            label(one.name.class_),
            f"#{place_of_class(one.name.class_)}",
            one.difference,
            one.low,
            one.high,
            one.patients > 1 and one.difference * worse > 0 and not one.low <= 0 <= one.high,
        )
        for one in own
    ]
    title = f"{head.name}: {found.models[model]} minus {found.models[0]}"
    across = with_unit("difference of |v|" if is_signed(head) else "difference", head.unit)
    return draw_changes(title, across, changes, layout) if own else ""


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
            "metric": head.compared,
            "model": found.models[one.model],
            "difference": head.show_change(change),
            "word": "worse" if change * worse > 0 else "better",
        }
        for one, case, change in rows[:MOVED]
    ]
