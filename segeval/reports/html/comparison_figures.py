"""Charts of several models alone: `segeval report A B -o figure-ranks:ranks.svg`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from segeval.reports.comparison import ModelComparison
from segeval.reports.html.charts import COLUMN
from segeval.reports.html.comparison_page import (
    compared_headings,
    draw_model_differences,
    rankings_of,
)
from segeval.reports.html.difference_charts import draw_ranks
from segeval.reports.html.figures import EMPTY, NOTHING, stacked_charts
from segeval.reports.html.shown import Heading
from segeval.request.settings import Settings
from segeval.scorecard.card import Scorecard

Charts = list[tuple[str, str]]


def draw_model_figure(
    found: ModelComparison, cards: Sequence[Scorecard], kind: str, settings: Settings
) -> str:
    """A figure of several models as an SVG file; where they have nothing for it, it says so."""
    heads = compared_headings(cards, settings)
    return stacked_charts(KINDS[kind](found, heads) or [(NOTHING, EMPTY)])


def rank_figures(found: ModelComparison, heads: Sequence[Heading]) -> Charts:
    """The rank of each model with its interval, a chart a metric; the models by number."""
    key = "; ".join(f"{k} {name}" for k, name in enumerate(found.models, 1))
    return [
        (f"{head.key}: {key}", draw_ranks(head.key, found.models, own, COLUMN))
        for head in heads
        if (own := rankings_of(found, head))
    ]


def difference_figures(found: ModelComparison, heads: Sequence[Heading]) -> Charts:
    """Differences to the first model, a chart a metric and model."""
    return [
        (f"{head.key}: {found.models[model]} − {found.models[0]}", chart)
        for head in heads
        for model in range(1, len(found.models))
        if (chart := draw_model_differences(found, head, model, COLUMN))
    ]


KINDS: dict[str, Callable[[ModelComparison, Sequence[Heading]], Charts]] = {
    "differences": difference_figures,
    "ranks": rank_figures,
}
