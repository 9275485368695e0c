"""Scorecards that have been judged, for tests of what CI systems read."""

import io
from dataclasses import replace

from cards import card

from segeval.gates.rules import check_gate
from segeval.reports.outputs import show_report
from segeval.request.grammar import parse_gate
from segeval.request.settings import Settings


def judged(results, *rules, **more):
    """The scorecard of results with the verdicts of rules."""
    made = card(results, **more)
    verdicts = [v for rule in rules for v in check_gate(parse_gate(rule), made, False)]
    return replace(made, gates=tuple(verdicts))


def written(made, form, **choices):
    """A scorecard in one form."""
    file = io.StringIO()
    show_report(made, form, file, Settings(**choices))
    return file.getvalue()
