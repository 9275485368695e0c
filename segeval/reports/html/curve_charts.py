"""Curves of shares: reliability, precision and recall, FROC."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.reports.html.axes import Axis, span_axis
from segeval.reports.html.charts import (
    dots,
    escape_text,
    grid_x,
    grid_y,
    label_x,
    label_y,
    px,
    svg,
)
from segeval.reports.table_model import format_count


def draw_reliability(name: str, bins: Sequence[tuple[float, float, float]]) -> str:
    """Accuracy against confidence, with the share of the voxels of each bin below.

    bins  (voxels, confidence, accuracy) of those that hold any
    """
    width, height, left = 310.0, 340.0, 56.0
    x = Axis(0.0, 1.0, left, width - 12)
    y = Axis(0.0, 1.0, 232.0, 12.0)
    total = sum(n for n, *_ in bins)
    most = max((n for n, *_ in bins), default=0.0) or 1.0
    line = "".join(
        f"{'L' if k else 'M'}{px(x.at(c))} {px(y.at(a))}" for k, (_, c, a) in enumerate(bins)
    )
    gaps = "".join(f"M{px(x.at(c))} {px(y.at(c))}V{px(y.at(a))}" for _, c, a in bins)
    shares = "".join(f"M{px(x.at(c))} 300v{px(-max(40 * n / most, 0.6))}" for n, c, _ in bins)
    parts = [
        *grid_x(x, 12, 232),
        *grid_y(y, left, width - 12),
        label_y("accuracy", 11, 122),
        f'<path class="zero" d="M{px(x.at(0))} {px(y.at(0))}L{px(x.at(1))} {px(y.at(1))}"/>',
        f'<path class="gap" d="{gaps}"/><path class="line" d="{line}"/>',
        f'<g data-class="{escape_text(name)}" data-axis="y" {y.attributes}>'
        + dots([(x.at(c), y.at(a)) for _, c, a in bins], "dots big")
        + "</g>",
        f'<path class="bars" d="{shares}"/>'
        f'<path class="floor" d="M{px(left)} 300.5H{width - 12}"/>',
        f'<text class="tick" x="{px(left - 6)}" y="264" text-anchor="end">'
        f"{100 * most / (total or 1.0):.0f} %</text>",
        label_y("voxels", 11, 280),
        label_x("confidence", (left + width - 12) / 2, 318),
    ]
    many, voxels = format_count(len(bins), "bin"), format_count(round(total), "voxel")
    text = f"accuracy against confidence in {many} of {voxels}"
    return svg("reliability", width, height, name, text, parts)


def draw_curve(title: str, points: Sequence[tuple[float, float]], across: str, up: str) -> str:
    """A curve of shares, upwards from 0 to 1."""
    width, height, left = 310.0, 246.0, 56.0
    x = span_axis([0.0, 1.0, *(a for a, _ in points)], left, width - 12, 5)
    y = Axis(0.0, 1.0, 204.0, 12.0)
    line = "".join(
        f"{'L' if k else 'M'}{px(x.at(a))} {px(y.at(b))}" for k, (a, b) in enumerate(points)
    )
    if len(points) == 1:
        line += "h0"  # a dot
    parts = [
        *grid_x(x, 12, 204, across),
        *grid_y(y, left, width - 12),
        label_y(up, 11, 108),
        f'<g data-axis="x" {x.attributes}><g data-axis="y" {y.attributes}>'
        f'<path class="line" d="{line}"/></g></g>',
    ]
    return svg("curve", width, height, title, f"{up} against {across}", parts)
