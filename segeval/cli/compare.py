"""`segeval compare A B [C…]`: which model is better, over the same cases."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from segeval.cli.log import LOG
from segeval.cli.messages import print_message
from segeval.cli.options import PATH_OR_URL, Command, resolve_request, settings_options
from segeval.cli.print_table import print_rows
from segeval.cli.warnings_output import report_notes
from segeval.request.settings import Settings
from segeval.runtime.errors import Note, RequestError

if TYPE_CHECKING:
    from segeval.reports.comparison import ModelComparison
    from segeval.scorecard.card import Scorecard

OPTIONS = ("ci", "seed", "allow_different_settings", "allow_different_cases", "output", "format",
           "digits", "safe_csv", "quiet", "verbose", "log_file", "color", "error",
           "ignore")  # fmt: skip


def compare_results(given: Mapping[str, Any]) -> int:
    """Compare result files (JSON) over the cases they share: each model with the first.

    Per class and metric the paired difference with its interval, Wilcoxon's signed-rank test with
    Holm over the classes, shares of cases better and worse, the cases that moved most. Of three
    and more models also ranks and Friedman's test.
    """
    from segeval.reports.outputs import parse_output
    from segeval.scorecard.results import load_results

    request = resolve_request(given)
    settings = request.settings
    LOG.open(settings)
    if len(given["results"]) < 2:
        raise RequestError("there is nothing to compare with", help="segeval compare A.json B.json")
    outputs = [parse_output(output) for output in settings.output]
    for form in (settings.format, *(output.form for output in outputs)):
        _check_form(form)
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


def _check_form(form: str) -> None:
    from segeval.reports.comparison import WRITERS

    if form and form not in (*WRITERS, "none"):
        raise RequestError(f"a comparison is not written as {form}", help=", ".join(WRITERS))


def check_comparable(
    paths: Sequence[str], cards: Sequence[Scorecard], settings: Settings
) -> list[Note]:
    """Refuse results under other settings, or say how they differ. Raises RequestError."""
    from segeval.scorecard.signature import incomparable_fields
    from segeval.statistics.compare import shared_metrics

    if not shared_metrics(cards):
        facts = tuple(
            f"{path}: {', '.join(c.metrics)}" for path, c in zip(paths, cards, strict=True)
        )
        raise RequestError("no metric is in all files that can be better or worse", facts=facts)
    foreign = [(p, c) for p, c in zip(paths, cards, strict=True) if c.foreign]
    if foreign:
        from segeval.gates.baseline import foreign_settings_note

        return [foreign_settings_note(card, path) for path, card in foreign]
    notes = []
    for path, card in zip(paths[1:], cards[1:], strict=True):
        facts = incomparable_fields(cards[0].fields, card.fields)
        if facts and not settings.allow_different_settings:
            raise RequestError(
                f"{paths[0]} and {path} were scored under different settings",
                facts=facts,
                help="score them alike; or --allow-different-settings",
            )
        notes += [Note("W-different-settings", "; ".join(facts), path)] if facts else []
    return notes


def describe_missing_cases(paths: Sequence[str], cards: Sequence[Scorecard]) -> list[str]:
    """What cases a file lacks that another has, in words."""
    from segeval.scorecard.row_index import index_rows

    own = [index_rows(card.cases).places for card in cards]
    every = dict.fromkeys(name for names in own for name in names)
    said = []
    for path, names in zip(paths, own, strict=True):
        if left := [name for name in every if name not in names]:
            more = f" and {len(left) - 5} more" if len(left) > 5 else ""
            what = "case" if len(left) == 1 else "cases"
            said.append(f"{path}: {len(left)} {what} missing: {', '.join(left[:5])}{more}")
    return said


def compare_scorecards(
    paths: Sequence[str], cards: Sequence[Scorecard], settings: Settings
) -> ModelComparison:
    """All differences and ranks."""
    from segeval.reports.comparison import ModelComparison
    from segeval.statistics.compare import model_differences, model_rankings
    from segeval.statistics.intervals import check_level
    from segeval.statistics.shared_cases import SharedCases

    level, seed = check_level(settings.ci), settings.seed
    return ModelComparison(
        tuple(name_models(paths)),
        len(SharedCases(*(card.cases for card in cards))),
        level,
        seed,
        tuple(model_differences(cards, level, seed)),
        tuple(model_rankings(cards, level, seed)),
    )


def name_models(paths: Sequence[str]) -> list[str]:
    """Names of the models: of the files, with as much of their folders as tells them apart."""
    parts = [Path(path).with_suffix("").parts for path in paths]
    for many in range(1, max(map(len, parts)) + 1):
        names = ["/".join(own[-many:]) for own in parts]
        if all(a != b for a, b in combinations(names, 2)):
            return names
    return [f"{path} ({k})" for k, path in enumerate(paths, 1)]


def warn_few_cases(found: ModelComparison) -> list[Note]:
    """A warning where there are too few cases for an interval."""
    from segeval.gates.baseline import FEW_CASES, few_cases_note

    counts = {
        f"{d.name.class_}/{d.name.metric}": d.n for d in found.differences if 0 < d.n < FEW_CASES
    }
    return [few_cases_note(counts, "compare")] if counts else []


def write_comparison(found: ModelComparison, settings: Settings) -> None:
    """Write the files, then stdout."""
    from segeval.reports.comparison import WRITERS, column_legend, comparison_tables
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
            for title, (head, *rows) in comparison_tables(found, settings):
                click.echo(title)
                print_rows(head, rows, settings.color)
                click.echo()
            click.echo("\n".join(column_legend(found)))
        elif form != "none":
            WRITERS[form](found, sys.stdout, settings)


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
