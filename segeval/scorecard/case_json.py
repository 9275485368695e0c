"""The JSON form of a case: strict, lean, and read back as it was written.

A case holds its values by class and metric. A plain number is a value that is `ok`; anything else
is an object with status and reason, and a class that was not scored has those two in place of its
metrics. Numbers are written with all their digits.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from segeval.runtime.errors import Note
from segeval.runtime.frozen import asdict, fields
from segeval.scorecard.card import CaseResult, Row

INFINITE = "infinite"
TEXT_FIELDS = ("group", "patient", "fingerprint")  # of a case; left out when empty
NOTHING: Mapping[str, Any] = {}  # of all cases that have none
CASE_FIELDS = CaseResult.__match_args__
EMPTY_CASE = {
    field.name: NOTHING if field.default_factory is dict else field.default
    for field in fields(CaseResult)
}
CONTENTS = ("stamps", "gt_voxels", "gt_checksums", "tallies", "facts", "inventory", "own_names")


ENCODER = json.JSONEncoder(allow_nan=False)


def strict_json(value: Any) -> str:
    """Strict JSON on one line."""
    return ENCODER.encode(value)


def case_to_json(case: CaseResult) -> dict[str, Any]:
    """A case as JSON values; what is empty is left out."""
    kept: dict[str, Any] = {"case": case.case, "pred": case.pred, "gt": case.gt}
    kept["status"] = case.status
    kept |= {key: word for key in TEXT_FIELDS if (word := getattr(case, key))}
    if case.error is not None:
        kept["error"] = dict(case.error)
    if case.classes:
        kept["classes"] = list(case.classes)
    kept |= _values_to_json(case.rows)
    kept |= {key: dict(content) for key in CONTENTS if (content := getattr(case, key))}
    if case.spare:
        kept["spare"] = _values_to_json(case.spare)
    if case.joined:
        kept["joined"] = list(case.joined)
    if case.notes:
        kept["notes"] = [asdict(note) for note in case.notes]
    return kept


def _values_to_json(rows: Iterable[Row]) -> dict[str, Any]:
    units: dict[str, str] = {}
    values: dict[str, dict[str, Any]] = {}
    for row in rows:
        if not row.metric:
            values[row.class_] = {"status": row.status, "reason": row.reason}
            continue
        unit = units.setdefault(row.metric, row.unit)
        values.setdefault(row.class_, {})[row.metric] = _json_cell(row, unit)
    units = {metric: unit for metric, unit in units.items() if unit}
    return ({"units": units} if units else {}) | ({"values": values} if values else {})


def _json_cell(row: Row, unit: str) -> Any:
    """A bare number where that says it all."""
    if row.status == "ok" and not row.reason and row.unit == unit and math.isfinite(row.value):
        return float(row.value)
    cell = {"value": json_number(row.value), "status": row.status, "reason": row.reason}
    if row.value == -math.inf:
        cell["sign"] = "-"
    if row.unit != unit:
        cell["unit"] = row.unit
    return cell


def json_number(value: float) -> float | None:
    """The number as JSON has it: null where it is none."""
    return float(value) if math.isfinite(value) else None


def case_from_json(kept: Mapping[str, Any]) -> CaseResult:
    """Read a case again, from a result file or from a line of the partial file of --resume."""
    values = {**EMPTY_CASE, **kept, "rows": tuple(rows_from_json(kept)), "trace": ""}
    for name in ("classes", "joined"):
        values[name] = tuple(values[name])
    if values["notes"]:
        values["notes"] = tuple(Note(**note) for note in kept["notes"])
    if values["spare"]:
        values["spare"] = tuple(
            rows_from_json({"case": kept["case"], "group": values["group"], **kept["spare"]})
        )
    return CaseResult(*[values[name] for name in CASE_FIELDS])  # by name takes twice as long


def has_metrics(of_class: Mapping[str, Any]) -> bool:
    """Whether a class of a case has metrics, and not why it was not scored."""
    return bool(of_class) and not isinstance(of_class.get("status"), str)  # a metric has no text


def rows_from_json(kept: Mapping[str, Any]) -> Iterator[Row]:
    """The rows of a case."""
    case, group, units = kept["case"], kept.get("group", ""), kept.get("units", {})
    for class_, of_metric in kept.get("values", {}).items():
        if of_metric and not has_metrics(of_metric):
            words = of_metric["status"], of_metric["reason"]
            yield Row(case, class_, "", math.nan, "", *words, group)
            continue
        for metric, cell in of_metric.items():
            unit = units.get(metric, "")
            if isinstance(cell, dict):
                unit, status = cell.get("unit", unit), cell["status"]
                yield Row(
                    case, class_, metric, _parse_value(cell), unit, status, cell["reason"], group
                )
            else:
                yield Row(case, class_, metric, float(cell), unit, "ok", "", group)


def _parse_value(cell: Mapping[str, Any]) -> float:
    if cell["value"] is not None:
        return float(cell["value"])
    if cell["reason"] == INFINITE:
        return -math.inf if cell.get("sign") == "-" else math.inf
    return math.nan
