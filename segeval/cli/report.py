"""`segeval report RESULTS`: the page that people look at, and its charts alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from segeval.cli.accounts import tell_left_aside
from segeval.cli.error_maps import make_error_maps
from segeval.cli.log import LOG
from segeval.cli.messages import print_path
from segeval.cli.options import (
    PATH_OR_URL,
    Command,
    GroupedOption,
    resolve_request,
    settings_options,
)
from segeval.cli.page_origin import describe_day, describe_file
from segeval.cli.report_inputs import check_inputs
from segeval.cli.report_models import load_whole_results, report_models
from segeval.cli.report_rules import judge_for_page, refuse_rules, tell_judgement
from segeval.cli.warnings_output import report_notes
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import Inventory, keep_inventory

if TYPE_CHECKING:
    from segeval.scorecard.card import Scorecard

OUTPUT = (
    "output",
    "digits",
    "percent",
    "pictures",
    "window",
    "error_maps",
    "error_maps_by",
    "quiet",
    "verbose",
    "log_file",
    "color",
    "error",
    "ignore",
    "undefined",
)
FILES = ("pairs", "images", "layout", "pair_regex_pred", "pair_regex_gt", "case_key", "classes")
USUAL, FOLDER = "report.html", "report/index.html"


def report(given: Mapping[str, Any]) -> int:
    """Write the report of RESULTS (JSON of `segeval score -o`) as one HTML page.

    Without -o the page is report.html. stdout names the files that were written. The verdicts are
    those of the result file; rules of --gate, --baseline or a settings file are judged beside them,
    as by `segeval gate`. Pictures of the worst cases are made of the files that were scored, found
    by the folders in the result file or by --pred and --gt. Of several RESULTS over the same cases
    the page compares the models: classes side by side, how stable their ranks are, what moved. The
    exit status is 0, 2 for a wrong request, 3 where models lack cases; where rules were judged it
    is that of `segeval gate`.
    """
    from segeval.reports.outputs import parse_output, save_report

    request = resolve_request(given)
    settings = request.settings
    LOG.open(settings)
    outputs = settings.output or (FOLDER if given["split"] else USUAL,)
    paths = given["results"]
    check_inputs(paths, settings)
    for output in outputs:
        check_output(output, len(paths) > 1)
    if len(paths) > 1:
        refuse_rules(given, request, paths)
        return report_models(paths, outputs, request, given["split"])
    card = load_whole_results(paths[0])
    card = replace(card, inputs={**card.inputs, "roots": _roots(card, given)})
    card, found = judge_for_page(card, request, paths[0])
    origin = describe_file(str(paths[0])) | describe_day(os.environ)
    card = replace(card, run=origin | dict(card.run))
    from segeval.api.cards import settings_of_run

    settings = settings_of_run(card, settings)
    make_error_maps(card, settings)
    with keep_inventory(Inventory()) as inventory:
        for output in outputs:
            if given["split"] and output.endswith(".html"):
                _write_folder(card, output, settings)
            else:
                save_report(card, output, settings)
            print_path(parse_output(output).path or Path())
    lost, _ = tell_left_aside(inventory.left_aside, settings)
    errors = report_notes([*request.notes, *lost], settings)
    status = 0 if found is None else tell_judgement(card, found, request, paths[0])
    return max(status, 3) if errors else status


def _roots(card: Scorecard, given: Mapping[str, Any]) -> dict[str, str]:
    """Where the files lie: as the options say, else as the result file says."""
    known = dict(card.inputs.get("roots") or {})
    typed = {side: given[side] for side in ("pred", "gt") if given[side]}
    if typed:
        known.pop("pairs", None)
    return known | typed


def check_output(output: str, models: bool) -> None:
    """Refuse an output that is no report. Raises RequestError.

    models  of several result files
    """
    from segeval.reports import OF_MODELS, REPORTS
    from segeval.reports.outputs import is_figure, parse_output

    wanted = parse_output(output, models)
    known = OF_MODELS if models else [form for form in REPORTS if is_figure(form)]
    if wanted.form not in ("html", *known) or wanted.path is None:
        what = "the report of several models" if models else "a report"
        raise RequestError(
            f"-o {output}: {what} is a page or a figure",
            help=f"-o report.html, -o report.pdf, or one of {', '.join(known)}: "
            f"-o {next(iter(known))}:FILE.svg",
        )


def _write_folder(card: Scorecard, output: str, settings: Settings) -> None:
    from segeval.reports.html.folder import write_folder

    try:
        write_folder(card, Path(output.removeprefix("html:")), settings)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise RequestError(f"cannot be written ({reason})", where=output) from problem


def _root(side: str, what: str) -> GroupedOption:
    option = GroupedOption(
        [f"--{side}"],
        metavar="PATH",
        type=PATH_OR_URL,
        help=f"{what}, where they lie somewhere else now",
    )
    option.group = "inputs"
    return option


def _split() -> GroupedOption:
    option = GroupedOption(
        ["--split"],
        is_flag=True,
        help="style, script and pictures as files beside the page, for servers that forbid them "
        "inside",
    )
    option.group = "output"
    return option


command = Command(
    "report",
    report,
    [
        click.Argument(["results"], nargs=-1, required=True, type=PATH_OR_URL),
        _split(),
        _root("pred", "the predictions"),
        _root("gt", "the ground truth"),
        *settings_options(["gate"], also=(*OUTPUT, *FILES)),
    ],
    [
        "segeval report results.json --gate dice=0.5 -o report.html -o report.pdf",
        "segeval report results.json --split -o public/index.html",
        "segeval report a.json b.json c.json -o models.html",
    ],
    common=("output", "split", "gates", "pred", "gt", "images", "window", "pictures", "quiet"),
)
