"""How the values of a metric are written for people: unit, decimals, ratios in percent (CLI-U8)."""

from __future__ import annotations

import math

from segeval.metrics.registry import Definition, find_metric
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings
from segeval.runtime.frozen import frozen
from segeval.scorecard.summary_columns import Column

NO_VALUE = "-"
PERCENT = "%"
LONG = 1e12  # a number from which on digits say nothing


@frozen
class FigureForm:
    """The form of a column.

    unit     as it is shown; "" of a ratio
    decimal  places behind the point
    factor   what a value is multiplied by
    """

    unit: str
    decimal: int
    factor: float = 1.0

    def text(self, value: float) -> str:
        """A value."""
        return format_figure(value * self.factor, self.decimal)


def figure_form(column: Column, settings: Settings) -> FigureForm:
    """The form of a metric: decimals of the settings for a ratio, fewer where there is a unit."""
    definition = find_metric(parse_metric(column.metric).name)
    digits = settings.digits
    if not column.unit:
        if settings.percent and is_ratio(definition):
            return FigureForm(PERCENT, max(0, digits - 2), 100.0)
        return FigureForm("", digits)
    length = definition is not None and definition.unit == "length"
    if column.unit == "voxels" or (column.unit == "px" and not length):
        return FigureForm(column.unit, 0)
    return FigureForm(column.unit, max(0, digits - (2 if column.unit == PERCENT else 1)))


def is_ratio(definition: Definition | None) -> bool:
    """Whether the values of a metric are shares: none is beyond 1, on either side of 0."""
    return definition is not None and max(map(abs, definition.bounds)) <= 1


def unit_word(definition: Definition) -> str:
    """The unit of a metric for people: what has none is a ratio, or a number such as a count."""
    return definition.unit or ("ratio" if is_ratio(definition) else "number")


def format_p(value: float) -> str:
    """The p of a test with four decimals, or below the least of them."""
    if math.isnan(value):
        return NO_VALUE
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def format_figure(value: float, decimal: int) -> str:
    """A number with so many decimals; no sign before a zero."""
    if math.isnan(value):
        return NO_VALUE
    if abs(value) >= LONG:
        return f"{value:.{max(decimal, 3)}e}" if math.isfinite(value) else f"{value}"
    text = f"{value:.{decimal}f}"
    return text.lstrip("-") if float(text) == 0 else text
