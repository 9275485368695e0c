"""Which structures of two files are which class (docs/contours.md, N1 to N7, S5, S7).

The class list decides, else the names of the ground truth. Nothing is fuzzy: what is not found is
listed with the names that look like it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from segeval.classes.class_list import ClassDef, ClassList
from segeval.classes.names import (
    match_name,
    match_with_rule,
    normalize_name,
    primary_name,
    similar_names,
)
from segeval.runtime.errors import CaseError, Note
from segeval.runtime.frozen import frozen, replace


@frozen
class StructureItem:
    """A structure of a file.

    key      by which its side knows it: the name, with its number where two share one
    support  it helps to plan, and is scored only when it is asked for (DICOM-S7)
    own      the class that it is where nothing says of which it is; "" for its name
    area     it can be scored; a marker or a catheter cannot
    """

    key: str
    name: str
    number: int
    support: bool = False
    own: str = ""
    area: bool = True


@dataclass(slots=True)
class NamedStructures:
    """The structures of one side by class.

    keys    of each class that the file has; several for a union (DICOM-N7)
    faults  classes of which nothing tells which structure is meant (DICOM-S5)
    """

    keys: dict[str, tuple[StructureItem, ...]] = field(default_factory=dict)
    faults: dict[str, CaseError] = field(default_factory=dict)

    def knows(self, name: str) -> bool:
        """Whether something was found for a class, or why nothing can be."""
        return name in self.keys or name in self.faults

    def find(self, class_: ClassDef, items: Sequence[StructureItem]) -> None:
        """Look for a class."""
        try:
            if found := find_structures(class_, items):
                self.keys[class_.name] = found
        except CaseError as problem:
            self.faults[class_.name] = problem


def join_classes(
    truth: Sequence[StructureItem],
    pred: Sequence[StructureItem],
    classes: ClassList,
    called: Mapping[str, str] | None = None,
    missed: bool = False,
) -> tuple[NamedStructures, NamedStructures, tuple[Note, ...]]:
    """The classes of both sides, and what is to be said of names that match none.

    called  what the run calls structures of the ground truth that cases spell differently
    missed  a structure without a partner is one that the prediction has missed, whatever else it
            has under names that nobody mapped (`--missing worst`)
    """
    sides = NamedStructures(), NamedStructures()
    wanted = classes.classes if classes.only else described_classes(truth, pred, classes, called)
    own = {
        item.own for item in (*truth, *pred)
    }  # segments of one label are classes by number (DICOM-E3)
    wanted = tuple(replace(c, name=c.numbered) if c.numbered in own else c for c in wanted)
    for class_ in wanted:
        for side, items in zip(sides, (truth, pred), strict=True):
            side.find(class_, items)
    left = [i for i in unused_structures(pred, sides[1]) if not i.support]
    if not missed:
        lost = [c for c in wanted if c.name in sides[0].keys and not sides[1].knows(c.name)]
        if strange := list(stand_for_nothing(left, truth, classes, called or {})):
            names = [item.name for item in strange]
            sides[1].faults |= {c.name: name_not_found(c.name, names) for c in lost}
    if not classes.only:
        for class_ in own_classes(left):
            if class_.name not in sides[0].keys and class_.name not in sides[0].faults:
                sides[1].find(class_, left)
    return *sides, tuple(unmatched_notes(wanted, sides, truth, pred))


def stand_for_nothing(
    left: Sequence[StructureItem],
    truth: Sequence[StructureItem],
    classes: ClassList,
    called: Mapping[str, str],
) -> Iterator[StructureItem]:
    """The structures of a prediction that are no class of the run, no structure of the ground truth
    and no organ of the built-in table: one of them may be what is missing (ACCOUNT-A30).

    left  what is no class and no support structure
    """
    names = {normalize_name(item.name) for item in truth} | classes.truths
    names |= {normalize_name(name) for name in (*called, *called.values())}
    for item in left:
        if item.area and stands_for_nothing(item.name, names, classes):
            yield item


def stands_for_nothing(name: str, truths: Collection[str], classes: ClassList) -> bool:
    """Whether a name is no class of the run and no organ of the built-in table (ACCOUNT-A30).

    truths  normal forms of the names that the ground truth has
    """
    if primary_name(name) is not None or normalize_name(name) in truths:
        return False
    return not any(match_name(c.name, [name], c.aliases) for c in classes.described)


def name_not_found(name: str, names: Sequence[str], most: int = 8) -> CaseError:
    """The error for a structure that the prediction may have under a name that nobody mapped.

    names  those of the prediction that stand for nothing
    """
    near = (similar_names(name, names) or names)[:3]
    lines = " or ".join(alias_option(name, other) for other in near)
    more = ", …" if len(names) > most else ""
    shown = ", ".join(names[:most]) + more
    return CaseError(
        f"the prediction has no structure of this name, and has others that stand for nothing: "
        f"{shown}",
        help=f"{lines} maps it; --missing worst if it was missed",
        status="name_not_found",
    )


def alias_option(name: str, other: str) -> str:
    """The option that maps a name, as a shell takes it."""
    pair = f"{name}={other}"
    if not set(pair) & set('"$`\\!'):
        return f'--alias "{pair}"'
    import shlex

    return f"--alias {shlex.quote(pair)}"


def described_classes(
    truth: Sequence[StructureItem],
    pred: Sequence[StructureItem],
    classes: ClassList,
    called: Mapping[str, str] | None,
) -> tuple[ClassDef, ...]:
    """The classes of the ground truth, those of a list that selects nothing by its names.

    Rule ACCOUNT-A5.
    """
    known = []
    used: set[str] = set()
    for class_ in classes.described:
        probe = NamedStructures()
        for items in (truth, pred):
            probe.find(class_, [item for item in items if not item.support])
        if probe.keys or probe.faults:
            known.append(class_)
            form = {normalize_name(item.name) for item in probe.keys.get(class_.name, ())}
            used |= form if len(form) == 1 or not class_.union else set()
    rest = [item for item in truth if normalize_name(item.name) not in used]
    return (*known, *own_classes(rest, called))


def classify_structure(item: StructureItem, classes: ClassList) -> tuple[str, str]:
    """The class that a structure is, and the rule that was used; "" where it is none (DICOM-N8).

    Without a class list the table of structures says what it is.
    """
    for class_ in classes.described:
        hit, rule = match_with_rule(class_.name, [item.name], class_.aliases)
        if hit is not None:
            return class_.name, rule
    if classes.only:
        return "", ""
    known = primary_name(item.name)
    if known is None:
        return "", "support" if item.support else ""
    return known, match_with_rule(known, [item.name])[1]


def own_classes(
    items: Sequence[StructureItem], called: Mapping[str, str] | None = None
) -> Iterator[ClassDef]:
    """The classes that a file has by itself: what is no support, names that are equal once.

    A structure that other cases spell differently is called as the run calls it, if no other
    structure of the file is.
    """
    first: dict[str, str] = {}
    for item in items:
        if not item.support:
            own = item.own or item.name
            first.setdefault(normalize_name(own), own)
    common = {name: (called or {}).get(name, name) for name in first.values()}
    times = Counter(common.values())
    for name, usual in common.items():
        yield ClassDef(name) if times[usual] > 1 else ClassDef(usual, aliases=(name,))


def find_structures(class_: ClassDef, items: Sequence[StructureItem]) -> tuple[StructureItem, ...]:
    """The structures that a class is; none where the file lacks it. Raises CaseError (DICOM-S5)."""
    class_, picked = pick_by_number(class_, items)
    if picked is not None:
        return (picked,)
    try:
        hit = match_name(class_.name, {i.name for i in items}, class_.aliases)
    except CaseError as problem:
        raise two_structures_error(
            class_.name, [i for i in items if i.name in problem.facts]
        ) from problem
    if hit is not None:
        same = [i for i in items if normalize_name(i.name) == normalize_name(hit)]
        if len(same) > 1:
            raise two_structures_error(class_.name, same)
        return (same[0],)
    parts = [find_structures(ClassDef(name), items) for name in class_.union]
    return tuple(i for part in parts for i in part) if all(parts) else ()


def pick_by_number(
    class_: ClassDef, items: Sequence[StructureItem]
) -> tuple[ClassDef, StructureItem | None]:
    """The structure that `Heart#12` picks on a side that has several hearts (DICOM-S5).

    returns  and the class without its number, for a side that has one: that is it. Raises CaseError
             where none of several has the number
    """
    found = re.fullmatch(r"(.+)#(\d+)", class_.numbered)
    if found is None:
        return class_, None
    if class_.numbered in [item.name for item in items]:  # as a file may call one
        return replace(class_, name=class_.numbered, number=None), None
    named = normalize_name(found[1])
    same = [item for item in items if normalize_name(item.name) == named]
    plain = replace(class_, name=found[1], number=None)
    if len(same) < 2:
        return plain, None
    for item in same:
        if item.number == int(found[2]):
            return plain, item
    raise CaseError(
        f"none of {len(same)} structures called {found[1]!r} has the number {found[2]}",
        facts=tuple(f"ROI {i.number}: {i.name}" for i in same),
        help=f"--classes '{same[0].name}#{same[0].number}' picks one by its number",
        status="two_structures",
    )


def two_structures_error(name: str, items: Sequence[StructureItem]) -> CaseError:
    """The error for a class that two structures of one file could be."""
    return CaseError(
        f"{len(items)} structures of one file are {name!r}",
        facts=tuple(f"ROI {i.number}: {i.name}" for i in items),
        help=f"--classes '{items[0].name}#{items[0].number}' picks one by its number",
        status="two_structures",
    )


def unused_structures(
    items: Sequence[StructureItem], side: NamedStructures
) -> Iterator[StructureItem]:
    """The structures that are no class yet."""
    used = {item.key for found in side.keys.values() for item in found}
    clash = {normalize_name(name) for name in side.faults}
    return (i for i in items if i.key not in used and normalize_name(i.name) not in clash)


def unmatched_notes(
    wanted: Sequence[ClassDef],
    sides: tuple[NamedStructures, NamedStructures],
    truth: Sequence[StructureItem],
    pred: Sequence[StructureItem],
) -> Iterator[Note]:
    """What was not found, with the nearest names; a suggestion, never a match (DICOM-N4)."""
    both: Mapping[str, tuple[NamedStructures, Sequence[StructureItem]]] = {
        "ground truth": (sides[0], truth),
        "prediction": (sides[1], pred),
    }
    for class_ in wanted:
        for where, (side, items) in both.items():
            if class_.name in side.keys or class_.name in side.faults:
                continue
            near = similar_names(class_.name, [i.name for i in items])
            text = f"the {where} has no {class_.name!r}"
            yield Note("W-name-not-found", text + (f"; nearest: {', '.join(near)}" if near else ""))
