"""Metric, Gate and Charge: text to value and back.

    metric    name ["@" quantity] {":" key "=" word}        dice  hd95  nsd@2mm  ece@15:bins=mass
    gate      [class "/"] metric ["." statistic] "=" quantity     Heart/hd95.worst=5mm
    charge    metric "." reason "=" quantity | undefined          hd95.pred_empty=374mm
    quantity  number [mm | px | ml | %]

A value has one spelling: `nsd@2.0mm` is printed `nsd@2mm` and `hd@95%` is printed `hd95`. What a
metric means, and which of its options are defaults to be left out, is known to `metrics`.
"""

from __future__ import annotations

import re

from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import frozen

STATISTICS = ("mean", "median", "worst", "best", "pooled", "bound")
REASONS = ("both_empty", "pred_empty", "gt_empty")
UNDEFINED = "undefined"
UNITS = ("mm", "px", "ml", "%")
PERCENTILES = ("hd",)  # names that carry their percentile without `@` and `%`

_NAME = r"[a-z][a-z0-9_]*"
_WORD = r"[A-Za-z0-9_.+%-]+"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = rf"({_NUMBER})\s*({'|'.join(UNITS)})?\Z"
_CLOSED = rf"(?:{'|'.join(PERCENTILES)})\d+\.\d+"  # hd97.5
_METRIC = re.compile(rf"({_CLOSED}|{_NAME})(?:@([^:]+))?((?::{_NAME}={_WORD})*)\Z")
_PERCENTILE = rf"({'|'.join(PERCENTILES)})(\d+(?:\.\d+)?)\Z"


@frozen
class Quantity:
    """A number with its unit."""

    number: float
    unit: str = ""

    def __str__(self) -> str:
        return f"{format_number(self.number)}{self.unit}"


@frozen
class Metric:
    """A request for one number a class: name, quantity, options in the order of their keys."""

    name: str
    at: Quantity | None = None
    options: tuple[tuple[str, str], ...] = ()

    def option(self, key: str, default: str = "") -> str:
        """The word of an option."""
        for own, word in self.options:
            if own == key:
                return word
        return default

    def __str__(self) -> str:
        options = "".join(f":{key}={word}" for key, word in self.options)
        if self.at is None:
            return self.name + options
        closed = f"{self.name}{format_number(self.at.number)}"
        if self.at.unit == "%" and re.match(_PERCENTILE, closed):
            return closed + options
        return f"{self.name}@{self.at}{options}"


@frozen
class Gate:
    """A bar that a statistic of a metric must reach.

    class_     a class name, a glob, `overall`, `all`; "" is every scored class on its own
    statistic  a word of STATISTICS; "" is the one that the table leads with (ACCOUNT-A27)
    """

    metric: Metric
    bar: Quantity
    class_: str = ""
    statistic: str = ""

    @property
    def rule(self) -> str:
        """The text left of the bar."""
        place = f"{self.class_}/" if self.class_ else ""
        statistic = f".{self.statistic}" if self.statistic else ""
        return f"{place}{self.metric}{statistic}"

    def __str__(self) -> str:
        return f"{self.rule}={self.bar}"


@frozen
class Charge:
    """What a metric gives where a class is missing on a side, whatever its formula says.

    value  None: undefined
    """

    metric: Metric
    reason: str
    value: Quantity | None

    def holds(self, metric: Metric) -> bool:
        """Whether a metric is meant: what the charge leaves open may be anything."""
        same = self.metric.name == metric.name and self.metric.at in (None, metric.at)
        return same and set(self.metric.options) <= set(metric.options)

    @property
    def rule(self) -> str:
        """The text left of the value."""
        return f"{self.metric}.{self.reason}"

    def __str__(self) -> str:
        return f"{self.rule}={self.value or UNDEFINED}"


def format_number(number: float) -> str:
    """A number in its one spelling: no exponent where it reads well, no trailing zeros."""
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    return repr(float(number))


def parse_quantity(text: str) -> Quantity:
    """Read `2mm`, `95%`, `15`. Raises RequestError."""
    found = re.match(_QUANTITY, text.strip())
    if not found:
        raise RequestError(
            f"{text!r} is no quantity",
            help=f"write a number and, if any, one of {', '.join(UNITS)}",
        )
    return Quantity(float(found[1]) + 0.0, found[2] or "")


def parse_metric(text: str) -> Metric:
    """Read a metric. Raises RequestError."""
    name, mark, rest = re.match(r"([^@:]*)([@:]?)(.*)", text.strip(), re.DOTALL).groups()  # type: ignore[union-attr]
    found = _METRIC.match(re.sub(r"[ -]+", "_", name.strip().lower()) + mark + rest)
    if not found:
        raise RequestError(
            f"{text!r} is no metric", help="write a name, then @quantity, then :key=word"
        )
    name, quantity, options = found[1], found[2], found[3]
    at = parse_quantity(quantity) if quantity else None
    if name.startswith(PERCENTILES) and (closed := re.match(_PERCENTILE, name)):
        if at is not None:
            raise RequestError(
                f"{text!r}: {name} carries its percentile in its name and takes no quantity",
                help=f"write {name}",
            )
        name, at = closed[1], Quantity(float(closed[2]), "%")
    return Metric(name, at, _parse_options(options, text))


def _parse_options(text: str, whole: str) -> tuple[tuple[str, str], ...]:
    pairs = [part.split("=", 1) for part in text.split(":") if part]
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise RequestError(f"{whole!r} gives an option twice")
    return tuple(sorted((key, word) for key, word in pairs))


def similar_statistics(statistic: str) -> str:
    """The statistics that look like a wrong word, or all of them."""
    from difflib import get_close_matches

    near = get_close_matches(statistic, STATISTICS, 2, 0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(STATISTICS)}"


def parse_gate(text: str) -> Gate:
    """Read a gate: cut at the last `=`, then at the last `/`. Raises RequestError."""
    rule, equals, bar = text.strip().rpartition("=")
    if not equals or not rule:
        raise RequestError(f"{text!r} is no gate", help="write metric=bar, as in dice=0.85")
    if rule[-1] in "<>!":
        raise RequestError(
            f"{text!r} has an operator", help=f"the metric knows its better side: {rule[:-1]}={bar}"
        )
    class_, _, asked = rule.rpartition("/")
    name, dot, statistic = asked.rpartition(".")
    if dot and ":" not in asked and statistic.isalpha() and statistic not in STATISTICS:
        raise RequestError(
            f"there is no statistic {statistic!r}", help=similar_statistics(statistic)
        )
    if not dot or statistic not in STATISTICS:
        name, statistic = asked, ""
    return Gate(parse_metric(name), parse_quantity(bar), class_, statistic)


def parse_charge(text: str) -> Charge:
    """Read a charge: cut at the last `=`, then at the last dot. Raises RequestError."""
    rule, _, value = text.strip().rpartition("=")
    metric, _, reason = rule.rpartition(".")
    if not metric or reason not in REASONS:
        raise RequestError(
            f"{text!r} is no charge",
            help=f"write metric.reason=value, as in hd95.pred_empty=374mm; a reason is one of "
            f"{', '.join(REASONS)}",
        )
    return Charge(
        parse_metric(metric), reason, None if value == UNDEFINED else parse_quantity(value)
    )
