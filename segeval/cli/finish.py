"""The end of a run: judge, write the reports, say what is wrong; of `score` and of `merge`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from segeval.cli.layers import Resolved
from segeval.cli.log import LOG
from segeval.cli.notes import tell
from segeval.cli.problems import exit_status, tell_problems
from segeval.settings import Settings

if TYPE_CHECKING:
    from segeval.gate.verdict import Verdict
    from segeval.scorecard import Scorecard


def finished(card: Scorecard, request: Resolved) -> int:
    """Judge, write the reports, say what is wrong; gives the exit status."""
    settings = request.settings
    verdicts = judged(card, request)
    card = replace(card, gates=tuple(verdicts))
    if card.shard:
        card = replace(card, shard={**card.shard, "accept_undefined": accepts(request)})
    write(card, settings)
    notes = [*request.notes, *card.notes, *(note for case in card.cases for note in case.notes)]
    errors = tell(notes, settings)
    tell_problems(card, settings)
    tell_verdicts(verdicts, settings)
    status = exit_status(card, verdicts, errors, settings)
    LOG.line(f"exit status {status}")
    return status


def judged(card: Scorecard, request: Resolved) -> list[Verdict]:
    """The verdicts of all gates, in their order; none of a shard, for a part decides nothing."""
    gates = request.settings.gates
    if not gates or card.shard:
        return []
    from segeval.gate.rules import check

    return [verdict for gate in gates for verdict in check(gate, card, accepts(request))]


def accepts(request: Resolved) -> bool:
    """Whether a missed organ may pass a gate: who asked for a rule of the undefined has said so."""
    return request.origins["undefined"] != "default"


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
