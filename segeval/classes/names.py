"""Names of structures: one normal form, and when two names mean the same structure.

Names are compared in five steps, strictest first: as they are, the user's aliases, without case, in
normal form, by the table of TG-263 names (`data/structures.toml`). Nothing is ever fuzzy: left is
not right, `Lungs` is not `Lung_L`, and a margin, a PRV or a target volume is not its organ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from segeval.runtime.errors import CaseError
from segeval.runtime.inventory import current

T = TypeVar("T")
TABLE = Path(__file__).parents[1] / "data" / "structures.toml"
SIDES = {"left": "_l", "lt": "_l", "l": "_l", "right": "_r", "rt": "_r", "r": "_r"}
BORDER = r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"  # of camel case
MARGIN = r"-(\d\d)(?!\d)"  # two digits after a minus are millimetres
TARGET = r"(i?gtv|ctv|itv|ptv)(?![a-z]{3})"
PRV = r"prv\d*"
MINUS = "\u2212"  # the minus sign keeps that of a margin from being a separator


split_numbers = re.compile(r"([0-9]+)").split


def natural_key(text: str) -> tuple[list[str | int], str]:
    """Sort key that counts: `case2` before `case10`, the same on every file system."""
    parts: list[str | int] = list(split_numbers(text.casefold()))
    parts[1::2] = map(int, parts[1::2])
    return parts, text


def sort_naturally(items: Sequence[T], key: Callable[[T], Any]) -> Sequence[T]:
    """In natural order. What is in order already stays: the keys of many names take much memory."""
    if all(a <= b for a, b in pairwise(map(key, items))):
        return items
    return sorted(items, key=key)


NO_DIGITS = str.maketrans("123456789", "0" * 9)


def sort_names(names: list[str]) -> None:
    """Sort names in natural order, in place.

    There may be a million of them, and their keys take four times as much memory as they do. So
    keys for all of them are made only where neither the order of letters is the natural one nor,
    as with `case1` to `case20000`, that of lengths first.
    """
    names.sort()
    if not differ_in_digits_alone(names) and not are_in_order(names):
        names.sort(key=len)
        if not are_in_order(names):
            names.sort(key=natural_key)


def differ_in_digits_alone(names: Sequence[str]) -> bool:
    """Whether names are equal but for which digits they have, so that their order is natural."""
    first, row = names[0] if names else "", "\n".join(names)
    same = "\n".join([first.translate(NO_DIGITS)] * len(names))
    return row.isascii() and row.translate(NO_DIGITS) == same


def are_in_order(names: Iterable[str]) -> bool:
    """Whether names are in natural order."""
    return all(a <= b for a, b in pairwise(map(natural_key, names)))


@lru_cache(1 << 12)  # the structures of two large sets
def normalize_name(name: str) -> str:
    """The normal form: `LeftParotid`, `parotid lt` and `Parotid_L` are `parotid_l`."""
    import unicodedata

    text = unicodedata.normalize("NFKC", name).strip()
    text = text.partition("^")[0].strip() or text
    text = re.sub(MARGIN, MINUS + r"\1", text)
    words = [w for part in re.split(r"[\s_.\-]+", text) if part for w in re.split(BORDER, part)]
    words = [word.casefold() for word in words]
    side, words = _split_side(words)
    return "".join(words).replace(MINUS, "-") + side


def _split_side(words: list[str]) -> tuple[str, list[str]]:
    """The side that the first or the last word names, and the words without it."""
    if len(words) < 2:
        return "", words
    first, last = SIDES.get(words[0], ""), SIDES.get(words[-1], "")
    if last and first in ("", last):
        return last, words[1:-1] if first and len(words) > 2 else words[:-1]
    if first and not last:
        return first, words[1:]
    return "", words


@lru_cache(1)
def _load_structure_table() -> dict[str, str]:
    """Primary name by normal form, for the names and aliases of the table."""
    import tomllib

    with TABLE.open("rb") as file:
        content = tomllib.load(file)
    named = [(name, [name, *aliases]) for name, aliases in content["single"].items()]
    for name, aliases in content["sided"].items():
        named += [(f"{name}_{s}", [f"{a}_{s}" for a in (name, *aliases)]) for s in ("L", "R")]
    return {normalize_name(alias): name for name, aliases in named for alias in aliases}


@lru_cache(1 << 10)
def primary_name(name: str) -> str | None:
    """The primary name in the table of structures; None where the table does not have it."""
    return _load_structure_table().get(normalize_name(name))


@lru_cache(1 << 10)
def one_form(name: str) -> str:
    """What all names of one structure have in common: that of the table, or their form.

    Rule ACCOUNT-A10.
    """
    return primary_name(name) or f"{normalize_name(name)} "  # a form is no name of the table


@lru_cache(1 << 10)
def is_structure_name(name: str) -> bool:
    """Whether the name is one of the table, a PRV of one, or a target volume."""
    form = normalize_name(name)
    organ = re.sub(PRV, "", form).strip("~")
    return organ in _load_structure_table() or re.match(TARGET, form) is not None


def match_name(wanted: str, available: Iterable[str], aliases: Sequence[str] = ()) -> str | None:
    """The one of the available names that means the wanted structure; None where none does.

    aliases  the user's; `re:` starts a pattern for the full name, case ignored
    Raises CaseError where a step finds two.
    """
    return match_with_rule(wanted, available, aliases)[0]


# The steps of `match`, as people read them (DICOM-N8).
RULES = ("exact", "alias", "alias", "without case", "normal form", "table")


def match_with_rule(
    wanted: str, available: Iterable[str], aliases: Sequence[str] = ()
) -> tuple[str | None, str]:
    """The same, and the rule that was used; "" where none does. Raises CaseError."""
    names = available if isinstance(available, Collection) else list(available)
    if wanted in names:
        return wanted, RULES[0]
    for rule, same in zip(RULES[1:], _comparison_steps(wanted, aliases), strict=True):
        hits = [name for name in names if same(name)]
        if len(hits) > 1:
            raise CaseError(
                f"two structures are named {wanted!r}",
                facts=tuple(hits[:5]),
                help="remove one of them, or name the right one with --classes",
                status="two_structures",
            )
        if hits:
            if rule == RULES[1]:
                meet_alias(hits[0], aliases)
            return hits[0], rule
    return None, ""


def meet_alias(name: str, aliases: Sequence[str]) -> None:
    """Note which of the user's aliases there was a name for."""
    form = normalize_name(name)
    for alias in aliases:
        if normalize_name(alias) == form or alias.startswith("re:"):
            current().meet(f"alias {alias}")


