"""`segeval show RESULTS`: a result file as a table; nothing is scored again."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from segeval.cli.options import (
    PATH_OR_URL,
    Command,
    GroupedOption,
    resolve_request,
    settings_options,
)
from segeval.runtime.safe_text import clean_name

OUTPUT = (
    "output",
    "format",
    "digits",
    "percent",
    "per_case",
    "worst",
    "wide",
    "safe_csv",
    "verbose",
    "color",
)


def show_results(given: Mapping[str, Any]) -> int:
    """Show RESULTS (JSON of `segeval score -o`) as a table, or in another form."""
    from segeval.reports.outputs import parse_output, save_report, show_report
    from segeval.scorecard.results import load_results

    settings = resolve_request(given).settings
    card = load_results(Path(given["results"]))
    if given["signature"]:
        click.echo(clean_name(card.signature))
        return 0
    for output in settings.output:
        parse_output(output)
    for output in settings.output:
        save_report(card, output, settings)
    show_report(card, settings.format, sys.stdout, settings)
    return 0


def _signature_option() -> GroupedOption:
    option = GroupedOption(["--signature"], is_flag=True, help="the full signature, and no table")
    option.group = "output"
    return option


command = Command(
    "show",
    show_results,
    [
        click.Argument(["results"], type=PATH_OR_URL),
        _signature_option(),
        *settings_options([], also=OUTPUT),
    ],
    [
        "segeval show results.json",
        "segeval show results.json --per-case --worst 3",
        "segeval show results.json --signature",
    ],
)
