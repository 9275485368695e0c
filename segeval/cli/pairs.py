"""`segeval pairs PRED GT`: which files become which case; nothing is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval.cli.log import LOG
from segeval.cli.options import (
    PATH_OR_URL,
    Command,
    GroupedOption,
    resolve_request,
    settings_options,
    side_parameters,
)
from segeval.cli.paths import read_side_paths, show_pairs
from segeval.cli.warnings_output import report_notes


def list_pairs(given: Mapping[str, Any]) -> int:
    """Show which files of PRED and GT become which case; compute nothing."""
    request = resolve_request(given)
    settings = request.settings
    LOG.open(settings)
    report_notes(request.notes, settings)
    pred, truth = read_side_paths(given, settings)
    return show_pairs(pred, truth, settings, given["write"] or "")


def _write_option() -> GroupedOption:
    option = GroupedOption(
        ["--write"], metavar="FILE", type=PATH_OR_URL, help="also write a CSV table"
    )
    option.group = "output"
    return option


command = Command(
    "pairs",
    list_pairs,
    [
        *side_parameters(),
        *settings_options(
            ["inputs", "contours"],
            ["shard", "quiet", "verbose", "color", "log_file", "error", "ignore"],
        ),
        _write_option(),
    ],
    [
        "segeval pairs pred/ gt/",
        "segeval pairs pred/ gt/ --write pairs.csv",
        "segeval pairs pred/ gt/ --layout flat",
    ],
    common=(
        "pairs",
        "classes",
        "layout",
        "kind",
        "gt_kind",
        "pair_regex_pred",
        "pair_regex_gt",
        "case_key",
        "pred_select",
        "gt_select",
        "write",
        "verbose",
    ),
)
