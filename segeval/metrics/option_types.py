"""Words of options that are not words: numbers, lists of numbers, yes and no.

A list is joined by `+`, as in `weights=0.2+1+1`; `none` is no list and no number.
"""

from __future__ import annotations

from segeval.metrics.registry import NO_BOX, Option
from segeval.request.grammar import Quantity, parse_quantity
from segeval.runtime.errors import RequestError

NONE = "none"


def parse_number(word: str) -> float:
    """Read a number."""
    value = float(word)
    if value != value:
        raise ValueError("it is a number")
    return value


def parse_share(word: str) -> float:
    """Read a number from 0 to 1."""
    value = float(word)
    if not 0 <= value <= 1:
        raise ValueError("it is a share, from 0 to 1")
    return value


def parse_number_or_none(word: str) -> float | None:
    """Read a number that may be missing."""
    return None if word == NONE else parse_number(word)


def parse_numbers(word: str) -> tuple[float, ...]:
    """Read a list of numbers; () for none."""
    return () if word == NONE else tuple(map(parse_number, word.split("+")))


def parse_weights(word: str) -> tuple[float, ...]:
    """Read a list of weights, none of which is negative; () for none."""
    values = parse_numbers(word)
    if not all(0 <= value < float("inf") for value in values):
        raise ValueError("a weight is 0 or more")
    return values


def parse_channels(word: str) -> tuple[int, ...]:
    """Read a list of channels; () for all of them."""
    return () if word == "all" else tuple(int(part) for part in word.split("+"))


def parse_yes_no(word: str) -> bool:
    """Read yes or no."""
    return word == "yes"


def yes_no_option(default: str) -> Option:
    """An option that is switched on or off."""
    return Option(default, ("yes", "no"), parse_yes_no)


def share_option(default: str) -> Option:
    """An option that is a number from 0 to 1."""
    return Option(default, read=parse_share)


def number_option(default: str) -> Option:
    """An option that is a number."""
    return Option(default, read=parse_number)


WEIGHTS = Option(NONE, read=parse_weights)


def parse_margin(word: str) -> str:
    """Check a length: `10mm`, or `8px` for voxels."""
    if word != NO_BOX:
        try:
            length = parse_quantity(word)
        except RequestError:
            length = Quantity(-1)
        if length.unit not in ("mm", "px") or length.number < 0:
            raise ValueError("a margin is a length, as 10mm or 8px")
    return word


IN_BOX = Option(NO_BOX, read=parse_margin)
