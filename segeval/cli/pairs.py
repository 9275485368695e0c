"""`segeval pairs PRED GT`: which files become which case; nothing is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from segeval.cli.log import LOG
from segeval.cli.options import PLACE, Command, Option, resolved, settings_options
from segeval.cli.paths import show_pairs, sides
from segeval.cli.warnings_output import tell


def pairs(given: Mapping[str, Any]) -> int:
    """Show which files of PRED and GT become which case; compute nothing."""
    request = resolved(given)
    settings = request.settings
    LOG.open(settings)
    tell(request.notes, settings)
    pred, truth = sides(given, settings)
    return show_pairs(pred, truth, settings, given["write"] or "")


def _write() -> Option:
    option = Option(["--write"], metavar="FILE", type=PLACE, help="also write a CSV table")
    option.group = "output"
    return option


command = Command(
    "pairs",
    pairs,
    [
        click.Argument(["pred"], required=False, type=PLACE),
        click.Argument(["gt"], required=False, type=PLACE),
        *settings_options(["inputs"], ["quiet", "verbose", "color", "log_file", "error", "ignore"]),
        _write(),
    ],
    [
        "segeval pairs sample_data/ct/pred sample_data/ct/gt",
        "segeval pairs sample_data/ct/pred sample_data/ct/gt --write pairs.csv",
        "segeval pairs sample_data/png/pred sample_data/png/gt --layout flat",
    ],
)
