"""What `segeval compare` says: a table a metric, CSV with all digits, JSON, Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict  # of what stands in tuples, too
from io import StringIO
from pathlib import Path
from typing import IO, Any

from segeval.metrics.registry import find_metric
from segeval.reports.csv_cells import CsvWriter
from segeval.reports.figure_form import figure_form, format_p
from segeval.reports.markdown import escape_markdown
from segeval.reports.plain import plain_lines
from segeval.reports.table_model import TableBlock, TableField, format_count, head_lines
from segeval.request.grammar import parse_metric
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import frozen
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.summary_columns import Column
from segeval.statistics.compare import Difference, Ranking
from segeval.statistics.paired import PairKey

TableRows = list[tuple[str, ...]]
DIGITS = 3  # of the table, as Settings have it
# Names stand in every part of a table that is divided; what moved goes where there is no room.
UNSHARED = "only in one"  # a column that is there where it has something to say
KIND_OF_COLUMN = {"class": "key", "model": "key", "n": "count", "moved most": "worst_case"}


@frozen
class ModelComparison:
    """Everything that is known of several models.

    models  their names, the first is what the others are compared with
    cases   how many all of them scored
    """

    models: tuple[str, ...]
    cases: int
    level: float
    seed: int
    differences: tuple[Difference, ...]
    rankings: tuple[Ranking, ...]

    def __str__(self) -> str:
        """The tables as text: what `print` shows."""
        file = StringIO()
        write_comparison_table(self, file, Settings(digits=DIGITS))
        return file.getvalue().rstrip("\n")

    def _repr_html_(self) -> str:
        """The tables: what a notebook shows."""
        from segeval.reports.notebook import html_table

        lines = [
            line
            for title, rows in comparison_tables(self, Settings(digits=DIGITS))
            for line in html_table(rows_block(rows, title))
        ]
        return "\n".join(["<div>", *lines, "</div>"])

    def save(self, path: str | Path, *, digits: int = DIGITS) -> None:
        """Write a file in the form that its name ends in: .csv, .json, .md or .txt.

        digits  decimals of the table
        Raises RequestError for another.
        """
        from segeval.reports.outputs import parse_output, replace_file

        wanted = parse_output(str(path))
        if wanted.path is None or wanted.form not in WRITERS:
            known = ", ".join(WRITERS)
            raise RequestError(f"a comparison is not written as {wanted.form or path}", help=known)
        with replace_file(wanted.path) as file:
            WRITERS[wanted.form](self, file, Settings(digits=digits))


def write_comparison_table(found: ModelComparison, file: IO[str], settings: Settings) -> None:
    """The tables as plain text."""
    for title, rows in comparison_tables(found, settings):
        file.write(f"{title}\n")
        file.writelines(f"{line}\n" for line in plain_lines(rows_block(rows)))
        file.write("\n")
    file.writelines(f"{line}\n" for line in column_legend(found))


def rows_block(rows: TableRows, title: str = "") -> TableBlock:
    """Rows as a table, which may be folded and divided: the first row is the head."""
    head, *cells = rows
    sides = [KIND_OF_COLUMN.get(name, "metric") for name in head]
    columns = zip(*cells, strict=True) if cells else [()] * len(head)
    fields = [TableField((h,), tuple(c), k) for h, c, k in zip(head, columns, sides, strict=True)]
    return TableBlock(
        tuple(f for f in fields if f.head != (UNSHARED,) or any(f.cells)),
        title,
    )


def write_comparison_markdown(found: ModelComparison, file: IO[str], settings: Settings) -> None:
    """The tables in Markdown."""
    for title, rows in comparison_tables(found, settings):
        file.write(f"**{escape_markdown(title)}**\n\n")
        for place, row in enumerate(rows):
            file.write(f"| {' | '.join(map(escape_markdown, row))} |\n")
            if not place:
                file.write(f"|{' --- |' * len(row)}\n")
        file.write("\n")
    file.writelines(f"- {escape_markdown(line)}\n" for line in column_legend(found))


def comparison_tables(
    found: ModelComparison, settings: Settings
) -> Iterator[tuple[str, TableRows]]:
    """A title and rows for each model and metric, then the ranks; the first row is the head."""
    for model in range(1, len(found.models)):
        own = [one for one in found.differences if one.model == model]
        for metric, unit in dict.fromkeys((one.name.metric, one.name.unit) for one in own):
            some = [o for o in own if (o.name.metric, o.name.unit) == (metric, unit)]
            title = f"{_head(some[0].name, settings)}: {clean_name(found.models[model])} - "
            title += clean_name(found.models[0])
            yield title, [_titles(found, model), *(_difference_row(one, settings) for one in some)]
    if len(found.models) > 2:
        for metric in dict.fromkeys(one.name.metric for one in found.rankings):
            ranked = [one for one in found.rankings if one.name.metric == metric]
            yield (
                f"{_head(ranked[0].name, settings)}: ranks, 1 is the best",
                _rank_rows(found, ranked),
            )


def _head(name: PairKey, settings: Settings) -> str:
    return " ".join(head_lines(Column(name.metric, name.unit), settings))


def _titles(found: ModelComparison, model: int) -> tuple[str, ...]:
    percent = f"{found.level * 100:g} % interval"
    names = clean_name(found.models[0]), clean_name(found.models[model])
    return ("class", "n", UNSHARED, *names, "difference", percent, "p", "p (Holm)",
            "better", "worse", "moved most")  # fmt: skip


def _difference_row(one: Difference, settings: Settings) -> tuple[str, ...]:
    form = figure_form(Column(one.name.metric, one.name.unit), settings)

    def signed(value: float) -> str:
        text = form.text(value)
        return f"+{text}" if value > 0 and float(text) else text

    ends = f"[{signed(one.low)}, {signed(one.high)}]" if math.isfinite(one.low) else "-"
    moved = ", ".join(f"{clean_name(case)} {signed(gap)}" for case, gap in one.moved if gap)
    return (
        clean_name(one.name.class_),
        str(one.n),
        f"{one.gained}, {one.lost}" if one.gained or one.lost else "",
        form.text(one.first),
        form.text(one.mean),
        signed(one.difference),
        ends,
        format_p(one.p),
        format_p(one.p_holm),
        _format_share(one.better),
        _format_share(one.worse),
        moved,
    )


def _format_share(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.0f} %"


def _rank_rows(found: ModelComparison, ranked: Sequence[Ranking]) -> TableRows:
    percent = f"{found.level * 100:g} % interval"
    head = ("class", "n", "model", "mean rank", "rank of mean", percent, "first", "Friedman p")
    rows: TableRows = [head]
    for one in ranked:
        order = sorted(range(len(found.models)), key=lambda k: one.rank_of_means[k])
        for place, k in enumerate(order):
            start = (clean_name(one.name.class_), str(one.n)) if not place else ("", "")
            rows.append((
                *start,
                clean_name(found.models[k]),
                f"{one.mean_rank[k]:.2f}",
                f"{one.rank_of_means[k]:g}",
                f"{one.low[k]:g} to {one.high[k]:g}" if math.isfinite(one.low[k]) else "-",
                _format_share(one.first[k]),
                format_p(one.p) if not place else "",
            ))  # fmt: skip
    return rows


def column_legend(found: ModelComparison) -> Iterator[str]:
    """What the columns are."""
    first = clean_name(found.models[0])
    cases = format_count(found.cases, "case")
    yield f"{cases} that all have; a difference is that model minus {first}"
    if any(one.gained or one.lost for one in found.differences):
        yield f"only in one: cases with a value in {first} missing, then in the other"
    for metric in dict.fromkeys(one.name.metric for one in found.differences):
        definition = find_metric(parse_metric(metric).name)
        if definition is not None and definition.better == "zero":
            yield f"{clean_name(metric)}: nearer to 0 is better; means, differences are of |v|"
    yield "interval: BCa bootstrap over patients; p: Wilcoxon signed-rank, Holm over the classes"
    if len(found.models) > 2:
        yield "ranks: mean of those in each case; that of the mean, its bootstrap, how often first"


HEADER = (
    "model", "against", "class", "metric", "unit", "n", "lost", "gained", "mean_first", "mean",
    "difference", "low", "high", "p", "p_holm", "better", "worse", "moved", "mean_rank",
    "rank_of_means", "friedman_p",
)  # fmt: skip


def write_comparison_csv(found: ModelComparison, file: IO[str], settings: Settings) -> None:
    """One row a model, class and metric, with all digits; ranks where there are several models."""
    out = CsvWriter(file, settings)
    out.write_row(HEADER)
    ranked = {one.name: one for one in found.rankings}
    for one in found.differences:
        rank = ranked.get(one.name)
        numbers = (one.first, one.mean, one.difference, one.low, one.high, one.p, one.p_holm,
                   one.better, one.worse)  # fmt: skip
        more = (rank.mean_rank[one.model], rank.rank_of_means[one.model], rank.p) if rank else ()
        out.write_row((
            found.models[one.model], found.models[0], one.name.class_, one.name.metric,
            one.name.unit, one.n, one.lost, one.gained, *map(_all_digits, numbers),
            ";".join(f"{case}={gap!r}" for case, gap in one.moved), *map(_all_digits, more),
        ))  # fmt: skip


def _all_digits(value: float) -> str:
    return "" if math.isnan(value) else repr(value)


def write_comparison_json(found: ModelComparison, file: IO[str], _: Settings) -> None:
    """Everything, strict: a number that is none is null."""
    content = _number_or_null(asdict(found))
    content["differences"] = [
        {"model": found.models[d.pop("model")], **_flat_fields(d)} for d in content["differences"]
    ]
    content["rankings"] = [
        {key: _key_by_model(key, value, found.models) for key, value in _flat_fields(r).items()}
        for r in content["rankings"]
    ]
    json.dump({"schema": "segeval.comparison/1", **content}, file, indent=1, allow_nan=False)
    file.write("\n")


def _flat_fields(one: dict[str, Any]) -> dict[str, Any]:
    name = one.pop("name")
    moved = {"moved": [{"case": c, "difference": d} for c, d in one.pop("moved", ())]}
    named = {"class": name["class_"], "metric": name["metric"], "unit": name["unit"]}
    return {**named, **one, **(moved if moved["moved"] else {})}


def _key_by_model(key: str, value: Any, models: Sequence[str]) -> Any:
    """A number of each model under its name."""
    return dict(zip(models, value, strict=True)) if isinstance(value, list) else value


def _number_or_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _number_or_null(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_number_or_null(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


WRITERS: dict[str, Callable[[ModelComparison, IO[str], Settings], None]] = {
    "table": write_comparison_table,
    "markdown": write_comparison_markdown,
    "csv": write_comparison_csv,
    "json": write_comparison_json,
}
