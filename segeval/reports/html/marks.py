"""What is drawn across the strip of a class: the bars of its gates, and its tolerance."""

from __future__ import annotations

import math
from collections.abc import Mapping

from segeval.reports.html.shown import Heading
from segeval.request.grammar import parse_quantity
from segeval.runtime.frozen import frozen
from segeval.scorecard.card import Scorecard

Tolerances = Mapping[str, tuple[float, str]]
LENGTH = "mm"


@frozen
class Marks:
    """The lines of all strips of a report.

    bars        of gates on single values or means, by class and metric
    tolerances  millimetres and who says so, by class
    """

    bars: Mapping[tuple[str, str], list[float]]
    tolerances: Tolerances

    def bars_of(self, class_: str, head: Heading) -> tuple[float, ...]:
        """The bars of a class in the column of a metric."""
        return tuple(self.bars.get((class_, head.name), ()))

    def tolerance_of(self, class_: str, head: Heading) -> float:
        """The tolerance of a class where a column is of distances in mm; nan elsewhere."""
        if head.unit != LENGTH or head.definition.better != "lower":
            return math.nan
        return self.tolerances.get(class_, (math.nan, ""))[0]


def marks_of(card: Scorecard) -> Marks:
    """The lines of a run."""
    return Marks(gate_bars(card), known_tolerances(card))


def gate_bars(card: Scorecard) -> dict[tuple[str, str], list[float]]:
    """The bars of every class and metric: those of single values or means."""
    found: dict[tuple[str, str], list[float]] = {}
    for verdict in card.gates:
        if verdict.against is None and math.isfinite(verdict.bar):
            bars = found.setdefault((verdict.class_, verdict.metric), [])
            if verdict.bar not in bars:
                bars.append(verdict.bar)
    return found


def known_tolerances(card: Scorecard) -> dict[str, tuple[float, str]]:
    """The tolerance of each class and who says so; from the cases, else from the settings."""
    found: dict[str, tuple[float, str]] = {}
    for case in card.cases:
        for name, (value, source) in case.facts.get("tolerances", {}).items():
            found.setdefault(name, (float(value), str(source)))
    for name, given in card.fields.get("class_tolerances", {}).items():
        found.setdefault(name, (parse_quantity(str(given[0])).number, "settings"))
    return found
