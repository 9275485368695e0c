"""What models of a comparison lack: cases, structures, values; nothing that one misses is hidden.

A mean over the cases that all models have flatters the one that misses most, so what is left out of
it stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from segeval.reports.html.shown import Heading, label, place_of_class
from segeval.reports.table_model import format_count
from segeval.runtime.frozen import frozen
from segeval.scorecard.card import UNCOUNTED, WHOLE, Scorecard
from segeval.scorecard.empty_class_policy import ONE_SIDED_REASONS
from segeval.scorecard.row_index import index_rows
from segeval.statistics.paired import BOTH_EMPTY
from segeval.statistics.shared_cases import SharedCases

MISSED, SPURIOUS, UNSCORED = "missed", "spurious", "not scored"
WORDS = (MISSED, SPURIOUS, UNSCORED)


@frozen
class Lacking:
    """The values of a class and a metric that models lack, of the cases that all scored.

    values  of each model: cases in which it has none and another has one
    any     cases in which any model has one
    """

    class_: str
    metric: str
    values: tuple[int, ...]
    any: int


def lacking_values(cards: Sequence[Scorecard], heads: Sequence[Heading]) -> list[Lacking]:
    """Each class and metric that a model has values of, in the order of a table."""
    cases = SharedCases(*(card.cases for card in cards))
    found = []
    for class_, metric in cases.columns(dict.fromkeys(head.name for head in heads)):
        cells = [cases.cells(run, class_, metric) for run in range(cases.runs)]
        has = np.stack([np.isfinite(own.values) for own in cells])
        empty = np.stack([own.has_reason(BOTH_EMPTY) for own in cells])
        some = has.any(axis=0)
        lost = some & ~has & ~empty  # both sides empty is charged the best value, not lost
        if some.any():
            values = tuple(np.count_nonzero(lost, axis=1).tolist())
            found.append(Lacking(class_, metric, values, int(some.sum())))
    return found


def absent_structures(cards: Sequence[Scorecard]) -> list[dict[str, Any]]:
    """The classes that a model misses, invents or did not score, in how many cases of its own."""
    counts = [_count_absent(card) for card in cards]
    order = dict.fromkeys(name for card in cards for name in index_rows(card.cases).order)
    return [
        {
            "name": label(name),
            "link": place_of_class(name),
            "cells": [_absent_in_words(own.get(name, {})) for own in counts],
        }
        for name in order
        if any(own.get(name) for own in counts)
    ]


def missed_structures(card: Scorecard) -> int:
    """How many structures a model missed, over all its cases."""
    return sum(own.get(MISSED, 0) for own in _count_absent(card).values())


def _count_absent(card: Scorecard) -> dict[str, dict[str, int]]:
    """Class -> what it lacks -> in how many cases."""
    places: dict[tuple[str, str], set[int]] = {}
    for kind, rows in index_rows(card.cases).kinds.items():
        if kind.class_ in ("", WHOLE):
            continue
        word = MISSED if kind.reason in ONE_SIDED_REASONS else ""
        word = SPURIOUS if kind.reason == "gt_empty" else word
        word = UNSCORED if not kind.metric and kind.status not in UNCOUNTED else word
        if word:
            places.setdefault((kind.class_, word), set()).update(rows.places().tolist())
    found: dict[str, dict[str, int]] = {}
    for (class_, word), own in places.items():
        found.setdefault(class_, {})[word] = len(own)
    return found


def _absent_in_words(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts[word]} {word}" for word in WORDS if counts.get(word))


def lacks_in_words(lacking: Lacking, model: int) -> str:
    """What stands below a mean: `no value in 3 cases`; "" where the model lacks none."""
    many = lacking.values[model]
    return f"no value in {format_count(many, 'case')}" if many else ""
