"""Charts of the report as inline SVG; nothing but numbers and names goes in.

A chart is drawn in units of CSS pixels. Its axis stands in attributes (`data-low`, `data-high`,
`data-start`, `data-end`), so that a point can be read back from where it lies. Colours are classes
of the style sheet; a chart that is saved alone brings the few that it needs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from segeval.runtime.frozen import frozen
from segeval.runtime.safe_text import clean_name

TICKS = 6  # at most, along an axis
CLIPPED = 26  # letters of a name beside a chart


@frozen
class Axis:
    """A linear scale: values low..high on pixels start..end.

    step  between ticks
    """

    low: float
    high: float
    start: float
    end: float
    step: float = 0.2

    def at(self, value: float) -> float:
        """The pixel of a value."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        """Round values from end to end."""
        first = math.ceil(self.low / self.step - 1e-9)
        last = math.floor(self.high / self.step + 1e-9)
        return [k * self.step for k in range(first, last + 1)]

    @property
    def attributes(self) -> str:
        """The scale, for whoever reads points back."""
        return (
            f'data-low="{self.low!r}" data-high="{self.high!r}" '
            f'data-start="{self.start:g}" data-end="{self.end:g}"'
        )


def round_step(least: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(k * power for k in (1, 2, 5, 10) if k * power >= least * (1 - 1e-9))


def spanning(
    values: Iterable[float], start: float, end: float, most: int = TICKS, centred: bool = False
) -> Axis:
    """An axis around values that ends at round numbers; of no value 0 to 1.

    most     steps, about
    centred  zero stands in the middle
    """
    known = [value for value in values if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if centred:
        low, high = -max(abs(low), abs(high)), max(abs(low), abs(high))
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):
        room = abs(high) * 0.1 or 0.5
        low, high = low - room, high + room
    step = round_step((high - low) / most)
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return Axis(float(f"{low:.12g}"), float(f"{high:.12g}"), start, end, step)


def tick_text(value: float, step: float) -> str:
    """A tick with as many decimals as its step needs."""
    for size, sign in ((1e6, "M"), (1e3, "k")):
        if step >= size / 10 and abs(value) >= size:
            return f"{value / size:g}{sign}".replace("-", "−")
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) if step < 1 else 0
    text = f"{value:.{decimals}f}"
    return "0" if float(text) == 0 else text.replace("-", "−")


def escape_text(text: str) -> str:
    """Text as markup shows it, in an attribute too; what does not print stands as its escape."""
    return escape(clean_name(text), quote=True)


def clipped(name: str, most: int = CLIPPED) -> str:
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


def grid_x(axis: Axis, top: float, bottom: float, unit: str = "") -> list[str]:
    """Vertical lines at the ticks, with their numbers below."""
    ticks, step = axis.ticks, axis.step
    lines = "".join(f"M{px(axis.at(t))} {px(top)}V{px(bottom)}" for t in ticks)
    texts = [
        f'<text class="tick" x="{px(axis.at(t))}" y="{px(bottom + 14)}" text-anchor="middle">'
        f"{tick_text(t, step)}</text>"
        for t in ticks
    ]
    if unit:
        texts.append(
            f'<text class="tick" x="{px(axis.end)}" y="{px(bottom + 28)}" '
            f'text-anchor="end">{escape_text(unit)}</text>'
        )
    return [f'<path class="grid" d="{lines}"/>', *texts]


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


def quantile(ordered: Sequence[float], share: float) -> float:
    """The quantile of sorted values, linear between neighbours (numpy's default)."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
