"""Keys by which two sides are paired, at five levels of tolerance; one level for a whole run
(LAYOUTS-M1).

K0  path relative to the root, with suffix      K3  K2 less role tokens at its ends
K1  that path without suffix                    K4  K3 compared without case
K2  stem of the file, or name of the folder
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from segeval.pairing.file_names import strip_roles
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import frozen

CHANNEL_ZERO = "_0000"
NUMBERED = r"^(.+)_[0-9]{4}$"


class KeyedEntry(Protocol):
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

    @property
    def paths(self) -> Sequence[str]:
        """The paths of its files relative to the root."""


Keys = Sequence[str]
KeyFunction = Callable[[KeyedEntry], str]


@frozen
class KeyMatches:
    """What one level gives.

    level  0..4
    pairs  place of the ground truth -> place of its prediction
    twice  keys that two files of one side share; the level is not usable then
    """

    level: int
    pairs: dict[int, int]
    twice: tuple[str, ...] = ()


def best_level(
    truth: Sequence[KeyedEntry], pred: Sequence[KeyedEntry]
) -> tuple[KeyMatches, list[KeyMatches]]:
    """The level that pairs the most ground truths, the stricter of equals; and all that were tried.

    The search ends where every ground truth has a prediction: no level could pair more.
    """
    tried: list[KeyMatches] = []
    for place, key in enumerate(key_levels(truth, pred)):
        tried.append(match_keys(place, [key(t) for t in truth], [key(p) for p in pred]))
        if len(tried[-1].pairs) == len(truth):
            break
    return max(tried, key=lambda j: len(j.pairs)), tried


def key_levels(truth: Sequence[KeyedEntry], pred: Sequence[KeyedEntry]) -> list[KeyFunction]:
    """The five keys, strictest first."""
    plain = make_role_key(truth, pred)
    return [
        lambda e: e.path,
        lambda e: e.bare,
        lambda e: e.name,
        plain,
        lambda e: plain(e).casefold(),
    ]


def make_role_key(truth: Sequence[KeyedEntry], pred: Sequence[KeyedEntry]) -> KeyFunction:
    """The key of K3: no role tokens, and no `_0000` unless it counts frames."""
    frames: set[str] | None = None

    def key(entry: KeyedEntry) -> str:
        nonlocal frames
        name = strip_roles(entry.name)
        if not name.endswith(CHANNEL_ZERO):
            return name
        if frames is None:
            frames = numbered_stems([*truth, *pred])
        base = name.removesuffix(CHANNEL_ZERO)
        return name if base in frames or not base else base

    return key


def numbered_stems(entries: Sequence[KeyedEntry]) -> set[str]:
    """What stands before a four-digit number other than 0000 in some name."""
    found = (re.match(NUMBERED, strip_roles(e.name)) for e in entries)
    return {m[1] for m in found if m and not m[0].endswith(CHANNEL_ZERO)}


def match_keys(level: int, truth: Keys, pred: Keys) -> KeyMatches:
    """The pairs of equal keys; none where a key is not of one file alone."""
    places = {key: place for place, key in enumerate(pred)}
    twice = repeated_keys(truth) if len(set(truth)) < len(truth) else ()
    if len(places) < len(pred):
        twice = (*twice, *repeated_keys(pred))
    if twice:
        return KeyMatches(level, {}, twice)
    return KeyMatches(level, {t: places[key] for t, key in enumerate(truth) if key in places})


def repeated_keys(keys: Keys) -> tuple[str, ...]:
    """The keys that are there more than once."""
    return tuple(key for key, count in Counter(keys).items() if count > 1)


def check_patterns(settings: Settings) -> None:
    """Refuse patterns that are none. Raises RequestError."""
    for pattern, option in (
        (settings.pair_regex_pred, "--pair-regex-pred"),
        (settings.pair_regex_gt, "--pair-regex-gt"),
    ):
        if pattern:
            compile_case_pattern(pattern, option)


def compile_case_pattern(pattern: str, option: str) -> re.Pattern[str]:
    """The pattern with its group named case. Raises RequestError."""
    try:
        made = re.compile(pattern)
    except re.error as problem:
        raise RequestError(f"{option} is no regular expression ({problem})") from problem
    if "case" not in made.groupindex:
        raise RequestError(
            f"{option} has no group named case", help=r"for example (?P<case>.+)_seg"
        )
    return made


def keys_by_pattern(entries: Sequence[KeyedEntry], pattern: str, option: str) -> list[str | None]:
    """The group `case` of each path, or else of the files in it; None where the pattern does not
    fit. Raises RequestError."""
    search = compile_case_pattern(pattern, option).search
    keys: list[str | None] = []
    for entry in entries:
        found = search(entry.path)
        inside = () if found else {m["case"] for p in entry.paths if (m := search(p))}
        keys.append(found["case"] if found else next(iter(inside)) if len(inside) == 1 else None)
    return keys
