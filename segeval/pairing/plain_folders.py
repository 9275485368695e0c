"""Two large folders of label maps whose names say nothing but which case they are: paired as
strings.

Every rule of names is asked at once, of all names in a row. Where one would have something to say
of a single name (a role, a modality, another format, a folder), nothing is paired here, and
`pairing.pair` asks the rules name by name. So both give the same; this takes a fifth of the time
and of the memory, which tells where there are a million of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from segeval.classes.names import natural_key, sort_names
from segeval.pairing.cases import PlainCaseStore
from segeval.pairing.class_names import SAME, Hints
from segeval.pairing.file_names import SCORES, SPEAKING_NAME, SUFFIXES, format_suffix
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
    stems   the names without their suffix, in natural order
    """

    layout: SideLayout
    stems: list[str]
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
    extra = [name + guess.suffix for name in rest]
    sort_names(extra)
    sides = (str(pred), guess.suffix), (str(gt), truth.suffix)
    return PlainPairs(
        PlainCaseStore(truth.stems, *sides, frozenset(alone)),
        "by path" if guess.suffix == truth.suffix else "by path without suffix",
        (guess.layout, truth.layout),
        len(alone),
        tuple(extra),
    )


def read_plain_side(root: Path, hints: Hints, fewest: int) -> PlainSide | None:
    """A folder of such names; None where it is none."""
    names = list_plain_folder(str(root))
    if names is None or (suffix := common_suffix(names, fewest)) is None:
        return None
    sort_names(names)
    stems = [name[: -len(suffix)] for name in names]
    if not are_silent(stems, hints.tokens):
        return None
    first = [MaskFile((), *both) for both in zip(names[:FIRST], stems, strict=False)]
    entries = tuple(label_map_entry(root, found, None) for found in first)
    sort_names(stems)
    return PlainSide(SideLayout(FLAT, entries, root, met=len(names)), stems, suffix)


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


def are_silent(stems: list[str], tokens: Mapping[str, str]) -> bool:
    """Whether no rule has anything to say of any of the names.

    tokens  what stands for a class in a file name
    """
    row = "\n".join(["", *stems, ""]).lower()
    if not row.isascii() or re.search(SPEAKING_NAME, row):
        return False
    row = row.translate(SAME)
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
