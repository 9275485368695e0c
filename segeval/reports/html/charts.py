"""Charts of the report as inline SVG; nothing but numbers and names goes in.

A chart is drawn in units of CSS pixels. Its axis stands in attributes (`data-low`, `data-high`,
`data-start`, `data-end`, `data-bend`), so that a point can be read back from where it lies. Colours
are classes of the style sheet; a chart that is saved alone brings the few that it needs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from segeval.reports.html.axes import Axis
from segeval.runtime.frozen import frozen
from segeval.runtime.safe_text import clean_name

CLIPPED = 26  # letters of a name beside a chart
TOP, BOTTOM = 8, 36  # above and below the lines of a chart


@frozen
class Layout:
    """Sizes in pixels of a chart that has a line a class.

    names, side  of the names at its left, of the counts at its right
    letters      of a name that fits
    """

    width: int = 860
    names: int = 190
    side: int = 64
    row: int = 26
    letters: int = 26


PAGE = Layout()
COLUMN = Layout(336, 92, 40, 17, 15)  # of a journal's column: 89 mm


def tick_text(value: float, step: float) -> str:
    """A tick with as many decimals as its step needs."""
    if not step or step >= 1e9:
        return f"{value:g}".replace("-", "−")
    for size, sign in ((1e6, "M"), (1e3, "k")):
        if step >= size / 10 and abs(value) >= size:
            return f"{value / size:g}{sign}".replace("-", "−")
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step < 1 else 0
    text = f"{value:.{decimals}f}"
    return "0" if float(text) == 0 else text.replace("-", "−")


def escape_text(text: str) -> str:
    """Text as markup shows it, in an attribute too; what does not print stands as its escape."""
    return escape(clean_name(text), quote=True)


def clip_name(name: str, most: int = CLIPPED) -> str:
    """A name that fits beside a chart."""
    return name if len(name) <= most else name[: most - 1] + "…"


def px(value: float) -> str:
    """A pixel to the hundredth."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def svg(  # noqa: PLR0913 - what a picture is
    kind: str,
    width: float,
    height: float,
    title: str,
    text: str,
    parts: Iterable[str],
    links: bool = False,
) -> str:
    """A drawing with its title and description, which screen readers say."""
    role = "group" if links else "img"
    label = escape_text(f"{title}. {text}")
    return (
        f'<svg class="chart {kind}" viewBox="0 0 {px(width)} {px(height)}" width="{px(width)}" '
        f'height="{px(height)}" role="{role}" aria-label="{label}">'
        f"<title>{escape_text(title)}</title><desc>{escape_text(text)}</desc>{''.join(parts)}</svg>"
    )


def grid_x(axis: Axis, top: float, bottom: float, text: str = "") -> list[str]:
    """Vertical lines at the ticks, with their numbers and what they are of below."""
    ticks, step = axis.ticks, 0.0 if axis.bend else axis.step
    lines = "".join(f"M{px(axis.at(t))} {px(top)}V{px(bottom)}" for t in ticks)
    texts = [
        f'<text class="tick" x="{px(axis.at(t))}" y="{px(bottom + 14)}" text-anchor="middle">'
        f"{tick_text(t, step)}</text>"
        for t in ticks
    ]
    if text:
        said = f"{text}, scale compressed outwards" if axis.bend else text
        texts.append(label_x(said, (axis.start + axis.end) / 2, bottom + 29))
    return [f'<path class="grid" d="{lines}"/>', *texts]


def label_x(text: str, x: float, y: float) -> str:
    """What an axis is of, below it."""
    return (
        f'<text class="axis" x="{px(x)}" y="{px(y)}" text-anchor="middle">{escape_text(text)}'
        "</text>"
    )


def label_y(text: str, x: float, y: float) -> str:
    """What an axis is of, upwards beside it."""
    return (
        f'<text class="axis" transform="translate({px(x)} {px(y)}) rotate(-90)" '
        f'text-anchor="middle">{escape_text(text)}</text>'
    )


def with_unit(name: str, unit: str) -> str:
    """What a number is, with its unit: `hd95 [mm]`."""
    return f"{name} [{unit}]" if unit else name


def grid_y(axis: Axis, left: float, right: float) -> list[str]:
    """Horizontal lines at the ticks, with their numbers at the left."""
    ticks, step = axis.ticks, axis.step
    lines = "".join(f"M{px(left)} {px(axis.at(t))}H{px(right)}" for t in ticks)
    texts = [
        f'<text class="tick" x="{px(left - 6)}" y="{px(axis.at(t) + 3.5)}" text-anchor="end">'
        f"{tick_text(t, step)}</text>"
        for t in ticks
    ]
    return [f'<path class="grid" d="{lines}"/>', *texts]


def dots(points: Iterable[tuple[float, float]], kind: str = "dots") -> str:
    """Points as one path: a stroke of no length with round ends is a dot."""
    path = "".join(f"M{px(x)} {px(y)}h0" for x, y in points)
    return f'<path class="{kind}" d="{path}"/>' if path else ""


def spread_out(places: Sequence[float], size: float, room: float) -> list[float]:
    """How far each point stands above or below its line, so that few hide each other.

    places  along the axis, in pixels
    size    of a point
    room    above and below the line
    """
    taken: dict[int, int] = {}
    offsets = []
    for place in places:
        column = round(place / size)
        rank = taken.get(column, 0)
        taken[column] = rank + 1
        step = (rank + 1) // 2 * size * (1 if rank % 2 else -1)
        offsets.append(step if abs(step) <= room else math.remainder(step, 2 * room))
    return offsets
