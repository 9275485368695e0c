"""Differences with their intervals, and ranks of models: a line a class."""

from __future__ import annotations

import math
from collections.abc import Sequence

from segeval.reports.html.axes import HUGE, Axis, round_outwards, span_axis, spanning_far
from segeval.reports.html.charts import (
    BOTTOM,
    PAGE,
    TOP,
    Layout,
    clip_name,
    escape_text,
    grid_x,
    px,
    svg,
)
from segeval.reports.html.shown import label, place_of_class
from segeval.runtime.frozen import frozen, replace
from segeval.statistics.compare import Ranking

LANE = 13  # pixels of a model's line
SHARE = 60  # of the words at the end of a line


@frozen
class Change:
    """What a class gained or lost against another run."""

    name: str
    link: str
    difference: float
    low: float
    high: float
    worse: bool


def draw_changes(title: str, across: str, changes: Sequence[Change], layout: Layout = PAGE) -> str:
    """A line a class: the difference and its interval, around zero.

    across  what the axis is of, with its unit
    """
    axis = span_changes(changes, layout)
    height = TOP + layout.row * len(changes)
    parts = grid_x(axis, TOP, height, across)
    parts.append(f'<path class="zero" d="M{px(axis.at(0))} {TOP}V{px(height)}"/>')
    for place, change in enumerate(changes):
        y = TOP + layout.row * (place + 0.5)
        parts.append(
            f'<a href="{change.link}"><text class="name" x="{layout.names - 12}" y="{px(y + 4)}" '
            f'text-anchor="end">{escape_text(clip_name(change.name, layout.letters))}'
            f"<title>{escape_text(change.name)}</title></text></a>"
        )
        if math.isfinite(change.low) and math.isfinite(change.high):
            ends_at = px(axis.at(change.low)), px(axis.at(change.high))
            parts.append(f'<path class="interval" d="M{ends_at[0]} {px(y)}H{ends_at[1]}"/>')
        if math.isfinite(change.difference):
            kind = "worst" if change.worse else "point"
            parts.append(
                f'<circle class="{kind}" cx="{px(axis.at(change.difference))}" cy="{px(y)}" '
                'r="3.6"/>'
            )
    text = "Each difference with its interval; filled where it is worse."
    drawing = f"<g {axis.attributes}>{''.join(parts)}</g>"
    return svg("changes", layout.width, height + BOTTOM, title, text, [drawing], links=True)


def span_changes(changes: Sequence[Change], layout: Layout) -> Axis:
    """The axis of differences and their intervals, zero in the middle; bent where few are far."""
    ends = [v for c in changes for v in (c.difference, c.low, c.high)]
    start, end = layout.names, layout.width - layout.side
    axis = spanning_far([c.difference for c in changes], start, end)
    if not axis.bend:
        return span_axis(ends, start, end, centred=True)
    far = round_outwards(min(HUGE, max(abs(v) for v in ends if math.isfinite(v))))
    return replace(axis, low=-far, high=far)


def draw_ranks(
    title: str, models: Sequence[str], rankings: Sequence[Ranking], layout: Layout = PAGE
) -> str:
    """A line a class and model: the rank and the interval of the resamples."""
    block = LANE * len(models) + 10
    axis = Axis(
        1.0, float(max(len(models), 2)), layout.names + 14, layout.width - layout.side - SHARE, 1.0
    )
    height = TOP + block * len(rankings)
    parts = grid_x(axis, TOP, height, "rank")
    for place, ranking in enumerate(rankings):
        top = TOP + block * place
        name = label(ranking.name.class_)
        parts.append(
            f'<a href="#{place_of_class(ranking.name.class_)}"><text class="name" '
            f'x="{layout.names - 12}" y="{px(top + block / 2 + 3)}" text-anchor="end">'
            f"{escape_text(clip_name(name, layout.letters))}<title>{escape_text(name)}</title>"
            "</text></a>"
        )
        for k, model in enumerate(models):
            y = top + 5 + LANE * (k + 0.5)
            bar, first = "", ""
            if math.isfinite(ranking.low[k]):  # one patient has no interval
                ends = px(axis.at(ranking.low[k])), px(axis.at(ranking.high[k]))
                bar = f'<path class="interval" d="M{ends[0]} {px(y)}H{ends[1]}"/>'
                first = f"first in {100 * ranking.first[k]:.0f} %"
            at = axis.at(ranking.rank_of_means[k])
            parts.append(
                f"{bar}"
                f'<circle class="point" cx="{px(at)}" cy="{px(y)}" r="5.5">'
                f"<title>{escape_text(model)}: rank {ranking.rank_of_means[k]:g}</title></circle>"
                f'<text class="number" x="{px(at)}" y="{px(y + 3.2)}" text-anchor="middle">'
                f"{k + 1}</text>"
                f'<text class="count" x="{layout.width - 4}" y="{px(y + 3.5)}" text-anchor="end">'
                f"{k + 1}: {first}</text>"
            )
    text = "; ".join(f"{k} is {model}" for k, model in enumerate(models, 1))
    drawing = f"<g {axis.attributes}>{''.join(parts)}</g>"
    return svg("changes ranks", layout.width, height + BOTTOM, title, text, [drawing], links=True)
