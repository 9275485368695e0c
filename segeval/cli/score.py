"""`segeval score PRED GT`: pair, read, score, report, judge."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from segeval.cli.conclude import baseline_of, finished
from segeval.cli.log import LOG
from segeval.cli.options import PLACE, Command, Option, resolved, settings_options
from segeval.cli.paths import show_pairs, sides
from segeval.cli.progress import Watch
from segeval.cli.settings_sources import Resolved
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError

INTERRUPTED = 130


def score(given: Mapping[str, Any]) -> int:
    """Score PRED against GT: two files, or two folders with the same names.

    Results go to stdout, everything else to stderr. The exit status is 0, or 1 when a gate was
    missed and nothing else; 2 wrong request, 3 a case could not be scored, 4 nothing to score.
    """
    request = resolved(given)
    settings = request.settings
    LOG.open(settings)
    for field in (f for f, origin in request.origins.items() if origin != "default"):
        LOG.line(f"{field} = {getattr(settings, field)}, {request.origins[field]}")
    pred, truth = sides(given, settings)
    known_metrics(request)
    if given["dry_run"]:
        return show_pairs(pred, truth, settings, "")
    journal = checked_outputs(settings)
    baseline = baseline_of(settings)
    from segeval.api import score_paths
    from segeval.runtime import allocator

    allocator.keep_freed()
    allocator.started()
    watch = Watch(settings)
    try:
        card = score_paths(pred, truth, settings, watch, journal, baseline)
    except KeyboardInterrupt:
        return interrupted(watch, journal)
    finally:
        watch.close()
    status = finished(card, request, settings.pairs or truth, baseline)
    if journal:
        from segeval.engines.resume import Journal

        Journal(Path(journal), {}).done()
    return status


def known_metrics(request: Resolved) -> None:
    """Refuse metrics and gates that there are not, by the place that asks for them.

    Raises RequestError.
    """
    from segeval.api import gate_metrics
    from segeval.metrics.registry import resolve

    settings = request.settings
    try:
        field = "gates"
        gate_metrics(settings)
        field = "metrics"
        for metric in settings.metrics:
            resolve(metric)
    except RequestError as problem:
        raise RequestError(
            problem.message, where=request.origins[field], facts=problem.facts, help=problem.help
        ) from problem


def checked_outputs(settings: Settings) -> str:
    """Refuse outputs that cannot be written; gives the JSON file, which `--resume` needs.

    Raises RequestError.
    """
    from segeval.reports.outputs import check

    outputs = [check(output) for output in settings.output]
    json = next((str(o.path) for o in outputs if o.form == "json" and o.path is not None), "")
    if settings.resume and not json:
        raise RequestError("--resume takes cases from a JSON file", help="add -o results.json")
    return json


def interrupted(watch: Watch, journal: str) -> int:
    """Say how many cases are done and how to go on."""
    how = "add --resume to go on" if journal else "with -o results.json they would have been kept"
    click.echo(f"interrupted: {watch.done} of {watch.total} cases are done; {how}", err=True)
    return INTERRUPTED


def _dry_run() -> Option:
    option = Option(["--dry-run"], is_flag=True, help="show the pairing, compute nothing")
    option.group = "inputs"
    return option


command = Command(
    "score",
    score,
    [
        click.Argument(["pred"], required=False, type=PLACE),
        click.Argument(["gt"], required=False, type=PLACE),
        *settings_options(),
        _dry_run(),
    ],
    [
        "segeval score sample_data/ct/pred sample_data/ct/gt",
        "segeval score sample_data/ct/pred sample_data/ct/gt -m dice,precision -o results.csv",
        "segeval score sample_data/ct/pred sample_data/ct/gt --gate liver/dice=0.9 --format json",
    ],
)
