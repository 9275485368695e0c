"""Numbers and names as the page shows them, with the number that stands in the JSON beside."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from urllib.parse import quote

from segeval.metrics.registry import Definition, resolve_metric
from segeval.reports.figure_form import NO_VALUE, FigureForm, figure_form, format_figure, format_p
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings
from segeval.runtime.frozen import frozen
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import WHOLE, Scorecard
from segeval.scorecard.row_index import index_rows
from segeval.scorecard.summary import metric_columns
from segeval.scorecard.summary_columns import Column

MINUS = "−"
THIN = "\u202f"  # between thousands


@frozen
class Shown:
    """A number for people, and the same with all its digits.

    text   rounded
    exact  as JSON has it; "" where there is none
    """

    text: str
    exact: str = ""


@frozen
class Heading:
    """A column of the page: a metric in one unit."""

    column: Column
    definition: Definition
    form: FigureForm

    @property
    def name(self) -> str:
        """The metric as it is asked for."""
        return self.column.metric

    @property
    def key(self) -> str:
        """Its key in the summary."""
        return self.column.name

    @property
    def unit(self) -> str:
        """Of its values; "" of a ratio."""
        return self.column.unit

    @property
    def better(self) -> str:
        """The better side in words."""
        return {"higher": "higher is better", "lower": "lower is better"}.get(
            self.definition.better, "nearer to 0 is better" if self.definition.better else ""
        )

    @property
    def compared(self) -> str:
        """What better and worse are of: the metric, or its distance from zero."""
        return f"|{self.name}|" if self.definition.better == "zero" else self.name

    @property
    def bounded(self) -> bool:
        """Whether its values have a least and a largest."""
        return all(map(math.isfinite, self.definition.bounds))

    @property
    def shown_unit(self) -> str:
        """Of the numbers as they are written: a ratio may be in percent."""
        return self.form.unit

    def show(self, value: float) -> Shown:
        """A value of the metric."""
        return self._whole(value, show_number(value * self.form.factor, self.form.decimal))

    def show_change(self, value: float, more: int = 0) -> Shown:
        """A difference of two values, with its sign.

        more  decimals than a value has
        """
        shown = show_signed(value * self.form.factor, self.form.decimal + more)
        return self._whole(value, shown)

    def _whole(self, value: float, shown: Shown) -> Shown:
        """The text with the number of the result file, which is never in percent."""
        return Shown(shown.text, repr(float(value))) if shown.exact else shown


def show_number(value: float, decimal: int) -> Shown:
    """A number with so many decimals."""
    if math.isnan(value):
        return Shown(NO_VALUE)
    text = format_figure(value, decimal).replace("-", MINUS) if math.isfinite(value) else f"{value}"
    return Shown(text, repr(float(value)))


def show_p(value: float) -> Shown:
    """The p of a test."""
    return Shown(format_p(value), "" if math.isnan(value) else repr(float(value)))


def show_three(value: float) -> Shown:
    """A number with three digits."""
    if math.isnan(value):
        return Shown(NO_VALUE)
    text = f"{value:,.0f}".replace(",", THIN) if 999.5 <= abs(value) < 1e9 else f"{value:.3g}"
    return Shown(text.replace("-", MINUS), repr(float(value)))


def show_signed(value: float, decimal: int) -> Shown:
    """A difference, with its sign."""
    shown = show_number(value, decimal)
    positive = value > 0 and float(f"{value:.{decimal}f}") != 0
    return Shown(f"+{shown.text}", shown.exact) if positive else shown


def headings(card: Scorecard, settings: Settings) -> list[Heading]:
    """The columns in the order of the run."""
    found = metric_columns(card.cases, card.metrics)
    return [
        Heading(
            column,
            resolve_metric(parse_metric(column.metric))[1],
            figure_form(column, settings),
        )
        for column in found
    ]


def leading(heads: Sequence[Heading], classes: Collection[str] | None = None) -> Heading | None:
    """The metric that worst cases are chosen by: the first with a better side.

    classes  metrics that have values of classes: they go before those of whole cases
    """
    judged = [head for head in heads if head.definition.better]
    of_classes = [head for head in judged if classes is None or head.name in classes]
    return next(iter([*of_classes, *judged]), None)


def metrics_of_classes(card: Scorecard) -> set[str]:
    """The metrics that have values of classes, not of whole cases alone."""
    kinds = index_rows(card.cases).kinds
    return {kind.metric for kind in kinds if kind.number and kind.class_ != WHOLE}


def label(class_: str) -> str:
    """A class for people."""
    return "whole case" if class_ == WHOLE else clean_name(class_)


def place_of_case(name: str) -> str:
    """The id of a case: what can be pasted behind `#`."""
    return f"case-{quote(name, safe='', errors='surrogatepass')}"


def place_of_class(name: str) -> str:
    """The id of a class."""
    return f"class-{quote(name, safe='', errors='surrogatepass')}"
