"""What the names of files and folders say of classes, for the layouts that have a file a class."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from segeval.classes.class_list import ClassList
from segeval.classes.names import SIDES, is_structure_name, normalize_name
from segeval.pairing.cases import CaseFiles
from segeval.pairing.file_names import ROLE_ONLY, strip_roles
from segeval.runtime.frozen import field, frozen

SEPARATORS = "_-."
WORD_PATTERN = r"[^\W\d_]{2}"  # two letters: more than a number or a side
SAME = str.maketrans("-. ", "___")


@frozen
class Hints:
    """What the request and the other side say that the names of this side do not.

    layout  what `--layout` asks for
    forms   normal forms of the names that the class list has, aliases included
    valued  those of classes that have a label value, so that a label map may hold them
    tokens  class name by how it may stand in a file name, longest first; of `--classes` only
    other   stems of the other side, as they are and without role tokens
    scores  archives beside label maps hold probabilities: so for predictions only (LAYOUTS-I5)
    lone    a folder with one structure's file is a case too, because the other side is
            (LAYOUTS-I12)
    picked  the class list has names and no label values
    pattern the user's, which decides what a mask is
    """

    layout: str = "auto"
    forms: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    tokens: Mapping[str, str] = field(default_factory=dict)
    other: frozenset[str] = frozenset()
    scores: bool = False
    lone: bool = False
    picked: bool = False
    pattern: str = ""

    def known(self, name: str) -> bool:
        """Whether the name is a structure: of the class list or of the table."""
        return normalize_name(name) in self.forms or is_structure_name(name)

    def may_be_cases(self, names: Iterable[str]) -> bool:
        """Whether nothing but a list of label values says that most names are classes."""
        return not Hints(forms=self.forms - self.valued).mostly_known(names)

    def mostly_known(self, names: Iterable[str]) -> bool:
        """Whether more than half of the names are structures."""
        found = [self.known(name) for name in names]
        return 2 * sum(found) > len(found)


def normal_names(*lists: ClassList, valued: bool = False) -> frozenset[str]:
    """The normal forms of the names and aliases of class lists.

    valued  of those classes alone that have a label value
    """
    classes = [c for each in lists for c in each.described if c.labels is not None or not valued]
    words = [word for c in classes for word in (c.name, *c.aliases)]
    return frozenset(normalize_name(word) for word in words if not word.startswith("re:"))


def truth_names(sides: Iterable[CaseFiles]) -> frozenset[str]:
    """The normal forms of the names that ground truths have, by files and headers (ACCOUNT-A30).

    sides  the ground truth of each case
    """
    names: set[str] = set()
    for side in sides:
        names.update(side.files, *(one.names for one in side.sets))
    return frozenset(map(normalize_name, names - {""}))


def names_by_token(classes: ClassList) -> dict[str, str]:
    """Class name by what stands for it in a file name, longest first (LAYOUTS-L6)."""
    words = {
        word.translate(SAME).casefold(): c.name
        for c in classes.described
        for word in (c.name, *c.aliases)
        if not word.startswith("re:")
    }
    return dict(sorted(words.items(), key=lambda item: (-len(item[0]), item[0])))


def split_token(stem: str, hints: Hints) -> tuple[str, str] | None:
    """Case and class of `img_0001_road` or `road_img_0001`; None where no listed class is."""
    for name in dict.fromkeys((stem, strip_roles(stem))):
        plain = name.translate(SAME).casefold()
        if len(plain) != len(name):  # a letter whose small form is two letters
            continue
        for token, class_ in hints.tokens.items():
            if plain.endswith(f"_{token}"):
                return name[: -len(token) - 1], class_
            if plain.startswith(f"{token}_"):
                return name[len(token) + 1 :], class_
    return None


def strip_folder_name(stem: str, folder: str) -> str:
    """A file's stem without the name of its case folder before it."""
    rest = stem[len(folder) :]
    if stem.startswith(folder) and (not rest or rest[0] in SEPARATORS):
        return rest.lstrip(SEPARATORS)
    return stem


def is_label_map_name(name: str, folder: str) -> bool:
    """Whether the name of a file in a case folder says nothing but that it is the case's mask.

    name  as `inner` gives it
    """
    return not name or re.match(ROLE_ONLY, name) is not None or strip_roles(name) == folder


def derive_class_names(stems: Iterable[str], hints: Hints) -> dict[str, str]:
    """The class that each file name stands for: its stem less what all of them share (LAYOUTS-L14).

    A shared start is part of the names where these are structures (`kidney_left`, `kidney_right`)
    or where too little would be left of one.
    """
    names = {stem: stem for stem in stems}
    start = common_prefix(names)
    end = max(start.rfind(s) for s in SEPARATORS) + 1
    side = start[:end].strip(SEPARATORS).casefold() in SIDES
    if len(names) > 1 and end and not side and not hints.mostly_known(names):
        rests = [name[end:] for name in names]
        if all(re.search(WORD_PATTERN, rest) and rest.casefold() not in SIDES for rest in rests):
            names = {name: name[end:] for name in names}
    less = {stem: strip_roles(name) for stem, name in names.items()}
    if len(set(less.values())) == len(less) and all(less[s] != names[s] for s in names):
        return less
    return names


def common_prefix(names: Iterable[str]) -> str:
    """The characters with which all names start."""
    ends = sorted(names)
    first, last = (ends[0], ends[-1]) if ends else ("", "")
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), None)
    return first[:same] if same is not None else min(first, last, key=len)
