"""What `Scorecard` does for a notebook: load, save, tables of other libraries (CLI-Y3)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

from segeval.api.choices import FIELDS, combine_settings, read_given
from segeval.api.told_errors import tell_in_python
from segeval.readers.remote_files import is_url
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import replace
from segeval.scorecard.card import Scorecard
from segeval.scorecard.results import load_results

# Signed choices that play no part in reading a case.
NOT_READ = ("charges", "tolerances", "metrics", "classes", "ci", "seed")
COLUMNS = ("case", "class", "metric", "value", "unit", "status", "reason", "group")


@tell_in_python
def load(path: str | Path) -> Scorecard:
    """Read a result file: `segeval score -o results.json`, or `card.save("results.json")`.

    path     the JSON file; results of nnU-Net and panoptica are read as what they are
    returns  the Scorecard; its cases stay in the file
    Raises RequestError for a file that is none.
    """
    if not isinstance(path, str | os.PathLike):
        raise RequestError(f"{type(path).__name__} is no path of a result file", help="give a path")
    return load_results(Path(path))


@tell_in_python
def save_card(card: Scorecard, path: str | Path, choices: Mapping[str, Any]) -> None:
    """Write a scorecard in the form that its path ends in, or that stands before it.

    card     the results
    path     `results.json`, `table.md`, `junit:gates.xml`
    choices  of the form, by field of Settings; None is no choice
    Raises RequestError for a path without a known form.
    """
    from segeval.reports.outputs import save_report

    text = os.fspath(path)
    if text == "-":
        raise RequestError("a scorecard is saved to a file", help="print(card) shows it")
    settings = combine_settings(None, choices)
    if not card.inputs.get("roots"):
        settings = replace(settings, pictures=0)  # of arrays there are no files to draw
    save_report(card, text, settings_of_run(card, settings))


def settings_of_run(card: Scorecard, settings: Settings) -> Settings:
    """The choices by which the files of a run are read, for pictures of its worst cases.

    card      the results, with the signed choices
    settings  what is chosen for the report; it stays
    Raises RequestError for a window that is none.
    """
    if not (settings.pictures or settings.error_maps):
        return settings
    from segeval.reports.pictures.grey_levels import parse_window
    from segeval.reports.pictures.illustrate import classes_of_run

    parse_window(settings.window)
    given: dict[str, Any] = {}
    for name, value in card.fields.items():
        if name in FIELDS and name not in NOT_READ:
            with suppress(RequestError):  # written by another version
                given[name] = read_given(name, _as_chosen(name, value))
    if not settings.classes and card.fields.get("classes"):
        given["classes"] = classes_of_run(card.fields)
    roots = card.inputs.get("roots") or {}
    for name in ("images", "pairs"):
        place = str(roots.get(name) or "")
        if place and not getattr(settings, name) and (is_url(place) or Path(place).exists()):
            given[name] = place
    return replace(settings, **given)


def _as_chosen(name: str, value: Any) -> Any:
    """A signed choice as people write it; tables of labels are lists of `3=4`."""
    if FIELDS[name].type == "LabelTable":
        parts = (str(part).strip("()").replace(", ", "=") for part in value)
        return ",".join(parts)
    return value


def card_rows(card: Scorecard) -> dict[str, list[Any]]:
    """The rows as columns: those of the CSV, with values as numbers.

    card  the results
    """
    from segeval.reports.delimited import rows_of_case

    rows = [row for case in card.cases for row in rows_of_case(case)]
    names = ("case", "class_", "metric", "value", "unit", "status", "reason", "group")
    return {
        column: [getattr(row, name) for row in rows]
        for column, name in zip(COLUMNS, names, strict=True)
    }


@tell_in_python
def card_to_dataframe(card: Scorecard) -> Any:
    """A DataFrame of pandas, a row a number. Raises RequestError where pandas is not installed.

    card  the results
    """
    try:
        import pandas as pd
    except ImportError as problem:
        raise RequestError(
            "to_dataframe needs pandas, which is not installed",
            help="pip install pandas; card.save('results.csv') and card.rows need nothing",
        ) from problem
    return pd.DataFrame(card_rows(card))


@tell_in_python
def card_to_arrow(card: Scorecard) -> Any:
    """A Table of Arrow, a row a number. Raises RequestError where pyarrow is not installed.

    card  the results
    """
    try:
        import pyarrow as pa
    except ImportError as problem:
        raise RequestError(
            "to_arrow needs pyarrow, which is not installed",
            help="pip install pyarrow; card.save('results.csv') and card.rows need nothing",
        ) from problem
    return pa.table(card_rows(card))


def card_to_html(card: Scorecard) -> str:
    """The table of classes for a notebook, without script.

    card  the results
    """
    from segeval.reports.notebook import write

    file = StringIO()
    write(card, file, Settings())
    return file.getvalue()


@tell_in_python
def draw_card(card: Scorecard, kind: str) -> str:
    """A chart of the report alone, as SVG. Raises RequestError for a kind that there is not.

    card  the results
    kind  strips, volumes, confusion, reliability, …
    """
    from segeval.reports import REPORTS
    from segeval.reports.html.figures import draw_figure
    from segeval.reports.outputs import FIGURE

    kinds = [form.removeprefix(FIGURE) for form in REPORTS if form.startswith(FIGURE)]
    if kind not in kinds:
        raise RequestError(f"there is no figure {kind!r}", help=f"there are {', '.join(kinds)}")
    return draw_figure(card, kind, Settings())
