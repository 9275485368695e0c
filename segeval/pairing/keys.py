"""Keys by which two sides are paired, at five levels of tolerance; one level for a whole run (M1).

K0  path relative to the root, with suffix      K3  K2 less role tokens at its ends
K1  that path without suffix                    K4  K3 compared without case
K2  stem of the file, or name of the folder
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from segeval.pairing.files import roleless
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import frozen

CHANNEL_ZERO = "_0000"
NUMBERED = r"^(.+)_[0-9]{4}$"


class Named(Protocol):
    """What has a key: an entry of a layout."""

    @property
    def path(self) -> str:
        """The path relative to the root, with suffix."""

    @property
    def bare(self) -> str:
        """The path without suffix."""

    @property
    def name(self) -> str:
        """The stem of the file or the name of the folder."""


Keys = Sequence[str]
Level = Callable[[Named], str]


@frozen
class Joined:
    """What one level gives.

    level  0..4
    pairs  place of the ground truth -> place of its prediction
    twice  keys that two files of one side share; the level is not usable then
    """

    level: int
    pairs: dict[int, int]
    twice: tuple[str, ...] = ()


def best(truth: Sequence[Named], pred: Sequence[Named]) -> tuple[Joined, list[Joined]]:
    """The level that pairs the most ground truths, the stricter of equals; and all that were tried.

    The search ends where every ground truth has a prediction: no level could pair more.
    """
    tried: list[Joined] = []
    for place, key in enumerate(levels(truth, pred)):
        tried.append(joined(place, [key(t) for t in truth], [key(p) for p in pred]))
        if len(tried[-1].pairs) == len(truth):
            break
    return max(tried, key=lambda j: len(j.pairs)), tried


def levels(truth: Sequence[Named], pred: Sequence[Named]) -> list[Level]:
    """The five keys, strictest first."""
    plain = role_key(truth, pred)
    return [
        lambda e: e.path,
        lambda e: e.bare,
        lambda e: e.name,
        plain,
        lambda e: plain(e).casefold(),
    ]


def role_key(truth: Sequence[Named], pred: Sequence[Named]) -> Level:
    """The key of K3: no role tokens, and no `_0000` unless it counts frames."""
    frames: set[str] | None = None

    def key(entry: Named) -> str:
        nonlocal frames
        name = roleless(entry.name)
        if not name.endswith(CHANNEL_ZERO):
            return name
        if frames is None:
            frames = numbered([*truth, *pred])
        base = name.removesuffix(CHANNEL_ZERO)
        return name if base in frames or not base else base

    return key


def numbered(entries: Sequence[Named]) -> set[str]:
    """What stands before a four-digit number other than 0000 in some name."""
    found = (re.match(NUMBERED, roleless(e.name)) for e in entries)
    return {m[1] for m in found if m and not m[0].endswith(CHANNEL_ZERO)}


def joined(level: int, truth: Keys, pred: Keys) -> Joined:
    """The pairs of equal keys; none where a key is not of one file alone."""
    places = {key: place for place, key in enumerate(pred)}
    twice = doubles(truth) if len(set(truth)) < len(truth) else ()
    if len(places) < len(pred):
        twice = (*twice, *doubles(pred))
    if twice:
        return Joined(level, {}, twice)
    return Joined(level, {t: places[key] for t, key in enumerate(truth) if key in places})


def doubles(keys: Keys) -> tuple[str, ...]:
    """The keys that are there more than once."""
    return tuple(key for key, count in Counter(keys).items() if count > 1)


def by_pattern(entries: Sequence[Named], pattern: str, option: str) -> list[str | None]:
    """The group `case` of each path; None where the pattern does not fit. Raises RequestError."""
    try:
        compiled = re.compile(pattern)
    except re.error as problem:
        raise RequestError(f"{option} is no regular expression ({problem})") from problem
    if "case" not in compiled.groupindex:
        raise RequestError(
            f"{option} has no group named case", help=r"for example (?P<case>.+)_seg"
        )
    found = (compiled.search(entry.path) for entry in entries)
    return [m["case"] if m else None for m in found]
