"""`segeval metrics [NAME]`: what can be computed, and what exactly a number is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from inspect import cleandoc
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import click

from segeval.cli.options import Command, complete_metric_names
from segeval.cli.print_table import print_rows

if TYPE_CHECKING:
    from segeval.metrics.registry import Definition

UNITS = {"": "ratio", "volume": "ml, mm2 or voxels", "length": "mm or px"}
BETTER = {"higher": "higher", "lower": "lower", "zero": "nearer to 0", "": "none"}
COLUMNS = ("metric", "options", "better", "unit", "what it is", "empty masks")
EMPTY = "empty "  # how the docstring's line about empty masks begins


def show_metrics(given: Mapping[str, Any]) -> int:
    """List the metrics, or explain NAME: formula, unit, direction, options, empty masks, source."""
    from segeval.metrics.registry import load_all_metrics, resolve_metric
    from segeval.request.grammar import parse_metric

    if not given["name"]:
        print_rows(COLUMNS, [metric_row(definition) for definition in load_all_metrics().values()])
        return 0
    metric, definition = resolve_metric(parse_metric(given["name"]))
    for line in explain_metric(definition):
        click.echo(line)
    if not metric.option("as"):
        for line in other_conventions(definition):
            click.echo(line)
    return 0


def metric_row(definition: Definition) -> tuple[str, ...]:
    """One line of the list."""
    lines = cleandoc(definition.doc).splitlines()
    first = " ".join(line for line in takewhile(bool, lines))
    empty = next((line.removeprefix(EMPTY).strip() for line in lines if line.startswith(EMPTY)), "")
    return (
        definition.name,
        " ".join(short_options(definition)),
        definition.better or "none",
        definition.unit or "ratio",
        first.rstrip("."),
        empty,
    )


def short_options(definition: Definition) -> Iterator[str]:
    """What may stand behind the name: a quantity, and the keys of options."""
    if definition.at:
        yield "|".join(f"@N{unit}" for unit in definition.at)
    yield from (f":{key}=" for key in definition.options)


def explain_metric(definition: Definition) -> Iterator[str]:
    """All that is known of a metric: its own documentation, then what the registry says."""
    yield definition.name
    yield ""
    yield from cleandoc(definition.doc).splitlines()
    yield from convention_full_names([definition])
    yield f"unit     {UNITS.get(definition.unit, definition.unit)}"
    yield f"better   {BETTER[definition.better]}"
    low, high = definition.bounds
    if (low, high) != (float("-inf"), float("inf")):
        yield f"range    {low:g} to {high:g}"
    if definition.at:
        units = " or ".join(u or "a bare number" for u in definition.at)
        default = f", default {definition.default}" if definition.default else ""
        yield f"@        {units}{default}"
    for key, option in definition.options.items():
        words = " | ".join(option.words) or "a word"
        yield f":{key + '=':<8}{words}, default {option.default}"


def other_conventions(definition: Definition) -> Iterator[str]:
    """The other conventions under the name, those that share a formula together."""
    told: dict[str, list[Definition]] = {}
    for each in definition.origins.values():
        told.setdefault(each.doc, []).append(each)
    for doc, those in told.items():
        if doc != definition.doc:
            yield ""
            yield " ".join(f"{definition.name}:as={each.origin}" for each in those)
            yield ""
            yield from cleandoc(doc).splitlines()
            yield from convention_full_names(those)
            yield from own_options(definition, those)


def convention_full_names(those: Sequence[Definition]) -> Iterator[str]:
    """What conventions are called where they are written about, each on a line."""
    from segeval.metrics.convention_names import convention_name

    names = [name for each in those if (name := convention_name(each.name, each.origin))]
    for place, name in enumerate(names):
        yield f"{'called' if not place else '':<9}{name}"


def own_options(definition: Definition, those: Sequence[Definition]) -> Iterator[str]:
    """The options of conventions that the default one does not have, or has another default of."""
    lines = {
        f":{key + '=':<8}{' | '.join(option.words) or 'a word'}, default {option.default}": None
        for each in those
        for key, option in each.options.items()
        if key != "as" and definition.options.get(key) != option
    }
    yield from lines


command = Command(
    "metrics",
    show_metrics,
    [click.Argument(["name"], required=False, shell_complete=complete_metric_names)],
    ["segeval metrics", "segeval metrics dice", "segeval metrics volume_difference"],
)
