"""The charts of the report, each out of numbers that stand in the result file."""

from __future__ import annotations

import math
from collections.abc import Sequence

from segeval.reports.html.charts import (
    Axis,
    clipped,
    dots,
    escape_text,
    grid_x,
    grid_y,
    px,
    quantile,
    spanning,
    spread_out,
    svg,
)
from segeval.runtime.frozen import frozen

TOP, BOTTOM = 8, 34
BINS = 14  # of a small distribution


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


@frozen
class Strip:
    """One class in one metric: every case.

    values  finite, in the order of the cases
    worst   the case that is worst, its value, and where its name leads; "" where there is none
    bar     of the gate; nan without one
    """

    name: str
    link: str
    values: tuple[float, ...]
    worst: tuple[str, float, str] = ("", math.nan, "")
    bar: float = math.nan
    bars: tuple[float, ...] = ()
    n_other: int = 0


def draw_strips(title: str, unit: str, strips: Sequence[Strip], layout: Layout = PAGE) -> str:
    """A line a class: every case as a dot over the box of its quartiles, its bars as marks."""
    every = [v for s in strips for v in (*s.values, *s.bars)]
    axis = spanning(every, layout.names, layout.width - layout.side)
    height = TOP + layout.row * len(strips)
    parts = grid_x(axis, TOP, height, unit)
    for place, strip in enumerate(strips):
        parts += _strip(strip, axis, TOP + layout.row * (place + 0.5), layout)
    text = (
        "Every case is a dot; the box spans the quartiles, its line is the median; "
        "a vertical mark is the bar of a gate."
    )
    drawing = f"<g {axis.attributes}>{''.join(parts)}</g>"
    return svg("strips", layout.width, height + BOTTOM, title, text, [drawing], links=True)


