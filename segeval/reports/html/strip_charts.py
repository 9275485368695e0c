"""Every case of every class as a dot, and the small distribution in a cell."""

from __future__ import annotations

import math
from collections.abc import Sequence

from segeval.reports.html.axes import OPEN, Axis, quantile, span_axis, spanning_far, within_bounds
from segeval.reports.html.charts import (
    BOTTOM,
    PAGE,
    TOP,
    Layout,
    clip_name,
    dots,
    escape_text,
    grid_x,
    px,
    spread_out,
    svg,
)
from segeval.reports.table_model import format_count
from segeval.runtime.frozen import frozen

BINS = 14  # of a small distribution


@frozen
class Strip:
    """One class in one metric: every case.

    values     finite, in the order of the cases
    worst      the case that is worst, its value, and where its name leads; "" where there is none
    bars       of gates
    tolerance  of the class, in the unit of the axis; nan without one
    """

    name: str
    link: str
    values: tuple[float, ...]
    worst: tuple[str, float, str] = ("", math.nan, "")
    bars: tuple[float, ...] = ()
    tolerance: float = math.nan
    n_other: int = 0


def draw_strips(  # noqa: PLR0913 - what a chart is
    title: str,
    across: str,
    strips: Sequence[Strip],
    layout: Layout = PAGE,
    bounds: tuple[float, float] = OPEN,
) -> str:
    """A line a class: every case as a dot over the box of its quartiles, its bars as marks.

    across   what the axis is of, with its unit
    bounds   the least and the largest value that there can be; a scale with both is never bent
    """
    every = [v for s in strips for v in (*s.values, *s.bars, s.tolerance) if math.isfinite(v)]
    span = span_axis if all(map(math.isfinite, bounds)) else spanning_far
    axis = within_bounds(span(every, layout.names, layout.width - layout.side), every, bounds)
    height = TOP + layout.row * len(strips)
    parts = grid_x(axis, TOP, height, across)
    for place, strip in enumerate(strips):
        parts += _strip(strip, axis, TOP + layout.row * (place + 0.5), layout)
    text = (
        "Every case is a dot; the box spans the quartiles, its line is the median; "
        "a vertical mark is the bar of a gate."
    )
    if any(math.isfinite(strip.tolerance) for strip in strips):
        text += " A dashed mark is the tolerance of the class."
    drawing = f"<g {axis.attributes}>{''.join(parts)}</g>"
    return svg("strips", layout.width, height + BOTTOM, title, text, [drawing], links=True)


def _strip(strip: Strip, axis: Axis, y: float, layout: Layout) -> list[str]:
    label = escape_text(clip_name(strip.name, layout.letters))
    half = 0.32 * layout.row
    parts = [
        f'<a href="{strip.link}"><text class="name" x="{layout.names - 12}" y="{px(y + 4)}" '
        f'text-anchor="end">{label}<title>{escape_text(strip.name)}</title></text></a>'
    ]
    values = sorted(strip.values)
    if values:
        low, mid, high = (quantile(values, q) for q in (0.25, 0.5, 0.75))
        left, right = axis.at(low), axis.at(high)
        parts.append(
            f'<rect class="box" x="{px(left)}" y="{px(y - half)}" '
            f'width="{px(max(right - left, 1))}" height="{px(2 * half)}"/>'
            f'<path class="median" d="M{px(axis.at(mid))} {px(y - half)}v{px(2 * half)}"/>'
        )
    places = [axis.at(v) for v in strip.values]
    offsets = spread_out(places, 3.2, half + 1)
    name = escape_text(strip.name)
    points = [(x, y + dy) for x, dy in zip(places, offsets, strict=True)]
    parts.append(f'<g data-class="{name}">{dots(points)}</g>')
    lines = [("bar", value) for value in strip.bars]
    lines += [("tolerance", strip.tolerance)] if math.isfinite(strip.tolerance) else []
    for kind, value in lines:
        parts.append(
            f'<path class="{kind}" d="M{px(axis.at(value))} {px(y - half - 3)}v{px(2 * half + 6)}">'
            f"<title>{kind} {value:g}</title></path>"
        )
    case, value, link = strip.worst
    if case and math.isfinite(value):
        at = list(strip.values).index(value) if value in strip.values else -1
        dy = offsets[at] if at >= 0 else 0.0
        parts.append(
            f'<a href="{link}"><circle class="worst" cx="{px(axis.at(value))}" cy="{px(y + dy)}" '
            f'r="3.6"><title>worst: {escape_text(case)}, {value:.4g}</title></circle></a>'
        )
    more = f" +{strip.n_other}" if strip.n_other else ""
    parts.append(
        f'<text class="count" x="{layout.width - 4}" y="{px(y + 4)}" text-anchor="end">'
        f"n {len(strip.values)}{more}</text>"
    )
    return parts


def draw_distribution(values: Sequence[float], scale: Axis | None, name: str) -> str:
    """A histogram of the size of a word, on the scale of its column.

    scale  of the column, on 0..1; None where all its values are one
    """
    finite = [v for v in values if math.isfinite(v)]
    counts = [0] * BINS
    for value in finite:
        share = scale.at(value) if scale else 0.5
        counts[min(BINS - 1, max(0, int(share * BINS)))] += 1
    most = max(counts, default=0) or 1
    bars = "".join(
        f"M{k * 6 + 3} 18v{px(-max(16 * n / most, 1))}" for k, n in enumerate(counts) if n
    )
    many = format_count(len(finite), "value")
    text = f"{name}: {many} from {min(finite):.3g} to {max(finite):.3g}"
    return (
        f'<svg class="spark" viewBox="0 0 {BINS * 6} 19" width="{BINS * 6}" height="19" role="img" '
        f'aria-label="{escape_text(text)}"><path class="floor" d="M0 18.5H{BINS * 6}"/>'
        f'<path class="bars" d="{bars}"/></svg>'
    )
