"""`segeval gate RESULTS`: judge a result file; nothing is scored again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from segeval.cli.conclude import conclude_run, load_baseline
from segeval.cli.log import LOG
from segeval.cli.options import PATH_OR_URL, Command, resolve_request, settings_options
from segeval.cli.settings_sources import ResolvedSettings
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import replace

if TYPE_CHECKING:
    from segeval.scorecard.card import Scorecard

ALSO = ("undefined",)
OUTPUT = (
    "output",
    "format",
    "digits",
    "percent",
    "safe_csv",
    "quiet",
    "verbose",
    "log_file",
    "color",
    "error",
    "ignore",
    "no_ci",
)


def judge_results(given: Mapping[str, Any]) -> int:
    """Judge RESULTS (JSON of `segeval score -o`) by rules, by a baseline, or by both.

    Verdicts go to stdout; `-o gate.html` writes the page with them. The exit status is 0 when all
    passed, 1 when one was missed and nothing else; 2 wrong request, 3 when cases are missing or
    were not scored.
    """
    from segeval.api.gate import summarise_again
    from segeval.reports.judged import WRITERS
    from segeval.reports.outputs import parse_output
    from segeval.scorecard.results import load_results

    request = resolve_request(given)
    settings = request.settings
    LOG.open(settings)
    for output in settings.output:
        parse_output(output)
    if settings.format not in (*WRITERS, "none"):
        raise RequestError(
            f"verdicts are not written as {settings.format}", help=", ".join(WRITERS)
        )
    if not settings.gates and not settings.baseline:
        raise RequestError(
            "there is nothing to judge by", help="add --gate dice=0.85 or --baseline FILE"
        )
    card = summarise_again(load_results(Path(given["results"])), given["results"])
    return conclude_run(
        card,
        request_of_results(card, request, given["results"]),
        given["results"],
        load_baseline(settings),
        only_verdicts=True,
    )


def request_of_results(card: Scorecard, request: ResolvedSettings, path: str) -> ResolvedSettings:
    """A request with what the results were scored by, where a judgement depends on it.

    path  of the result file
    """
    missing = card.fields.get("missing", request.settings.missing)
    origins = dict(request.origins)
    if card.fields.get("undefined", "exclude") != "exclude":
        origins["undefined"] = str(path)
    return request._replace(settings=replace(request.settings, missing=missing), origins=origins)


command = Command(
    "gate",
    judge_results,
    [
        click.Argument(["results"], type=PATH_OR_URL),
        *settings_options(["gate"], also=(*ALSO, *OUTPUT)),
    ],
    [
        "segeval gate results.json --gate dice=0.5 --gate liver/dice.worst=0.9",
        "segeval gate new.json --baseline old.json --baseline-tolerance dice=0.01",
        "segeval gate new.json --baseline old.json --policy noninferior -o gate.html",
    ],
    common=(
        "gates",
        "baseline",
        "baseline_tolerance",
        "policy",
        "adjust",
        "ci",
        "only_gates",
        "format",
        "output",
        "allow_different_cases",
        "exit_zero",
        "verbose",
    ),
)
