"""Where results go: `[FORMAT:]PATH` becomes a form and a file.

Files are written whole or not at all: under a temporary name, and then renamed.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import IO, Protocol

from segeval.reports import OF_MODELS, REPORTS, SUFFIXES
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.file_state import keep_access
from segeval.runtime.frozen import frozen, replace
from segeval.runtime.name_lengths import name_beside
from segeval.runtime.safe_text import VISIBLE
from segeval.scorecard.card import Scorecard
from segeval.scorecard.results import with_moved_roots

FIGURE = "figure-"
BY_BROWSER = (".pdf", ".png")  # figures that a browser makes of their drawing
DRAWN = (".svg", *BY_BROWSER)
_PREFIX = r"(?s)([A-Za-z][\w-]+):(.+)\Z"  # two letters: `C:` is a drive


class Report(Protocol):
    """A module that writes one form."""

    def write(self, card: Scorecard, file: IO[str], settings: Settings) -> None:
        """Write the scorecard."""


@frozen
class Output:
    """One file of results.

    form  a key of REPORTS; "" is the form of stdout
    path  None is stdout
    """

    form: str
    path: Path | None


def parse_output(output: str, models: bool = False) -> Output:
    """Read `[FORMAT:]PATH`, before anything is scored. Raises RequestError.

    models  of several result files
    """
    form, path = _split_form(output)
    if form in OF_MODELS and not models:
        raise RequestError(
            f"-o {output}: this figure is of several models",
            help=f"segeval report A.json B.json -o {output}",
        )
    if form == "instances" and path.lower().endswith(".json"):
        form = "instances-json"
    if form == "confusion" and Path(path).suffix.lower() in DRAWN:
        form = f"{FIGURE}confusion"
    if path != "-" and Path(path).is_dir():
        raise RequestError("the output is a folder", where=path, help="name a file in it")
    if path != "-" and not form:
        form = _by_suffix(output, models)
    if form == "parquet":
        from segeval.reports.parquet import check_parquet

        check_parquet(output)
    if path == "-":
        return Output(form, None)
    file = Path(path)
    if is_figure(form) and file.suffix.lower() not in DRAWN:
        raise RequestError(
            f"-o {output}: a figure is written as {', '.join(DRAWN)}",
            help=f"-o {form}:{file.with_suffix('.svg')}",
        )
    _check_writable(file)
    return Output(form, file)


def _split_form(output: str) -> tuple[str, str]:
    found = re.match(_PREFIX, output) if ":" in output else None
    if not found:
        return "", output
    if found[1] not in (*REPORTS, *OF_MODELS):
        near = _near_words(found[1], (*REPORTS, *OF_MODELS))
        raise RequestError(
            f"--output {output}: unknown format {found[1]!r}",
            help=f"{near}; a file of this name is ./{output}",
        )
    return found[1], found[2]


def _by_suffix(output: str, models: bool) -> str:
    suffix = Path(output).suffix.lower()
    if suffix in (".png", ".svg"):
        raise RequestError(
            f"--output {output}: the page is written as .html or .pdf, and {suffix} is one chart",
            help=f"-o {output.removesuffix(Path(output).suffix)}.pdf, or one chart: "
            f"-o {'figure-ranks' if models else 'figure-strips'}:{output}",
        )
    if suffix not in SUFFIXES:
        what = f"unknown suffix {suffix!r}" if suffix else "there is no suffix to tell the format"
        near = _near_words(suffix, tuple(SUFFIXES))
        raise RequestError(
            f"--output {output}: {what}", help=f"{near}; or put the format before: csv:{output}"
        )
    return SUFFIXES[suffix]


def _near_words(word: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, 1, 0.6)
    return f"did you mean {near[0]}?" if near else f"known: {' '.join(known)}"


def _check_writable(path: Path) -> None:
    """Refuse what can never be written, so that it costs no minutes. Raises RequestError."""
    folder = next((p for p in path.absolute().parents if p.exists()), Path("/"))
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        why = "may not be written to" if folder.is_dir() else "is a file"
        raise RequestError(f"the output cannot be written: {folder} {why}", where=path)


def save_report(card: Scorecard, output: str, settings: Settings) -> None:
    """Write one output, as `check` reads it. Raises RequestError."""
    wanted = parse_output(output)
    form = wanted.form or settings.format
    if wanted.path is not None and by_browser(form, wanted.path):
        print_page(card, form, wanted.path, settings)
        return
    if wanted.path is None:
        show_report(card, form, sys.stdout, settings)
        return
    if form == "json":
        card = with_moved_roots(card, Path(), wanted.path.parent)
    try:
        with replace_file(wanted.path) as file:
            show_report(card, form, file, settings)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise RequestError(f"cannot be written ({reason})", where=wanted.path) from problem


def show_report(card: Scorecard, form: str, file: IO[str], settings: Settings) -> None:
    """Write a form to an open file; the form `none` writes nothing."""
    if is_figure(form):
        from segeval.reports.html.figures import draw_figure

        file.write(draw_figure(card, form.removeprefix(FIGURE), settings))
    elif form != "none":
        if card.gates and form not in ("json", "jsonl"):  # of a file: as values again
            from segeval.gates.verdict import read_verdict

            card = replace(card, gates=tuple(map(read_verdict, card.gates)))
        report: Report = import_module(REPORTS[form])
        report.write(card, file, settings)


def by_browser(form: str, path: Path) -> bool:
    """Whether a browser makes the file: the page on paper, a figure as PDF or PNG."""
    suffix = path.suffix.lower()
    return (suffix == ".pdf" and form == "html") or (suffix in BY_BROWSER and is_figure(form))


def is_figure(form: str) -> bool:
    """Whether a form is one chart of the page."""
    return form.startswith(FIGURE)


def print_page(card: Scorecard, form: str, path: Path, settings: Settings) -> None:
    """Write the page or a figure in a form that a browser makes. Raises RequestError."""
    from segeval.reports.html import browser

    if form == "html":
        from segeval.reports.html.page import draw_pictures, render_page

        browser.print_pdf(render_page(card, settings, draw_pictures(card, settings)), path)
        return
    from segeval.reports.html.figures import draw_figure

    write_figure(draw_figure(card, form.removeprefix(FIGURE), settings), path)


def write_figure(drawing: str, path: Path) -> None:
    """Write an SVG as the form that its path ends in. Raises RequestError, OSError."""
    from segeval.reports.html import browser

    if path.suffix.lower() in BY_BROWSER:
        browser.print_figure(drawing, path)
        return
    with replace_file(path) as file:
        file.write(drawing)


@contextmanager
def replace_file(path: Path) -> Iterator[IO[str]]:
    """A file that takes its name when it is whole; the folder is made, and nothing is left behind.

    It is UTF-8: what is no text in a name stands as its escape.
    """
    goal = Path(os.path.realpath(path))  # a link stays a link
    text = {"encoding": "utf-8", "errors": VISIBLE, "newline": "\n"}
    if path.exists() and not path.is_file():  # /dev/null, /dev/stdout, a pipe: no name to take
        with path.open("w", **text) as file:  # type: ignore[call-overload]
            yield file
        return
    goal.parent.mkdir(parents=True, exist_ok=True)
    unfinished = name_beside(goal, ".", f".{os.getpid()}.tmp")
    try:
        with unfinished.open("w", **text) as file:  # type: ignore[call-overload]
            keep_access(unfinished, goal)
            yield file
        unfinished.replace(goal)
    finally:
        unfinished.unlink(missing_ok=True)
