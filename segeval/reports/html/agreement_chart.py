"""Volumes of both sides as Bland and Altman draw them."""

from __future__ import annotations

import math

from segeval.reports.html.axes import span_axis
from segeval.reports.html.charts import (
    dots,
    escape_text,
    grid_x,
    grid_y,
    label_y,
    px,
    svg,
    with_unit,
)
from segeval.runtime.frozen import frozen


@frozen
class Agreement:
    """Volumes of both sides of a class: what a Bland-Altman chart shows.

    across  mean of both, or their geometric mean on a log axis
    gaps    prediction minus ground truth, or the ratio
    bias, low, high   the mean gap and its limits of agreement
    """

    name: str
    unit: str
    ratio: bool
    across: tuple[float, ...]
    gaps: tuple[float, ...]
    bias: float
    low: float
    high: float


def draw_agreement(found: Agreement) -> str:
    """A Bland-Altman chart: gap against size, bias and limits of agreement as lines."""
    width, height, left, foot = 290.0, 200.0, 60.0, 162.0
    x = span_axis(found.across, left, width - 10, 4)
    ends = [v for v in (found.low, found.high, found.bias) if math.isfinite(v)]
    y = span_axis([*found.gaps, *ends, 1.0 if found.ratio else 0.0], foot, 12.0, 4)
    gap = "prediction / truth" if found.ratio else with_unit("prediction − truth", found.unit)
    parts = [
        *grid_x(x, 12, foot, with_unit("mean of both", found.unit)),
        label_y(gap, 11, (12 + foot) / 2),
        *grid_y(y, left, width - 10),
    ]
    for kind, value in (
        ("zero", 1.0 if found.ratio else 0.0),
        ("bias", found.bias),
        ("limit", found.low),
        ("limit", found.high),
    ):
        if math.isfinite(value):
            parts.append(f'<path class="{kind}" d="M{px(left)} {px(y.at(value))}H{width - 10}"/>')
    points = [(x.at(a), y.at(b)) for a, b in zip(found.across, found.gaps, strict=True)]
    parts.append(
        f'<g data-class="{escape_text(found.name)}" data-axis="y" {y.attributes}>{dots(points)}</g>'
    )
    title = f"{found.name}: {gap}"
    limits = f"limits {found.low:.4g} to {found.high:.4g}"
    text = f"{len(found.gaps)} cases; bias {found.bias:.4g}, {limits}"
    return svg("agreement", width, height, title, text, parts)
