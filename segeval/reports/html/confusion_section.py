"""REPORT-T14: what each class of the ground truth is called by the prediction, over all cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from segeval.reports.html.shown import Shown, place_of_case
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import CaseResult, Scorecard
from segeval.scoring.pooling import drawn_tallies

SHADES = 10
LISTED, BEHIND = 15, 3  # mistakes that are listed, and cases that are named for each
MOST = 60  # classes of a matrix that can be read

Cells = dict[tuple[int, int], int]


def confusion_of(card: Scorecard) -> tuple[Cells, dict[tuple[int, int], list[tuple[int, str]]]]:
    """The summed cells, and for each mistake the cases that have most of it."""
    total: Cells = {}
    behind: dict[tuple[int, int], list[tuple[int, str]]] = {}
    for case in card.cases:
        for truth, pred, voxels in confused_voxels(case):
            key = int(truth), int(pred)
            total[key] = total.get(key, 0) + int(voxels)
            if truth != pred:
                most = behind.setdefault(key, [])
                most.append((int(voxels), case.case))
                most.sort(key=lambda one: -one[0])
                del most[BEHIND:]
    return total, behind


def confused_voxels(case: CaseResult) -> Iterator[Sequence[int]]:
    """The cells of a case: label of the ground truth, of the prediction, voxels."""
    for _, counts in drawn_tallies(case.tallies, "confusion"):
        yield from counts.get("confusion", ())


def names_of_labels(fields: Mapping[str, Any]) -> dict[int, str]:
    """What label values are called: by the class list of the run, else by the value."""
    named: dict[int, str] = {}
    for name, labels in fields.get("classes", {}).items():
        for value in labels if isinstance(labels, Sequence) else ():
            if isinstance(value, int) and len(labels) == 1:
                named[value] = name
    named.setdefault(0, "background")
    return named


def confusion_section(card: Scorecard) -> dict[str, Any] | None:
    """The matrix by row, and the largest mistakes; None for fewer than two classes."""
    total, behind = confusion_of(card)
    labels = sorted({label for cell in total for label in cell})
    if len([label for label in labels if label]) < 2 or len(labels) > MOST:
        return None
    called = names_of_labels(card.fields)
    names = {label: clean_name(called.get(label, str(label))) for label in labels}
    sums = {t: sum(n for (row, _), n in total.items() if row == t) for t in labels}
    mistakes = sorted((cell for cell in total if cell[0] != cell[1]), key=lambda c: -total[c])
    listed = mistakes[:LISTED]
    rows = [
        {
            "name": names[t],
            "total": sums[t],
            "cells": [_cell(t, p, total, sums[t], listed) for p in labels],
        }
        for t in labels
        if sums[t]
    ]
    return {
        "names": [names[label] for label in labels],
        "rows": rows,
        "mistakes": [
            {
                "id": f"confusion-{t}-{p}",
                "truth": names[t],
                "pred": names[p],
                "voxels": total[t, p],
                "share": _share(total[t, p], sums[t]),
                "cases": [(case, place_of_case(case), n) for n, case in behind[t, p]],
            }
            for t, p in listed
        ],
        "unit": "pixels or voxels",
    }


def _cell(t: int, p: int, total: Cells, whole: int, listed: Sequence[tuple[int, int]]) -> Any:
    voxels = total.get((t, p), 0)
    share = voxels / whole
    return {
        "voxels": voxels,
        "share": _share(voxels, whole),
        "shade": min(SHADES, max(1, round(SHADES * share**0.5))) if voxels else 0,
        "right": t == p,
        "link": f"confusion-{t}-{p}" if (t, p) in listed else "",
    }


def _share(voxels: int, whole: int) -> Shown:
    share = voxels / whole
    percent = 100 * share
    text = f"{percent:.1f}" if percent >= 0.05 or not voxels else "<0.1"
    return Shown("100" if voxels == whole else text, repr(share))
