"""REPORT-T20: what each number is, the choices that fix it, and words to paste into a paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segeval import __version__
from segeval.reports.figure_form import unit_word
from segeval.reports.html.charged_values import charged_columns, methods_of_charges
from segeval.reports.html.marks import known_tolerances
from segeval.reports.html.metric_doc import documentation
from segeval.reports.html.shown import Heading
from segeval.reports.table_model import format_count
from segeval.runtime.safe_text import clean_name
from segeval.scorecard.card import OVERALL, WHOLE, Scorecard
from segeval.scorecard.row_index import index_rows

CITE = "segeval, version {version}: evaluation of segmentations. Signature: {signature}"


def definition_section(card: Scorecard, heads: list[Heading]) -> dict[str, Any]:
    """Definitions, tolerances, signature, methods."""
    done: dict[str, dict[str, Any]] = {}
    charged = charged_columns(card, heads)
    for head in heads:
        if head.name not in done:
            done[head.name] = definition(head, card.fields.get("metrics", {}))
            done[head.name]["charged"] = charged[head.key].text if head.key in charged else ""
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
        "unit": head.unit or unit_word(head.definition),
        "better": head.better or "no better side",
        "range": f"{low:g} to {high:g}" if bounded else "",
        "origin": head.definition.origin,
    }


def tolerances(card: Scorecard) -> list[tuple[str, str, str]]:
    """Class, tolerance, and who says so."""
    return [
        (clean_name(name), _said(value), clean_name(source))
        for name, (value, source) in known_tolerances(card).items()
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
    lines.append("Values that are undefined were left out of means and are counted beside them.")
    lines += [said] if (said := methods_of_charges(charged_columns(card, heads))) else []
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
