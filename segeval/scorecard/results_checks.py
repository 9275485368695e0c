"""What a result file has to hold beside what its schema can say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from segeval.request.grammar import parse_metric
from segeval.runtime.errors import RequestError
from segeval.scorecard.results_seal import DAMAGED_HELP


def check_metric_texts(texts: Iterable[str]) -> None:
    """Refuse metrics that are none, whether or not anything asks for them. Raises RequestError."""
    for place, text in enumerate(texts):
        try:
            parse_metric(text)
        except RequestError as problem:
            said = f"damaged result file: metrics[{place}]: {problem.message}"
            raise RequestError(said) from problem


def check_each_once(names: Iterable[str]) -> None:
    """Refuse a case that stands twice, for it would count twice. Raises RequestError."""
    seen: set[str] = set()
    for place, name in enumerate(names):
        if name in seen:
            raise RequestError(
                f"damaged result file: cases[{place}]: {name} is there twice", help=DAMAGED_HELP
            )
        seen.add(name)


def check_all_there(content: Mapping[str, Any], number: int) -> None:
    """Refuse a file that lost cases, or got some: its inventory counts them.

    Raises RequestError.
    """
    counted = content["inputs"].get("inventory", {}).get("case", {}).get("found", number)
    if counted != number:
        text = f"damaged result file: it holds {number} cases, and its inventory counts {counted}"
        raise RequestError(text, help=DAMAGED_HELP)


NUMBERS_ALONE = {  # what is written for other programs, by how it starts
    b"PAR1": "a Parquet file",
    b'{"case": ': "JSON Lines",
    b"case,class,": "a CSV table",
    b"case\tclass\t": "a table",
}


def refuse_numbers_alone(content: bytes) -> None:
    """Refuse a file of a run that has its numbers and not what they are of. Raises RequestError."""
    for start, form in NUMBERS_ALONE.items():
        if content.startswith(start):
            raise RequestError(
                f"{form}, which holds the numbers of a run and not its settings and summary",
                help="give its JSON: `segeval score -o results.json`",
            )
