"""REPORT-T16: instances: curves of scored ones, sizes of found and missed, the largest that were
missed or are false.

What is found, missed and false follows the rule of the first metric of instances, so that the page
says one thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

import numpy as np

from segeval.metrics.instance_counts import hidden_predictions, match_rule, tables_of
from segeval.metrics.registry import Definition, metric_arguments, resolve_metric
from segeval.reports.html.charts import with_unit
from segeval.reports.html.instance_curves import (
    curve_figure,
    froc_curves,
    precision_curves,
)
from segeval.reports.html.shown import label, place_of_class, show_three
from segeval.reports.html.strip_charts import Strip, draw_strips
from segeval.request.grammar import Metric, parse_metric
from segeval.runtime.arrays import Counted, Floats
from segeval.scorecard.card import Scorecard
from segeval.scoring.pooling import drawn_tallies, report_damaged_tallies, result_type

LEAST = 3  # instances of a chart
QUARTERS = 4  # parts of the table of sizes
LISTED = 30  # missed and false instances that are listed, the largest first
SIDES = {0: "missed", 1: "false"}
SHOWN = 12  # curves
OF_INSTANCES = ("instances", "instance_surfaces")
JOINED = "brats-2023"  # a convention whose lesions are no instances of the files
Rule = tuple[Metric, Definition]


def instance_section(card: Scorecard) -> dict[str, Any] | None:
    """What stands in the part; None for a run without instances."""
    sizes = instance_sizes(card)
    curves = [curve_figure(one) for one in [*froc_curves(card), *precision_curves(card)][:SHOWN]]
    if not sizes and not curves:
        return None
    rule = leading_rule(card)
    return {
        "rule": str(rule[0]) if rule else "",
        "tables": [size_table(name, found) for name, found in sizes.items()],
        "lists": [part for side in SIDES if (part := list_largest(sizes, side))["rows"]],
        "curves": curves,
    }


def list_largest(sizes: Mapping[str, Mapping[str, Any]], side: int) -> dict[str, Any]:
    """The largest instances of a side that have no partner on the other."""
    every = [one for found in sizes.values() for one in found["lost"] if one["side"] == side]
    every.sort(key=lambda one: -one["voxels"])
    return {
        "what": SIDES[side],
        "side": side,
        "rows": every[:LISTED],
        "more": max(0, len(every) - LISTED),
    }


def listed_instances(card: Scorecard) -> list[dict[str, Any]]:
    """The instances that are listed, missed and false ones in turn, the largest first."""
    sizes = instance_sizes(card)
    missed, false = (list_largest(sizes, side)["rows"] for side in SIDES)
    turns = zip_longest(missed, false)
    return [one for both in turns for one in both if one is not None]


def leading_rule(card: Scorecard) -> Rule | None:
    """The first metric of instances; None where none was asked for."""
    for text in card.metrics:
        metric, definition = resolve_metric(parse_metric(text))
        if definition.of in OF_INSTANCES:
            return metric, definition
    return None


def instance_sizes(card: Scorecard) -> dict[str, dict[str, Any]]:
    """Sizes of the instances of each class: found, missed and false, with who was missed."""
    made: dict[str, dict[str, Any]] = {}
    if (rule := leading_rule(card)) is None:
        return made
    for case in card.cases:
        for name, kept in drawn_tallies(case.tallies, "sizes"):
            with report_damaged_tallies(case.case):
                add_case(made, case.case, result_type(name).from_json(kept), rule)
    return made


def add_case(made: dict[str, dict[str, Any]], case: str, tables: Any, rule: Rule) -> None:
    """Add the instances of a case to those of other cases, class by class."""
    arguments = metric_arguments(*rule)
    for place, name in enumerate(tables.classes):
        own = tables_of(tables, place, rule[1], arguments)
        for table in own if not tables.is_stuff(place) else ():
            found = made.setdefault(
                name, {"found": [], "missed": [], "false": [], "lost": [], "unit": table.unit}
            )
            add_instances(found, table, case, name, rule)


def add_instances(found: dict[str, Any], table: Any, case: str, name: str, rule: Rule) -> None:
    """Add the instances of a case to those of its class."""
    arguments = metric_arguments(*rule)
    taken, spurious, _ = match_rule(table, *rule, arguments)
    spurious = spurious & ~hidden_predictions(table, rule[1])
    found["found"] += (table.overlaps.truth[taken] * table.voxel).tolist()
    found["missed"] += (table.overlaps.truth[~taken] * table.voxel).tolist()
    found["false"] += (table.overlaps.pred[spurious] * table.voxel).tolist()
    connectivity = arguments.get("connectivity", "")
    for side, alone in enumerate((~taken, spurious)):
        for at in np.flatnonzero(alone).tolist():
            one = describe_instance(table, side, at, case, name, connectivity)
            found["lost"].append(one | {"pictured": rule[1].origin != JOINED})


def describe_instance(  # noqa: PLR0913 - which instance of which table
    table: Any, side: int, at: int, case: str, name: str, connectivity: str
) -> dict[str, Any]:
    """An instance as the page lists it.

    side          0 of the ground truth, 1 of the prediction
    at            its place in the table
    connectivity  of components, as the metric asks for them
    """
    overlaps = table.overlaps
    voxels = int((overlaps.pred if side else overlaps.truth)[at])
    centre = table.centres[side][at][::-1]
    return {
        "case": case,
        "class": label(name),
        "class_link": place_of_class(name),
        "id": int(table.ids[side][at]),
        "name": name,
        "side": side,
        "connectivity": connectivity,
        "voxels": voxels,
        "size": show_three(voxels * table.voxel),
        "unit": table.unit,
        "centre": ", ".join(f"{v:.1f}" for v in centre),
    }


def size_table(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """The share that was found by size, in quarters of the references; and all sizes as a chart."""
    every = np.array([*found["found"], *found["missed"]])
    hit = np.arange(len(every)) < len(found["found"])
    rows = []
    for part in split_by_size(every):
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
    chart = (
        draw_strips(title, with_unit("size", found["unit"]), strips)
        if len(every) + len(found["false"]) >= LEAST
        else ""
    )
    return {"name": label(name), "unit": found["unit"], "rows": rows, "chart": chart}


def split_by_size(sizes: Floats) -> list[Counted]:
    """The places of sizes in quarters of them, the smallest first; equal sizes are in one part.

    sizes  float64 (n,)
    returns  as many parts as hold some, each int64
    """
    if not len(sizes):
        return []
    order = np.argsort(sizes, kind="stable")
    parts = np.array_split(order, QUARTERS if len(order) >= QUARTERS else 1)
    largest = np.unique([sizes[part[-1]] for part in parts])
    which = np.searchsorted(largest, sizes[order], side="left")
    return [order[which == k] for k in range(len(largest))]
