"""OpenMetrics text: every aggregate as a sample, for GitLab's metrics report and for Prometheus.

    segeval_dice_mean{class="Brainstem"} 0.87

A name has letters, digits and `_` alone; where a metric's text has more, the label `metric` has it
in full. What is undefined has no sample. GitLab takes `#` for the start of a comment wherever it
stands, so the signature stands in one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import IO

from segeval.reports.problems import count_failed
from segeval.reports.verdicts import missed_verdicts
from segeval.request.settings import Settings
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import Scorecard, Statistic
from segeval.scorecard.summary import metric_columns
from segeval.scorecard.summary_columns import Column

# Attribute of a statistic: its word in the name, and what it is.
STATISTICS = {
    "mean": ("mean", "mean over the cases"),
    "median": ("median", "median over the cases"),
    "worst": ("worst", "worst case"),
    "pooled": ("pooled", "all cases taken as one"),
    "n": ("cases", "cases that the mean is made of"),
    "n_undefined": ("undefined", "cases whose value is undefined"),
    "n_missing": ("missing", "cases that were not scored"),
}
SampleLabels = Mapping[str, str]


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the aggregates, the verdicts and how many cases there are."""
    file.writelines(f"{line}\n" for line in openmetrics_lines(card, settings))


def openmetrics_lines(card: Scorecard, settings: Settings) -> Iterator[str]:
    """The text, family by family."""
    yield from _family_head("segeval_cases", f"cases of the run; signature: {card.signature}")
    yield _sample_line("segeval_cases", {}, len(card.cases))
    yield from _family_head("segeval_cases_unscored", "cases that could not be scored")
    yield _sample_line("segeval_cases_unscored", {}, count_failed(card, settings))
    yield from _gate_lines(card)
    heads: dict[str, list[Column]] = {}
    for head in metric_columns(card.cases, card.metrics):
        heads.setdefault(_metric_word(head.metric), []).append(head)
    for word, alike in heads.items():
        for attribute in STATISTICS:
            yield from _statistic_lines(card, word, alike, attribute)
    yield "# EOF"


def _gate_lines(card: Scorecard) -> Iterator[str]:
    if not card.gates:
        return
    yield from _family_head("segeval_gates_missed", "verdicts that are below their bar")
    yield _sample_line("segeval_gates_missed", {}, len(missed_verdicts(card)))
    yield from _family_head("segeval_gate_passed", "1 where a class cleared a gate")
    seen = set()
    for verdict in card.gates:
        labels = {"gate": verdict.gate, "class": verdict.class_, "group": verdict.group}
        sample = _sample_line("segeval_gate_passed", labels, int(verdict.passed))
        if sample.rpartition(" ")[0] not in seen:  # a rule that is given twice
            yield sample
        seen.add(sample.rpartition(" ")[0])


def _statistic_lines(
    card: Scorecard, word: str, alike: list[Column], attribute: str
) -> Iterator[str]:
    """One statistic of the metrics of one name, over groups and classes."""
    end, said = STATISTICS[attribute]
    name = f"segeval_{word}_{end}"
    samples = [
        _sample_line(name, _sample_labels(head, class_, group, word), value)
        for group, of_class in card.summary.items()
        for class_, of_metric in of_class.items()
        for head in alike
        if head.name in of_metric
        and not math.isnan(value := _sample_value(of_metric[head.name], attribute))
    ]
    if samples:
        what = ", ".join(dict.fromkeys(head.metric for head in alike))
        yield from _family_head(name, f"{what}: {said}")
        yield from samples


def _sample_value(made: Statistic, attribute: str) -> float:
    return float(getattr(made, attribute)) if attribute[0] != "n" else int(getattr(made, attribute))


def _sample_labels(head: Column, class_: str, group: str, word: str) -> SampleLabels:
    text = "" if word == head.metric else head.metric
    return {"class": class_, "group": group, "unit": head.unit, "metric": text}


def _metric_word(metric: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_]+", "_", metric).strip("_")


def _family_head(name: str, said: str) -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    yield f"# HELP {name} {_escape_label(said)}"


def _sample_line(name: str, labels: SampleLabels, value: float) -> str:
    given = ",".join(f'{key}="{_escape_label(text)}"' for key, text in labels.items() if text)
    shown = repr(value) if math.isfinite(value) else ("+Inf" if value > 0 else "-Inf")
    return f"{name}{{{given}}} {shown}" if given else f"{name} {shown}"


def _escape_label(text: str) -> str:
    return clean_name(text).replace("\\", "\\\\").replace('"', '\\"')
