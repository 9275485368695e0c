"""The table of `other-tools.md`: one pair of masks in every convention, beside what its tool says.

`refresh.py` writes it. What the tools say was kept by tests/kernels/conventions_of_tools.py.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAIR, TAU = "two_ellipsoids", "1.5mm"
SAME = {"meshmetrics": "mesh"}  # conventions of one tool
COLUMNS = {
    "HD": ("hd",),
    "HD95": ("hd95",),
    "mean distance": ("assd", "masd"),
    f"surface Dice, {TAU[:-2]} mm": (f"nsd@{TAU}",),
}
NONE = "–"


def table() -> str:
    """A row a convention: our number / that of the tool."""
    from segeval.kernels.conventions import CONVENTIONS

    tools = json.loads((ROOT / "tests" / "kernels" / "conventions.json").read_text("utf-8"))
    found = values(list(CONVENTIONS))
    head = ["`as=`", "tool", *COLUMNS]
    lines = [head, ["---"] * len(head)]
    for name in filter(found.get, CONVENTIONS):  # one needs probabilities
        tool = tools.get(SAME.get(name, name), {}) if name != "mesh" else {}
        said = tool.get("values", {}).get(PAIR, {})
        cells = [cell(found[name], said, metrics) for metrics in COLUMNS.values()]
        lines.append([f"`{name}`", tool.get("package", NONE), *cells])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def values(conventions: list[str]) -> dict[str, dict[str, float]]:
    """What we say: convention, metric, number; without those that a convention does not have."""
    import segeval
    from segeval.metrics.registry import load_all_metrics, resolve_metric
    from segeval.request.grammar import parse_metric

    sys.path.insert(0, str(ROOT / "tests"))
    from pairs import PAIRS

    truth, pred, spacing = PAIRS[PAIR]()
    asked = {
        (name, metric): str(resolve_metric(parse_metric(f"{metric}:as={name}"))[0])
        for name in conventions
        for metrics in COLUMNS.values()
        for metric in metrics
        if name in load_all_metrics()[parse_metric(metric).name].origins
    }
    sides = (pred.astype("uint8"), truth.astype("uint8"))
    card = segeval.score(*sides, list(dict.fromkeys(asked.values())), spacing=spacing)
    rows = {row.metric: row.value for row in card.cases[0].rows if row.status == "ok"}
    found: dict[str, dict[str, float]] = {name: {} for name in conventions}
    for (name, metric), text in asked.items():
        if text in rows:
            found[name][metric] = rows[text]
    return found


def cell(ours: dict[str, float], theirs: dict[str, Any], metrics: tuple[str, ...]) -> str:
    """Both numbers, of the first metric that the tool has."""
    metric = next((m for m in metrics if m in theirs), next((m for m in metrics if m in ours), ""))
    if not metric:
        return NONE
    name = f"{metric} " if len(metrics) > 1 else ""
    tool = f"{theirs[metric]:.3f}" if metric in theirs else NONE
    return f"{name}{ours[metric]:.3f} / {tool}"
