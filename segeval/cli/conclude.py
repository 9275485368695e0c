"""The end of a run: judge, write the reports, say what is wrong; of `score` and of `merge`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from segeval.cli.accounts import tell_left_aside
from segeval.cli.ci import finding_path, report_to_ci
from segeval.cli.log import LOG
from segeval.cli.problems import exit_status, report_problems
from segeval.cli.settings_sources import ResolvedSettings
from segeval.cli.warnings_output import report_notes
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import Inventory

if TYPE_CHECKING:
    from segeval.gates.verdict import Judgement, Verdict
    from segeval.scorecard.card import Scorecard


def conclude_run(
    card: Scorecard,
    request: ResolvedSettings,
    judged_on: str | Path,
    baseline: Scorecard | None = None,
    only_verdicts: bool = False,
) -> int:
    """Judge, write the reports, say what is wrong; gives the exit status.

    judged_on      the ground truth or the result file: findings point at it where no file has rules
    only_verdicts  stdout gets the verdicts and no report
    """
    from segeval.scorecard.row_index import noteworthy_cases

    settings = request.settings
    found = judge_gates(card, request, baseline)
    verdicts = found.verdicts if found else ()
    place = finding_path(request.origins["gates"], judged_on, os.environ)
    card = replace(card, gates=tuple(verdicts), place=place)
    if card.shard:
        card = replace(card, shard={**card.shard, "accept_undefined": accepts_undefined(request)})
    write_output_files(card, settings)
    print_report(card, settings, only_verdicts)
    left = Inventory.from_inputs(card.inputs).left_aside
    warnings, lost = tell_left_aside(left, settings)
    notes = [
        *warnings,
        *request.notes,
        *(found.notes if found else ()),
        *card.notes,
        *(note for case in noteworthy_cases(card.cases) for note in case.notes),
    ]
    errors = lost + report_notes(notes, settings)
    report_problems(card, settings)
    if not only_verdicts:
        report_verdicts(verdicts, settings)
    errors += report_incomparable(found.different if found else ())
    errors += report_to_ci(card, settings, os.environ)
    status = exit_status(card, verdicts, errors, settings)
    LOG.line(f"exit status {status}")
    return status


def load_baseline(settings: Settings) -> Scorecard | None:
    """The result file to compare with. Raises RequestError, before anything is scored."""
    if not settings.baseline:
        return None
    from segeval.scorecard.results import load_results

    card = load_results(Path(settings.baseline))
    if card.shard:
        raise RequestError(
            "a shard is no baseline", where=settings.baseline, help="segeval merge makes it whole"
        )
    return card


def judge_gates(
    card: Scorecard, request: ResolvedSettings, baseline: Scorecard | None
) -> Judgement | None:
    """The verdicts of all gates, in their order; None of a shard, for a part decides nothing."""
    settings = request.settings
    if card.shard or not (settings.gates or settings.ci or baseline):
        return None
    from segeval.gates.judge import judge_scorecard

    return judge_scorecard(card, settings, accepts_undefined(request), baseline)


def report_incomparable(different: Sequence[str]) -> int:
    """Say which cases cannot be compared; gives how many things were said."""
    for text in different:
        click.echo(f"error: {text}", err=True)
    if different:
        click.echo("  help: --allow-different-cases compares those that both have", err=True)
    return len(different)


def accepts_undefined(request: ResolvedSettings) -> bool:
    """Whether a missed organ may pass a gate: who asked for a rule of the undefined has said so."""
    return request.origins["undefined"] != "default"


def stdout_outputs(settings: Settings) -> list[str]:
    """The outputs that are stdout."""
    return [o for o in settings.output if o == "-" or o.endswith(":-")]


def write_output_files(card: Scorecard, settings: Settings) -> None:
    """Write the files, before stdout: a reader of the pipe that leaves early costs no file."""
    from segeval.reports.outputs import save_report

    for output in settings.output:
        if output not in stdout_outputs(settings):
            save_report(card, output, settings)
            LOG.line(f"wrote {output}")


def print_report(card: Scorecard, settings: Settings, only_verdicts: bool) -> None:
    """Write to stdout: the report, or the verdicts alone."""
    from segeval.reports.outputs import save_report

    if only_verdicts:
        print_verdicts(card.gates, settings)
    else:
        for output in stdout_outputs(settings) or ["-"]:
            save_report(card, output, settings)
    sys.stdout.flush()


def print_verdicts(verdicts: Sequence[Verdict], settings: Settings) -> None:
    """The verdicts on stdout, in the form that was asked for."""
    from segeval.reports.judged import WRITERS
    from segeval.reports.terminal import uses_colour

    if settings.format == "table" and uses_colour(sys.stdout, settings.color):
        report_verdicts(verdicts, settings, err=False)
    elif settings.format != "none":
        WRITERS[settings.format](verdicts, sys.stdout)


def report_verdicts(verdicts: Sequence[Verdict], settings: Settings, err: bool = True) -> None:
    """One line a verdict: PASS or FAIL, then the number and the bar."""
    if not verdicts:
        return
    from segeval.reports.terminal import uses_colour

    colour = uses_colour(sys.stderr if err else sys.stdout, settings.color)
    for verdict in verdicts:
        word = "PASS" if verdict.passed else "FAIL"
        if colour:
            word = click.style(word, fg="green" if verdict.passed else "red", bold=True)
        click.echo(f"{word} {verdict.text}", err=err, color=colour)
