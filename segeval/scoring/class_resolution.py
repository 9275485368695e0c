"""Which classes a case has, and what stands for each of them on either side.

The order of who decides (rule LAYOUTS-V4): the class list, then the names in the files, then the
labels
found. Sides that name their classes are joined by name; label values by value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from segeval.classes.class_list import (
    ClassDef,
    ClassList,
    LabelSelector,
    ScoredClass,
    StoredClasses,
)
from segeval.classes.names import match_name, one_form
from segeval.classes.shipped_lists import list_advice
from segeval.opening.open_side import NOWHERE, OpenSide
from segeval.runtime.errors import CaseError, Note
from segeval.runtime.frozen import field, frozen, replace
from segeval.runtime.inventory import ASKED, UNKNOWN, current
from segeval.volume.value_kinds import WHITE
from segeval.volume.value_stream import ValueKind


@frozen
class CaseClasses:
    """The classes of a case.

    targets  what is scored, in order
    classes  what the request or the files say of each of them
    skipped  classes that the ground truth was not annotated for
    absent   classes that the prediction does not have as a file or segment: predicted empty
    faults   classes that cannot be scored, and why
    nowhere  classes that were selected and that nothing stands for, on neither side
    """

    targets: tuple[ScoredClass, ...]
    classes: tuple[ClassDef, ...]
    skipped: tuple[str, ...] = ()
    absent: frozenset[str] = frozenset()
    notes: tuple[Note, ...] = field(default=())
    faults: Mapping[str, CaseError] = field(default_factory=dict)
    nowhere: tuple[str, ...] = ()


def resolve_by_name(
    truth: OpenSide, pred: OpenSide, classes: ClassList, empty_is_annotated: bool
) -> CaseClasses:
    """Classes of a case in which a side names its classes; known before a voxel is read.

    Raises CaseError where names meet values and no class list joins them.
    """
    wanted = wanted_by_name(truth, pred, classes)
    listed = {class_.name for class_ in classes.described}
    targets, kept, skipped, absent, faults, nowhere = [], [], [], set(), {}, []
    sides = [(side, names_by_form(side)) for side in (truth, pred)]
    for class_ in wanted:
        if any(class_.numbered in named for named in (truth.parts, pred.parts, pred.faults)):
            class_ = replace(class_, name=class_.numbered)  # a segment that is called so (DICOM-E3)
        exact = class_.name in listed
        (t, own), (p, other) = (find_part(class_, side, exact, forms) for side, forms in sides)
        if t is None and p is None and not (own or other):
            nowhere.append(class_.name)
        fault = own or other
        if fault is not None and (t is not None or own is not None):
            faults[class_.name] = fault
        elif t is None and not empty_is_annotated:
            skipped.append(class_.name)
        else:
            if p is None:
                absent.add(class_.name)
            kept.append(class_)
            targets.append(ScoredClass(class_.name, t or NOWHERE, p or NOWHERE))
    return CaseClasses(
        tuple(targets),
        tuple(kept),
        tuple(skipped),
        frozenset(absent),
        faults=faults,
        nowhere=tuple(nowhere) if classes.only else (),
    )


def wanted_by_name(truth: OpenSide, pred: OpenSide, classes: ClassList) -> tuple[ClassDef, ...]:
    """The classes of a case in which a side names its classes: all, unless some were selected
    (ACCOUNT-A5).

    Raises CaseError where names meet values and no class list joins them.
    """
    names = [*truth.parts, *pred.parts]
    if classes.only or (classes.classes and truth.named != pred.named):
        report_unlisted(truth, pred, classes)
        return classes.classes
    taken: set[str] = set()
    wanted = []
    for class_ in classes.described:
        forms = {name for name in names if matches_class(class_, name)}
        taken |= forms
        if forms or class_.labels is not None:
            wanted.append(class_)
    known = {one_form(name) for name in taken}
    wanted += [
        class_of_name(name) for name in file_class_names(truth, pred) if one_form(name) not in known
    ]
    return tuple(wanted)


def matches_class(class_: ClassDef, name: str) -> bool:
    """Whether a name is that of a class, or an alias of it."""
    return match_name(class_.name, (name,), class_.aliases) is not None


def report_unlisted(truth: OpenSide, pred: OpenSide, classes: ClassList) -> None:
    """Say which names of the files no class of the list stands for."""
    inventory = current()
    for word, side in (("gt", truth), ("pred", pred)):
        rest = [n for n in side.parts if not any(matches_class(c, n) for c in classes.classes)]
        inventory.add_found("class", len(rest), word)
        if classes.only:
            inventory.set_aside("class", "that --classes does not select", rest, ASKED, "", word)
        else:
            reason = "that no label value stands for"
            inventory.set_aside("class", reason, rest, UNKNOWN, "W-unlisted-name", word)


def names_by_form(side: OpenSide) -> dict[str, list[str]]:
    """The names of a side by what those of one structure have in common."""
    forms: dict[str, list[str]] = {}
    for name in side.parts:
        forms.setdefault(one_form(name), []).append(name)
    return forms


def find_part(
    class_: ClassDef, side: OpenSide, listed: bool, forms: Mapping[str, list[str]]
) -> tuple[LabelSelector | None, CaseError | None]:
    """What stands for a class on a side, and why that cannot be said (ACCOUNT-A10). Raises
    CaseError.

    listed  the class list has the class, so that its exact name picks one of several
    forms   the names of the side by what those of one structure have in common
    """
    if not side.named:
        return named_class_selector(class_, side), None
    if class_.name in side.faults:
        return side.parts.get(class_.name), side.faults[class_.name]
    if class_.number is not None and class_.numbered in side.parts:
        return side.parts[class_.numbered], None
    same = forms.get(one_form(class_.name), [])
    if len(same) > 1 and not (listed and class_.name in same):
        return None, name_clash(class_.name, same)
    try:
        name = match_name(class_.name, side.parts, class_.aliases)
    except CaseError as problem:
        return None, problem
    if name is None:
        return None, None
    return side.parts[name], side.faults.get(name)


def name_clash(name: str, same: Sequence[str]) -> CaseError:
    """The error of a class that two items of one case could be."""
    return CaseError(
        f"{len(same)} structures of one case are {name!r}",
        facts=tuple(same[:5]),
        help=f"keep one of them, or pick one by its exact name: --classes '{same[0]}'",
        status="two_structures",
    )


def resolve_after_reading(
    resolved: CaseClasses, named: tuple[bool, bool], found: tuple[ValueKind, ValueKind]
) -> CaseClasses:
    """The classes of a case once it was read: a side without names has values, or channels."""
    if all(named):
        return resolved
    only = len(resolved.classes) == 1
    targets = []
    for class_, target in zip(resolved.classes, resolved.targets, strict=True):
        parts = [
            own if has_names else valued_class_selector(class_, side, only)
            for own, has_names, side in zip((target.truth, target.pred), named, found, strict=True)
        ]
        targets.append(ScoredClass(target.name, *parts))
    return replace(resolved, targets=tuple(targets))


def file_class_names(truth: OpenSide, pred: OpenSide) -> tuple[str, ...]:
    """The names that the files give, ground truth first; one structure once."""
    if truth.named != pred.named:
        sides = ("prediction", "ground truth")
        named, values = sides if pred.named else sides[::-1]
        own = truth if truth.named else pred
        parts = list(own.parts)
        raise CaseError(
            f"the {named} names its classes and the {values} has label values",
            facts=(f"the {named} has {shorten_name_list(parts)}",),
            help=f"say which value is which: --classes '{list_values(own, parts)}' or "
            "--classes labels.json",
            status="classes_unknown",
        )
    names: dict[str, str] = {}
    for name in (*truth.parts, *truth.faults, *pred.parts):
        names.setdefault(one_form(name), name)
    return tuple(names.values())


def list_values(own: OpenSide, parts: Sequence[str]) -> str:
    """The classes of a file as a list: with the values that it says itself, else with N for each.

    No value is guessed by the order of the names (ACCOUNT-A31).
    """
    numbers = {name: n for n, name in getattr(own.volume.regions, "names", {}).items()}
    if parts and all(isinstance(numbers.get(name), int) for name in parts):  # the file's ids
        return ",".join(f"{numbers[name]}={name}" for name in parts)
    if parts and all(name.isdecimal() for name in parts):  # called by their values
        return ",".join(f"{name}={name}" for name in parts)
    return ",".join(f"N={name}" for name in parts) or "N=liver"


def named_class_selector(class_: ClassDef, side: OpenSide) -> LabelSelector | None:
    """What stands for a class on a side; None where a side that names its classes lacks it."""
    if not side.named:
        if class_.labels is None:
            raise CaseError(
                f"nothing says which label value is {class_.name!r}",
                where=side.volume.path,
                help=f"name it: --classes 5={class_.name}{list_advice(class_.name)}",
                status="classes_unknown",
            )
        return LabelSelector(0, frozenset(class_.labels))
    found = match_name(class_.name, side.parts, class_.aliases)
    return None if found is None else side.parts[found]


def resolve_by_value(
    found: tuple[ValueKind, ValueKind],
    labels: tuple[frozenset[int], frozenset[int]],
    classes: ClassList,
    background: bool,
) -> CaseClasses:
    """Classes of a case that has label values or channels on both sides, after it was read.

    found, labels  of the ground truth and of the prediction
    """
    ignored = {classes.ignore, *classes.ignored}  # no class on either side (ACCOUNT-A7)
    wanted = list(classes.classes)
    if not classes.only:
        known = {value for c in wanted for value in c.labels or ()}
        sides = [own for own, side in zip(labels, found, strict=True) if may_add(side, wanted)]
        met = frozenset[int]().union(*sides)
        wanted += [class_of_value(v) for v in sorted(met - known - ignored) if v != 0 or background]
    if any(c.labels is None for c in wanted):
        wanted = list(select_by_value(wanted, labels[0] | labels[1]))
    targets = tuple(
        ScoredClass(
            c.name, *(valued_class_selector(c, side, only=len(wanted) == 1) for side in found)
        )
        for c in wanted
    )
    return CaseClasses(targets, tuple(wanted))


def may_add(found: ValueKind, listed: Sequence[ClassDef]) -> bool:
    """Whether labels of a side that no listed class has are classes: of channels they are not."""
    return found.exclusive or not listed


@cache
def class_of_name(name: str) -> ClassDef:
    """The class that is called so, of which nothing else is known."""
    return ClassDef(name)


@cache
def class_of_value(value: int) -> ClassDef:
    """The class that is called by its label value."""
    return ClassDef(str(value), (value,))


def select_by_value(wanted: Sequence[ClassDef], labels: Iterable[int]) -> tuple[ClassDef, ...]:
    """Classes that are asked for by label value alone. Raises CaseError for another name."""
    known = {str(value) for value in labels}
    for class_ in wanted:
        if class_.labels is None and not class_.name.isdecimal():
            raise CaseError(
                f"nothing says which label value is {class_.name!r}",
                facts=(f"the files hold the labels {shorten_name_list(sorted(map(int, known)))}",),
                help=f"name it: --classes 5={class_.name}{list_advice(class_.name)}",
                status="classes_unknown",
            )
    return tuple(map(valued_class, wanted))


def valued_class(class_: ClassDef) -> ClassDef:
    """A class that is asked for by its label value alone, with that value."""
    if class_.labels is not None or not class_.name.isdecimal():
        return class_
    return replace(class_, labels=(int(class_.name),))


def valued_class_selector(class_: ClassDef, found: ValueKind, only: bool) -> LabelSelector:
    """What stands for a class on a side without names; `only`: there is no other class."""
    values = class_.labels or ()
    if found.exclusive:
        return single_channel_selector(values)
    if found.onehot:
        if len(values) > 1:
            raise CaseError(
                f"{class_.name} is a union of labels and each channel is a mask of one label",
                help="write a label map, or one mask a class",
                status="classes_unknown",
            )
        return LabelSelector(values[0]) if values[0] < found.channels else NOWHERE
    return find_class_channel(class_, found.channels, only)


@cache
def single_channel_selector(values: tuple[int, ...]) -> LabelSelector:
    """The labels of the only channel that are a class."""
    return LabelSelector(0, frozenset(values))


def find_class_channel(class_: ClassDef, channels: int, only: bool) -> LabelSelector:
    """The independent channel of a class: its own, the only one, or the one of its label."""
    channel = class_.channel
    if channel is None:
        channel = 0 if only and channels == 1 else (class_.labels or (0,))[0] - 1
    return LabelSelector(channel) if 0 <= channel < channels else NOWHERE


def stored_classes(
    resolved: CaseClasses, labels: tuple[frozenset[int], frozenset[int]], ignored: int | None
) -> StoredClasses:
    """The classes of a case in the label values that its slabs hold.

    labels  of the ground truth and of the prediction, where 255 of a binary mask is 1 (LAYOUTS-I8)
    """
    both = [(t, with_white(t.truth, labels[0]), with_white(t.pred, labels[1]))
            for t in resolved.targets]  # fmt: skip
    targets = [
        t if truth is t.truth and pred is t.pred else ScoredClass(t.name, truth, pred)
        for t, truth, pred in both
    ]
    return StoredClasses(tuple(targets), ignored)


def with_white(part: LabelSelector, labels: frozenset[int]) -> LabelSelector:
    """What stands for a class in values as they were read: 255 of a binary mask is its 1.

    Rule LAYOUTS-I8.
    """
    if part.labels is None or 1 not in part.labels or labels - {0, 1}:
        return part
    return LabelSelector(part.channel, part.labels | {WHITE})


def may_be_white(classes: ClassList) -> bool:
    """Whether 255 of a mask of one class may be its 1 (rule LAYOUTS-I8)."""
    return WHITE not in {*classes.known, classes.ignore}


def shorten_name_list(names: Mapping[str, object] | Sequence[object], most: int = 8) -> str:
    """Some names, and how many more there are."""
    shown = [str(n) for n in list(names)[:most]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
