"""The confusion matrix as shades with their percents."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.reports.html.charts import clip_name, escape_text, label_x, label_y, px, svg


def draw_confusion(names: Sequence[str], shares: Sequence[Sequence[float]]) -> str:
    """A matrix of shares by row, as shades with their percents.

    shares  by class of the ground truth, then of the prediction; 0 to 1
    """
    side, left, top = 26.0, 112.0, 112.0
    size = side * len(names)
    parts = [
        label_y("ground truth", 11, top + size / 2),
        label_x("prediction, % of the row", left + size / 2, 12),
    ]
    for k, name in enumerate(names):
        middle = side * (k + 0.5)
        text = escape_text(clip_name(name, 15))
        parts.append(
            f'<text class="name" x="{px(left - 6)}" y="{px(top + middle + 4)}" '
            f'text-anchor="end">{text}</text><text class="name" text-anchor="start" '
            f'transform="translate({px(left + middle + 4)} {px(top - 6)}) rotate(-90)">'
            f"{text}</text>"
        )
    for row, of_row in enumerate(shares):
        for column, share in enumerate(of_row):
            x, y = left + side * column, top + side * row
            if share > 0:
                parts.append(
                    f'<rect class="shade" x="{px(x)}" y="{px(y)}" width="{px(side - 1)}" '
                    f'height="{px(side - 1)}" fill-opacity="{0.85 * share**0.5:.3f}"/>'
                )
                parts.append(
                    f'<text class="{"light" if share > 0.5 else "tick"}" x="{px(x + side / 2)}" '
                    f'y="{px(y + side / 2 + 3)}" text-anchor="middle">{100 * share:.0f}</text>'
                )
    text = "Rows are the ground truth, columns the prediction; percent of the row."
    return svg("confusion", left + size + 4, top + size + 4, "Confusion matrix", text, parts)
