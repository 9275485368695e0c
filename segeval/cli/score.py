"""`segeval score PRED GT`: pair, read, score, report, judge."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segeval.cli.conclude import conclude_run, load_baseline, refuse_input_as_output
from segeval.cli.interruption import INTERRUPTED, interruption_text
from segeval.cli.log import LOG
from segeval.cli.messages import print_message
from segeval.cli.options import (
    Command,
    GroupedOption,
    resolve_request,
    settings_options,
    side_parameters,
)
from segeval.cli.paths import read_side_paths, show_pairs
from segeval.cli.progress import ProgressReporter
from segeval.cli.settings_sources import ResolvedSettings
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError


def score_request(given: Mapping[str, Any]) -> int:
    """Score PRED against GT: two files, or two folders with the same names.

    Results go to stdout, everything else to stderr. The exit status is 0, or 1 when a gate was
    missed and nothing else; 2 wrong request, 3 a case could not be scored, 4 nothing to score.
    """
    request = resolve_request(given)
    settings = request.settings
    LOG.open(settings)
    for field in (f for f, origin in request.origins.items() if origin != "default"):
        LOG.line(f"{field} = {getattr(settings, field)}, {request.origins[field]}")
    pred, truth = read_side_paths(given, settings)
    check_known_metrics(request)
    if given["dry_run"]:
        return show_pairs(pred, truth, settings, "")
    journal = check_outputs(settings)
    read = {"prediction": pred, "ground truth": truth, "table": settings.pairs}
    refuse_input_as_output(settings, read)
    baseline = load_baseline(settings)
    from segeval.api.run import score_paths
    from segeval.runtime import allocator
    from segeval.runtime.announcements import hear_announcements

    allocator.keep_freed_memory()
    allocator.freeze_collector()
    watch = ProgressReporter(settings)
    try:
        with hear_announcements(watch.waits):
            card = score_paths(pred, truth, settings, watch, journal, baseline)
    except KeyboardInterrupt:
        return report_interruption(watch, journal)
    finally:
        watch.close()
    status = conclude_run(card, request, settings.pairs or truth, baseline)
    if journal:
        from segeval.engines.resume import Journal

        Journal(Path(journal), {}).done()
    return status


def check_known_metrics(request: ResolvedSettings) -> None:
    """Refuse metrics and gates that there are not, by the place that asks for them.

    Raises RequestError.
    """
    from segeval.api.request_checks import gate_metrics
    from segeval.metrics.registry import resolve_metric

    settings = request.settings
    try:
        field = "gates"
        gate_metrics(settings)
        field = "metrics"
        for metric in settings.metrics:
            resolve_metric(metric)
    except RequestError as problem:
        raise RequestError(
            problem.message, where=request.origins[field], facts=problem.facts, help=problem.help
        ) from problem


def check_outputs(settings: Settings) -> str:
    """Refuse outputs that cannot be written; gives the JSON file, which `--resume` needs.

    Raises RequestError.
    """
    from segeval.reports.outputs import parse_output

    outputs = [parse_output(output) for output in settings.output]
    json = next((str(o.path) for o in outputs if o.form == "json" and o.path is not None), "")
    if settings.resume and not json:
        raise RequestError("--resume takes cases from a JSON file", help="add -o results.json")
    return json


def report_interruption(watch: ProgressReporter, journal: str) -> int:
    """Say how many cases are done and how to go on."""
    how = "add --resume to go on" if journal else "with -o results.json they would have been kept"
    print_message(f"{interruption_text()}: {watch.done} of {watch.total} cases are done; {how}")
    return INTERRUPTED


def _dry_run_option() -> GroupedOption:
    option = GroupedOption(["--dry-run"], is_flag=True, help="show the pairing, compute nothing")
    option.group = "inputs"
    return option


command = Command(
    "score",
    score_request,
    [
        *side_parameters(),
        *settings_options(),
        _dry_run_option(),
    ],
    [
        "segeval score pred/ gt/",
        "segeval score pred/ gt/ -m dice,hd95 -o results.csv -o report.html",
        "segeval score pred/ gt/ --gate dice=0.5 --gate liver/dice.worst=0.9",
    ],
    common=(
        "metrics",
        "preset",
        "classes",
        "kind",
        "ignore_label",
        "instances",
        "resample",
        "missing",
        "output",
        "format",
        "per_case",
        "gates",
        "baseline",
        "jobs",
    ),
)
