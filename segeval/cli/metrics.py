"""`segeval metrics [NAME | WORD…]`: what can be computed, and what exactly a number is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from inspect import cleandoc
from itertools import takewhile
from textwrap import shorten as cut_words
from typing import TYPE_CHECKING, Any

import click

from segeval.cli.options import Command, complete_metric_names

if TYPE_CHECKING:
    from segeval.metrics.registry import Definition

UNITS = {"volume": "ml, mm2 or voxels", "length": "mm or px"}
BETTER = {"higher": "higher", "lower": "lower", "zero": "nearer to 0", "": "none"}
WIDTH = 80  # columns of the list
NAME_WIDTH = 26  # of them for names


def show_metrics(given: Mapping[str, Any]) -> int:
    """List the metrics, explain one by its NAME, or list those that some WORDs fit."""
    words = given["name"]
    lines = explain_name(words[0]) if len(words) == 1 else search_metrics(words)
    for line in lines if words else list_metrics(lambda _: True):
        click.echo(line)
    return 0


def explain_name(word: str) -> Iterator[str]:
    """All about the metric of a name, or what the word finds. Raises RequestError."""
    from segeval.metrics.registry import resolve_metric
    from segeval.request.grammar import parse_metric
    from segeval.runtime.errors import RequestError

    try:
        metric, definition = resolve_metric(parse_metric(word))
    except RequestError:
        found = list(search_metrics([word]))
        if not found:
            raise
        yield from found
        return
    yield from explain_metric(definition)
    if not metric.option("as"):
        yield from other_conventions(definition)


def search_metrics(words: Sequence[str]) -> Iterator[str]:
    """The metrics that have every word in their name, an alias, a convention or their text."""
    from segeval.metrics.aliases import ALIASES

    wanted = [word.lower() for word in words]

    def fits(definition: Definition) -> bool:
        every = definition.origins.values() or (definition,)
        texts = (definition.name, ALIASES.get(definition.name, ""), *(d.doc for d in every))
        text = " ".join((*texts, *definition.origins)).lower()
        return all(word in text for word in wanted)

    yield from list_metrics(fits)


def list_metrics(fits: Callable[[Definition], bool]) -> Iterator[str]:
    """The metrics in groups, a name and a line each."""
    from segeval.metrics.registry import load_all_metrics

    groups: dict[str, list[Definition]] = {}
    for definition in load_all_metrics().values():
        if fits(definition):
            groups.setdefault(definition.compute.__module__, []).append(definition)
    for place, (module, definitions) in enumerate(groups.items()):
        if place:
            yield ""
        yield shorten(first_paragraph(sys.modules[module].__doc__ or "").partition(":")[0], WIDTH)
        for definition in definitions:
            text = first_paragraph(definition.doc)
            line = f"  {definition.name:<{NAME_WIDTH}}  "
            yield line + shorten(text, WIDTH - len(line))


def shorten(text: str, width: int) -> str:
    """As many words of a line as fit."""
    return cut_words(text, width, placeholder=" …")


def first_paragraph(text: str) -> str:
    """What a docstring says first, on one line."""
    return " ".join(takewhile(bool, cleandoc(text).splitlines())).rstrip(".")


def explain_metric(definition: Definition) -> Iterator[str]:
    """All that is known of a metric: its own documentation, then what the registry says."""
    from segeval.reports.figure_form import unit_word

    yield definition.name
    yield ""
    yield from definition.doc.splitlines()
    yield from convention_full_names([definition])
    yield f"unit     {UNITS.get(definition.unit) or unit_word(definition)}"
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
            yield from doc.splitlines()
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
    [click.Argument(["name"], nargs=-1, shell_complete=complete_metric_names)],
    ["segeval metrics", "segeval metrics hd95", "segeval metrics surface distance"],
)
