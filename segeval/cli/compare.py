"""`segeval compare A B [C…]`: which model is better, over the same cases."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from segeval.cli.log import LOG
from segeval.cli.messages import print_message
from segeval.cli.options import PATH_OR_URL, Command, resolve_request, settings_options
from segeval.cli.warnings_output import report_notes
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError

if TYPE_CHECKING:
    from segeval.reports.comparison import ModelComparison

OPTIONS = ("ci", "seed", "allow_different_settings", "allow_different_cases", "output", "format",
           "digits", "percent", "safe_csv", "quiet", "verbose", "log_file", "color", "error",
           "ignore")  # fmt: skip


def compare_results(given: Mapping[str, Any]) -> int:
    """Compare result files (JSON) over the cases they share: each model with the first.

    Per class and metric the paired difference with its interval, Wilcoxon's signed-rank test with
    Holm over the classes, shares of cases better and worse, the cases that moved most. Of three
    and more models also ranks and Friedman's test.
    """
    from segeval.api.compare import (
        check_comparable,
        compare_scorecards,
        describe_missing_cases,
        warn_few_cases,
    )
    from segeval.reports.outputs import parse_output
    from segeval.scorecard.results import load_results

    request = resolve_request(given)
    settings = request.settings
    LOG.open(settings)
    if len(given["results"]) < 2:
        raise RequestError("there is nothing to compare with", help="segeval compare A.json B.json")
    outputs = [parse_output(output, models=True) for output in settings.output]
    _check_form(settings.format)
    for typed, output in zip(settings.output, outputs, strict=True):
        _check_form(output.form, f"segeval report {shlex.join(given['results'])} -o {typed}")
    cards = [load_results(Path(path)) for path in given["results"]]
    notes = [*request.notes, *check_comparable(given["results"], cards, settings)]
    different = describe_missing_cases(given["results"], cards)
    found = compare_scorecards(given["results"], cards, settings)
    write_comparison(found, settings)
    errors = report_notes([*notes, *warn_few_cases(found)], settings)
    word = "warning" if settings.allow_different_cases else "error"
    for text in different if word == "error" or not settings.quiet else ():
        print_message(f"{word}: {text}")
    if different and word == "error":
        print_message("  help: --allow-different-cases compares those that all have")
        errors += 1
    return 3 if errors else 0


def _check_form(form: str, page: str = "") -> None:
    """Refuse a form that no comparison has. Raises RequestError.

    page  the command that writes the page of the same files
    """
    from segeval.reports import OF_MODELS
    from segeval.reports.comparison import WRITERS

    if page and (form == "html" or form in OF_MODELS):
        what = "pages" if form == "html" else "figures"
        raise RequestError(f"{what} of several models are written by segeval report", help=page)
    if form and form not in (*WRITERS, "none"):
        raise RequestError(f"a comparison is not written as {form}", help=", ".join(WRITERS))


def write_comparison(found: ModelComparison, settings: Settings) -> None:
    """Write the files, then stdout."""
    from segeval.reports.comparison import WRITERS
    from segeval.reports.outputs import parse_output, replace_file
    from segeval.reports.terminal import can_draw

    stdout = []
    for output in settings.output:
        wanted = parse_output(output)
        if wanted.path is None:
            stdout.append(wanted.form or settings.format)
            continue
        with replace_file(wanted.path) as file:
            WRITERS[wanted.form](found, file, settings)
    for form in stdout or [settings.format]:
        if form == "table" and can_draw(sys.stdout):
            draw_comparison(found, settings)
        elif form != "none":
            WRITERS[form](found, sys.stdout, settings)
    sys.stdout.flush()  # what is said on stderr comes after it in a log of both


def draw_comparison(found: ModelComparison, settings: Settings) -> None:
    """The tables on a terminal, folded to its width."""
    from segeval.reports.comparison import column_legend, comparison_tables, rows_block
    from segeval.reports.table import draw_block
    from segeval.reports.terminal import make_console

    out = make_console(sys.stdout, settings.color)
    for title, rows in comparison_tables(found, settings):
        draw_block(rows_block(rows, title), out, "no room for moved most: -o FILE.csv lists them")
    out.print()
    for line in column_legend(found):
        print_message(line, err=False)


command = Command(
    "compare",
    compare_results,
    [
        click.Argument(["results"], nargs=-1, required=True, type=PATH_OR_URL),
        *settings_options([], also=OPTIONS),
    ],
    [
        "segeval compare old.json new.json",
        "segeval compare old.json new.json --format markdown",
        "segeval compare a.json b.json c.json -o ranks.csv",
    ],
    common=(
        "output",
        "format",
        "ci",
        "seed",
        "adjust",
        "allow_different_settings",
        "allow_different_cases",
        "quiet",
    ),
)
