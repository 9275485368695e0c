"""`segeval report A B …`: the page of several models, its charts alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from segeval.api.compare import (
    check_comparable,
    compare_scorecards,
    describe_missing_cases,
    warn_few_cases,
)
from segeval.cli.messages import print_message, print_path
from segeval.cli.settings_sources import ResolvedSettings
from segeval.cli.warnings_output import report_notes
from segeval.runtime.errors import MERGE_HELP, RequestError

if TYPE_CHECKING:
    from segeval.reports.comparison import ModelComparison
    from segeval.request.settings import Settings
    from segeval.scorecard.card import Scorecard


def load_whole_results(path: str) -> Scorecard:
    """A result file. Raises RequestError."""
    from segeval.scorecard.results import load_results

    card = load_results(Path(path))
    if card.shard:
        raise RequestError("a shard is a part of a run", where=path, help=MERGE_HELP)
    return card


def report_models(
    paths: Sequence[str], outputs: Sequence[str], request: ResolvedSettings, split: bool
) -> int:
    """Write what compares models; 3 where cases differ that nobody said may.

    split  style and script are files beside the page
    """
    settings = request.settings
    cards = [load_whole_results(path) for path in paths]
    notes = [*request.notes, *check_comparable(paths, cards, settings)]
    different = describe_missing_cases(paths, cards)
    said = [*different, *(f"{note.where}: {note.text}" for note in notes if note.where)]
    found = compare_scorecards(paths, cards, settings)
    for output in outputs:
        try:
            print_path(_write(output, found, cards, settings, said, split))
        except OSError as problem:
            reason = problem.strerror or str(problem)
            raise RequestError(f"cannot be written ({reason})", where=output) from problem
    errors = report_notes([*notes, *warn_few_cases(found)], settings)
    for line in different:
        print_message(f"{'warning' if settings.allow_different_cases else 'error'}: {line}")
    if different and not settings.allow_different_cases:
        print_message("  help: --allow-different-cases compares those that all have")
        errors += 1
    return 3 if errors else 0


def _write(  # noqa: PLR0913 - what is written, of what
    output: str,
    found: ModelComparison,
    cards: Sequence[Scorecard],
    settings: Settings,
    said: Sequence[str],
    split: bool,
) -> Path:
    """Write one output; gives its path. Raises OSError, RequestError."""
    from segeval.reports.html import browser, comparison_figures, comparison_page, folder
    from segeval.reports.outputs import FIGURE, is_figure, parse_output, replace_file, write_figure

    wanted = parse_output(output, models=True)
    path = wanted.path or Path()
    if is_figure(wanted.form):
        kind = wanted.form.removeprefix(FIGURE)
        write_figure(comparison_figures.draw_model_figure(found, cards, kind, settings), path)
        return path
    paper = path.suffix.lower() == ".pdf"
    split = split and not paper
    text = comparison_page.render_comparison(found, cards, settings, said, split)
    if paper:
        browser.print_pdf(text, path)
    elif split:
        folder.write_split_page(path, [text], {})
    else:
        with replace_file(path) as file:
            file.write(text + "\n")
    return path
