"""The signature in a line for people (CLI-U4): what differs from the defaults, and an id.

    dice, hd95 (mesh) | threshold:0.4 | classes 6 | segeval 0.2.0 | numbers:2 | id 3f9a1c2e

The full line is in every file; two runs with one id have the same full line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from segeval import __version__
from segeval.request.settings import Settings
from segeval.runtime.frozen import fields
from segeval.scorecard.signature import signature_id, signature_line

SHOWN_METRICS = 8  # metrics that are named
ELSEWHERE = (
    "metrics",
    "classes",
    "classes_only",
    "numbers",
)  # fields that have a form of their own


def short_signature(line: str, parts: Mapping[str, Any]) -> str:
    """The line for below a table.

    line   the full signature
    parts  its fields by name
    """
    words = [metric_words(parts["metrics"]), *changed_fields(parts)]
    if classes := parts.get("classes"):
        words.append(f"classes {len(classes)}" + " only" * bool(parts.get("classes_only")))
    words += [f"segeval {__version__}", f"numbers:{parts.get('numbers', '?')}"]
    return " | ".join([*words, f"id {signature_id(line)}"])


def metric_words(metrics: Mapping[str, str]) -> str:
    """The metrics, each with the convention that it does not name itself: `hd95 (mesh)`."""
    words = []
    for name, full in metrics.items():
        convention = re.search(r":as=([\w-]+)", full)
        hidden = convention is not None and ":as=" not in name
        words.append(f"{name} ({convention[1]})" if convention and hidden else name)
    more = len(words) - SHOWN_METRICS
    return ", ".join(words[:SHOWN_METRICS]) + (f" and {more} more" if more > 0 else "")


def changed_fields(parts: Mapping[str, Any]) -> Iterator[str]:
    """The choices that are not the default, as the full line writes them."""
    defaults = {field.name: field.default for field in fields(Settings)}
    for name, value in parts.items():
        if name not in ELSEWHERE and (name not in defaults or value != defaults[name]):
            yield signature_line({"metrics": {}, name: value}).removeprefix("|")
