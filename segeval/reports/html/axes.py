"""Scales of charts: values onto pixels, with round numbers for ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from segeval.runtime.frozen import frozen, replace

HUGE = 4e307  # of an axis, so that its span is a number
TICKS = 6  # at most, along an axis
OPEN = (-math.inf, math.inf)  # values that have neither a least nor a largest
APART = 30.0  # pixels between the ticks of a bent scale, at least
LETTER = 6.0  # pixels of a letter of a tick
MANY, FAR = 8, 6.0  # values of a bent scale; how often the middle eight tenths fit in its span


@frozen
class Axis:
    """A scale: values low..high on pixels start..end.

    step  between ticks
    bend  0 of a linear scale; else values far beyond it stand closer together (asinh of value over
          bend), so that a few far ones do not press all others together
    """

    low: float
    high: float
    start: float
    end: float
    step: float = 0.2
    bend: float = 0.0

    def at(self, value: float) -> float:
        """The pixel of a value."""
        low, high = self._bent(self.low), self._bent(self.high)
        return self.start + (self._bent(value) - low) / (high - low) * (self.end - self.start)

    def _bent(self, value: float) -> float:
        value = max(-HUGE, min(HUGE, value))
        return math.asinh(value / self.bend) if self.bend else value

    @property
    def ticks(self) -> list[float]:
        """Round values from end to end."""
        if self.bend:
            return self._bent_ticks()
        first = math.ceil(self.low / self.step - 1e-9)
        last = math.floor(self.high / self.step + 1e-9)
        return [k * self.step for k in range(first, last + 1)]

    def _bent_ticks(self) -> list[float]:
        """Zero, and outwards 1, 2, 5 times powers of ten that have room."""
        found = [0.0] if self.low <= 0 <= self.high else [self.low]
        for sign, end in ((1.0, self.high), (-1.0, self.low)):
            last = self.at(found[0])
            for value in round_numbers(abs(end)):
                place, room = (
                    self.at(sign * value),
                    max(APART, LETTER * len(f"{value:g}") + APART / 2),
                )
                if sign * end > 0 and abs(place - last) >= room:
                    found.append(sign * value)
                    last = place
        return sorted(found)

    @property
    def attributes(self) -> str:
        """The scale, for whoever reads points back."""
        bend = f' data-bend="{self.bend!r}"' if self.bend else ""
        return (
            f'data-low="{self.low!r}" data-high="{self.high!r}" '
            f'data-start="{self.start:g}" data-end="{self.end:g}"{bend}'
        )


def within_bounds(axis: Axis, values: Iterable[float], bounds: tuple[float, float]) -> Axis:
    """The axis without what no value can be: that of Dice ends at 1, that of a distance at 0.

    values  that it was made of: none of them is cut off, whatever their bounds say
    bounds  the least and the largest value that there can be
    """
    known = [value for value in values if math.isfinite(value)]
    low = max(axis.low, min([bounds[0], *known]))
    high = min(axis.high, max([bounds[1], *known]))
    return replace(axis, low=low, high=high) if low < high else axis


def round_numbers(high: float) -> list[float]:
    """1, 2, 5 times powers of ten, from the thousandth of a number up to it."""
    power = math.floor(math.log10(high)) if high > 0 else 0
    every = [k * 10.0**p for p in range(power - 3, power + 1) for k in (1, 2, 5)]
    return [float(f"{value:.6g}") for value in every if value <= high * (1 + 1e-9)]


def round_step(least: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(k * power for k in (1, 2, 5, 10) if k * power >= least * (1 - 1e-9))


def span_axis(
    values: Iterable[float], start: float, end: float, most: int = TICKS, centred: bool = False
) -> Axis:
    """An axis around values that ends at round numbers; of no value 0 to 1.

    most     steps, about
    centred  zero stands in the middle
    """
    known = [max(-HUGE, min(HUGE, value)) for value in values if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    if centred:
        low, high = -max(abs(low), abs(high)), max(abs(low), abs(high))
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):
        room = abs(high) * 0.1 or 0.5
        low, high = low - room, high + room
    step = round_step((high - low) / most)
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return Axis(float(f"{low:.12g}"), float(f"{high:.12g}"), start, end, step)


def spanning_far(values: Sequence[float], start: float, end: float) -> Axis:
    """An axis around values: a bent one where few of them are far from all others."""
    known = sorted(max(-HUGE, min(HUGE, v)) for v in values if math.isfinite(v))
    if len(known) < MANY:
        return span_axis(known, start, end)
    middle = quantile(known, 0.9) - quantile(known, 0.1)
    bend = max(abs(quantile(known, 0.25)), abs(quantile(known, 0.75)))
    if not 0 < FAR * middle < known[-1] - known[0] or bend <= 0:
        return span_axis(known, start, end)
    low, high = (round_outwards(side) for side in (min(0.0, known[0]), max(0.0, known[-1])))
    return Axis(low, high, start, end, bend=float(f"{bend:.2g}"))


def round_outwards(value: float) -> float:
    """The next of a few round numbers, further from zero."""
    if not value:
        return 0.0
    power = 10.0 ** math.floor(math.log10(abs(value)))
    size = next(k * power for k in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if k * power >= abs(value))
    return math.copysign(float(f"{size:.6g}"), value)


def quantile(ordered: Sequence[float], share: float) -> float:
    """The quantile of sorted values, linear between neighbours (numpy's default)."""
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
