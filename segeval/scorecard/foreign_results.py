"""Results of other tools as what they are (CLI-U10): rows in their convention, without a signature.

    nnU-Net     summary.json of nnUNetv2_evaluate_folder: Dice and IoU by case and label
    panoptica   the TSV of its aggregator: a line a subject, a column a group and metric

Labels of nnU-Net get their names from the `dataset.json` beside the file, if there is one.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from segeval.readers import READERS
from segeval.request.grammar import parse_metric
from segeval.runtime.errors import RequestError
from segeval.runtime.json_text import parse_json
from segeval.scorecard.card import CaseResult, Row, Scorecard
from segeval.scorecard.row_index import CasesInMemory
from segeval.scorecard.summary import summarise_results

OF_NNUNET = {"Dice": "dice", "IoU": "iou"}
OF_PANOPTICA = {
    "pq": "pq:as=panoptica",
    "sq": "sq:as=panoptica",
    "rq": "rq:as=panoptica",
    "pq_dsc": "pq_dice",
    "global_bin_dsc": "dice",
    "global_bin_iou": "iou",
}
SUFFIXES = sorted(chain.from_iterable(READERS.values()), key=len, reverse=True)


def is_nnunet(content: Any) -> bool:
    """Whether JSON values are a summary of nnU-Net."""
    return isinstance(content, Mapping) and isinstance(content.get("metric_per_case"), list)


def is_panoptica(head: str) -> bool:
    """Whether the first line of a file is that of panoptica's aggregator."""
    return head.startswith("subject_name\t")


def read_nnunet(content: Mapping[str, Any], path: Path) -> Scorecard:
    """A summary of nnU-Net. Raises RequestError."""
    names = _label_names(path.with_name("dataset.json"))
    try:
        cases = [_nnunet_case(one, names) for one in content["metric_per_case"]]
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise RequestError(
            f"damaged summary of nnU-Net ({type(problem).__name__}: {problem})", where=path
        ) from problem
    return _card(cases, list(OF_NNUNET.values()), "nnU-Net")


def _label_names(path: Path) -> dict[str, str]:
    try:
        labels = parse_json(path.read_text("utf-8"))["labels"]
        return {str(tuple(v) if isinstance(v, list) else v): k for k, v in labels.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _nnunet_case(kept: Mapping[str, Any], names: Mapping[str, str]) -> CaseResult:
    pred, gt = (str(kept.get(f"{side}_file", "")) for side in ("prediction", "reference"))
    case = _stem(pred or gt)
    rows, voxels = [], {}
    for label, measured in kept["metrics"].items():
        name = names.get(label, label)
        voxels[name] = int(measured["TP"]) + int(measured["FN"])
        for key, metric in OF_NNUNET.items():
            rows.append(_row(case, name, metric, _number(measured.get(key))))
    return CaseResult(
        case, Path(pred).name, Path(gt).name, tuple(rows), classes=tuple(voxels), gt_voxels=voxels
    )


def read_panoptica(text: str, path: Path) -> Scorecard:
    """The table of panoptica's aggregator. Raises RequestError."""
    try:
        return _read_panoptica(text, path)
    except csv.Error as problem:
        raise RequestError(f"not a table of panoptica ({problem})", where=path) from problem


def _read_panoptica(text: str, path: Path) -> Scorecard:
    table = csv.DictReader(io.StringIO(text), delimiter="\t")
    columns = [(*column.rpartition("-")[::2], column) for column in table.fieldnames or ()]
    wanted = [(group, key, column) for group, key, column in columns if key in OF_PANOPTICA]
    if not wanted:
        raise RequestError("no metric of panoptica that is known here", where=path)
    cases = []
    for line in table:
        case = str(line["subject_name"])
        try:
            rows = tuple(
                _row(case, group or "ungrouped", OF_PANOPTICA[key], _number(line[column] or None))
                for group, key, column in wanted
            )
        except ValueError as problem:
            raise RequestError(
                f"damaged table of panoptica ({problem})", where=f"{path}, {case}"
            ) from problem
        classes = tuple(dict.fromkeys(row.class_ for row in rows))
        cases.append(CaseResult(case, "", "", rows, classes=classes))
    metrics = list(dict.fromkeys(OF_PANOPTICA[key] for _, key, _ in wanted))
    return _card(cases, metrics, "panoptica")


def _number(value: Any) -> float:
    number = math.nan if value is None else float(value)
    return number if math.isfinite(number) else math.nan


def _row(case: str, class_: str, metric: str, value: float) -> Row:
    if math.isnan(value):
        return Row(case, class_, metric, math.nan, "", "undefined", "both_empty")
    return Row(case, class_, metric, value)


def _stem(path: str) -> str:
    name = PurePosixPath(path.replace("\\", "/")).name
    end = next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), "")
    return name[: len(name) - len(end)]


def _card(cases: list[CaseResult], metrics: list[str], tool: str) -> Scorecard:
    held = CasesInMemory(cases)
    summary = summarise_results(held, [parse_metric(text) for text in metrics])
    fields = {"metrics": {text: text for text in metrics}}
    return Scorecard(held, tuple(metrics), f"by {tool}", fields, summary, foreign=tool)
