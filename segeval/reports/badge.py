"""A badge: the JSON that shields.io's endpoint and others like it draw a picture from."""

from __future__ import annotations

import json
import math
from typing import IO

from segeval.metrics.registry import leading_statistic
from segeval.reports.figure_form import NO_VALUE, figure_form
from segeval.reports.verdicts import verdict_headline
from segeval.request.settings import Settings
from segeval.scorecard.card import OVERALL, WHOLE, Scorecard
from segeval.scorecard.summary import metric_columns

COLOURS = {"PASS": "brightgreen", "FAIL": "red", "ERROR": "orange", "": "blue"}
UNKNOWN = "lightgrey"


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the leading metric over all classes, in the colour of the verdict."""
    label, value = leading_metric(card, settings)
    word, what = verdict_headline(card, settings)
    message = value if word in ("", "PASS") else f"{value}, {what}"
    color = UNKNOWN if value == NO_VALUE and not word else COLOURS[word]
    badge = {"schemaVersion": 1, "label": label, "message": message, "color": color}
    file.write(json.dumps(badge) + "\n")


def leading_metric(card: Scorecard, settings: Settings) -> tuple[str, str]:
    """The first metric of the run and its value: of the whole case, over classes, or of the one."""
    of_class = card.summary.get("", {})
    for head in metric_columns(card.cases, card.metrics):
        for class_ in (WHOLE, OVERALL, *of_class):
            made = of_class.get(class_, {}).get(head.name)
            if made is not None:
                word = leading_statistic(head.metric, card.leads)
                pooled = word == "pooled" and not math.isnan(made.pooled)
                value = made.pooled if pooled else made.mean
                form = figure_form(head, settings)
                unit, shown = f" {form.unit}" if form.unit else "", form.text(value)
                return head.metric, shown + (unit if shown != NO_VALUE else "")
    return card.metrics[0] if card.metrics else "segeval", NO_VALUE