def _comparison_steps(wanted: str, aliases: Sequence[str]) -> list[Callable[[str], bool]]:
    """The comparisons after the exact one, strictest first."""
    patterns = [re.compile(a[3:], re.IGNORECASE) for a in aliases if a.startswith("re:")]
    others = {normalize_name(alias) for alias in aliases if not alias.startswith("re:")}
    folded, form = wanted.casefold(), normalize_name(wanted)
    return [
        lambda name: name in aliases,
        lambda name: any(p.fullmatch(name) for p in patterns) or normalize_name(name) in others,
        lambda name: name.casefold() == folded,
        lambda name: normalize_name(name) == form,
        lambda name: (
            primary_name(wanted) is not None and primary_name(name) == primary_name(wanted)
        ),
    ]


def similar_names(name: str, available: Iterable[str], most: int = 3) -> list[str]:
    """Names to suggest where none matches; a suggestion, never a match."""
    from difflib import get_close_matches

    by_form = {normalize_name(other): other for other in available}
    return [by_form[form] for form in get_close_matches(normalize_name(name), by_form, most, 0.4)]


def shorten_name_list(names: Mapping[str, object] | Sequence[object], most: int = 8) -> str:
    """Some names, and how many more there are."""
    shown = [str(n) for n in list(names)[:most]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
