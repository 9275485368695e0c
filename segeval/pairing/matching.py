"""Which entry of one side is which of the other: by keys, by the user's patterns, or as given."""

from __future__ import annotations

from collections.abc import Sequence

from segeval.pairing.file_names import strip_roles
from segeval.pairing.messages import first_names
from segeval.pairing.side_layout import CaseEntry, SideLayout
from segeval.request.settings import Settings
from segeval.runtime.errors import RequestError
from segeval.runtime.frozen import frozen


@frozen
class LayoutPairs:
    """The pairs of two layouts.

    how    by what they were paired, in words
    pairs  (id, ground truth, prediction) in the order of the ground truth
    """

    how: str
    pairs: Sequence[tuple[str, CaseEntry, CaseEntry | None]]


def match_layouts(pred: SideLayout, gt: SideLayout, settings: Settings) -> LayoutPairs:
    """Pair the entries of two layouts: two whole paths with each other, all else by keys."""
    if settings.pair_regex_pred or settings.pair_regex_gt:
        return pair_by_regex(pred, gt, settings)
    if len(pred.entries) == len(gt.entries) == 1 and (pred.whole or gt.whole):
        return LayoutPairs("as given", [(gt.entries[0].name, gt.entries[0], pred.entries[0])])
    return pair_by_level(pred, gt)


def pair_by_level(pred: SideLayout, gt: SideLayout) -> LayoutPairs:
    """Pair by the level that pairs most (LAYOUTS-M1). Raises RequestError where none is usable."""
    from segeval.pairing.keys import best_level

    found, tried = best_level(gt.entries, pred.entries)
    if not found.pairs and (twice := [j for j in tried if j.twice]):
        raise RequestError(
            "no level of names pairs the two sides, and two files of one side share a name",
            facts=(f"shared: {first_names(twice[-1].twice)}", *example_keys(pred, gt)),
            help="say what a case is: --pair-regex-pred REGEX and --pair-regex-gt REGEX with the "
            "group (?P<case>…), --layout, or --pairs TABLE in place of PRED and GT",
        )
    ids = name_cases(gt, found.level)
    guesses = [found.pairs.get(place) for place in range(len(gt.entries))]
    pairs = [
        (name, entry, None if place is None else pred.entries[place])
        for name, entry, place in zip(ids, gt.entries, guesses, strict=True)
    ]
    return LayoutPairs(
        describe_pairing(found.level, [(t, p) for _, t, p in pairs if p is not None]), pairs
    )


def name_cases(gt: SideLayout, level: int) -> list[str]:
    """What the cases are called: by the ground truth, at the level of the pairing."""
    spelled = [
        [strip_roles(e.name) for e in gt.entries] if level > 2 else [],
        [e.name for e in gt.entries] if level > 1 else [],
        [e.bare for e in gt.entries],
    ]
    for names in spelled:
        if names and len(set(names)) == len(names):
            return names
    return [e.path for e in gt.entries]


def describe_pairing(level: int, pairs: Sequence[tuple[CaseEntry, CaseEntry]]) -> str:
    """By what cases were paired, in words."""
    if level < 2:
        return "by path" if level == 0 else "by path without suffix"
    files = any("" in entry.side.files for pair in pairs for entry in pair)
    what = "by file stem" if files else "by case name"
    if level == 2:
        return what
    removed = dict.fromkeys(
        part
        for pair in pairs
        for entry in pair
        for part in entry.name.split(strip_roles(entry.name), 1)
        if part
    )
    words = f"{what} after removing {', '.join(f'`{r}`' for r in list(removed)[:4])}"
    words = words if removed else what
    return words if level == 3 else f"{words}, without case"


def pair_by_regex(pred: SideLayout, gt: SideLayout, settings: Settings) -> LayoutPairs:
    """Pair by the user's patterns; a side without one by its stems. Raises RequestError.

    Rule LAYOUTS-M2.
    """
    from segeval.pairing.keys import keys_by_pattern, match_keys, repeated_keys

    keys = [
        keys_by_pattern(layout.entries, pattern, option)
        if pattern
        else [e.name for e in layout.entries]
        for layout, pattern, option in (
            (pred, settings.pair_regex_pred, "--pair-regex-pred"),
            (gt, settings.pair_regex_gt, "--pair-regex-gt"),
        )
    ]
    guesses, truths = (
        [(k, e) for k, e in zip(those, layout.entries, strict=True) if k is not None]
        for those, layout in zip(keys, (pred, gt), strict=True)
    )
    for side, those in (("prediction", guesses), ("ground truth", truths)):
        if twice := repeated_keys([k for k, _ in those]):
            raise RequestError(
                f"two files of the {side} have the case {twice[0]!r}",
                facts=tuple(e.path for k, e in those if k == twice[0])[:5],
                help="make the group `case` of the pattern tell them apart",
            )
    places = match_keys(0, [k for k, _ in truths], [k for k, _ in guesses]).pairs
    found = [places.get(place) for place in range(len(truths))]
    pairs = [
        (key, entry, None if place is None else guesses[place][1])
        for (key, entry), place in zip(truths, found, strict=True)
    ]
    return LayoutPairs("by pattern", pairs)


def example_keys(pred: SideLayout, gt: SideLayout) -> tuple[str, ...]:
    """Five keys of each side."""
    sides = (("pred", pred), ("gt", gt))
    return tuple(
        f"{side}: {first_names([e.path for e in layout.entries])}" for side, layout in sides
    )
