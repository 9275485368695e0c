"""`segeval metrics [NAME]`: what can be computed, and what exactly a number is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from inspect import cleandoc
from typing import TYPE_CHECKING, Any

import click

from segeval.cli.options import Command, metric_names
from segeval.cli.show import show

if TYPE_CHECKING:
    from segeval.metrics.registry import Definition

UNITS = {"": "ratio", "volume": "ml, mm2 or voxels", "length": "mm or px"}
BETTER = {"higher": "higher", "lower": "lower", "zero": "nearer to 0", "": "none"}
COLUMNS = ("metric", "better", "unit", "options", "what it is")


def metrics(given: Mapping[str, Any]) -> int:
    """List the metrics, or explain NAME: formula, unit, direction, options, empty masks, source."""
    from segeval.grammar import parse
    from segeval.metrics.registry import known, resolve

    if not given["name"]:
        show(COLUMNS, [row(definition) for definition in known().values()])
        return 0
    _, definition = resolve(parse(given["name"]))
    for line in explanation(definition):
        click.echo(line)
    return 0


def row(definition: Definition) -> tuple[str, ...]:
    """One line of the list."""
    first = " ".join(cleandoc(definition.doc).split("\n\n")[0].split())
    return (
        definition.name,
        BETTER[definition.better],
        unit(definition),
        " ".join(short_options(definition)),
        first.rstrip("."),
    )


def unit(definition: Definition) -> str:
    """The unit in words."""
    return UNITS.get(definition.unit, definition.unit)


def short_options(definition: Definition) -> Iterator[str]:
    """Quantity and options as they are typed."""
    if definition.at:
        yield "|".join(f"@N{unit}" for unit in definition.at)
    for key, option in definition.options.items():
        yield f":{key}={'|'.join(option.words) or 'WORD'}"


def explanation(definition: Definition) -> Iterator[str]:
    """All that is known of a metric: its own documentation, then what the registry says."""
    yield definition.name
    yield ""
    yield from cleandoc(definition.doc).splitlines()
    yield f"unit     {unit(definition)}"
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


command = Command(
    "metrics",
    metrics,
    [click.Argument(["name"], required=False, shell_complete=metric_names)],
    ["segeval metrics", "segeval metrics dice", "segeval metrics volume_difference"],
)
