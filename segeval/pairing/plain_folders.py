"""Two large folders of label maps whose names say nothing but which case they are: paired as
strings.

Every rule of names is asked at once, of all names in a row. Where one would have something to say
of a single name (a role that not all have, a modality, another format, a folder), nothing is
paired here, and `pairing.pair` asks the rules name by name. So both give the same; this takes a
tenth of the time and a fifth of the memory, which tells where there are a million of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from segeval.classes.names import natural_key, sort_names
from segeval.pairing.cases import PlainCaseStore
from segeval.pairing.class_names import SAME, Hints
from segeval.pairing.file_names import ROLE_END, SCORES, SPEAKING_NAME, SUFFIXES, format_suffix
from segeval.pairing.files import SIDE_FILES, MaskFile
from segeval.pairing.layout_kinds import FLAT, MOST_CLASSES
from segeval.pairing.layouts import label_map_entry
from segeval.pairing.side_layout import SideLayout
from segeval.runtime.folders import list_plain_folder
from segeval.runtime.frozen import frozen

FIRST = 20  # entries of a layout that later looks at names and headers take


@frozen
class PlainPairs:
    """The cases of two such folders.

    how      by what they were paired, in words
    layouts  of prediction and ground truth, with their first entries alone
    missing  how many cases have no prediction
    extra    predictions without ground truth
    """

    cases: PlainCaseStore
    how: str
    layouts: tuple[SideLayout, SideLayout]
    missing: int
    extra: tuple[str, ...]


class PlainSide(NamedTuple):
    """A folder of such names.

    layout  with its first entries alone
    stems   the names without their end, in natural order
    tail    the roles in which all of them end: `_gt`
    """

    layout: SideLayout
    stems: list[str]
    tail: str
    suffix: str


def pair_plain_folders(
    pred: Path, gt: Path, hints: Hints, fewest: int = MOST_CLASSES
) -> PlainPairs | None:
    """Pair two folders of such names; None where a rule has to be asked.

    fewest  a folder with no more files may be a single case, a file a class
    """
    if hints.layout not in ("auto", FLAT) or hints.pattern:
        return None
    truth = read_plain_side(gt, hints, fewest)
    guess = read_plain_side(pred, hints, fewest) if truth else None
    if truth is None or guess is None:
        return None
    alone, rest = split_unequal(truth.stems, guess.stems)
    if len(alone) == len(truth.stems) or same_without_case(alone, rest):
        return None
    extra = [name + guess.tail + guess.suffix for name in rest]
    sort_names(extra)
    own = truth.tail if truth.tail == guess.tail else ""  # of the name of a case
    names = [name + own for name in truth.stems] if own else truth.stems
    sort_names(names)
    sides = [
        (str(side.layout.root), side.tail.removesuffix(own) + side.suffix)
        for side in (guess, truth)
    ]
    return PlainPairs(
        PlainCaseStore(names, sides[0], sides[1], frozenset(name + own for name in alone)),
        describe_plain_pairs(truth, guess),
        (guess.layout, truth.layout),
        len(alone),
        tuple(extra),
    )


def describe_plain_pairs(truth: PlainSide, pred: PlainSide) -> str:
    """By what they were paired, in words."""
    if truth.tail == pred.tail:
        return "by path" if truth.suffix == pred.suffix else "by path without suffix"
    removed = ", ".join(f"`{tail}`" for tail in (truth.tail, pred.tail) if tail)
    return f"by file stem after removing {removed}"


def read_plain_side(root: Path, hints: Hints, fewest: int) -> PlainSide | None:
    """A folder of such names; None where it is none."""
    names = list_plain_folder(str(root))
    if names is None or (suffix := common_suffix(names, fewest)) is None:
        return None
    sort_names(names)
    first = [MaskFile((), name, name[: -len(suffix)]) for name in names[:FIRST]]
    found = re.search(ROLE_END, first[0].stem)
    tail = found[0] if found else ""
    end = tail + suffix
    if tail and not all(name.endswith(end) for name in names):
        return None
    stems = [name[: -len(end)] for name in names]
    if not (are_silent(stems) and lack_tokens(stems, tail, hints.tokens)):
        return None
    entries = tuple(label_map_entry(root, found, None) for found in first)
    sort_names(stems)
    return PlainSide(SideLayout(FLAT, entries, root, met=len(names)), stems, tail, suffix)


def common_suffix(names: list[str], fewest: int) -> str | None:
    """The suffix of masks in which all names end, and in which no other suffix ends; None where
    there is none. Names of files that belong to a data set as a whole are taken out.
    """
    names[:] = [name for name in names if name not in SIDE_FILES]
    suffix = format_suffix(names[0]) if len(names) > fewest else ""
    if suffix not in SUFFIXES or suffix == SCORES:
        return None
    longer = tuple(known for known in SUFFIXES if known.endswith(suffix) and known != suffix)
    if not all(name.endswith(suffix) for name in names):
        return None
    return None if longer and any(name.lower().endswith(longer) for name in names) else suffix


def are_silent(stems: list[str]) -> bool:
    """Whether no rule has anything to say of any of the names."""
    row = "\n".join(["", *stems, ""]).lower()
    return row.isascii() and not re.search(SPEAKING_NAME, row)


def lack_tokens(stems: list[str], tail: str, tokens: Mapping[str, str]) -> bool:
    """Whether no name has what stands for a class in a file name (LAYOUTS-L6).

    tail  of all names, with which they are looked at and without
    """
    row = "\n".join(["", *stems, f"x{tail}", ""]).translate(SAME).casefold()
    return not any(f"_{token}\n" in row or f"\n{token}_" in row for token in tokens)


def split_unequal(truth: list[str], pred: list[str]) -> tuple[list[str], list[str]]:
    """The names that one list has and the other has not, of two in natural order."""
    if truth == pred:
        return [], []
    alone: list[str] = []
    extra: list[str] = []
    place = 0
    for name in truth:
        while place < len(pred) and pred[place] != name:
            if natural_key(pred[place]) > natural_key(name):
                break
            extra.append(pred[place])
            place += 1
        if place < len(pred) and pred[place] == name:
            place += 1
        else:
            alone.append(name)
    return alone, extra + pred[place:]


def same_without_case(alone: Iterable[str], extra: Iterable[str]) -> bool:
    """Whether names without a partner have one where upper and lower case are the same."""
    return not {name.casefold() for name in alone}.isdisjoint(name.casefold() for name in extra)
