"""REPORT-T20: what was charged for undefined values is said, with how often (`--charge`)."""

import math

import pytest
from cards import card
from page_reader import Page
from report_cards import row

from segeval.metrics.registry import resolve_metric
from segeval.reports.html.charged_values import charges_of, filled_in, rule_in_words
from segeval.reports.html.page import render_page
from segeval.reports.html.shown import headings
from segeval.request.grammar import parse_charge, parse_metric
from segeval.request.settings import Settings
from segeval.runtime.frozen import replace
from segeval.scorecard.card import CaseResult

NAN = math.nan


def charged(rows, **fields):
    """A card of a case each, scored under some choices."""
    cases = [
        CaseResult(f"c{k}", f"c{k}", f"c{k}", tuple(row(f"c{k}", *r) for r in own))
        for k, own in enumerate(rows)
    ]
    return replace(card(cases), fields={"numbers": 2, **fields})


def kidneys():
    """Two kidneys in four cases: two left ones are missed, one right one is spurious."""
    good = [("left", "hd95", 2.0, "mm"), ("right", "hd95", 3.0, "mm")]
    missed = [("left", "hd95", 374.0, "mm", "pred_empty"), ("right", "hd95", 3.0, "mm")]
    absent = [
        ("left", "hd95", 374.0, "mm", "class_absent"),
        ("right", "hd95", NAN, "mm", "gt_empty"),
    ]
    return [good, missed, absent, good]


def test_report_t20_a_charge_stands_in_table_definition_and_methods():
    made = charged(kidneys(), charges=["hd95.pred_empty=374mm", "hd95.gt_empty=undefined"])
    page = Page(render_page(made, Settings()))
    (table,) = page.of("classes")
    assert [c.text for c in table.column("charged")] == ["2", "0", "2"]
    said = "374 mm where the prediction has none (2 values); undefined where the ground truth has "
    said += "none (1 value)"
    assert f"Charged, and among n: {said}" in page.text
    assert f"charged {said} unit mm" in page.text
    assert f"In the place of undefined values stand, by rule and not by formula, hd95: {said}" in (
        page.text
    )


def test_report_t20_a_charge_that_no_value_needed_says_so():
    made = charged(kidneys()[:1], charges=["hd95.pred_empty=374mm"])
    page = Page(render_page(made, Settings()))
    assert "374 mm where the prediction has none (0 values)" in page.text


def test_report_t20_the_worst_value_is_counted_where_the_formula_has_none():
    rows = [
        [("a", "dice", 0.0, "", "pred_empty"), ("a", "precision", 0.0, "", "pred_empty"),
         ("a", "recall", 0.0, "", "pred_empty"), ("a", "hd95", 90.0, "mm", "pred_empty")],
        [("a", "dice", 0.5), ("a", "precision", 0.0), ("a", "recall", 0.5),
         ("a", "hd95", 4.0, "mm")],
    ]  # fmt: skip
    page = Page(render_page(charged(rows, undefined="worst"), Settings()))
    heads = {t.metric: t for t in page.of("classes")}
    assert [c.text for c in heads["precision"].column("charged")] == ["1"]
    assert [c.text for c in heads["hd95"].column("charged")] == ["1"]
    assert "charged" not in heads["dice"].heads + heads["recall"].heads
    assert "0, the worst value where one side alone has the structure (1 value)" in page.text
    assert "the diagonal of the image where one side alone has the structure (1 value)" in page.text


def test_report_t20_nothing_is_said_where_nothing_is_charged():
    page = Page(render_page(charged(kidneys()), Settings()))
    assert "charged" not in page.text.lower()
    assert "by rule" not in page.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hd95.pred_empty=374mm", "374 mm where the prediction has none"),
        ("dice.both_empty=1", "1 where neither side has any"),
        ("nsd@2mm.gt_empty=undefined", "undefined where the ground truth has none"),
        ("relative_volume_difference.gt_empty=100%", "100 % where the ground truth has none"),
    ],
)
def test_report_t20_a_rule_in_words(text, words):
    assert rule_in_words(parse_charge(text)) == words
    assert charges_of(charged(kidneys(), charges=[text])) == [parse_charge(text)]


@pytest.mark.parametrize("name", ["hd", "assd", "precision", "recall", "dice", "iou", "mcc"])
@pytest.mark.parametrize("reason", ["pred_empty", "gt_empty"])
def test_report_t20_what_is_filled_in_is_what_the_formula_does_not_give(name, reason):
    import numpy as np

    from segeval.tallies.counts import Counts  # the formula itself is asked, of 9 voxels

    made = charged([[("a", name, 1.0, "", reason)]])
    (head,) = headings(made, Settings())
    definition = resolve_metric(parse_metric(name))[1]
    if definition.of == "counts":
        table = np.array([[0, 0, 4, 5] if reason == "pred_empty" else [0, 4, 0, 5]])
        found = definition.compute(Counts(("a",), table, table.astype(float), "px", 1.0))
        undefined = math.isnan(found.classes[0])
    else:
        undefined = True  # there is no distance to nothing
    assert filled_in(head, reason) == undefined
