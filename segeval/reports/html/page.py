"""The page: every section out of the scorecard, then one template.

One file holds all of it. `write_folder` puts style, script and pictures beside it, for servers
whose policy forbids them inside a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from segeval import __version__
from segeval.gates.verdict import read_verdict
from segeval.reports.html.account_section import account_section
from segeval.reports.html.agreement_chart import draw_agreement
from segeval.reports.html.baseline_section import baseline_section
from segeval.reports.html.case_section import all_case_rows, one_sided_rows, worst_rows
from segeval.reports.html.case_table import CaseTable
from segeval.reports.html.charged_values import charged_columns
from segeval.reports.html.class_section import class_tables, group_tables, values_of
from segeval.reports.html.confusion_section import confusion_section
from segeval.reports.html.definition_section import definition_section
from segeval.reports.html.headline import describe_origin, find_headline
from segeval.reports.html.instance_section import instance_section, listed_instances
from segeval.reports.html.interval_cells import few_cases_of
from segeval.reports.html.marks import marks_of
from segeval.reports.html.reliability_section import reliability_section
from segeval.reports.html.shown import (
    THIN,
    Heading,
    Shown,
    headings,
    leading,
    metrics_of_classes,
    place_of_case,
    place_of_class,
    show_three,
)
from segeval.reports.html.verdict_section import verdict_section
from segeval.reports.html.volume_section import agreements
from segeval.reports.table_content import lacking_input
from segeval.reports.table_model import format_count
from segeval.request.settings import Settings
from segeval.runtime.frozen import replace
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import OVERALL, Scorecard
from segeval.scorecard.row_index import index_rows

if TYPE_CHECKING:
    from segeval.reports.pictures.draw_planes import PlaceImage
    from segeval.reports.pictures.worst_pictures import Pictures

PAGED = 2000  # rows from which on the table of all cases is paged
STYLE, SCRIPT = "report.css", "report.js"


def write(card: Scorecard, file: IO[str], settings: Settings) -> None:
    """Write the report as one file that needs nothing else."""
    file.writelines(page_parts(card, settings, draw_pictures(card, settings)))
    file.write("\n")


def draw_pictures(
    card: Scorecard, settings: Settings, place: PlaceImage | None = None
) -> Pictures | None:
    """Pictures of the worst cases; None where none are asked for, or none can be.

    place  where the bytes of an image go; None: into the page
    """
    if not settings.pictures:
        return None
    from segeval.reports.pictures.illustrate import illustrate_worst
    from segeval.reports.pictures.instance_outlines import InstanceSpot

    rows = worst_rows(card, headings(card, settings), settings.pictures)
    wanted = [(row.case, row.class_) for row in rows]
    spots = [
        InstanceSpot(
            one["case"], one["name"], one["id"], one["side"], one["voxels"], one["connectivity"]
        )
        for one in listed_instances(card)
        if one["pictured"]
    ]
    return illustrate_worst(card, wanted, settings, place, spots)


def page_parts(
    card: Scorecard,
    settings: Settings,
    pictures: Pictures | None = None,
    split: bool = False,
) -> Iterator[str]:
    """The text of the page, part by part.

    pictures  of the worst cases; None where there are none
    split     style and script are files beside it
    """
    page = environment().get_template("page.html.j2")
    own = {} if split else {"style": asset(STYLE), "script": asset(SCRIPT)}
    parts: Iterator[str] = page.generate(
        contents(card, settings), pictures=pictures, split=split, **own
    )
    return parts


def render_page(card: Scorecard, settings: Settings, pictures: Pictures | None = None) -> str:
    """The page as one text, with style and script."""
    return "".join(page_parts(card, settings, pictures))


def contents(card: Scorecard, settings: Settings) -> dict[str, Any]:
    """Everything that the page says, section by section."""
    card = replace(card, gates=tuple(map(read_verdict, card.gates)))
    every = headings(card, settings)
    void = {head.key: why for head in every if (why := lacking_input(card, head.column))}
    heads = [head for head in every if head.key not in void] or every
    single = len(card.cases) == 1
    charged = charged_columns(card, heads)
    tables = class_tables(card, heads, values_of(card, heads), marks_of(card), charged)
    return {
        "verdict": verdict_section(card, settings),
        "headline": find_headline(card, heads),
        "origin": describe_origin(card),
        "account": account_section(card, settings),
        "heads": heads,
        "void": [(name, why.replace("_", " ")) for name, why in void.items()],
        "tables": tables,
        "few": "".join(note.text for note in few_cases_of(card)),
        "charts": any(table.chart for table in tables),
        "lead": leading(heads, metrics_of_classes(card)),
        "worst": worst_rows(card, heads, settings.pictures),
        "absent": one_sided_rows(card),
        "agreements": [
            (found, draw_agreement(found))
            for found in agreements(card.cases, index_rows(card.cases).order)
        ],
        "confusion": confusion_section(card),
        "reliability": reliability_section(card),
        "instances": instance_section(card),
        "baseline": baseline_section(card, heads, baseline_of(settings), settings.baseline),
        "groups": group_tables(card, heads),
        "single": single,
        "rows": list(all_case_rows(card, heads)) if single else [],
        "table": table_of_cases(card, heads),
        "overall": overall_cells(card, heads),
        "paged": PAGED,
        "definitions": definition_section(card, heads),
        "version": __version__,
    }


def table_of_cases(card: Scorecard, heads: Sequence[Heading]) -> CaseTable:
    """The table of all cases, class by class."""
    grouped = any(index_rows(card.cases).groups)
    template = environment().get_template("case_rows.html.j2")
    return CaseTable(all_case_rows(card, heads), template, grouped)


def overall_cells(card: Scorecard, heads: list[Heading]) -> list[Shown]:
    """The mean over classes of each metric; nothing where there is one class."""
    of_class = card.summary.get("", {})
    made = of_class.get(OVERALL, {}) if len(of_class) > 2 else {}
    return [h.show(made[h.key].mean) if h.key in made else Shown("") for h in heads] if made else []


def baseline_of(settings: Settings) -> Scorecard | None:
    """The result file that the run was judged by, where it is still there."""
    if not settings.baseline or not Path(settings.baseline).is_file():
        return None
    from segeval.scorecard.results import load_results

    return load_results(Path(settings.baseline))


def environment() -> Any:
    """The templates, with every text escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("segeval.reports.html"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        finalize=_shown,
    )
    made.filters |= {
        "clean": clean_name,
        "case_id": place_of_case,
        "class_id": place_of_class,
        "joints": break_at_joints,
        "longest": longest_part,
        "three": show_three,
        "many": format_count,
    }
    return made


def break_at_joints(name: str) -> Any:
    """A name as markup that may break behind `_`, `-`, `.` and `/`."""
    from markupsafe import Markup

    return Markup(re.sub(r"(?<=[_./-])(?=[^_./-])", "<wbr>", str(escape(_shown(name)))))


def longest_part(name: str) -> int:
    """The letters of the longest part of a name that does not break."""
    return max(map(len, re.split(r"[\s_./-]", name)))


def _shown(value: Any) -> Any:
    """What a template puts out: text of files without what does not print; markup as it is."""
    if type(value) is not str or value.isprintable():
        return value
    return THIN.join(map(clean_name, value.split(THIN)))  # between thousands of our own numbers


def asset(name: str) -> str:
    """A file of the page: its style or its script."""
    return files("segeval.reports.html").joinpath(name).read_text("utf-8")
