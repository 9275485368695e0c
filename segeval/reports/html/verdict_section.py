"""REPORT-T7: one sentence, then the rules that were missed with the numbers that decide."""

from __future__ import annotations

import math
from typing import Any

from segeval.gates.verdict import Verdict, enough_digits
from segeval.reports.html.interval_cells import IntervalCell, interval_cell, lone_patient
from segeval.reports.html.shown import MINUS, Shown
from segeval.reports.table_model import format_count
from segeval.reports.verdicts import missed_verdicts, verdict_headline
from segeval.request.settings import Settings
from segeval.runtime.frozen import frozen
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import Scorecard
from segeval.scorecard.row_index import index_rows

WORDS = {"PASS": "pass", "FAIL": "fail", "ERROR": "error", "": "none"}
REQUIRED = {"higher": "at least ", "lower": "at most ", "zero": "within ±"}  # and then the bar


@frozen
class Judged:
    """A rule as the page shows it."""

    word: str
    rule: str
    class_: str
    metric: str
    statistic: str
    value: Shown
    required: str
    bar: Shown
    unit: str
    interval: IntervalCell
    difference: Shown
    n: int
    worst_case: str
    worst: Shown
    group: str
    reason: str


def verdict_section(card: Scorecard, settings: Settings) -> dict[str, Any]:
    """What came of the gates."""
    word, what = verdict_headline(card, settings)
    judged = [_judged(verdict, card) for verdict in card.gates]
    return {
        "word": word,
        "kind": WORDS[word],
        "sentence": what or _unjudged(card),
        "title": what if card.gates or word else _unjudged(card),
        "missed": [one for one in judged if one.word == "FAIL"],
        "passed": [one for one in judged if one.word == "PASS"],
        "refused": [clean_name(text) for text in card.refused],
        "share": f"{len(missed_verdicts(card))} of {len(card.gates)}" if card.gates else "",
    }


def _unjudged(card: Scorecard) -> str:
    scored, every = index_rows(card.cases).scored, len(card.cases)
    if not scored:
        return f"nothing was scored: {format_count(every, 'case')} found"
    some = format_count(every, "case") if scored == every else f"{scored} of {every} cases"
    return f"{some} scored, no gate was asked for"


def _judged(verdict: Verdict, card: Scorecard) -> Judged:
    value, bar = enough_digits(verdict.value, verdict.bar)
    held = verdict.against
    ends = (held.low, held.high) if held else (math.nan, math.nan)
    made = card.summary.get(verdict.group, {}).get(verdict.class_, {}).get(verdict.metric)
    if made is not None and made.interval and held is None:
        ends = made.interval
    lone = "" if math.isnan(ends[0]) else lone_patient(card, verdict.class_, verdict.metric,
                                                       verdict.group)  # fmt: skip
    difference = math.nan if held is None else held.difference
    return Judged(
        word="PASS" if verdict.passed else "FAIL",
        rule=clean_name(verdict.gate),
        class_=verdict.class_,
        metric=clean_name(
            f"|{verdict.metric}|" if held and verdict.better == "zero" else verdict.metric
        ),
        statistic=verdict.statistic,
        value=Shown("–") if math.isnan(verdict.value) else _exact(value, verdict.value),
        required="" if math.isnan(verdict.bar) else REQUIRED.get(verdict.better, ""),
        bar=Shown("–") if math.isnan(verdict.bar) else _exact(bar, verdict.bar),
        unit=verdict.unit,
        interval=interval_cell(*ends, verdict.n, _digits, lone),
        difference=_digits(difference, signed=True),
        n=verdict.n,
        worst_case=made.worst_case if made else "",
        worst=_digits(made.worst) if made else Shown("–"),
        group=verdict.group,
        reason=clean_name(verdict.reason),
    )


def _exact(text: str, value: float) -> Shown:
    return Shown(text.replace("-", MINUS), repr(float(value)))


def _digits(value: float, signed: bool = False) -> Shown:
    if math.isnan(value):
        return Shown("")
    text = f"{value:+.3g}" if signed else f"{value:.3g}"
    return _exact(text, value)
