"""A small nested JSON of numbers, for tools that compare the metrics of two commits.

    {"Brainstem": {"dice": {"mean": 0.870000, ..., "n": 42}}}

Keys do not come and go: what is undefined is null. Every number has six decimals, so that two files
differ where the numbers do. A class of a group is `Brainstem [site A]`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import IO

from segeval.request.settings import Settings
from segeval.scorecard.card import Scorecard, Statistic

DIGITS = 6
NUMBERS = ("mean", "median", "worst", "pooled")
COUNTS = ("n", "n_undefined", "n_missing")


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the aggregates of every class and metric."""
    entries = ",\n".join(_class_lines(card))
    file.write(f"{{\n{entries}\n}}\n" if entries else "{}\n")


def _class_lines(card: Scorecard) -> Iterator[str]:
    for group, of_class in card.summary.items():
        for class_, of_metric in of_class.items():
            name = f"{class_} [{group}]" if group else class_
            metrics = ",\n".join(f"    {_key(m)}: {_numbers(s)}" for m, s in of_metric.items())
            yield f"  {_key(name)}: {{\n{metrics}\n  }}"


def _numbers(made: Statistic) -> str:
    """One line; the json module cannot fix the digits of a number."""
    numbers = [f'"{name}": {_format_fixed(getattr(made, name))}' for name in NUMBERS]
    counts = [f'"{name}": {getattr(made, name)}' for name in COUNTS]
    return f"{{{', '.join(numbers + counts)}}}"


def _format_fixed(value: float) -> str:
    """Six decimals, without a sign before a zero."""
    if not math.isfinite(value):
        return "null"
    text = f"{value:.{DIGITS}f}"
    return text.lstrip("-") if float(text) == 0 else text


def _key(text: str) -> str:
    return json.dumps(text)
