"""The classes of a case in which a side names its classes (LAYOUTS-V4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from segeval.classes.class_list import (
    ClassDef,
    ClassList,
    LabelSelector,
    ScoredClass,
)
from segeval.classes.names import match_name, one_form, shorten_name_list
from segeval.classes.shipped_lists import list_advice
from segeval.opening.open_side import NOWHERE, OpenSide
from segeval.runtime.errors import CaseError
from segeval.runtime.frozen import replace
from segeval.runtime.inventory import ASKED, UNKNOWN, current
from segeval.scoring.case_classes import CaseClasses
from segeval.scoring.classes_by_value import class_of_name


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
    every = {*truth.parts, *pred.parts, *pred.faults}
    for class_ in wanted:
        if class_.number is not None and class_.numbered in every:
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
    same = forms.get(one_form(class_.name), ())
    if len(same) > 1 and not (listed and class_.name in same):
        return None, name_clash(class_.name, same)
    if class_.name in side.parts:
        return side.parts[class_.name], None
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
                help=f"name it: --classes N={class_.name}{list_advice(class_.name)}",
                status="classes_unknown",
            )
        return LabelSelector(0, frozenset(class_.labels))
    found = match_name(class_.name, side.parts, class_.aliases)
    return None if found is None else side.parts[found]
