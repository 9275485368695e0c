"""`segeval score PRED GT`: pair, read, score, report, judge."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from segeval.cli.ci import placed, tell_ci
from segeval.cli.layers import Resolved
from segeval.cli.log import LOG
from segeval.cli.notes import tell
from segeval.cli.options import Command, Option, resolved, settings_options
from segeval.cli.paths import show_pairs, sides
from segeval.cli.problems import exit_status, tell_problems
from segeval.cli.progress import Watch
from segeval.errors import RequestError
from segeval.settings import Settings

if TYPE_CHECKING:
    from segeval.gate import Verdict
    from segeval.scorecard import Scorecard

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
    if given["dry_run"]:
        return show_pairs(pred, truth, settings, "")
    journal = checked_outputs(settings)
    from segeval.api import score_paths

    watch = Watch(settings)
    try:
        card = score_paths(pred, truth, settings, watch, journal)
    except KeyboardInterrupt:
        return interrupted(watch, journal)
    finally:
        watch.close()
    return finished(placed(card, request, truth, os.environ), request, journal)


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


def finished(card: Scorecard, request: Resolved, journal: str) -> int:
    """Judge, write the reports, say what is wrong; gives the exit status."""
    settings = request.settings
    verdicts = judged(card, request)
    card = replace(card, gates=tuple(verdicts))
    write(card, settings)
    if journal:
        from segeval.resume import Journal

        Journal(Path(journal), {}).done()
    notes = [*request.notes, *card.notes, *(note for case in card.cases for note in case.notes)]
    errors = tell(notes, settings)
    tell_problems(card, settings)
    tell_verdicts(verdicts, settings)
    errors += tell_ci(card, settings, os.environ)
    status = exit_status(card, verdicts, errors, settings)
    LOG.line(f"exit status {status}")
    return status


def judged(card: Scorecard, request: Resolved) -> list[Verdict]:
    """The verdicts of all gates, in their order."""
    if not request.settings.gates:
        return []
    from segeval.gate import check

    accept = request.origins["undefined"] != "default"  # who asked for a rule has accepted it
    return [v for gate in request.settings.gates for v in check(gate, card, accept)]


def write(card: Scorecard, settings: Settings) -> None:
    """Write the files, then stdout: a reader of the pipe that leaves early costs no file."""
    from segeval.reports.outputs import save

    to_stdout = [o for o in settings.output if o == "-" or o.endswith(":-")]
    for output in settings.output:
        if output not in to_stdout:
            save(card, output, settings)
            LOG.line(f"wrote {output}")
    try:
        for output in to_stdout or ["-"]:
            save(card, output, settings)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell_verdicts(verdicts: Sequence[Verdict], settings: Settings) -> None:
    """One line a verdict: PASS or FAIL, then the number and the bar."""
    if not verdicts:
        return
    from segeval.reports.terminal import coloured

    colour = coloured(sys.stderr, settings.color)
    for verdict in verdicts:
        word = "PASS" if verdict.passed else "FAIL"
        if colour:
            word = click.style(word, fg="green" if verdict.passed else "red", bold=True)
        click.echo(f"{word} {verdict.text}", err=True, color=colour)


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
        click.Argument(["pred"], required=False, type=click.Path()),
        click.Argument(["gt"], required=False, type=click.Path()),
        *settings_options(),
        _dry_run(),
    ],
    [
        "segeval score sample_data/ct/pred sample_data/ct/gt",
        "segeval score sample_data/ct/pred sample_data/ct/gt -m dice,precision -o results.csv",
        "segeval score sample_data/ct/pred sample_data/ct/gt --gate liver/dice=0.9 --format json",
    ],
)
