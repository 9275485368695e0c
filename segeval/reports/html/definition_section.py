"""REPORT-T20: what each number is, the choices that fix it, and words to paste into a paper."""

from __future__ import annotations

import re
from collections.abc import Mapping
from inspect import cleandoc
from typing import Any

from segeval import __version__
from segeval.reports.html.shown import Heading
from segeval.reports.table_model import format_count
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import OVERALL, WHOLE, Scorecard
from segeval.scorecard.row_index import index_rows

FIELDS = ("formula", "returns", "empty", "mirror", "source")
CITE = "segeval, version {version}: evaluation of segmentations. Signature: {signature}"


def definition_section(card: Scorecard, heads: list[Heading]) -> dict[str, Any]:
    """Definitions, tolerances, signature, methods."""
    done: dict[str, dict[str, Any]] = {}
    for head in heads:
        if head.name not in done:
            done[head.name] = definition(head, card.fields.get("metrics", {}))
    return {
        "metrics": list(done.values()),
        "tolerances": tolerances(card),
        "signature": clean_name(card.signature),
        "settings": [
            (clean_name(str(k)), _said(v)) for k, v in card.fields.items() if k != "metrics"
        ],
        "methods": methods(card, heads),
        "cite": CITE.format(version=__version__, signature=clean_name(card.signature)),
        "version": __version__,
    }


def definition(head: Heading, spelled: Mapping[str, str]) -> dict[str, Any]:
    """The docstring of a metric by its fields, and what the registry says of it."""
    first, fields = documentation(head.definition.doc)
    low, high = head.definition.bounds
    bounded = (low, high) != (float("-inf"), float("inf"))
    return {
        "name": head.name,
        "full": clean_name(str(spelled.get(head.name, head.name))),
        "what": first,
        "fields": fields,
        "unit": head.unit or "ratio",
        "better": head.better or "no better side",
        "range": f"{low:g} to {high:g}" if bounded else "",
        "origin": head.definition.origin,
    }


def documentation(doc: str) -> tuple[str, list[tuple[str, str]]]:
    """The first paragraph, and the aligned fields (`formula`, `source`, …) after it."""
    paragraphs = cleandoc(doc).split("\n\n")
    first = " ".join(paragraphs[0].split())
    fields: list[tuple[str, str]] = []
    inside = False  # of one of the fields: other words that stand like them are left out
    for line in "\n".join(paragraphs[1:]).splitlines():
        if named := re.match(rf"({'|'.join(FIELDS)})\s+(.*)", line):
            fields.append((named[1], named[2].strip()))
        elif inside and line.startswith(" ") and line.strip():
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        inside = bool(named) or (inside and line.startswith(" "))
    return first, fields


def tolerances(card: Scorecard) -> list[tuple[str, str, str]]:
    """Class, tolerance, and who says so; from the cases, else from the settings."""
    found: dict[str, tuple[str, str]] = {}
    for case in card.cases:
        for name, (value, source) in case.facts.get("tolerances", {}).items():
            found.setdefault(name, (_said(value), str(source)))
    for name, given in card.fields.get("class_tolerances", {}).items():
        found.setdefault(name, (str(given[0]), "settings"))
    return [
        (clean_name(name), value, clean_name(source)) for name, (value, source) in found.items()
    ]


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return clean_name(", ".join(f"{k}: {_said(v)}" for k, v in value.items()))
    if isinstance(value, list | tuple):
        return clean_name(", ".join(map(str, value)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return clean_name(str(value))


def methods(card: Scorecard, heads: list[Heading]) -> str:
    """A paragraph that says what was done, without a claim that the file does not hold."""
    found = index_rows(card.cases)
    classes = [n for n in card.summary.get("", {}) if n not in (WHOLE, OVERALL)]
    metrics = ", ".join(dict.fromkeys(str(head.name) for head in heads))
    lines = [
        f"Segmentations were evaluated with segeval {__version__}.",
        f"{format_count(found.scored, 'case')} of {len(card.cases)} "
        + ("was scored" if found.scored == 1 else "were scored")
        + (f" in {format_count(len(classes), 'class', 'classes')}" if classes else "")
        + (f" by {metrics}." if metrics else "."),
    ]
    rule = card.fields.get("undefined", "exclude")
    lines.append(
        "Values that are undefined were left out of means and are counted beside them."
        if rule == "exclude"
        else "Where one side alone was empty, the worst value of the metric was taken."
    )
    missing = card.fields.get("missing", "error")
    if missing != "error":
        lines.append(f"Cases without a prediction: {missing}.")
    resample = card.fields.get("resample", "never")
    if resample != "never":
        lines.append(f"Both sides were put on one grid (resample: {clean_name(str(resample))}).")
    if level := card.fields.get("ci"):
        lines.append(
            f"Intervals are at the level of {100 * float(level):g} %: bias-corrected and "
            "accelerated bootstrap over patients, 10 000 resamples."
        )
    lines.append(f"The choices that fix the numbers: {clean_name(card.signature)}.")
    return " ".join(lines)
