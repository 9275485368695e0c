"""Rules: whether a statistic of a metric reaches what was asked for.

The metric knows its better side, so a bar has no operator and cannot point the wrong way. A rule
that finds nothing to judge is missed, and so is one whose class was missed altogether: a build must
not pass because an organ vanished.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase

from segeval.gates.verdict import Verdict
from segeval.metrics.registry import Definition, leading_statistic, metric_units, resolve_metric
from segeval.request.grammar import Gate, Metric, Quantity
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import frozen, replace
from segeval.scorecard.card import WHOLE, Scorecard, Statistic
from segeval.scorecard.empty_class_policy import ONE_SIDED_REASONS
from segeval.scorecard.row_index import index_rows
from segeval.scorecard.row_kinds import RowKind, RowValues
from segeval.scorecard.value_statistics import BADNESS
from segeval.scoring.pooling import can_be_pooled

ALL = 100  # per cent


def resolve_gate(gate: Gate) -> tuple[Gate, Definition]:
    """A gate in its one spelling. Raises RequestError where the metric cannot be a gate."""
    metric, definition = resolve_metric(gate.metric)
    if not definition.better:
        raise RequestError(
            f"{gate}: {metric} has no better side, so it is no gate",
            help="a difference of it may have one: see `segeval metrics`",
        )
    if gate.statistic == "pooled" and not can_be_pooled(metric, definition):
        raise RequestError(f"{gate}: {metric} cannot be pooled over cases")
    if definition.one and gate.statistic not in ("", definition.leads):
        raise RequestError(
            f"{gate}: {metric} has one value over all cases, {definition.leads}",
            help=f"write {Gate(metric, gate.bar, gate.class_)}",
        )
    check_bar(gate, metric, definition)
    if definition.one and not gate.class_:  # a number of the data set: `ap=0.35` is that of `all`
        return Gate(metric, gate.bar, WHOLE, gate.statistic), definition
    return Gate(metric, gate.bar, gate.class_, gate.statistic), definition


def check_bar(gate: Gate, metric: Metric, definition: Definition) -> None:
    """Refuse a bar that every value meets, as `ece=5` where 5 % is meant: it would judge nothing.

    Raises RequestError.
    """
    bar, (low, high) = bar_in_unit(gate, definition), definition.bounds
    met = {"higher": bar < low, "lower": bar > high, "zero": bar > max(-low, high)}
    if met.get(definition.better):
        share = Gate(metric, Quantity(gate.bar.number, "%"), gate.class_, gate.statistic)
        percent = (low, high) == (0, 1) and not gate.bar.unit and 1 < bar <= ALL
        raise RequestError(
            f"{gate}: every value meets it, for {definition.name} is {low:g} to {high:g}",
            help=f"write {share}" if percent else "",
        )


def bar_in_unit(gate: Gate, definition: Definition) -> float:
    """The bar in the unit of the metric. Raises RequestError."""
    unit = gate.bar.unit
    if not unit:
        return gate.bar.number
    if unit == "%" and definition.unit == "":
        return gate.bar.number / 100
    if unit not in metric_units(definition):
        raise RequestError(f"{gate}: {definition.name} is not measured in {unit}")
    return gate.bar.number


@frozen
class Rule:
    """A gate that can be judged.

    expected  the statistic that the table leads with
    """

    gate: Gate
    definition: Definition
    expected: str

    @property
    def statistic(self) -> str:
        """The statistic that is judged: of a rule that names none the leading one, if it has it."""
        if self.gate.statistic:
            return self.gate.statistic
        pooled = self.expected == "pooled" and can_be_pooled(self.gate.metric, self.definition)
        return "pooled" if pooled else "mean"

    @property
    def bar(self) -> float:
        """What it must reach, in the unit of the metric."""
        return bar_in_unit(self.gate, self.definition)

    def verdict(self, class_: str, group: str) -> Verdict:
        """A verdict of nothing yet: missed."""
        return Verdict(
            str(self.gate),
            class_,
            str(self.gate.metric),
            self.statistic,
            math.nan,
            self.bar,
            self.definition.better,
            0,
            False,
            group,
            expected=self.expected,
        )


def check_gate(gate: Gate, card: Scorecard, accept_undefined: bool) -> list[Verdict]:
    """Judge a rule: one verdict a class and group; at least one, failed if nothing matches."""
    gate, definition = resolve_gate(gate)
    rule = Rule(gate, definition, leading_statistic(str(gate.metric), card.leads))
    return [
        verdict
        for group in gated_groups(card)
        for verdict in _judge_group(rule, card, group, accept_undefined)
    ]


def gated_groups(card: Scorecard) -> list[str]:
    """The groups of which each must pass; "" is all cases."""
    groups = [name for name in card.summary if name]
    if not groups or index_rows(card.cases).groups[""]:
        return ["", *groups]  # a case without a group must not be judged by nobody
    return groups


def _judge_group(rule: Rule, card: Scorecard, group: str, accept: bool) -> Iterator[Verdict]:
    summary, wanted = card.summary.get(group, {}), rule.gate.class_
    judged = [
        (name, statistic)
        for name, metrics in summary.items()
        for column, statistic in metrics.items()
        if means_class(wanted, name) and _is_of_metric(rule.gate.metric, column)
    ]
    for name, statistic in judged:
        yield _judge_statistic(rule, card, name, statistic, group, accept)
    if not judged:
        yield replace(rule.verdict(wanted, group), reason=_nothing_message(wanted, summary))


def _nothing_message(wanted: str, names: Collection[str]) -> str:
    """That nothing was to judge; a misspelt class is answered with the nearest."""
    from difflib import get_close_matches

    near = get_close_matches(wanted, names, 1)
    return f"nothing to judge, did you mean {near[0]}?" if near else "nothing to judge"


def _is_of_metric(metric: Metric, column: str) -> bool:
    """Whether a column is of the metric; one that has several units has a column for each."""
    return column == str(metric) or column.startswith(f"{metric} [")


def means_class(wanted: str, name: str) -> bool:
    """Whether a class is meant: every scored class without a name, else the name or glob."""
    if not wanted:
        return name != "overall"
    return name == wanted or (name != "overall" and fnmatchcase(name, wanted))


def _judge_statistic(  # noqa: PLR0913 - the parts of one judgement
    rule: Rule, card: Scorecard, name: str, statistic: Statistic, group: str, accept: bool
) -> Verdict:
    value = statistic_value(statistic, rule.statistic, rule.definition)
    worst = {"worst": statistic.worst, "worst_case": statistic.worst_case, "unit": statistic.unit}
    missed = replace(rule.verdict(name, group), **worst)
    if math.isnan(value):
        return replace(missed, reason="nothing to judge")
    if lost := "" if accept else _one_sided_reason(card, name, rule.gate.metric, group):
        return replace(missed, reason=lost)
    if endless := count_infinite(card, name, rule.gate.metric, group, rule.definition):
        cases = "case" if endless == 1 else "cases"
        return replace(missed, reason=f"infinite in {endless} {cases}")
    if rule.gate.bar.unit not in ("", "%", statistic.unit):
        reason = f"measured in {statistic.unit}, not in {rule.gate.bar.unit}"
        return replace(missed, reason=reason)
    passed = reaches_bar(value, rule.bar, rule.definition.better)
    return replace(missed, value=value, n=statistic.n, passed=passed)


def statistic_value(made: Statistic, word: str, definition: Definition) -> float:
    """A statistic by its word; `bound` is the worse end of the interval of the mean."""
    if word != "bound":
        return float(getattr(made, word))
    return max(made.interval, key=BADNESS[definition.better]) if made.interval else math.nan


def reaches_bar(value: float, bar: float, better: str) -> bool:
    """Whether a value is on the better side of the bar, or on it."""
    if better == "higher":
        return value >= bar
    return (abs(value) if better == "zero" else value) <= bar


def _one_sided_reason(card: Scorecard, name: str, metric: Metric, group: str) -> str:
    """That a value is undefined because one side alone is empty; "" where none is.

    name  of the class; `overall` is every class
    """
    found = [
        rows
        for kind, rows in _undefined_rows(card, name, metric, group)
        if kind.reason in ONE_SIDED_REASONS
    ]
    if not found:
        return ""
    many = sum(rows.count for rows in found)
    first = index_rows(card.cases).names[min(rows.first for rows in found)]
    where = f"case, {first}," if many == 1 else f"cases, {first} the first,"
    return f"undefined in {many} {where} where one side alone is empty"


def count_infinite(
    card: Scorecard, name: str, metric: Metric, group: str, definition: Definition
) -> int:
    """Cases with an infinite value that is bad, which no mean contains."""
    bad = BADNESS[definition.better]
    found = _undefined_rows(card, name, metric, group)
    return sum(int((bad(rows.numbers()[1]) == math.inf).sum()) for kind, rows in found)


def _undefined_rows(
    card: Scorecard, name: str, metric: Metric, group: str
) -> Iterator[tuple[RowKind, RowValues]]:
    for kind, rows in index_rows(card.cases).undefined(name, str(metric)):
        if group in ("", kind.group):
            yield kind, rows
