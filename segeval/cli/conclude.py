"""The end of a run: judge, write the reports, say what is wrong; of `score` and of `merge`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segeval.cli.accounts import tell_left_aside
from segeval.cli.ci import describe_ci_run, finding_path, report_to_ci
from segeval.cli.log import LOG
from segeval.cli.messages import print_message
from segeval.cli.page_origin import describe_day
from segeval.cli.problems import exit_status, report_problems
from segeval.cli.settings_sources import ResolvedSettings
from segeval.cli.warnings_output import report_notes
from segeval.request.settings import Settings
from segeval.runtime.errors import MERGE_HELP, RequestError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import ASKED, Inventory, keep_inventory

if TYPE_CHECKING:
    from segeval.gates.verdict import Judgement, Refusal, Verdict
    from segeval.scorecard.card import Scorecard

NOTHING = "nothing to judge"  # how the reason of such a verdict begins
VERDICT_STYLES = {"PASS": {"fg": "green", "bold": True}, "FAIL": {"fg": "red", "bold": True}}


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
    verdicts = found.verdicts if found is not None else ()
    left = Inventory.from_inputs(card.inputs).left_aside
    refused = found.refused if found is not None else ()
    place = finding_path(request.origins["gates"], judged_on, os.environ)
    texts = tuple(refusal.text for refusal in refused)
    run = describe_day(os.environ) | ({} if settings.no_ci else describe_ci_run(os.environ))
    card = replace(card, gates=tuple(verdicts), place=place, refused=texts, run=run)
    card = replace(card, inputs=account_gates(card, request, verdicts))
    if card.shard:
        card = replace(card, shard={**card.shard, "accept_undefined": accepts_undefined(request)})
    with keep_inventory(Inventory()) as inventory:  # of pictures that are not drawn
        write_output_files(card, settings)
    if settings.error_maps and not only_verdicts:
        from segeval.cli.error_maps import make_error_maps

        make_error_maps(card, settings)
    print_report(card, request, only_verdicts)
    warnings, lost = tell_left_aside([*left, *inventory.left_aside], settings)
    notes = [
        *warnings,
        *request.notes,
        *(found.notes if found is not None else ()),
        *card.notes,
        *(note for case in noteworthy_cases(card.cases) for note in case.notes),
    ]
    errors = lost + report_notes(notes, settings)
    report_problems(card, settings)
    errors += report_refusals(refused)
    if not only_verdicts:
        report_verdicts(card, request)
    errors += report_to_ci(card, settings, os.environ)
    status = exit_status(card, verdicts, errors, settings)
    LOG.line(f"exit status {status}")
    return status


def account_gates(
    card: Scorecard, request: ResolvedSettings, verdicts: Sequence[Verdict]
) -> Mapping[str, Any]:
    """What was found, with the rules that were given (ACCOUNT-A1): judged, with nothing to judge,
    or left out by `--only-gates`."""
    given, left = request.settings.gates, request.left_out.rules
    if not (given or left) or card.shard:
        return card.inputs
    from segeval.gates.rules import resolve_gate

    rules = [str(resolve_gate(gate)[0]) for gate in given]  # as verdicts name them
    judged = {v.gate for v in verdicts if not v.reason.startswith(NOTHING)}
    total = Inventory()
    total.add_found("gate", len(rules) + len(left), "")
    total.add_scored("gate", sum(rule in judged for rule in rules), "")
    if idle := [rule for rule in rules if rule not in judged]:
        total.add_unscored("gate", "nothing_to_judge", len(idle), "")
    total.set_aside("gate", "left out by --only-gates", left, ASKED, "", "")
    known = dict(card.inputs)
    aside = [item for item in known.get("left_aside", ()) if item["kind"] != "gate"]
    return known | {
        "left_aside": [*aside, *total.list_left_aside()],
        "inventory": known.get("inventory", {}) | total.counts(),
    }


def refuse_input_as_output(settings: Settings, inputs: Mapping[str, object]) -> None:
    """Refuse to write over what the same run reads (ACCOUNT-A36). Raises RequestError.

    inputs  files, by what they are called
    """
    given = {called: str(read) for called, read in inputs.items() if read}
    for output in settings.output:
        path = output.rpartition(":")[2] if not Path(output).exists() else output
        for called, read in given.items():
            if is_same_file(path, read):
                raise RequestError(
                    f"--output would replace the {called} of this run",
                    where=output,
                    help="write to another file, and move it there once it may be",
                )


def is_same_file(one: str, other: str) -> bool:
    """Whether two paths lead to one file, or would."""
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    with suppress(OSError):
        return os.path.samefile(one, other)
    return False


def load_baseline(settings: Settings) -> Scorecard | None:
    """The result file to compare with. Raises RequestError, before anything is scored."""
    refuse_input_as_output(settings, {"baseline": settings.baseline})
    if not settings.baseline:
        return None
    from segeval.scorecard.results import load_results

    card = load_results(Path(settings.baseline))
    if card.shard:
        raise RequestError("a shard is no baseline", where=settings.baseline, help=MERGE_HELP)
    return card


def judge_gates(
    card: Scorecard, request: ResolvedSettings, baseline: Scorecard | None
) -> Judgement | None:
    """The verdicts of all gates, in their order; None of a shard, for a part decides nothing."""
    settings = request.settings
    if card.shard or not (settings.gates or settings.ci or baseline):
        if card.shard and (settings.gates or settings.baseline):
            print_message("gates: a part of the cases decides nothing; segeval merge judges")
        return None
    from segeval.gates.judge import judge_in_full

    return judge_in_full(card, settings, accepts_undefined(request), baseline)


def report_refusals(refused: Sequence[Refusal]) -> int:
    """Say why the run cannot pass; gives how many things were said."""
    if not refused:
        return 0
    for refusal in refused:
        print_message(f"error: {refusal.text}")
    for help in dict.fromkeys(refusal.help for refusal in refused if refusal.help):
        print_message(f"  help: {help}")
    return len(refused)


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


def print_report(card: Scorecard, request: ResolvedSettings, only_verdicts: bool) -> None:
    """Write to stdout: the report, or the verdicts alone."""
    from segeval.reports.outputs import save_report

    if only_verdicts:
        print_verdicts(card, request)
    else:
        settings = request.settings
        for output in stdout_outputs(settings) or ["-"]:
            save_report(card, output, settings)
    sys.stdout.flush()


def print_verdicts(card: Scorecard, request: ResolvedSettings) -> None:
    """The verdicts on stdout, in the form that was asked for."""
    from segeval.reports.judged import WRITERS

    form = request.settings.format
    if form == "table":
        report_verdicts(card, request, err=False)
        return
    from segeval.reports.verdicts import gates_line

    if form != "none":
        WRITERS[form](card.gates, sys.stdout, request.settings)
        sys.stdout.flush()
    print_message(f"{gates_line(card, request.settings)}{request.left_out.words}")


def report_verdicts(card: Scorecard, request: ResolvedSettings, err: bool = True) -> None:
    """A line for every rule that was missed, and a closing one (CLI-U5).

    What passed has a line with -v, and where there are few rules or one names no statistic and is
    judged by another than the mean.
    """
    settings = request.settings
    if not card.gates:
        if settings.verbose and not card.shard:
            print_message("gates: none")
        return
    from segeval.reports.terminal import uses_colour
    from segeval.reports.verdicts import gates_line, shown_verdicts

    colour = uses_colour(sys.stderr if err else sys.stdout, settings.color)
    for verdict in shown_verdicts(card, settings):
        word = "PASS" if verdict.passed else "FAIL"
        print_message(f"{word} {verdict.line}", err, colour, VERDICT_STYLES if colour else None)
    print_message(f"{gates_line(card, settings)}{request.left_out.words}", err, colour)
