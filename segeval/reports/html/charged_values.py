"""REPORT-T20: what was charged in the place of undefined values, by which rule, and how often.

charge          `--charge hd95.pred_empty=374mm`: that number, or undefined, whatever the formula
                gives
undefined:worst  the worst value of the metric where one side alone has a structure, of a distance
                the diagonal of the image
"""

from __future__ import annotations

from collections.abc import Iterator

from segeval.reports.html.metric_doc import documentation
from segeval.reports.html.shown import Heading
from segeval.reports.table_model import format_count
from segeval.request.grammar import Charge, Metric, parse_charge, parse_metric
from segeval.runtime.frozen import frozen
from segeval.scorecard.card import Scorecard
from segeval.scorecard.empty_class_policy import (
    ONE_SIDED_REASONS,
    ONE_SIDED_SLICES,
    matching_charge,
)
from segeval.scorecard.row_index import index_rows
from segeval.scorecard.row_kinds import RowKind

PLACES = {
    "pred_empty": "where the prediction has none",
    "gt_empty": "where the ground truth has none",
    "both_empty": "where neither side has any",
}
WORST = "the worst value where one side alone has the structure"
DIAGONAL = "the diagonal of the image where one side alone has the structure"


@frozen
class ChargedColumn:
    """How many values of a column were charged.

    by_class  class -> values that are numbers by a rule and not by the formula
    rules     each rule in words with how many values it gave or took away
    """

    by_class: dict[str, int]
    rules: dict[str, int]

    @property
    def text(self) -> str:
        """The rules in one line: `374 mm where the prediction has none (3 values)`."""
        return "; ".join(f"{rule} ({format_count(n, 'value')})" for rule, n in self.rules.items())


def charges_of(card: Scorecard) -> list[Charge]:
    """The charges of a run, as its settings have them."""
    return [parse_charge(str(text)) for text in card.fields.get("charges", ())]


def charged_columns(card: Scorecard, heads: list[Heading]) -> dict[str, ChargedColumn]:
    """The columns of a run that have a rule for what is undefined, by their key."""
    charges = charges_of(card)
    worst = card.fields.get("undefined", "exclude") == "worst"
    found = {}
    for head in heads:
        own = [c for c in charges if c.holds(parse_metric(head.name))]
        if own or worst:
            column = _charge_column(card, head, own, worst)
            if column.rules:
                found[head.key] = column
    return found


def _charge_column(
    card: Scorecard, head: Heading, charges: list[Charge], worst: bool
) -> ChargedColumn:
    by_class: dict[str, int] = {}
    rules = {rule_in_words(charge): 0 for charge in charges}
    metric = parse_metric(head.name)
    for kind, charge, many in _charged_kinds(card, head, metric, charges, worst):
        rule = rule_in_words(charge) if charge else _worst_in_words(head)
        rules[rule] = rules.get(rule, 0) + many
        if kind.number:
            by_class[kind.class_] = by_class.get(kind.class_, 0) + many
    return ChargedColumn(by_class, rules)


def _charged_kinds(
    card: Scorecard, head: Heading, metric: Metric, charges: list[Charge], worst: bool
) -> Iterator[tuple[RowKind, Charge | None, int]]:
    """Rows that a rule made what they are, the rule (None: the worst value), and how many."""
    for kind, rows in index_rows(card.cases).kinds.items():
        if not (kind.reason and head.column.counts(kind)):
            continue
        charge = matching_charge(metric, kind.reason, charges)
        if charge is not None and kind.number == (charge.value is not None):
            yield kind, charge, rows.count
        elif charge is None and worst and kind.number and filled_in(head, kind.reason):
            yield kind, None, rows.count


def filled_in(head: Heading, reason: str) -> bool:
    """Whether a number beside a reason is the worst value and not what the formula gives.

    By the rule for empty masks that the metric documents: `prediction empty: undefined`.
    """
    if reason == ONE_SIDED_SLICES:
        return True
    if reason not in ONE_SIDED_REASONS:
        return False
    rules = dict(documentation(head.definition.doc)[1]).get("empty", "")
    side = "ground truth" if reason == "gt_empty" else "prediction"
    places = ("", "one empty", "one side empty or full", f"{side} empty")
    clauses = (clause.rpartition(":") for clause in rules.split(";"))
    return any(
        what.strip() == "undefined" and where.strip() in places for where, _, what in clauses
    )


def _worst_in_words(head: Heading) -> str:
    return DIAGONAL if head.definition.unit == "length" else f"{head.definition.worst:g}, {WORST}"


def rule_in_words(charge: Charge) -> str:
    """`374 mm where the prediction has none`."""
    if charge.value is None:
        return f"undefined {PLACES[charge.reason]}"
    number, unit = f"{charge.value.number:g}", charge.value.unit
    return f"{number}{' ' if unit else ''}{unit} {PLACES[charge.reason]}"


def methods_of_charges(columns: dict[str, ChargedColumn]) -> str:
    """A sentence for the methods; "" where nothing has a rule."""
    if not columns:
        return ""
    listed = "; ".join(f"{key}: {column.text}" for key, column in columns.items())
    return f"In the place of undefined values stand, by rule and not by formula, {listed}."
