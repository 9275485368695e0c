"""`segeval pairs PRED GT`: which files become which case; nothing is computed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from segeval.cli.log import LOG
from segeval.cli.notes import tell
from segeval.cli.options import Command, Option, resolved, settings_options
from segeval.cli.show import show
from segeval.settings import Settings


def pairs(given: Mapping[str, Any]) -> int:
    """Show which files of PRED and GT become which case; compute nothing."""
    from segeval.cli.score import sides

    request = resolved(given)
    settings = request.settings
    LOG.open(settings)
    tell(request.notes, settings)
    pred, truth = sides(given, settings)
    return show_pairs(pred, truth, settings, given["write"] or "")


def show_pairs(pred: Path, truth: Path, settings: Settings, written: str) -> int:
    """Print the pairing, and write it as a table of cases where that is asked for."""
    from segeval.pairing import pair
    from segeval.pairs import table_rows, write_table

    pairing = pair(pred, truth, settings)
    if written:
        write_table(pairing, Path(written))
    columns, *rows = table_rows(pairing)
    show(columns, rows, settings.color)
    if not settings.quiet:
        click.echo(pairing.sentence, err=True)
    errors = tell(pairing.notes, settings)
    lost = (
        [case for case in pairing.cases if case.pred is None] if settings.missing == "error" else []
    )
    return 3 if lost or errors else 0


def _write() -> Option:
    option = Option(["--write"], metavar="FILE", type=click.Path(), help="also write a CSV table")
    option.group = "output"
    return option


command = Command(
    "pairs",
    pairs,
    [
        click.Argument(["pred"], required=False, type=click.Path()),
        click.Argument(["gt"], required=False, type=click.Path()),
        *settings_options(["inputs"], ["quiet", "verbose", "color", "log_file", "error", "ignore"]),
        _write(),
    ],
    [
        "segeval pairs sample_data/ct/pred sample_data/ct/gt",
        "segeval pairs sample_data/ct/pred sample_data/ct/gt --write pairs.csv",
        "segeval pairs sample_data/png/pred sample_data/png/gt --layout flat",
    ],
)
