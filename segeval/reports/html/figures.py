"""One chart alone, for a paper: `-o figure-strips:dice.svg`, in the width of a journal's column."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from segeval.gates.verdict import read_verdict
from segeval.reports.html.agreement_chart import draw_agreement
from segeval.reports.html.baseline_section import baseline_charts
from segeval.reports.html.charts import COLUMN, escape_text, with_unit
from segeval.reports.html.class_section import strips_of, values_of
from segeval.reports.html.confusion_section import confusion_of, names_of_labels
from segeval.reports.html.curve_charts import draw_curve, draw_reliability
from segeval.reports.html.instance_curves import Curve, froc_curves, precision_curves
from segeval.reports.html.marks import marks_of
from segeval.reports.html.matrix_chart import draw_confusion
from segeval.reports.html.reliability_section import reliability_points
from segeval.reports.html.shown import headings
from segeval.reports.html.strip_charts import draw_strips
from segeval.reports.html.volume_section import agreements
from segeval.request.settings import Settings
from segeval.runtime.frozen import replace
from segeval.scorecard.card import OVERALL, Scorecard
from segeval.scorecard.row_index import index_rows

GAP = 14.0  # between charts, pixels
TO_MM = 25.4 / 96
NOTHING = "these results have nothing for this figure"
EMPTY = '<svg width="336" height="20"></svg>'
STYLE = """
text{font:9.5px Arial,Helvetica,"Liberation Sans",sans-serif;fill:#111}
.tick,.count{font-size:8.5px;fill:#444}.light{font-size:8.5px;fill:#fff}.head{font-weight:700}
path{fill:none}.grid,.floor{stroke:#d9dcdf;stroke-width:.8}.box{fill:#dbe4ec}
.median{stroke:#111;stroke-width:1.4}.dots{stroke:#3b4754;stroke-width:2.6;stroke-linecap:round}
.dots{stroke-opacity:.75}.dots.big{stroke-width:4.5}.worst{fill:none;stroke:#b3261e;stroke-width:1.2}
.bar{stroke:#b3261e;stroke-width:1.4}
.tolerance{stroke:#1f6f43;stroke-width:1.4;stroke-dasharray:3 2}
.zero{stroke:#666;stroke-dasharray:1 2.5}.bias{stroke:#111}
.limit{stroke:#111;stroke-dasharray:4 3}.line{stroke:#3b4754;stroke-width:1.1}
.gap{stroke:#b3261e;stroke-opacity:.75}.bars{stroke:#3b4754;stroke-width:4;stroke-opacity:.6}
.interval{stroke:#3b4754;stroke-width:1.3}.point{fill:#3b4754}.shade{fill:#0b5c93}
.changes .worst{fill:#b3261e}.number{font-size:7.5px;font-weight:700;fill:#fff}
"""

Charts = list[tuple[str, str]]  # a line above, and the drawing


def draw_figure(card: Scorecard, kind: str, settings: Settings) -> str:
    """A figure as an SVG file; where the results have nothing for it, it says so."""
    card = replace(card, gates=tuple(map(read_verdict, card.gates)))
    return stacked_charts(KINDS[kind](card, settings) or [(NOTHING, EMPTY)])


def strips(card: Scorecard, settings: Settings) -> Charts:
    """Every case of every class, a chart a metric."""
    summary = card.summary.get("", {})
    heads = headings(card, settings)
    values, marks = values_of(card, heads), marks_of(card)
    made = []
    for head in heads:
        names = [name for name in summary if head.key in summary[name] and name != OVERALL]
        found = strips_of(head, names, summary, values, marks)
        if any(strip.values for strip in found):
            across = with_unit(head.name, head.unit)
            chart = draw_strips(head.key, across, found, COLUMN, head.definition.bounds)
            made.append((head.key, chart))
    return made


def volumes(card: Scorecard, settings: Settings) -> Charts:
    """Bland-Altman charts, one a class."""
    found = agreements(card.cases, index_rows(card.cases).order)
    return [(one.name, draw_agreement(one)) for one in found]


def confusion(card: Scorecard, settings: Settings) -> Charts:
    """The confusion matrix."""
    total, _ = confusion_of(card)
    labels = sorted({label for cell in total for label in cell})
    if len(labels) < 2:
        return []
    called = names_of_labels(card.fields)
    rows = [[total.get((t, p), 0) for p in labels] for t in labels]
    shares = [[n / (sum(row) or 1) for n in row] for row in rows]
    return [("", draw_confusion([called.get(v, str(v)) for v in labels], shares))]


def reliability(card: Scorecard, settings: Settings) -> Charts:
    """Reliability diagrams."""
    return [(title, draw_reliability(title, points)) for title, points in reliability_points(card)]


def baseline_figures(card: Scorecard, settings: Settings) -> Charts:
    """Differences to the baseline with their intervals, a chart a metric."""
    return [(head.key, chart) for head, chart in baseline_charts(card, settings, COLUMN)]


def precision_figures(card: Scorecard, settings: Settings) -> Charts:
    """Precision over recall, a chart a class."""
    return list(map(curve_chart, precision_curves(card)))


def froc_figures(card: Scorecard, settings: Settings) -> Charts:
    """Sensitivity over false positives a case, a chart a class."""
    return list(map(curve_chart, froc_curves(card)))


def curve_chart(curve: Curve) -> tuple[str, str]:
    """A curve under its title."""
    return curve.title, draw_curve(curve.title, curve.points, curve.across, curve.up)


KINDS: dict[str, Callable[[Scorecard, Settings], Charts]] = {
    "strips": strips,
    "volumes": volumes,
    "confusion": confusion,
    "reliability": reliability,
    "baseline": baseline_figures,
    "pr": precision_figures,
    "froc": froc_figures,
}


def stacked_charts(charts: Sequence[tuple[str, str]]) -> str:
    """Charts below each other as one SVG file with its own style, measured in millimetres."""
    parts, top, width = [], 0.0, 0.0
    for title, chart in charts:
        if title:
            parts.append(f'<text class="head" x="2" y="{top + 11:g}">{escape_text(title)}</text>')
            top += 16
        own = [float(found) for found in re.findall(r' (?:width|height)="([\d.]+)"', chart)[:2]]
        parts.append(chart.replace("<svg ", f'<svg y="{top:g}" ', 1))
        top += own[1] + GAP
        width = max(width, own[0])
    height = top - GAP
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width * TO_MM:.2f}mm" height="{height * TO_MM:.2f}mm"><style>{STYLE}</style>'
        f"{''.join(parts)}</svg>\n"
    )
