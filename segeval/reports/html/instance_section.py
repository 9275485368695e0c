"""REPORT-T16: instances: curves of scored ones, sizes of found and missed, the largest that were
missed.

found   a reference that takes a prediction with IoU >= 50 %, greedy by falling IoU
curves  at IoU >= 50 % as COCO counts them (precision), with centres in lesions (FROC)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from segeval.kernels.froc import curve_points
from segeval.kernels.instance_matching import match_instances
from segeval.metrics.candidates import landed
from segeval.metrics.matched_detections import MatchRule, match_data_set
from segeval.reports.html.drawings import Strip, draw_curve, draw_strips
from segeval.reports.html.shown import label, place_of_case, place_of_class, show_three
from segeval.runtime.arrays import Floats
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import Scorecard
from segeval.scoring.pooling import result_type

HALF = Fraction(1, 2)
LISTED = 30  # missed instances that are listed, the largest first
SHOWN = 12  # curves
POINTS = 400  # of a curve
RATES = 8.0  # false positives a case, at most

Points = list[tuple[float, float]]


def instance_section(card: Scorecard) -> dict[str, Any] | None:
    """What stands in the part; None for a run without instances."""
    sizes = instance_sizes(card)
    curves = [*froc_curves(card), *precision_curves(card)][:SHOWN]
    if not sizes and not curves:
        return None
    missed = sorted(
        (one for found in sizes.values() for one in found["lost"]), key=lambda one: -one["voxels"]
    )
    return {
        "tables": [size_table(name, found) for name, found in sizes.items()],
        "missed": missed[:LISTED],
        "more": max(0, len(missed) - LISTED),
        "curves": curves,
    }


def instance_sizes(card: Scorecard) -> dict[str, dict[str, Any]]:
    """Sizes of the instances of each class: found, missed and false, with who was missed."""
    made: dict[str, dict[str, Any]] = {}
    for case in card.cases:
        kept = case.tallies.get("instances")
        if not kept:
            continue
        tables = result_type("instances").from_json(kept)
        for place, name in enumerate(tables.classes):
            own = next(iter(tables.kept[name].values()), ())
            for table in own if not tables.is_stuff(place) else ():
                found = made.setdefault(
                    name, {"found": [], "missed": [], "false": [], "lost": [], "unit": table.unit}
                )
                add_instances(found, table, case.case, name)
    return made


def add_instances(found: dict[str, Any], table: Any, case: str, name: str) -> None:
    """Add the instances of a case to those of its class."""
    pairs = match_instances(table.overlaps, "greedy", "iou", HALF, tie=True)
    taken, used = (
        np.zeros(len(table.overlaps.truth), bool),
        np.zeros(len(table.overlaps.pred), bool),
    )
    taken[pairs.one], used[pairs.other] = True, True
    found["found"] += (table.overlaps.truth[taken] * table.voxel).tolist()
    found["missed"] += (table.overlaps.truth[~taken] * table.voxel).tolist()
    found["false"] += (table.overlaps.pred[~used] * table.voxel).tolist()
    for at in np.flatnonzero(~taken).tolist():
        voxels = int(table.overlaps.truth[at])
        centre = table.centres[0][at][::-1]
        found["lost"].append(
            {
                "case": case,
                "link": place_of_case(case),
                "class": label(name),
                "class_link": place_of_class(name),
                "id": int(table.ids[0][at]),
                "voxels": voxels,
                "size": show_three(voxels * table.voxel),
                "unit": table.unit,
                "centre": ", ".join(f"{v:.1f}" for v in centre),
            }
        )


def size_table(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """The share that was found by size, in quarters of the references; and all sizes as a chart."""
    every = np.array([*found["found"], *found["missed"]])
    hit = np.arange(len(every)) < len(found["found"])
    order = np.argsort(every, kind="stable")
    rows = []
    for part in np.array_split(order, 4) if len(order) >= 4 else [order]:
        if len(part):
            low, high = float(every[part].min()), float(every[part].max())
            rows.append(
                {
                    "low": show_three(low),
                    "high": show_three(high),
                    "n": len(part),
                    "found": int(hit[part].sum()),
                    "share": show_three(float(hit[part].mean())),
                }
            )
    link = f"#{place_of_class(name)}"
    strips = [Strip(word, link, tuple(found[word])) for word in ("found", "missed", "false")]
    title = f"{label(name)}: size of found, missed and false instances"
    chart = draw_strips(title, found["unit"], strips) if len(every) or found["false"] else ""
    return {"name": label(name), "unit": found["unit"], "rows": rows, "chart": chart}


def pooled_tally(card: Scorecard, name: str) -> Any:
    """A tally of all cases as one; None where no case has it."""
    kept = [case.tallies[name] for case in card.cases if case.tallies.get(name)]
    kind = result_type(name)
    return kind.pool_cases([kind.from_json(one) for one in kept]) if kept else None


def froc_curves(card: Scorecard) -> Iterator[dict[str, Any]]:
    """Sensitivity over false positives a case, of each class of a detection map."""
    found = pooled_tally(card, "candidates")
    if found is None:
        return
    for name, cases in zip(found.classes, found.cases, strict=True):
        lesions = sum(len(case.lesion) for case in cases)
        if not lesions:
            continue
        hits, false = (
            np.concatenate(part) for part in zip(*(landed(case) for case in cases), strict=True)
        )
        rate, sensitivity = curve_points(hits, false, lesions, len(cases), lowest=True)
        points = [p for p in thin_points(rate[::-1], sensitivity[::-1]) if p[0] <= RATES]
        yield curve("FROC", name, points, "false positives a case", "sensitivity", lesions)


def precision_curves(card: Scorecard) -> Iterator[dict[str, Any]]:
    """Precision over recall of scored instances at IoU 50 %, of each class."""
    tables = pooled_tally(card, "detections")
    if tables is None or not tables.scored:
        return
    matched = match_data_set(tables, MatchRule("mask", (HALF,)))
    for place, name in enumerate(tables.names):
        many = int(matched.references[0, place])
        own = (matched.class_ == place) & matched.counted[0, 0]
        if not many or not own.any():
            continue
        order = np.argsort(-matched.score[own], kind="stable")
        hit = np.cumsum(matched.hit[0, 0][own][order])
        recall, precision = hit / many, hit / np.arange(1, len(hit) + 1)
        points = thin_points(recall, precision)
        yield curve("precision and recall", name, points, "recall", "precision", many)


def curve(  # noqa: PLR0913 - what a curve is of
    kind: str, name: str, points: Points, across: str, up: str, references: int
) -> dict[str, Any]:
    """A curve with its chart."""
    title = f"{kind}, {label(name)}"
    return {
        "title": clean_name(title),
        "n": references,
        "across": across,
        "up": up,
        "chart": draw_curve(title, points, across, up),
    }


def thin_points(x: Floats, y: Floats) -> Points:
    """So many points of a curve, its ends among them."""
    if len(x) > POINTS:
        some = np.unique(np.linspace(0, len(x) - 1, POINTS).round().astype(int))
        x, y = x[some], y[some]
    pairs: Sequence[tuple[float, float]] = list(zip(x.tolist(), y.tolist(), strict=True))
    return list(pairs)