def _strip(strip: Strip, axis: Axis, y: float, layout: Layout) -> list[str]:
    label = escape_text(clipped(strip.name, layout.letters))
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
    for bar in strip.bars:
        x = px(axis.at(bar))
        parts.append(
            f'<path class="bar" d="M{x} {px(y - half - 3)}v{px(2 * half + 6)}">'
            f"<title>bar {bar:g}</title></path>"
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


def draw_distribution(values: Sequence[float], low: float, high: float, name: str) -> str:
    """A histogram of the size of a word, on the scale of its column."""
    finite = [v for v in values if math.isfinite(v)]
    counts = [0] * BINS
    for value in finite:
        share = (value - low) / (high - low) if high > low else 0.5
        counts[min(BINS - 1, max(0, int(share * BINS)))] += 1
    most = max(counts, default=0) or 1
    bars = "".join(
        f"M{k * 6 + 3} 18v{px(-max(16 * n / most, 1))}" for k, n in enumerate(counts) if n
    )
    text = f"{name}: {len(finite)} values from {low:.3g} to {high:.3g}"
    return (
        f'<svg class="spark" viewBox="0 0 {BINS * 6} 19" width="{BINS * 6}" height="19" role="img" '
        f'aria-label="{escape_text(text)}"><path class="floor" d="M0 18.5H{BINS * 6}"/>'
        f'<path class="bars" d="{bars}"/></svg>'
    )


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
    cases: tuple[str, ...]
    across: tuple[float, ...]
    gaps: tuple[float, ...]
    bias: float
    low: float
    high: float


def draw_agreement(found: Agreement) -> str:
    """A Bland-Altman chart: gap against size, bias and limits of agreement as lines."""
    width, height, left, foot = 280.0, 190.0, 46.0, 160.0
    x = spanning(found.across, left, width - 10, 4)
    ends = [v for v in (found.low, found.high, found.bias) if math.isfinite(v)]
    y = spanning([*found.gaps, *ends, 1.0 if found.ratio else 0.0], foot, 12.0, 4)
    what = "prediction / ground truth" if found.ratio else "prediction − ground truth"
    parts = [
        *grid_x(x, 12, foot),
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
    unit = "" if found.ratio else f" [{found.unit}]"
    parts += [
        f'<g data-class="{escape_text(found.name)}" data-axis="y" {y.attributes}>'
        f"{dots(points)}</g>",
        f'<text class="tick" x="{width - 10}" y="{height - 2}" text-anchor="end">'
        f"mean of both [{escape_text(found.unit)}]</text>",
    ]
    title = f"{found.name}: {what}{unit}"
    limits = f"limits {found.low:.4g} to {found.high:.4g}"
    text = f"{len(found.gaps)} cases; bias {found.bias:.4g}, {limits}"
    return svg("agreement", width, height, title, text, parts)


def draw_reliability(name: str, bins: Sequence[tuple[float, float, float]]) -> str:
    """Accuracy against confidence, with the share of the voxels of each bin below.

    bins  (voxels, confidence, accuracy) of those that hold any
    """
    width, height, left = 300.0, 330.0, 46.0
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
        f'<path class="zero" d="M{px(x.at(0))} {px(y.at(0))}L{px(x.at(1))} {px(y.at(1))}"/>',
        f'<path class="gap" d="{gaps}"/><path class="line" d="{line}"/>',
        f'<g data-class="{escape_text(name)}" data-axis="y" {y.attributes}>'
        + dots([(x.at(c), y.at(a)) for _, c, a in bins], "dots big")
        + "</g>",
        f'<path class="bars" d="{shares}"/>'
        f'<path class="floor" d="M{px(left)} 300.5H{width - 12}"/>',
        f'<text class="tick" x="{width - 12}" y="316" text-anchor="end">confidence; bars: voxels '
        f"of a bin, at most {100 * most / (total or 1.0):.0f} %</text>",
    ]
    text = f"accuracy against confidence in {len(bins)} bins of {total:.0f} voxels"
    return svg("reliability", width, height, name, text, parts)


@frozen
class Change:
    """What a class gained or lost against another run."""

    name: str
    link: str
    difference: float
    low: float
    high: float
    worse: bool


def draw_changes(title: str, unit: str, changes: Sequence[Change], layout: Layout = PAGE) -> str:
    """A line a class: the difference and its interval, around zero."""
    ends = [v for c in changes for v in (c.difference, c.low, c.high)]
    axis = spanning(ends, layout.names, layout.width - layout.side, centred=True)
    height = TOP + layout.row * len(changes)
    parts = grid_x(axis, TOP, height, unit)
    parts.append(f'<path class="zero" d="M{px(axis.at(0))} {TOP}V{px(height)}"/>')
    for place, change in enumerate(changes):
        y = TOP + layout.row * (place + 0.5)
        parts.append(
            f'<a href="{change.link}"><text class="name" x="{layout.names - 12}" y="{px(y + 4)}" '
            f'text-anchor="end">{escape_text(clipped(change.name, layout.letters))}'
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
    text = "The difference to the baseline with its interval; filled where it is worse."
    drawing = f"<g {axis.attributes}>{''.join(parts)}</g>"
    return svg("changes", layout.width, height + BOTTOM, title, text, [drawing], links=True)


def draw_confusion(names: Sequence[str], shares: Sequence[Sequence[float]]) -> str:
    """A matrix of shares by row, as shades with their percents.

    shares  by class of the ground truth, then of the prediction; 0 to 1
    """
    side, left, top = 26.0, 92.0, 92.0
    size = side * len(names)
    parts = []
    for k, name in enumerate(names):
        middle = side * (k + 0.5)
        text = escape_text(clipped(name, 15))
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


def draw_curve(title: str, points: Sequence[tuple[float, float]], across: str, up: str) -> str:
    """A curve of shares, upwards from 0 to 1."""
    width, height, left = 300.0, 250.0, 46.0
    x = spanning([0.0, 1.0, *(a for a, _ in points)], left, width - 12, 5)
    y = Axis(0.0, 1.0, 204.0, 12.0)
    line = "".join(
        f"{'L' if k else 'M'}{px(x.at(a))} {px(y.at(b))}" for k, (a, b) in enumerate(points)
    )
    parts = [
        *grid_x(x, 12, 204),
        *grid_y(y, left, width - 12),
        f'<g data-axis="x" {x.attributes}><g data-axis="y" {y.attributes}>'
        f'<path class="line" d="{line}"/></g></g>',
        f'<text class="tick" x="{width - 12}" y="{height - 8}" text-anchor="end">'
        f"{escape_text(across)}; upwards: {escape_text(up)}</text>",
    ]
    return svg("curve", width, height, title, f"{up} against {across}", parts)
